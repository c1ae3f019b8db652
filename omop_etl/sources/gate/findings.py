"""What the gate finds, and the refusal made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from omop_etl.errors import RweError

_SHOWN = 12


@dataclass(frozen=True)
class Finding:
    """Identifiers of one kind in one column.

    Attributes
    ----------
    file : str
        Source file.
    column : str
        Column of its header.
    rule : str
        Rule that found them, such as ``resident_id``.
    line : int
        Physical line of the first one; 1 where the header itself is the finding.
    count : int
        Cells, 0 where the header itself is the finding.
    """

    file: str
    column: str
    rule: str
    line: int
    count: int

    def __str__(self) -> str:
        cells = f", {self.count} cells from line {self.line} on" if self.count else ", the column itself"
        return f"{self.file}, column {self.column}: {self.rule}{cells}"


class IdentifiersFoundError(RweError):
    """The extract identifies people.

    Attributes
    ----------
    findings : tuple of Finding
        Every column and rule.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        shown = "\n  ".join(str(finding) for finding in findings[:_SHOWN])
        more = f"\n  and {len(findings) - _SHOWN} more" if len(findings) > _SHOWN else ""
        super().__init__(
            "the extract identifies people, so nothing of it was loaded:\n  {findings}{more}",
            todo="remove these columns or cells at the source and deliver the extract again",
            findings=shown,
            more=more,
        )
