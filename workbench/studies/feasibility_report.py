"""The feasibility report that a sponsor gets."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from cohorts import CohortDefinition
from workbench.access import DisclosurePolicy
from workbench.locales import Translator
from workbench.reports import (
    Column,
    Facts,
    Figure,
    Headline,
    Items,
    Paragraph,
    Provenance,
    ReportModel,
    Section,
    Table,
)
from workbench.reports.model import Block, CellValue
from workbench.sentences import Narrator
from workbench.studies.feasibility import FeasibilityView, Screening
from workbench.studies.figures import effects_figure, funnel_figure, periods_figure, recruitment_figure
from workbench.studies.findings import feasibility_findings
from workbench.studies.protocol import Protocol
from workbench.version import SOFTWARE

_MONTHS_SHOWN = 12


def feasibility_report(
    t: Translator,
    protocol: Protocol,
    screening: Screening,
    view: FeasibilityView,
    policy: DisclosurePolicy,
    *,
    narrator: Narrator,
    data_source: str = "",
    vocabulary: str = "",
    command: str = "",
    created: datetime | None = None,
) -> ReportModel:
    """Put a feasibility calculation into a report.

    Parameters
    ----------
    t : Translator
        Of the report's language.
    protocol, screening, view
        What was asked, what was found, what may be shown of it.
    policy : DisclosurePolicy
        The rule on small counts.
    narrator : Narrator
        Says the definition.
    data_source, vocabulary, command : str
        For the provenance.
    created : datetime.datetime, optional
        When; now by default.

    Returns
    -------
    ReportModel
        Summary, population, funnel, effect of each criterion, arrival, projection, limits.
    """
    names = {rule: protocol.label(rule, t.language) for rule in screening.rules}
    sections = [
        Section(title=t("Summary"), blocks=feasibility_findings(t, view, names)),
        _population(t, protocol, screening.definition, narrator, names),
        _funnel(t, view, names),
        _effects(t, view, names),
        _arrival(t, view),
        _projection(t, protocol, view),
        _limits(t, screening),
    ]
    return ReportModel(
        title=t("Feasibility report: {title}", title=t.pick(protocol.title)),
        subtitle=" · ".join(part for part in (data_source, _until(t, screening)) if part),
        language=t.language,
        headlines=_headlines(t, view),
        sections=[section for section in sections if section.blocks],
        provenance=Provenance(
            document=protocol.name,
            document_hash=protocol.hash,
            definition_hash=screening.definition.hash,
            snapshot=screening.snapshot,
            data_source=data_source,
            vocabulary=vocabulary,
            data_until=str(screening.until or ""),
            software=SOFTWARE,
            created=created or datetime.now(UTC),
            suppression=policy.sentence(t),
            command=command,
        ),
    )


def months_text(t: Translator, view: FeasibilityView) -> str:
    """Write the months to the target: the middle projection with its likely range."""
    if view.recruitment is None:
        return "–"
    months = view.recruitment.months_to_target.iloc[0]
    horizon = view.recruitment.assumptions.horizon_months
    p10, p50, p90 = (f">{horizon}" if pd.isna(months[q]) else f"{months[q]:.0f}" for q in ("p10", "p50", "p90"))
    return p50 if p50.startswith(">") else f"{p50} ({p10}–{p90})"


def _until(t: Translator, screening: Screening) -> str:
    return t("data until {day}", day=screening.until) if screening.until else ""


def _headlines(t: Translator, view: FeasibilityView) -> list[Headline]:
    entered, eligible = view.entered.exact, view.eligible.exact
    share = (
        t("{share} of those with the entry event", share=t.percent(eligible / entered)) if entered and eligible else ""
    )
    headlines = [
        Headline(label=t("Persons with the entry event"), value=str(view.entered)),
        Headline(
            label=t("Eligible persons"),
            value=str(view.eligible),
            note=share,
        ),
    ]
    if view.recruitment is not None and view.rate is not None:
        target = view.recruitment.assumptions.target
        headlines += [
            Headline(label=t("Newly eligible per month (about)"), value=f"{view.rate:g}"),
            Headline(
                label=t("Months to {target} enrolled", target=f"{target:,}"),
                value=months_text(t, view),
                note=t("P50 (P10–P90)"),
            ),
        ]
    return headlines


def _population(
    t: Translator, protocol: Protocol, definition: CohortDefinition, narrator: Narrator, names: dict[str, str]
) -> Section:
    expression = definition.expression
    rows: list[list[CellValue]] = [
        [number, names.get(rule.name or "", rule.name or ""), narrator.rule(rule)]
        for number, rule in enumerate(expression.inclusion_rules or [], start=1)
    ]
    criteria = Table(
        caption=t("Criteria of the protocol"),
        columns=[Column(name="#", form="count"), Column(name=t("Criterion")), Column(name=t("In words"))],
        rows=rows,
        sheet=t("Criteria"),
    )
    blocks: list[Block] = [Paragraph(text=t.pick(protocol.purpose))] if protocol.purpose else []
    blocks.append(Items(texts=narrator.entry(expression)))
    if rows:
        blocks.append(criteria)
    semantics = {
        "exact": t("Ages are exact at the date; definitions mean what they say (semantics: exact)."),
        "circe": t("Rows are exactly those of OHDSI Circe, with its year-difference ages (semantics: circe)."),
    }
    blocks.append(Paragraph(text=semantics[definition.semantics], tone="note"))
    return Section(title=t("Trial population"), blocks=blocks)


def _funnel(t: Translator, view: FeasibilityView, names: dict[str, str]) -> Section:
    entered = view.entered.exact
    rows: list[list[CellValue]] = []
    for number, step in enumerate(view.steps):
        name = names.get(step.rule, step.rule) if step.kind == "rule" else step.name(t)
        exact = step.persons.exact
        share = exact / entered if exact is not None and entered and step.kind == "rule" else None
        rows.append([number, name, step.events.cell, step.persons.cell, step.lost.cell, share])
    table = Table(
        caption=t("Events and persons left after each step"),
        columns=[
            Column(name="#", form="count"),
            Column(name=t("Step")),
            Column(name=t("Events"), form="count"),
            Column(name=t("Persons"), form="count"),
            Column(name=t("Persons lost"), form="count"),
            Column(name=t("Share left"), form="percent"),
        ],
        rows=rows,
        note=t("Shares are of the persons with a qualifying entry event."),
        sheet=t("Funnel"),
        chart="bar",
        chart_column=3,
        chart_label=1,
        emphasis=[len(rows) - 1],
    )
    figure = Figure(
        caption=t("Persons left after each step"),
        alt=t("Funnel from {entered} to {eligible} persons", entered=view.steps[0].persons, eligible=view.eligible),
        chart=funnel_figure(t, view, names).to_dict(),
    )
    return Section(title=t("Attrition"), blocks=[table, figure])


def _effects(t: Translator, view: FeasibilityView, names: dict[str, str]) -> Section:
    if not view.rules:
        return Section(title="", blocks=[])
    rows: list[list[CellValue]] = [
        [
            names.get(effect.name, effect.name),
            effect.met.cell,
            effect.gain.cell,
            effect.without.cell,
            effect.share_of_loss,
        ]
        for effect in view.rules
    ]
    table = Table(
        caption=t("What each criterion costs"),
        columns=[
            Column(name=t("Criterion")),
            Column(name=t("Met by (persons)"), form="count"),
            Column(name=t("Lost only because of it"), form="count"),
            Column(name=t("Eligible without it"), form="count"),
            Column(name=t("Share of the loss"), form="percent", digits=0),
        ],
        rows=rows,
        note=t(
            "Lost only because of it: persons who meet all other criteria. Share of the loss: those lost, shared out "
            "equally among the criteria that each of them fails; it does not depend on the order of the criteria."
        ),
        sheet=t("Effect of criteria"),
    )
    figure = Figure(
        caption=t("Persons gained if a single criterion is dropped"),
        alt=t("Bars of the persons gained by dropping each criterion"),
        chart=effects_figure(t, view, names).to_dict(),
    )
    return Section(title=t("Effect of each criterion"), blocks=[table, figure])


def _arrival(t: Translator, view: FeasibilityView) -> Section:
    if view.periods is None:
        return Section(title="", blocks=[])
    units = {"month": t("Month"), "quarter": t("Quarter"), "year": t("Year")}
    figure = Figure(
        caption=t("Newly eligible persons over time"),
        alt=t("Bars of newly eligible persons over time"),
        chart=periods_figure(t, view.periods).to_dict(),
    )
    rows: list[list[CellValue]] = [
        [name, text if count is None else count]
        for name, count, text in zip(view.periods.names, view.periods.counts, view.periods.texts, strict=True)
    ]
    table = Table(
        caption=t("Newly eligible persons over time"),
        columns=[Column(name=units[view.periods.unit]), Column(name=t("Persons"), form="count")],
        rows=rows,
        sheet=t("Over time"),
        chart="column",
        only_in_workbook=len(rows) > _MONTHS_SHOWN,
    )
    note = Paragraph(text=t("A person counts in the period of the first event that meets all criteria."), tone="note")
    return Section(title=t("Arrival over time"), blocks=[figure, table, note])


def _projection(t: Translator, protocol: Protocol, view: FeasibilityView) -> Section:
    assumed = protocol.assumptions
    facts = Facts(
        facts=[
            (t("Persons to enrol"), f"{assumed.target:,}"),
            (t("Sites"), f"{assumed.sites}"),
            (t("Size of the other sites relative to this hospital"), f"{assumed.site_size:g}"),
            (t("Variation between sites (coefficient of variation)"), f"{assumed.site_variation:g}"),
            (t("Eligible persons who are asked and agree"), t.percent(assumed.consent, 0)),
            (t("Screening failures for reasons the data do not show"), t.percent(assumed.screen_failure, 0)),
            (t("Months until the first site opens"), f"{assumed.first_site_month:g}"),
            (t("Months between the openings of two sites"), f"{assumed.months_between_sites:g}"),
            (t("Months of history behind the rate"), f"{assumed.history_months}"),
            (t("Simulated trials, seed"), f"{assumed.simulations:,}, {assumed.seed}"),
        ]
    )
    title = t("Recruitment projection and its assumptions")
    if view.recruitment is None:
        reason = Paragraph(text=t("Too few persons are eligible for a projection."), tone="warning")
        return Section(title=title, blocks=[reason, facts])
    months = view.recruitment.months_to_target.iloc[0]
    blocks: list[Block] = [
        Paragraph(
            text=t(
                "Months until {target} persons are enrolled: {months} (P50, in brackets P10–P90). Within {horizon} "
                "months {share} of the simulated trials reach the target.",
                target=f"{assumed.target:,}",
                months=months_text(t, view),
                share=t.percent(float(months["reached"]), 0),
                horizon=assumed.horizon_months,
            )
        ),
        Figure(
            caption=t("Persons enrolled, with the range from P10 to P90"),
            alt=t("Projected enrolment over the months since the start"),
            chart=recruitment_figure(t, view).to_dict(),
        ),
        facts,
        Paragraph(
            text=t(
                "Poisson-gamma model of Anisimov and Fedorov (Stat Med 2007;26:4958): the rate of this hospital and of "
                "the other sites, and the chance of each month, are drawn anew for every simulated trial."
            ),
            tone="note",
        ),
    ]
    return Section(title=title, blocks=blocks)


def _limits(t: Translator, screening: Screening) -> Section:
    texts = [
        t("Counts come from routine data of one hospital; a record that is missing counts as not met."),
        t("No patient was asked or screened; consent and screening failures are assumptions."),
        t("Persons treated elsewhere are seen only as far as this hospital recorded it."),
    ]
    if screening.until:
        texts.append(t("The data end on {day}.", day=screening.until))
    return Section(title=t("Limits"), blocks=[Items(texts=texts)])
