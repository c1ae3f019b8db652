"""Names and sentences of a study's results."""

from __future__ import annotations

import math
from typing import Final

import pandas as pd

from analyses.dataset.spec import CohortOutcome
from workbench.locales import Translator, mark
from workbench.reports import Paragraph
from workbench.reports.model import Block
from workbench.studies.study import Study
from workbench.studies.survival import EXPOSURE
from workbench.studies.survival_view import Model, StudyView

END_REASONS: Final = {
    "outcome": mark("Outcome"),
    "death": mark("Death"),
    "study_end": mark("End of the study"),
    "window": mark("End of the time at risk"),
    "exposure_end": mark("End of the exposure"),
    "observation_end": mark("End of observation (censored)"),
}
ACCOUNT: Final = {
    "cohort_rows": mark("In one of the cohorts"),
    "first_entry": mark("First entry of each person"),
    "one_group": mark("In one group only on that day"),
    "observed": mark("Under observation at the index date"),
    "no_prior_outcome": mark("Without the outcome before"),
    "time_at_risk": mark("With time at risk"),
}


def p_text(p: float) -> str:
    """Write a p-value.

    Examples
    --------
    >>> p_text(0.0421), p_text(0.00002)
    ('0.042', '<0.001')
    """
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def ratio_text(row: pd.Series) -> str:
    """Write a hazard ratio with its interval."""
    return f"{row['hr']:.2f} ({row['hr_lower']:.2f}–{row['hr_upper']:.2f})"


def months(value: float) -> str:
    """Write a number of months; a dash where a curve does not reach it."""
    return "–" if math.isnan(value) else f"{value:.1f}"


def coefficient_name(t: Translator, study: Study, row: pd.Series) -> str:
    """Name a coefficient for a reader."""
    term, level = str(row["term"]), row["level"]
    if term == EXPOSURE:
        reference = study.dataset.exposure[0].title
        return t(
            "{group} versus {reference}",
            group=study.label(str(level), t.language),
            reference=study.label(reference, t.language),
        )
    name = study.label(term, t.language)
    return name if level is None else t("{name}: {level}", name=name, level=study.label(str(level), t.language))


def outcome_name(t: Translator, study: Study) -> str:
    """Name the outcome."""
    if isinstance(study.dataset.outcome, CohortOutcome):
        return study.label(study.dataset.outcome.cohort, t.language)
    return t("death from any cause")


def study_findings(t: Translator, view: StudyView) -> list[Block]:
    """Say what a study found: groups, hazard ratios, the planted truth where there is one, warnings."""
    study = view.study
    found: list[Block] = []
    main = view.adjusted or view.crude
    if main is not None:
        found.append(Paragraph(text=_comparison(t, view, main), tone="finding"))
    found += [Paragraph(text=_group(t, study, view, number)) for number in range(len(view.groups))]
    if view.planted is not None and view.crude is not None and view.adjusted is not None:
        found.append(Paragraph(text=planted_text(t, view), tone="finding"))
    found += [Paragraph(text=guard.text(t), tone="warning") for guard in view.guards]
    return found


def planted_text(t: Translator, view: StudyView) -> str:
    """Say whether the planted hazard ratio lies in the two intervals, from the numbers."""
    planted, crude, adjusted = view.planted, view.crude, view.adjusted
    assert planted is not None
    assert crude is not None
    assert adjusted is not None
    said = [
        t(
            "These are sample data, made with a true hazard ratio of {truth} between the groups.",
            truth=f"{planted.hazard_ratio:.2f}",
        )
    ]
    for model, inside, outside in (
        (
            adjusted,
            mark("It lies inside the interval of the adjusted estimate ({interval})."),
            mark("It lies outside the interval of the adjusted estimate ({interval})."),
        ),
        (
            crude,
            mark("It lies inside the interval of the crude estimate ({interval})."),
            mark("It lies outside the interval of the crude estimate ({interval})."),
        ),
    ):
        row = model.exposure
        lower, upper = float(row["hr_lower"]), float(row["hr_upper"])
        message = inside if planted.within(lower, upper) else outside
        said.append(t(message, interval=f"{lower:.2f}–{upper:.2f}"))
    right = planted.within(*_limits(adjusted)) and not planted.within(*_limits(crude))
    if right:
        said.append(t("So the adjustment has removed the confounding that hides the effect in the crude comparison."))
    return t.join(said)


def _limits(model: Model) -> tuple[float, float]:
    row = model.exposure
    return float(row["hr_lower"]), float(row["hr_upper"])


def _comparison(t: Translator, view: StudyView, main: Model) -> str:
    study, row = view.study, main.exposure
    values = {
        "outcome": outcome_name(t, study),
        "comparison": coefficient_name(t, study, row),
        "ratio": ratio_text(row),
        "level": f"{100 * study.conf_level:g}",
        "p": p_text(float(row["p"])),
    }
    said = t(
        "{comparison}, {outcome}: hazard ratio {ratio} ({level}% confidence interval in brackets), p {p}, adjusted."
        if main is view.adjusted
        else "{comparison}, {outcome}: hazard ratio {ratio} ({level}% confidence interval in brackets), p {p}, crude.",
        **values,
    )
    if main is view.adjusted and view.crude is not None:
        said = t.join([said, t("Without adjustment it is {ratio}.", ratio=ratio_text(view.crude.exposure))])
    return said


def _group(t: Translator, study: Study, view: StudyView, number: int) -> str:
    group = view.groups[number]
    return t(
        "{group}: {persons} persons, {events} with the outcome; median survival {median} months ({lower}–{upper}), "
        "median follow-up {follow_up} months.",
        group=study.label(group.name, t.language),
        persons=group.persons,
        events=group.events,
        median=months(group.median),
        lower=months(group.lower),
        upper=months(group.upper),
        follow_up=months(group.follow_up),
    )
