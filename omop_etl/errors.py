"""The errors that people read: what was wrong, where, and what to do.

Every message is a template with named values, so that the workbench can show it in another language and a log can hold
the template without the values. Values are coordinates (file, row, column, rule, path), never cell contents.
"""

from __future__ import annotations

from typing import ClassVar


class RweError(Exception):
    """A refusal that a person can act on.

    Parameters
    ----------
    what : str
        What was wrong, as a template: ``"{file}, line {line}: the date cannot be read"``.
    todo : str
        What to do about it, as a template; may be empty.
    **values : object
        The values of the templates.

    Examples
    --------
    >>> print(RweError("{file} has no column {column}", todo="add it, or map another", file="a.csv", column="A13"))
    a.csv has no column A13
      what to do: add it, or map another
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, todo: str = "", **values: object) -> None:
        self.what = what
        self.todo = todo
        self.values = values
        super().__init__(self.text())

    def text(self, translate: object = None) -> str:
        """Return the message, its templates passed through `translate` (a ``gettext`` function) first."""
        say = translate if callable(translate) else str
        message = str(say(self.what)).format(**self.values)
        if not self.todo:
            return message
        label = say("what to do")
        return f"{message}\n  {label}: {str(say(self.todo)).format(**self.values)}"


class UsageError(RweError):
    """The call itself was wrong: an option, a path or a URL."""

    exit_code = 2


class CannotAnswerError(RweError):
    """The data at hand cannot answer this: no rows, no vocabulary, a missing table."""

    exit_code = 3
