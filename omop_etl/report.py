"""What a run reports when it is done."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from omop_etl.account.reading import Account


@dataclass(frozen=True)
class RunReport:
    """Outcome of a run of the pipeline.

    Attributes
    ----------
    target : pathlib.Path
        The published CDM.
    snapshot : str
        Name of its content.
    account : Account
        What became of the source rows.
    tables : dict of str to int
        Rows per CDM table, empty tables left out.
    quality : dict of str to int
        Checks that passed, failed and did not apply.
    seconds : dict of str to float
        Time per stage.
    """

    target: Path
    snapshot: str
    account: Account
    tables: dict[str, int]
    quality: dict[str, int]
    seconds: dict[str, float]

    @property
    def rows_read(self) -> int:
        """Source rows of all files."""
        return sum(file.rows_read for file in self.account.files)

    @property
    def rows_per_second(self) -> float:
        """Source rows per second of the whole run."""
        return self.rows_read / max(sum(self.seconds.values()), 1e-9)

    def to_dict(self) -> dict[str, Any]:
        """Report as plain values, for JSON."""
        return {
            **asdict(self),
            "target": str(self.target),
            "rows_read": self.rows_read,
            "rows_per_second": round(self.rows_per_second),
        }
