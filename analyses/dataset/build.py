"""Cohort rows and a CDM to one analysis-ready table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analyses.dataset.account import Account
from analyses.dataset.covariates import COUNTS, DICTIONARY, Column, covariate_columns
from analyses.dataset.entries import cohort_frame, first_entries, rows_of
from analyses.dataset.follow_up import follow_up
from analyses.dataset.persons import load_index, persons_at_index
from analyses.dataset.spec import CohortOutcome, DatasetSpec
from analyses.dataset.workspace import Workspace
from omop_etl.cdm import Cdm
from omop_etl.errors import CannotAnswerError

_CORE = {
    "person_id": ("identifier", "Person"),
    "exposure": ("category", "Exposure group"),
    "index_date": ("date", "Index date"),
    "end_date": ("date", "Last day of follow-up"),
    "end_reason": ("category", "Why follow-up ended"),
    "time": ("number", "Days at risk"),
    "event": ("binary", "Follow-up ended with the outcome"),
}


@dataclass(frozen=True)
class Dataset:
    """An analysis-ready table with what is needed to read it.

    Attributes
    ----------
    spec : DatasetSpec
        The document it was made from.
    table : pandas.DataFrame
        One row per person, ordered by person: ``person_id, exposure`` (a category, the reference first), ``index_date,
        end_date, end_reason, time, event`` and one column per covariate.
    dictionary : pandas.DataFrame
        One row per column: ``name, label, kind, domain, statistic, window_start, window_end, unit`` and how many
        persons have a value (``present``), have no record though under observation in the window (``absent``), have
        records without a usable value (``no_value``), or were not under observation in the window and have no record
        (``unobserved``).
    account : pandas.DataFrame
        Rows and persons left after each step: ``step, rows, persons, excluded_rows, excluded_persons``.
    """

    spec: DatasetSpec
    table: pd.DataFrame
    dictionary: pd.DataFrame
    account: pd.DataFrame

    def summary(self) -> str:
        """Say who is left after each step, and how follow-up ended in each group."""
        ends = pd.crosstab(self.table["exposure"], self.table["end_reason"])
        return "\n".join(["Analysis-ready table", self.account.to_string(index=False), ends.to_string()])


def build(cdm: Cdm, cohorts: Any, spec: DatasetSpec) -> Dataset:
    """Build an analysis-ready table.

    Parameters
    ----------
    cdm : Cdm
        Opened CDM that the cohorts were generated on.
    cohorts : pyarrow.Table or pandas.DataFrame
        Rows of all cohorts that `spec` names: ``cohort_name, subject_id, cohort_start_date, cohort_end_date``.
    spec : DatasetSpec
        Exposure, outcome, time at risk, covariates.

    Returns
    -------
    Dataset
        Table, data dictionary and account.

    Raises
    ------
    CannotAnswerError
        A cohort has no rows, the CDM lacks a table or a column that is needed, or nobody has time at risk.
    UsageError
        The cohort rows lack a column.

    Notes
    -----
    A person enters with the first row in any exposure cohort. The index date must lie in an observation period, and
    follow-up ends with that period at the latest. Nobody is left out without a step in the account that says so.
    """
    frame = cohort_frame(cohorts)
    account = Account()
    entries = first_entries(frame, spec, account)
    with Workspace(cdm) as workspace:
        load_index(workspace, entries)
        known = entries.merge(persons_at_index(workspace), on="person_id", how="left")
        observed = known[known["observation_end"].notna()].reset_index(drop=True)
        account.leave("observed", observed)
        persons = follow_up(observed, _outcomes(frame, spec), spec, account)
        _refuse_nobody(persons, account)
        columns = covariate_columns(workspace, persons, spec)
    titles = [group.title for group in spec.exposure]
    persons = persons.assign(
        exposure=pd.Categorical.from_codes(persons["group"].to_numpy(), dtype=pd.CategoricalDtype(titles))
    )
    table = pd.concat([persons[list(_CORE)], *(column.values for column in columns)], axis=1)
    return Dataset(spec, table, _dictionary(table, columns), account.table())


def _outcomes(frame: pd.DataFrame, spec: DatasetSpec) -> pd.DataFrame | None:
    if not isinstance(spec.outcome, CohortOutcome):
        return None
    rows = rows_of(frame, spec.outcome.cohort)
    return rows.rename(columns={"subject_id": "person_id", "cohort_start_date": "day"})[["person_id", "day"]]


def _refuse_nobody(persons: pd.DataFrame, account: Account) -> None:
    if len(persons):
        return
    steps = account.table()
    emptied = steps.loc[steps["persons"] == 0, "step"].iloc[0]
    raise CannotAnswerError(
        "nobody is left to analyse: the step {step} leaves no one of {persons} persons",
        todo="look at the observation periods of the cohorts' persons and at the time at risk",
        step=emptied,
        persons=int(steps["persons"].iloc[0]),
    )


def _dictionary(table: pd.DataFrame, columns: list[Column]) -> pd.DataFrame:
    core = [
        dict.fromkeys(DICTIONARY)
        | {
            "name": name,
            "label": label,
            "kind": kind,
            "present": len(table),
            "absent": 0,
            "no_value": 0,
            "unobserved": 0,
        }
        for name, (kind, label) in _CORE.items()
    ]
    found = pd.DataFrame([*core, *(column.entry for column in columns)], columns=[*DICTIONARY, *COUNTS])
    return found.astype(
        dict.fromkeys(COUNTS, np.int64) | dict.fromkeys(["window_start", "window_end", "unit"], "Int64")
    )
