"""Diagnostics as tables in the reader's words: the same for a page, the command line and a report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from workbench.diagnostics.view import TITLES, CohortView, DiagnosticsView
from workbench.diagnostics.words import Labels, note_of
from workbench.locales import Translator, mark
from workbench.reports import Column, Table
from workbench.reports.model import CellValue
from workbench.sentences.words import KINDS

_PERIODS: Final = {"year": mark("Year"), "quarter": mark("Quarter"), "month": mark("Month")}
_CONTEXTS: Final = {
    "before": mark("Ended in the 30 days before"),
    "during": mark("Lasted over the index date"),
    "on": mark("Began on the index date"),
    "after": mark("Began in the 30 days after"),
}


def tables_of(t: Translator, cohort: CohortView, labels: Labels) -> dict[str, list[Table]]:
    """Word the tables of a cohort.

    Parameters
    ----------
    t : Translator
        Of the reader's language.
    cohort : CohortView
        What may be shown.
    labels : mapping of int to str
        Names of concepts; one without a name goes by its number.

    Returns
    -------
    dict of str to list of Table
        By the names of `CohortView.tables`; a diagnostic that found nothing has none.
    """
    return {
        name: [table for table in _WORDED[name](t, cohort, labels) if table.rows] for name in TITLES if cohort.tables
    }


def overlap_table(t: Translator, view: DiagnosticsView) -> Table:
    """Word the overlaps of the cohorts."""
    counts = [
        t("In the first only"),
        t("In both cohorts"),
        t("In the second only"),
        t("First one earlier"),
        t("Same day"),
        t("Second one earlier"),
    ]
    return Table(
        caption=t("Overlap of the cohorts"),
        columns=[Column(name=t("First cohort")), Column(name=t("Second cohort")), *map(_count, counts)],
        rows=_rows(view.overlap, list(view.overlap.columns)),
        note=t("Persons. Where one of the groups is small, nothing is shown of the pair."),
        sheet=t("Overlap"),
    )


def _index_events(t: Translator, cohort: CohortView, labels: Labels) -> list[Table]:
    frame = cohort.tables["index_events"]
    rows = [
        [_kind(t, row["domain"]), _label(labels, row["concept_id"]), _code(t, row), row["events"], row["persons"]]
        for row in frame.to_dict("records")
    ]
    columns = [*_concept_columns(t), Column(name=t("Source code")), _count(t("Events")), _count(t("Persons"))]
    return [_table(t, cohort, "index_events", columns, rows)]


def _orphans(t: Translator, cohort: CohortView, labels: Labels) -> list[Table]:
    rows = [
        [
            _kind(t, row["domain"]),
            _label(labels, row["concept_id"]),
            _label(labels, row["shared"]),
            row["records"],
            row["persons"],
        ]
        for row in cohort.tables["orphan_concepts"].to_dict("records")
    ]
    columns = [*_concept_columns(t), Column(name=t("Both under")), _count(t("Records")), _count(t("Persons"))]
    return [_table(t, cohort, "orphan_concepts", columns, rows)]


def _incidence(t: Translator, cohort: CohortView, labels: Labels) -> list[Table]:
    frame = cohort.tables["incidence"]
    heads = {**{by: t(name) for by, name in _PERIODS.items()}, "sex": t("Sex"), "age": t("Age")}
    tables = []
    for by, part in frame.groupby("by", sort=False):
        rows = [
            [_group(t, str(by), row["group"], labels), row["entries"], row["person_years"], _number(row["per_1000"])]
            for row in part.to_dict("records")
            if row["entries"] != 0 or isinstance(row["person_years"], int)
        ]
        columns = [
            Column(name=heads[str(by)]),
            _count(t("New entries")),
            _count(t("Person-years")),
            Column(name=t("Per 1,000 person-years"), form="number"),
        ]
        caption = {"sex": t("New entries by sex"), "age": t("New entries by age")}.get(
            str(by), t("New entries over time")
        )
        tables.append(_table(t, cohort, "incidence", columns, rows, caption))
    return [*(table.model_copy(update={"note": ""}) for table in tables[:-1]), *tables[-1:]]


def _visits(t: Translator, cohort: CohortView, labels: Labels) -> list[Table]:
    rows = [
        [t(_CONTEXTS[row["context"]]), _label(labels, row["visit_concept_id"]), row["entries"], row["persons"]]
        for row in cohort.tables["visit_context"].to_dict("records")
    ]
    columns = [Column(name=t("When")), Column(name=t("Kind of visit")), _count(t("Rows")), _count(t("Persons"))]
    return [_table(t, cohort, "visit_context", columns, rows)]


def _duration(t: Translator, cohort: CohortView, labels: Labels) -> list[Table]:
    columns = [Column(name=t("Share of the rows"), form="percent", digits=0), _count(t("Days or fewer"))]
    return [_table(t, cohort, "time_in_cohort", columns, _rows(cohort.tables["time_in_cohort"], ["share", "days"]))]


def _comparison(t: Translator, cohort: CohortView, labels: Labels) -> list[Table]:
    rows = [
        [
            _kind(t, row["domain"]),
            _label(labels, row["concept_id"]),
            row["cohort"],
            _number(row["cohort_share"]),
            row["matched"],
            _number(row["matched_share"]),
            _number(row["smd"]),
        ]
        for row in cohort.tables["compare_with_matched"].to_dict("records")
    ]
    columns = [
        *_concept_columns(t),
        _count(t("Cohort")),
        Column(name=t("Share of the cohort"), form="percent"),
        _count(t("Matched")),
        Column(name=t("Share of the matched"), form="percent"),
        Column(name=t("SMD"), form="number", digits=2),
    ]
    return [_table(t, cohort, "compare_with_matched", columns, rows)]


_WORDED: Final[dict[str, Callable[[Translator, CohortView, Labels], list[Table]]]] = {
    "index_events": _index_events,
    "orphan_concepts": _orphans,
    "incidence": _incidence,
    "visit_context": _visits,
    "time_in_cohort": _duration,
    "compare_with_matched": _comparison,
}


def _table(
    t: Translator,
    cohort: CohortView,
    name: str,
    columns: list[Column],
    rows: list[list[CellValue]],
    caption: str = "",
) -> Table:
    title = caption or t(TITLES[name])
    return Table(
        caption=t("{name}: {condition}", name=cohort.name, condition=title),
        columns=columns,
        rows=rows,
        note=note_of(t, cohort, name),
        sheet=title,
    )


def _concept_columns(t: Translator) -> list[Column]:
    return [Column(name=t("Kind")), Column(name=t("Concept"))]


def _count(name: str) -> Column:
    return Column(name=name, form="count")


def _kind(t: Translator, domain: str) -> str:
    return t(KINDS[domain]) if domain in KINDS else domain


def _label(labels: Labels, concept: Any) -> str:
    return labels.get(int(concept), str(int(concept)))


def _code(t: Translator, row: dict[Any, Any]) -> str | None:
    if row["codes"]:
        return t("{codes} rare codes", codes=row["codes"])
    return None if pd.isna(row["source_value"]) else str(row["source_value"])


def _group(t: Translator, by: str, group: Any, labels: Labels) -> str:
    if by == "sex":
        return _label(labels, group)
    return t("{first}–{last} years", first=group, last=group + 9) if by == "age" else str(group)


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _rows(frame: pd.DataFrame, columns: list[str]) -> list[list[CellValue]]:
    return [[row[name] for name in columns] for row in frame.to_dict("records")]
