"""What a reader of a result must know beside its numbers."""

from __future__ import annotations

import warnings
from collections.abc import Callable


class AnalysisWarning(UserWarning):
    """An analysis went through, but something in its data needs a look."""


class Note:
    """A remark that travels with a result into tables, figures and reports.

    Like an `omop_etl.errors.RweError`, it is a template with named values, so that it can be shown in another language.

    Parameters
    ----------
    what : str
        The remark as a template.
    code : str
        Name of the remark for programs, such as ``"zero_durations"``.
    **values : object
        Values of the template: columns, numbers of rows; never values of a person.

    Examples
    --------
    >>> print(Note("{rows} rows have a duration of 0", code="zero_durations", rows=3))
    3 rows have a duration of 0
    """

    def __init__(self, what: str, *, code: str, **values: object) -> None:
        self.what = what
        self.code = code
        self.values = values

    def text(self, translate: Callable[[str], str] = str) -> str:
        """Return the remark, its template passed through `translate` (a ``gettext`` function) first."""
        return translate(self.what).format(**self.values)

    def __str__(self) -> str:
        return self.text()

    def to_dict(self) -> dict[str, object]:
        """Give code, text and values."""
        return {"code": self.code, "text": self.text(), "values": self.values}


def warned(note: Note) -> Note:
    """Give `note` as a Python warning too, for those who work in a script, and return it."""
    warnings.warn(note.text(), AnalysisWarning, stacklevel=3)
    return note
