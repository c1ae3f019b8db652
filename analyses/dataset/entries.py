"""Who is analysed, from when, in which group: the first row of each person in the exposure cohorts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analyses.dataset.account import Account
from analyses.dataset.spec import DatasetSpec
from analyses.inputs import select_rows
from omop_etl.errors import CannotAnswerError, UsageError

ROW_COLUMNS = ("cohort_name", "subject_id", "cohort_start_date", "cohort_end_date")
"""Columns of cohort rows that are used."""


def cohort_frame(rows: Any) -> pd.DataFrame:
    """Take cohort rows as a data frame with typed dates.

    Parameters
    ----------
    rows : pyarrow.Table or pandas.DataFrame
        At least the columns of `ROW_COLUMNS`.

    Returns
    -------
    pandas.DataFrame
        The columns of `ROW_COLUMNS`.

    Raises
    ------
    UsageError
        A column is missing, or it is no table.
    CannotAnswerError
        A value is missing, or there are no rows.
    """
    frame = rows.to_pandas(date_as_object=False) if hasattr(rows, "to_pandas") else rows
    if not isinstance(frame, pd.DataFrame):
        raise UsageError("cohort rows are not a table", todo="give what cohorts.generate(...).rows gives")
    if not len(frame):
        raise CannotAnswerError("the cohorts have no rows", todo="look at their attrition")
    checked, _ = select_rows(frame, ROW_COLUMNS)
    days = {name: pd.to_datetime(checked[name]).astype("datetime64[s]") for name in ROW_COLUMNS[2:]}
    return checked[list(ROW_COLUMNS)].assign(**days)


def rows_of(frame: pd.DataFrame, cohort: str) -> pd.DataFrame:
    """Take the rows of one cohort, which must exist."""
    found = frame[frame["cohort_name"] == cohort]
    if not len(found):
        raise CannotAnswerError(
            "cohort {cohort} has no rows",
            todo="generate it with the others, or look at its attrition; there are rows of: {known}",
            cohort=cohort,
            known=", ".join(sorted(frame["cohort_name"].unique().tolist())),
        )
    return found


def first_entries(frame: pd.DataFrame, spec: DatasetSpec, account: Account) -> pd.DataFrame:
    """Take the first row of each person in any of the exposure cohorts.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of all cohorts.
    spec : DatasetSpec
        Names the exposure cohorts.
    account : Account
        Counts who is left after each step.

    Returns
    -------
    pandas.DataFrame
        One row per person: ``person_id, group`` (position in ``spec.exposure``), ``index_date, exposure_end``. Persons
        whose first rows in two groups start on the same day are left out.
    """
    parts = [rows_of(frame, group.cohort).assign(group=number) for number, group in enumerate(spec.exposure)]
    rows = pd.concat(parts, ignore_index=True).rename(
        columns={"subject_id": "person_id", "cohort_start_date": "index_date", "cohort_end_date": "exposure_end"}
    )
    rows = rows[["person_id", "group", "index_date", "exposure_end"]]
    account.start(rows)
    rows = rows.sort_values(["person_id", "index_date", "group"], kind="stable")
    earliest = rows.groupby("person_id")["index_date"].transform("min")
    on_first_day = rows[rows["index_date"] == earliest].drop_duplicates(["person_id", "group"])
    first = on_first_day.drop_duplicates("person_id")
    account.leave("first_entry", first)
    several = on_first_day["person_id"].duplicated(keep=False)
    single = on_first_day[~several]
    account.leave("one_group", single)
    return single.reset_index(drop=True).astype({"person_id": np.int64, "group": np.int64})
