"""Diagnostics as a report."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cohorts import CohortDefinition
from workbench.access import DisclosurePolicy
from workbench.diagnostics.figures import comparison_figure, entries_figure
from workbench.diagnostics.view import CohortView, DiagnosticsView
from workbench.diagnostics.worded import overlap_table, tables_of
from workbench.diagnostics.words import Labels, matched_text, withheld_text
from workbench.locales import Translator
from workbench.profile import DataProfile
from workbench.reports import Figure, Headline, Paragraph, Provenance, ReportModel, Section, Table
from workbench.reports.model import Block
from workbench.version import SOFTWARE

MOST_ON_PAPER: Final = 20
"""Lines of a table outside a workbook."""

_MOST_HEADLINES: Final = 6


def diagnostics_report(
    t: Translator,
    view: DiagnosticsView,
    definitions: Mapping[str, CohortDefinition],
    labels: Labels,
    policy: DisclosurePolicy,
    profile: DataProfile,
    *,
    most: int | None = MOST_ON_PAPER,
    created: datetime | None = None,
) -> ReportModel:
    """Put diagnostics into a report.

    Parameters
    ----------
    t : Translator
        Of the report's language.
    view : DiagnosticsView
        What may be shown.
    definitions : mapping of str to CohortDefinition
        The cohorts.
    labels : mapping of int to str
        Names of the concepts.
    policy : DisclosurePolicy
        The rule on small counts.
    profile : DataProfile
        The data.
    most : int, optional
        Lines of a table; none for all.
    created : datetime.datetime, optional
        When; now by default.

    Returns
    -------
    ReportModel
        A section for each cohort, and one for their overlap.
    """
    sections = [Section(title=c.name, blocks=_blocks(t, c, labels, policy, most)) for c in view.cohorts]
    if len(view.overlap):
        sections.append(
            Section(title=t("Overlap of the cohorts"), blocks=[_shortened(t, overlap_table(t, view), most)])
        )
    names = [cohort.name for cohort in view.cohorts]
    digest = "".join(definitions[name].hash for name in names)
    return ReportModel(
        title=t("Cohort diagnostics: {names}", names=t(", ").join(names)),
        subtitle=profile.source,
        language=t.language,
        headlines=[
            Headline(label=t("{name}: persons", name=cohort.name), value=_said(cohort.persons))
            for cohort in view.cohorts[:_MOST_HEADLINES]
        ],
        sections=sections,
        provenance=Provenance(
            document=", ".join(names),
            document_hash=hashlib.sha256(digest.encode()).hexdigest(),
            definition_hash=definitions[names[0]].hash
            if len(names) == 1
            else hashlib.sha256(digest.encode()).hexdigest(),
            snapshot=profile.snapshot,
            data_source=profile.source,
            vocabulary=profile.vocabulary,
            data_until=str(profile.last_day or ""),
            software=SOFTWARE,
            created=created or datetime.now(UTC),
            suppression=policy.sentence(t),
            command=f"rwe cohort diagnose {' '.join(f'{name}.json' for name in names)} --cdm CDM --out FILE",
        ),
    )


def _blocks(
    t: Translator, cohort: CohortView, labels: Labels, policy: DisclosurePolicy, most: int | None
) -> list[Block]:
    if cohort.withheld:
        return [Paragraph(text=withheld_text(t, cohort), tone="warning")]
    figures = {
        "incidence": (t("Bars of new entries over time"), entries_figure(t, cohort)),
        "compare_with_matched": (
            t("Points of the shares of the cohort and of matched persons, for each concept"),
            comparison_figure(t, cohort, labels),
        ),
    }
    blocks: list[Block] = []
    for name, tables in tables_of(t, cohort, labels).items():
        alt, chart = figures.get(name, ("", None))
        if chart is not None:
            blocks.append(_figure(tables[0].caption, alt, chart))
        if name == "compare_with_matched":
            blocks.append(Paragraph(text=matched_text(t, cohort, policy), tone="note"))
        blocks += [_shortened(t, table, most) for table in tables]
    return blocks


def _figure(caption: str, alt: str, chart: Any) -> Figure:
    return Figure(caption=caption, alt=alt, chart=chart.to_dict())


def _shortened(t: Translator, table: Table, most: int | None) -> Table:
    if most is None or len(table.rows) <= most:
        return table
    left_out = t("The first {most} of {lines} lines; the workbook (.xlsx) has all.", most=most, lines=len(table.rows))
    return table.model_copy(update={"rows": table.rows[:most], "note": t.join([left_out, table.note])})


def _said(count: int | str) -> str:
    return f"{count:,}" if isinstance(count, int) else count
