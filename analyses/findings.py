"""Results that are one table of findings, with further tables beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from analyses.result import Result

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class Findings(Result):
    """A table of findings.

    Attributes
    ----------
    findings : pandas.DataFrame
        One row per finding.
    further : mapping of str to pandas.DataFrame
        Further tables by name.
    """

    method: ClassVar[str] = "findings"
    title: ClassVar[str] = "Findings"

    findings: pd.DataFrame
    further: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def table(self) -> pd.DataFrame:
        """One row per finding."""
        return self.findings

    def tables(self) -> dict[str, pd.DataFrame]:
        """Name the findings and what stands beside them."""
        return {"table": self.table, **self.further}

    def summary(self) -> str:
        """Say every finding."""
        parts = [_text(self.table), *(f"{name}\n{_text(table)}" for name, table in self.further.items())]
        return "\n".join([self.title, *parts, *self._closing_lines()])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the findings: estimates with their limits where there are any, else the first number of every row."""
        from analyses.plots import estimate_chart

        return estimate_chart(self.table, labels, null=self._null())

    def _null(self) -> float | None:
        """Value of no effect, none where the findings are not effects."""
        return None


@dataclass(frozen=True, kw_only=True)
class Ratios(Findings):
    """A table of ratios in the columns ``estimate``, ``lower``, ``upper``."""

    def _null(self) -> float | None:
        return 1.0


def _text(table: pd.DataFrame) -> str:
    return str(table.to_string(index=False, float_format="{:.4g}".format))
