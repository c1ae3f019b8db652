"""The sections of a study's report that hold its numbers."""

from __future__ import annotations

from workbench.locales import Translator
from workbench.reports import Column, Figure, Paragraph, Section, Table
from workbench.reports.model import Block, CellValue
from workbench.studies.survival_figures import balance_figure, curves_figure, ratios_figure, ratios_table
from workbench.studies.survival_view import StudyView
from workbench.studies.survival_words import END_REASONS, months, p_text


def baseline_section(t: Translator, view: StudyView) -> Section:
    """Describe the groups at baseline."""
    if not view.characteristics:
        return Section(title="", blocks=[])
    study = view.study
    rows: list[list[CellValue]] = []
    for line in view.characteristics:
        name = study.label(line.variable, t.language)
        level = study.label(line.level, t.language)
        rows.append([t("{name}: {level}", name=name, level=level) if level else name, *line.texts, line.smd])
    table = Table(
        caption=t("Baseline characteristics by group"),
        columns=[
            Column(name=t("Characteristic")),
            *(Column(name=study.label(group.name, t.language), form="number") for group in view.groups),
            Column(name=t("SMD"), form="number", digits=2),
        ],
        rows=rows,
        note=t("Mean (standard deviation) or number (percent). SMD: standardised mean difference."),
        sheet=t("Baseline"),
    )
    blocks: list[Block] = [table]
    if view.differences is not None:
        blocks.append(
            Figure(
                caption=t("Absolute standardised mean differences; the line stands at 0.1"),
                alt=t("Points of the standardised mean difference of each characteristic"),
                chart=balance_figure(t, view).to_dict(),
            )
        )
    return Section(title=t("Baseline characteristics"), blocks=blocks)


def survival_section(t: Translator, view: StudyView) -> Section:
    """Show the curves, medians, the log-rank test and why follow-up ended."""
    study = view.study
    blocks: list[Block] = []
    if view.curves is not None:
        blocks.append(
            Figure(
                caption=t("Survival by the Kaplan–Meier method, with 95% confidence bands and numbers at risk"),
                alt=t("Survival curves of the groups over the months since the index date"),
                chart=curves_figure(t, view).to_dict(),
            )
        )
    rows: list[list[CellValue]] = [
        [
            study.label(group.name, t.language),
            group.persons.cell,
            group.events.cell,
            f"{months(group.median)} ({months(group.lower)}–{months(group.upper)})",
            months(group.follow_up),
        ]
        for group in view.groups
    ]
    blocks.append(
        Table(
            caption=t("Persons, outcomes and median survival"),
            columns=[
                Column(name=t("Group")),
                Column(name=t("Persons"), form="count"),
                Column(name=t("With the outcome"), form="count"),
                Column(name=t("Median survival in months (95% CI)"), form="number"),
                Column(name=t("Median follow-up in months"), form="number"),
            ],
            rows=rows,
            sheet=t("Survival"),
        )
    )
    if view.logrank is not None:
        test = view.logrank
        blocks.append(
            Paragraph(
                text=t(
                    "Log-rank test of equal hazards: chi-square {chisq} on {df} degrees of freedom, p {p}.",
                    chisq=f"{test.chisq:.2f}",
                    df=test.df,
                    p=p_text(test.p),
                )
            )
        )
    if view.end_reasons is not None:
        names = [str(column) for column in view.end_reasons.columns[1:]]
        blocks.append(
            Table(
                caption=t("Why follow-up ended"),
                columns=[
                    Column(name=t("Reason")),
                    *(Column(name=study.label(name, t.language), form="count") for name in names),
                ],
                rows=[[t(END_REASONS[str(row[0])]), *row[1:]] for row in view.end_reasons.itertuples(index=False)],
                sheet=t("End of follow-up"),
            )
        )
    return Section(title=t("Survival"), blocks=blocks)


def ratios_section(t: Translator, view: StudyView) -> Section:
    """Show the hazard ratios, crude and adjusted."""
    if view.crude is None and view.adjusted is None:
        return Section(title="", blocks=[])
    rows: list[list[CellValue]] = [
        [row["name"], row["hr"], row["hr_lower"], row["hr_upper"], p_text(row["p"])]
        for row in ratios_table(t, view).to_dict("records")
    ]
    table = Table(
        caption=t("Hazard ratios of the Cox models"),
        columns=[
            Column(name=t("Term")),
            Column(name=t("Hazard ratio"), form="number", digits=2),
            Column(name=t("Lower limit"), form="number", digits=2),
            Column(name=t("Upper limit"), form="number", digits=2),
            Column(name="p", form="number", digits=3),
        ],
        rows=rows,
        note=_note(t, view),
        sheet=t("Hazard ratios"),
    )
    figure = Figure(
        caption=t("Hazard ratios with their confidence intervals"),
        alt=t("Points and intervals of the hazard ratios on a logarithmic axis"),
        chart=ratios_figure(t, view).to_dict(),
    )
    return Section(title=t("Hazard ratios"), blocks=[table, figure])


def _note(t: Translator, view: StudyView) -> str:
    model = view.adjusted or view.crude
    assert model is not None
    said = t(
        "{persons} persons, {events} with the outcome. Harrell's C of the model: {concordance}.",
        persons=model.persons,
        events=model.events,
        concordance=f"{model.concordance:.2f}",
    )
    if view.proportionality is not None:
        last = view.proportionality.iloc[-1]
        tested = t("Test of proportional hazards, all terms: p {p}.", p=p_text(float(last["p"])))
        said = t.join([said, tested])
    return said
