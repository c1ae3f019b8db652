"""Diagnostics of cohorts as they may be shown: what a page, the command line and a report have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import pandas as pd

from cohorts import GeneratedCohorts
from cohorts.diagnostics import overlap
from workbench.access import DisclosurePolicy
from workbench.counts import attrition_counts
from workbench.diagnostics.overlaps import protect_overlaps
from workbench.diagnostics.protection import HIDDEN, Cell
from workbench.diagnostics.tables import TABLES, Whole
from workbench.jobs.work import Progress, no_progress
from workbench.locales import mark

Withheld = Literal["", "empty", "small", "steps", "alike", "nested"]
"""Why nothing is shown of a cohort: nobody is in it, few are, few were lost in its last steps, few set it apart from
another one, or few or none of one of the two are outside the other."""


TITLES: Final = {
    "index_events": mark("What brought persons in"),
    "orphan_concepts": mark("Concepts that may have been forgotten"),
    "incidence": mark("New entries"),
    "visit_context": mark("Visits around the index date"),
    "time_in_cohort": mark("Time in the cohort"),
    "compare_with_matched": mark("What sets the cohort apart"),
}
"""The tables of a cohort in their order, with what they are called."""


@dataclass(frozen=True)
class CohortView:
    """What may be shown of a cohort.

    Attributes
    ----------
    name : str
        Its name.
    persons, entries : int or str
        Its size.
    withheld : {"", "empty", "small", "steps", "alike", "nested"}
        Why there are no tables.
    beside : str
        The cohort that it is too close to.
    washout : int
        Days of observation before a person is at risk.
    tables : dict of str to pandas.DataFrame
        ``index_events``, ``orphan_concepts``, ``incidence``, ``visit_context``, ``time_in_cohort`` and
        ``compare_with_matched``, protected; see `workbench.diagnostics.tables`.
    """

    name: str
    persons: Cell
    entries: Cell
    withheld: Withheld = ""
    beside: str = ""
    washout: int = 0
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class DiagnosticsView:
    """What may be shown of cohorts that were looked at together.

    Attributes
    ----------
    cohorts : tuple of CohortView
        Each of them.
    overlap : pandas.DataFrame
        As `cohorts.diagnostics.overlap` gives it, protected.
    """

    cohorts: tuple[CohortView, ...]
    overlap: pd.DataFrame

    @property
    def concepts(self) -> list[int]:
        """Every concept in the tables."""
        columns = ("concept_id", "shared", "visit_concept_id", "gender_concept_id")
        found = {
            int(number)
            for cohort in self.cohorts
            for table in cohort.tables.values()
            for column in columns
            if column in table
            for number in table[column].dropna()
        }
        sexes = {
            int(number)
            for cohort in self.cohorts
            if (table := cohort.tables.get("incidence")) is not None
            for number in table.loc[table["by"] == "sex", "group"]
        }
        return sorted(found | sexes)


def view_diagnostics(
    made: GeneratedCohorts,
    policy: DisclosurePolicy,
    *,
    progress: Progress = no_progress,
) -> DiagnosticsView:
    """Look at cohorts and protect what is found.

    Nothing is shown of a cohort if few persons are in it; if few were lost between its last criterion and its rows; or
    if it lies within an earlier one, or that one in it, but for few: the differences of their tables would be about the
    few who are in one of them only.

    Parameters
    ----------
    made : GeneratedCohorts
        The cohorts.
    policy : DisclosurePolicy
        The rule on small counts.
    progress : callable
        Told how far it is.

    Returns
    -------
    DiagnosticsView
        What may be shown.
    """
    names = [name for name in made.definitions if name not in made.refused]
    pairs = overlap(made)
    views: list[CohortView] = []
    for position, name in enumerate(names):
        earlier = [view.name for view in views if view.tables]

        def within(stage: str, share: float, position: int = position) -> None:
            progress(stage, (position + share) / len(names))

        views.append(_view_cohort(made, name, policy, *_too_close(pairs, name, earlier, policy), within))
    closed = {view.name for view in views if view.withheld in ("small", "steps", "alike")}
    return DiagnosticsView(tuple(views), protect_overlaps(pairs, closed, policy))


def _view_cohort(
    made: GeneratedCohorts, name: str, policy: DisclosurePolicy, close: Withheld, beside: str, progress: Progress
) -> CohortView:
    attrition = made.attrition(name)
    last = attrition_counts(attrition, policy)[-1]
    persons, entries = last.persons.exact, last.events.exact
    if persons == 0:
        return CohortView(name, 0, 0, "empty")
    if policy.is_small(int(attrition["persons"].iloc[-1])):
        return CohortView(name, last.persons.cell, HIDDEN, "small")
    if persons is None:
        return CohortView(name, last.persons.cell, HIDDEN, "steps")
    if close:
        alike = close == "alike"
        return CohortView(name, HIDDEN if alike else persons, HIDDEN if alike else last.events.cell, close, beside)
    window = made.definitions[name].expression.primary_criteria.observation_window
    washout = int(window.prior_days or 0) if window else 0
    whole = Whole(made, name, persons, entries, washout, policy)
    tables = {}
    for position, (table, title) in enumerate(TITLES.items()):
        progress(title, position / len(TITLES))
        tables[table] = TABLES[table](whole)
    return CohortView(name, persons, last.events.cell, washout=washout, tables=tables)


def _too_close(
    pairs: pd.DataFrame, name: str, earlier: Sequence[str], policy: DisclosurePolicy
) -> tuple[Withheld, str]:
    """Find an earlier cohort that few persons set apart from this one, on either side or on one."""
    for row in pairs[(pairs["second"] == name) & pairs["first"].isin(earlier)].to_dict("records"):
        sides = (int(row["only_first"]), int(row["only_second"]))
        if policy.is_small(sum(sides)):
            return "alike", row["first"]
        if sum(sides) and int(row["both"]) and min(sides) < policy.threshold and policy.threshold > 1:
            return "nested", row["first"]
    return "", ""
