"""The tables of one cohort as they may be shown."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import sqlalchemy as sa

from cohorts import GeneratedCohorts
from cohorts.diagnostics import (
    compare_with_matched,
    incidence,
    index_events,
    orphan_concepts,
    time_in_cohort,
    visit_context,
)
from workbench.access import DisclosurePolicy, protect_chain
from workbench.diagnostics.protection import HIDDEN, Cell, protect_each, protect_groups, protect_together
from workbench.studies.periods import period_of, protect_monthly

_LEAST_OF_PERCENT: Final = 100
"""Persons from which on a share in whole percent fits any size near the true one."""

LEAST_SHARE: Final = 0.01
"""Shown share of either group from which on a concept is listed."""


@dataclass(frozen=True)
class Whole:
    """A cohort whose size is shown.

    Attributes
    ----------
    made : GeneratedCohorts
        With this cohort.
    name : str
        Its name.
    persons : int
        Its persons.
    entries : int, optional
        Its rows; none where their number is not shown.
    washout : int
        Days of observation before a person is at risk of entering.
    policy : DisclosurePolicy
        The rule on small counts.
    """

    made: GeneratedCohorts
    name: str
    persons: int
    entries: int | None
    washout: int
    policy: DisclosurePolicy

    def with_persons(self, frame: pd.DataFrame, events: str) -> pd.DataFrame:
        """Protect the events and the persons of groups; the events only if the number of all rows is shown."""
        persons = frame["persons"].astype(int).tolist()
        if self.entries is None:
            hidden: list[Cell] = [HIDDEN] * len(frame)
            shown = protect_groups(persons, self.persons, self.policy)
            return in_shown_order(_with(frame, **{events: hidden, "persons": shown}), "persons")
        counted = frame[events].astype(int).tolist()
        first, second = protect_together([counted, persons], [self.entries, self.persons], self.policy)
        return in_shown_order(_with(frame, **{events: first, "persons": second}), "persons")


def protected_index_events(whole: Whole) -> pd.DataFrame:
    """Show the index events: ``domain``, ``concept_id``, ``source_value``, ``codes``, ``events``, ``persons``.

    Codes of few persons stand in one line a concept, without being named; ``codes`` says how many they are, 0 where the
    line is about one code that is named.
    """
    found = index_events(whole.made, whole.name)
    rare = found["persons"].map(whole.policy.is_small).astype(bool)
    named = found[~rare].assign(codes=0)
    group = found[rare].groupby(["domain", "concept_id"], as_index=False)
    merged = group.agg(events=("events", "sum"), persons=("persons", "sum"), codes=("events", "size"))
    columns = ["domain", "concept_id", "source_value", "codes", "events", "persons"]
    frames = [named[columns], merged.assign(source_value=None)[columns]]
    lines = pd.concat([frame for frame in frames if len(frame)], ignore_index=True) if len(found) else named[columns]
    return whole.with_persons(lines, "events")


def protected_orphans(whole: Whole) -> pd.DataFrame:
    """Show the orphan concepts; the whole are the persons of the CDM."""
    found, cdm = orphan_concepts(whole.made, whole.name), whole.made.evaluator.cdm
    everybody = int(cdm.engine.scalar(sa.select(sa.func.count()).select_from(cdm.table("person"))))
    persons = protect_each(found["persons"].astype(int).tolist(), everybody, whole.policy)
    records: list[Cell] = [
        int(count) if isinstance(cell, int) else HIDDEN for count, cell in zip(found["records"], persons, strict=True)
    ]
    return in_shown_order(_with(found, records=records, persons=persons), "persons")


def protected_incidence(whole: Whole) -> pd.DataFrame:
    """Show first entries over time, by sex and by age: ``by``, ``group``, ``entries``, ``person_years``, ``per_1000``.

    The three stand side by side; crossed, most cells would be small. Time goes by month, quarter or year (``by``), in
    the finest of them that may be shown, and by that alone. A rate is missing where its entries are hidden or the
    person-years are fewer than the threshold.
    """
    found = incidence(whole.made, whole.name, washout=whole.washout, by="month")
    monthly = found.groupby("period", as_index=False)[["entries", "person_years"]].sum()
    outside = whole.persons - int(monthly["entries"].sum())
    arrivals = monthly.rename(columns={"period": "month", "entries": "persons"})
    periods = protect_monthly(arrivals, whole.policy, outside=outside)
    frames = []
    if periods is not None:
        years = monthly["person_years"].groupby(period_of(monthly["period"], periods.unit)).sum()
        cells = [text if n is None else n for n, text in zip(periods.counts, periods.texts, strict=True)]
        frames.append(_rates(whole, periods.unit, list(periods.names), cells, years))
    for by, column in (("sex", "gender_concept_id"), ("age", "age_from")):
        summed = found.groupby(column)[["entries", "person_years"]].sum()
        cells = protect_groups(summed["entries"].astype(int).tolist(), whole.persons, whole.policy)
        frames.append(_rates(whole, by, [int(group) for group in summed.index], cells, summed["person_years"]))
    return pd.concat(frames, ignore_index=True)


def _rates(whole: Whole, by: str, groups: Sequence[Cell], entries: Sequence[Cell], years: pd.Series) -> pd.DataFrame:
    least = whole.policy.threshold
    rounded = [round(float(n)) for n in years]
    return pd.DataFrame(
        {
            "by": by,
            "group": pd.Series(groups, dtype=object),
            "entries": pd.Series(entries, dtype=object),
            "person_years": pd.Series([n if n >= least else f"<{least}" for n in rounded], dtype=object),
            "per_1000": [
                round(1000 * cell / n, 1) if isinstance(cell, int) and n >= least else np.nan
                for cell, n in zip(entries, rounded, strict=True)
            ],
        }
    )


def protected_visits(whole: Whole) -> pd.DataFrame:
    """Show the visits around the index dates; in each context the groups are those of one whole."""
    found = visit_context(whole.made, whole.name)
    parts = [whole.with_persons(part, "entries") for _, part in found.groupby("context", sort=False)]
    return pd.concat(parts, ignore_index=True) if parts else found


def protected_duration(whole: Whole) -> pd.DataFrame:
    """Show the days in the cohort, of those shares that have the threshold of rows on either side."""
    found = time_in_cohort(whole.made, whole.name)
    least = whole.policy.threshold if whole.policy.threshold > 1 else 0
    rows = whole.persons
    return found[(found["share"] * rows >= least) & ((1 - found["share"]) * rows >= least)].reset_index(drop=True)


def protected_comparison(whole: Whole) -> pd.DataFrame:
    """Show what sets the cohort apart from matched persons.

    ``attrs`` has ``members`` and ``matched`` (sizes of the groups, the second as it may be shown), ``unlisted``
    (concepts that are hidden in both groups) and ``withheld``.

    Where the number of matched persons would tell of how few members nobody was found, their shares are given in whole
    percent and without counts, which fits every such number alike; in a small cohort nothing is shown.
    """
    found = compare_with_matched(whole.made, whole.name, least=0.0)
    matched = int(found.attrs["matched"])
    size = protect_chain([whole.persons, matched], whole.policy, anchor=0)[1]
    about: dict[Hashable, object] = {"members": whole.persons, "matched": str(size), "unlisted": 0, "withheld": False}
    if size.exact is None and size.low < _LEAST_OF_PERCENT:
        return _about(found.iloc[:0], about | {"withheld": True})
    members = protect_each(found["cohort"].astype(int).tolist(), whole.persons, whole.policy)
    others = protect_each(found["matched"].astype(int).tolist(), matched, whole.policy)
    digits = 3 if size.exact is not None else 2
    a = _shares(found["cohort_share"], members, 3)
    b = _shares(found["matched_share"], others, digits)
    if size.exact is None:
        others = [HIDDEN if isinstance(cell, int) and cell else cell for cell in others]
    spread = np.sqrt((a * (1 - a) + b * (1 - b)) / 2)
    smd = np.divide(a - b, spread, out=np.full(len(a), np.nan), where=spread > 0)
    frame = _with(found[["domain", "concept_id"]], cohort=members, matched=others)
    frame = frame.assign(cohort_share=a, matched_share=b, smd=np.round(smd, 3))
    listed = np.fmax(a, b) >= LEAST_SHARE
    unlisted = int((np.isnan(a) & np.isnan(b)).sum())
    return _about(_most_different_first(frame[listed]), about | {"unlisted": unlisted})


def _most_different_first(frame: pd.DataFrame) -> pd.DataFrame:
    keys = pd.DataFrame(
        {
            "smd": -frame["smd"].abs(),
            "share": -frame[["cohort_share", "matched_share"]].max(axis=1),
            "concept_id": frame["concept_id"],
        }
    )
    return frame.loc[keys.sort_values([*map(str, keys)], na_position="last").index].reset_index(drop=True)


def in_shown_order(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Put the largest counts that are shown first and those that are hidden last, by their concepts alone.

    Where a hidden count stood among shown ones, its place would tell its size.
    """
    shown = frame[column].map(lambda cell: isinstance(cell, int)).astype(bool)
    names = [name for name in ("domain", "concept_id", "visit_concept_id", "source_value") if name in frame]
    counts = pd.to_numeric(frame[column].where(shown, 0)).astype(int)
    keys = pd.concat([pd.DataFrame({"hidden": ~shown, "count": -counts}), frame[names]], axis=1)
    order = keys.sort_values([*map(str, keys)], na_position="last").index
    return frame.loc[order].reset_index(drop=True)


def _shares(shares: pd.Series, cells: Sequence[Cell], digits: int) -> np.ndarray:
    shown = np.array([isinstance(cell, int) for cell in cells], dtype=bool)
    return np.where(shown, np.round(shares.to_numpy(dtype=float), digits), np.nan)


def _with(frame: pd.DataFrame, **columns: Sequence[Cell]) -> pd.DataFrame:
    return frame.assign(**{name: pd.Series(cells, dtype=object, index=frame.index) for name, cells in columns.items()})


def _about(frame: pd.DataFrame, attributes: dict[Hashable, object]) -> pd.DataFrame:
    frame.attrs = attributes
    return frame


TABLES: Final[dict[str, Callable[[Whole], pd.DataFrame]]] = {
    "index_events": protected_index_events,
    "orphan_concepts": protected_orphans,
    "incidence": protected_incidence,
    "visit_context": protected_visits,
    "time_in_cohort": protected_duration,
    "compare_with_matched": protected_comparison,
}
"""Every table of a cohort, by name."""
