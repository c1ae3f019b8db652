"""What a check finds: how grave it is, where it stands in the definition, and what to do about it."""

from __future__ import annotations

from typing import Literal

Severity = Literal["critical", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
"""From the gravest down: gives no rows or wrong ones; probably not what was meant; worth a look."""


class Problem:
    """Something in a definition that is wrong, or probably is.

    Parameters
    ----------
    what : str
        What was found, as a template.
    check : str
        Name of the check.
    severity : {"critical", "warning", "info"}
        How grave it is.
    path : str
        Where it stands, with the keys of the JSON.
    todo : str
        What to do about it, as a template.
    **values : object
        Values of the templates.

    Examples
    --------
    >>> problem = Problem("{n} rules are the same", check="duplicates", severity="info", path="InclusionRules", n=2,
    ...                   todo="remove one")
    >>> print(problem)
    info: InclusionRules: 2 rules are the same
      what to do: remove one
    """

    def __init__(
        self, what: str, *, check: str, severity: Severity, path: str, todo: str = "", **values: object
    ) -> None:
        self.what = what
        self.check = check
        self.severity: Severity = severity
        self.path = path
        self.todo = todo
        self.values = values

    def under(self, path: str) -> Problem:
        """Return the same problem of a part that stands at `path` in a larger definition."""
        inside = f"{path}.{self.path}"
        return Problem(self.what, check=self.check, severity=self.severity, path=inside, todo=self.todo, **self.values)

    def message(self, translate: object = None) -> str:
        """What was found, its template passed through `translate` first."""
        return self._said(self.what, translate)

    def advice(self, translate: object = None) -> str:
        """What to do about it."""
        return self._said(self.todo, translate)

    def _said(self, template: str, translate: object) -> str:
        say = translate if callable(translate) else str
        return str(say(template)).format(**self.values) if template else ""

    def __str__(self) -> str:
        return f"{self.severity}: {self.path}: {self.message()}\n  what to do: {self.advice()}"

    def __repr__(self) -> str:
        return f"<{self.check} {self.severity} at {self.path}>"
