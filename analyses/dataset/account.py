"""The account of a dataset: how many rows and persons are left after each step."""

from __future__ import annotations

from typing import Literal

import pandas as pd

Step = Literal["cohort_rows", "first_entry", "one_group", "observed", "no_prior_outcome", "time_at_risk"]
"""Steps: rows of the exposure cohorts; first row of each person; persons whose first day belongs to one group only;
under observation at the index date; without the outcome before; follow-up reaches the time at risk."""


class Account:
    """Rows and persons left after each step.

    Examples
    --------
    >>> account = Account()
    >>> account.start(pd.DataFrame({"person_id": [1, 1, 2]}))
    >>> account.leave("first_entry", pd.DataFrame({"person_id": [1, 2]}))
    >>> account.table()
              step  rows  persons  excluded_rows  excluded_persons
    0  cohort_rows     3        2              0                 0
    1  first_entry     2        2              1                 0
    """

    def __init__(self) -> None:
        self._steps: list[tuple[str, int, int]] = []

    def start(self, rows: pd.DataFrame) -> None:
        """Count the rows of the exposure cohorts."""
        self._steps = [("cohort_rows", len(rows), rows["person_id"].nunique())]

    def leave(self, step: Step, rows: pd.DataFrame) -> None:
        """Count what a step leaves."""
        self._steps.append((step, len(rows), rows["person_id"].nunique()))

    def table(self) -> pd.DataFrame:
        """Give columns ``step, rows, persons, excluded_rows, excluded_persons``."""
        table = pd.DataFrame(self._steps, columns=["step", "rows", "persons"])
        for counted in ("rows", "persons"):
            table[f"excluded_{counted}"] = table[counted].shift(fill_value=table[counted].iloc[0]) - table[counted]
        return table
