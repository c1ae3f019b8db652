"""Baseline covariates as columns, each with an entry in the data dictionary that tells missing from absent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analyses.dataset.concepts import concept_names, resolve_concepts
from analyses.dataset.records import load_questions, observed_windows, picked_values, record_summaries
from analyses.dataset.spec import PICKED, Age, DatasetSpec, IndexYear, PriorObservation, Records, Sex
from analyses.dataset.workspace import Workspace

DICTIONARY = ["name", "label", "kind", "domain", "statistic", "window_start", "window_end", "unit"]
COUNTS = ["present", "absent", "no_value", "unobserved"]


@dataclass(frozen=True)
class Column:
    """A covariate's values and its entry in the data dictionary."""

    values: pd.Series
    entry: dict[str, Any]


@dataclass(frozen=True)
class _Fetched:
    """What the CDM holds on the covariates that come from records, by covariate and person."""

    summaries: pd.DataFrame
    picks: pd.DataFrame
    windows: pd.DataFrame
    names: dict[int, str]


def covariate_columns(workspace: Workspace, persons: pd.DataFrame, spec: DatasetSpec) -> list[Column]:
    """Compute the covariates of a dataset.

    Parameters
    ----------
    workspace : Workspace
        Working tables; the index is loaded.
    persons : pandas.DataFrame
        One row per person with the facts of `persons_at_index` and ``index_date``.
    spec : DatasetSpec
        Says which covariates.

    Returns
    -------
    list of Column
        In the order of the specification; values are in the order of `persons`.
    """
    records = spec.records
    fetched = _fetch(workspace, records) if records else None
    number = {covariate.name: position for position, covariate in enumerate(records)}
    columns = []
    for covariate in spec.covariates:
        if isinstance(covariate, Records):
            assert fetched is not None
            columns.append(_from_records(persons, covariate, number[covariate.name], fetched))
        else:
            columns.append(_from_person(persons, covariate))
    return columns


def _fetch(workspace: Workspace, records: list[Records]) -> _Fetched:
    load_questions(workspace, records)
    resolve_concepts(workspace, records)
    summaries, picks = [], []
    for domain in dict.fromkeys(covariate.domain for covariate in records):
        numbered = [(number, c) for number, c in enumerate(records) if c.domain == domain]
        summaries.append(record_summaries(workspace, domain, [number for number, _ in numbered]))
        picks.append(picked_values(workspace, domain, numbered))
    picked = pd.concat(picks, ignore_index=True)
    answers = picked["answer"].dropna().astype(np.int64).unique().tolist()
    return _Fetched(
        summaries=pd.concat(summaries, ignore_index=True),
        picks=picked,
        windows=observed_windows(workspace),
        names=concept_names(workspace, answers) if answers else {},
    )


def _from_person(persons: pd.DataFrame, covariate: Age | Sex | IndexYear | PriorObservation) -> Column:
    values: pd.Series
    if isinstance(covariate, Age):
        values = persons["age" if covariate.method == "exact" else "age_by_year"].astype(np.int64)
    elif isinstance(covariate, IndexYear):
        values = persons["index_date"].dt.year.astype(np.int64)
    elif isinstance(covariate, PriorObservation):
        values = (persons["index_date"] - persons["observation_start"]).dt.days.astype(np.int64)
    else:
        names = persons["sex_concept_id"].map(covariate.levels)
        values = names.astype(pd.CategoricalDtype(list(dict.fromkeys(covariate.levels.values()))))
    kind = "category" if isinstance(covariate, Sex) else "number"
    present = int(values.notna().sum())
    entry = _entry(covariate.name, covariate.label, kind, domain="person", statistic=covariate.kind)
    return Column(values.rename(covariate.name), entry | _counts(present, 0, len(persons) - present, 0))


def _from_records(persons: pd.DataFrame, covariate: Records, number: int, fetched: _Fetched) -> Column:
    own = fetched.summaries[fetched.summaries["covariate"] == number].set_index("person_id")
    found = persons["person_id"].map(own["records"]).fillna(0)
    observed = persons["person_id"].isin(_observed(covariate, number, fetched))
    values = _values(persons["person_id"], covariate, number, found, observed, fetched)
    recorded = found > 0
    usable = recorded & values.notna()
    entry = _entry(
        covariate.name,
        covariate.label,
        _kind(covariate),
        domain=covariate.domain,
        statistic=covariate.statistic,
        window_start=covariate.window.start,
        window_end=covariate.window.end,
        unit=covariate.units.unit if covariate.units else None,
    )
    counts = _counts(
        int(usable.sum()),
        int((~recorded & observed).sum()),
        int((recorded & ~usable).sum()),
        int((~recorded & ~observed).sum()),
    )
    return Column(values.rename(covariate.name), entry | counts)


def _values(
    person: pd.Series,
    covariate: Records,
    number: int,
    found: pd.Series,
    observed: pd.Series,
    fetched: _Fetched,
) -> pd.Series:
    statistic = covariate.statistic
    if statistic in ("any", "count"):
        counted = found.clip(upper=1) if statistic == "any" else found
        known = observed | (found > 0)
        return counted.astype(np.int64) if known.all() else counted.astype(float).where(known)
    if statistic in PICKED:
        own = fetched.picks[fetched.picks["covariate"] == number].set_index("person_id")
        if covariate.value == "number":
            return person.map(own["number"]).astype(float)
        return _named(person.map(own["answer"]), covariate, fetched.names)
    own = fetched.summaries[fetched.summaries["covariate"] == number].set_index("person_id")
    return person.map(own[statistic]).astype(float)


def _named(answers: pd.Series, covariate: Records, names: dict[int, str]) -> pd.Series:
    """Names of coded values: those of the specification first, then those of the vocabulary."""
    occurring = sorted(answers.dropna().astype(np.int64).unique().tolist())
    called = {concept: covariate.levels.get(concept, names.get(concept, str(concept))) for concept in occurring}
    others = sorted(called[concept] for concept in occurring if concept not in covariate.levels)
    order = list(dict.fromkeys([*covariate.levels.values(), *others]))
    return answers.map(called).astype(pd.CategoricalDtype(order))


def _observed(covariate: Records, number: int, fetched: _Fetched) -> pd.Series:
    """Persons under observation on at least one day of the covariate's window."""
    windows = fetched.windows
    return windows.loc[windows["covariate"] == number, "person_id"]


def _kind(covariate: Records) -> str:
    if covariate.statistic == "any":
        return "binary"
    if covariate.statistic in ("count", "days_since"):
        return covariate.statistic
    return "category" if covariate.value == "concept" else "number"


def _entry(name: str, label: str, kind: str, **source: Any) -> dict[str, Any]:
    return dict.fromkeys(DICTIONARY) | {"name": name, "label": label or name, "kind": kind} | source


def _counts(*counts: int) -> dict[str, int]:
    return dict(zip(COUNTS, counts, strict=True))
