"""The report of a study."""

from __future__ import annotations

from datetime import UTC, datetime

from workbench.access import DisclosurePolicy
from workbench.locales import Translator
from workbench.profile import DataProfile
from workbench.reports import (
    Column,
    Facts,
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
from workbench.studies.documents import fingerprint
from workbench.studies.survival_sections import baseline_section, ratios_section, survival_section
from workbench.studies.survival_view import StudyView
from workbench.studies.survival_words import (
    ACCOUNT,
    coefficient_name,
    outcome_name,
    ratio_text,
    study_findings,
)
from workbench.version import SOFTWARE


def study_report(
    t: Translator,
    view: StudyView,
    policy: DisclosurePolicy,
    *,
    narrators: dict[str, Narrator],
    profile: DataProfile,
    command: str = "",
    created: datetime | None = None,
) -> ReportModel:
    """Put a study's results into a report.

    Parameters
    ----------
    t : Translator
        Of the report's language.
    view : StudyView
        What may be shown.
    policy : DisclosurePolicy
        The rule on small counts.
    narrators : dict of str to Narrator
        Say the cohort definitions, by cohort.
    profile : DataProfile
        The data.
    command : str
        How to compute it again.
    created : datetime.datetime, optional
        When; now by default.

    Returns
    -------
    ReportModel
        Summary, design, persons, baseline, survival, hazard ratios, methods.
    """
    study = view.study
    sections = [
        Section(title=t("Summary"), blocks=study_findings(t, view)),
        _design(t, view, narrators),
        _persons(t, view),
        baseline_section(t, view),
        survival_section(t, view),
        ratios_section(t, view),
        _methods(t, view),
    ]
    return ReportModel(
        title=t.pick(study.title),
        subtitle=profile.source,
        language=t.language,
        headlines=_headlines(t, view),
        sections=[section for section in sections if section.blocks],
        provenance=Provenance(
            document=study.name,
            document_hash=study.hash,
            definition_hash=fingerprint({name: d.hash for name, d in study.definitions.items()}),
            snapshot=view.snapshot,
            data_source=profile.source,
            vocabulary=profile.vocabulary,
            data_until=str(profile.last_day or ""),
            software=SOFTWARE,
            created=created or datetime.now(UTC),
            suppression=policy.sentence(t),
            command=command,
        ),
    )


def _headlines(t: Translator, view: StudyView) -> list[Headline]:
    study = view.study
    headlines = [
        Headline(
            label=study.label(group.name, t.language),
            value=f"{group.persons}",
            note=t("{events} with the outcome", events=group.events),
        )
        for group in view.groups[:3]
    ]
    for model, label in ((view.crude, t("Hazard ratio, crude")), (view.adjusted, t("Hazard ratio, adjusted"))):
        if model is not None:
            row = model.exposure
            headlines.append(Headline(label=label, value=ratio_text(row), note=coefficient_name(t, study, row)))
    return headlines


def _design(t: Translator, view: StudyView, narrators: dict[str, Narrator]) -> Section:
    study = view.study
    blocks: list[Block] = [Paragraph(text=t.pick(study.purpose))] if study.purpose else []
    risk = study.dataset.time_at_risk
    until = [t("the end of observation")]
    if risk.window_days is not None:
        until.append(t("day {day}", day=risk.window_days))
    if risk.exposure_end:
        until.append(t("the end of the exposure"))
    if risk.study_end is not None:
        until.append(str(risk.study_end))
    blocks.append(
        Facts(
            facts=[
                (t("Groups"), t(", ").join(study.label(g.title, t.language) for g in study.dataset.exposure)),
                (t("Outcome"), outcome_name(t, study)),
                (t("Time at risk from day"), str(risk.start_day)),
                (t("Time at risk until the earliest of"), t(", ").join(until)),
                (t("Adjusted for"), t(", ").join(study.label(name, t.language) for name in study.adjusted_for)),
            ]
        )
    )
    for name, definition in study.definitions.items():
        blocks.append(Paragraph(text=t("Cohort: {name}", name=study.label(name, t.language))))
        blocks.append(Items(texts=narrators[name].definition(definition.expression, study.labels)))
    return Section(title=t("Design"), blocks=blocks)


def _persons(t: Translator, view: StudyView) -> Section:
    study = view.study
    blocks: list[Block] = []
    for name, steps in view.attritions.items():
        cohort = study.label(name, t.language)
        rows: list[list[CellValue]] = [
            [
                study.label(step.rule, t.language) if step.kind == "rule" else step.name(t),
                step.events.cell,
                step.persons.cell,
                step.lost.cell,
            ]
            for step in steps
        ]
        blocks.append(
            Table(
                caption=t("Attrition of the cohort {name}", name=cohort),
                columns=[
                    Column(name=t("Step")),
                    Column(name=t("Events"), form="count"),
                    Column(name=t("Persons"), form="count"),
                    Column(name=t("Persons lost"), form="count"),
                ],
                rows=rows,
                sheet=cohort,
                emphasis=[len(rows) - 1],
            )
        )
    account: list[list[CellValue]] = [[t(ACCOUNT[step]), persons.cell] for step, persons in view.account]
    blocks.append(
        Table(
            caption=t("From the cohorts to the persons analysed"),
            columns=[Column(name=t("Step")), Column(name=t("Persons"), form="count")],
            rows=account,
            sheet=t("Persons analysed"),
            emphasis=[len(account) - 1],
        )
    )
    return Section(title=t("Persons"), blocks=blocks)


def _methods(t: Translator, view: StudyView) -> Section:
    texts = [
        t(
            "Survival was estimated by the method of Kaplan and Meier with Greenwood's variance and limits on the "
            "logarithmic scale; each curve ends where fewer persons are at risk than may be shown."
        ),
        t("Median follow-up was estimated by the reverse Kaplan–Meier method (Schemper and Smith, 1996)."),
    ]
    if view.logrank is not None:
        texts.append(t("Groups were compared by the log-rank test."))
    if view.crude is not None or view.adjusted is not None:
        texts.append(
            t(
                "Hazard ratios come from Cox models with Efron's treatment of ties; proportional hazards were tested "
                "by the score test of Grambsch and Therneau. Persons without a value of a covariate are left out of "
                "the adjusted model and counted."
            )
        )
    texts.append(t("All numbers are those of R's package survival to the digits shown."))
    return Section(title=t("Methods"), blocks=[Items(texts=texts)])
