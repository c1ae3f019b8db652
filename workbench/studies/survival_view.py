"""What a study found, as far as the rule on small counts lets it be shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from analyses.survival import CoxModel, KaplanMeier, kaplan_meier
from omop_etl.errors import CannotAnswerError
from workbench.access import DisclosurePolicy, Shown, protect_chain, protect_table
from workbench.counts import StepCount, attrition_counts
from workbench.studies.characteristics import Characteristic, protect_characteristics
from workbench.studies.guards import Guard, guards_of
from workbench.studies.planted import Planted
from workbench.studies.study import Study
from workbench.studies.survival import DAYS_PER_MONTH, EXPOSURE, StudyResult

_CURVE_FIELDS: Final = (
    "time",
    "at_risk",
    "n_event",
    "n_censor",
    "survival",
    "log_se",
    "lower",
    "upper",
    "hazard",
    "hazard_se",
)
_STEPS: Final = (1, 2, 3, 6, 12, 24, 60)
_MOST_MARKS: Final = 8


@dataclass(frozen=True)
class GroupCount:
    """One group of a study.

    Attributes
    ----------
    name : str
        As the study names it.
    persons, events : Shown
        Persons, and those of them with the outcome.
    median, lower, upper : float
        Median survival in months with its limits; undefined (NaN) where the curve does not reach a half.
    follow_up : float
        Median follow-up in months, by the reverse Kaplan-Meier method.
    """

    name: str
    persons: Shown
    events: Shown
    median: float
    lower: float
    upper: float
    follow_up: float


@dataclass(frozen=True)
class Model:
    """A Cox model.

    Attributes
    ----------
    table : pandas.DataFrame
        Coefficients: name, term, level, hr, hr_lower, hr_upper, p, among others.
    persons, events : Shown
        Whom it was fitted to.
    concordance : float
        Harrell's C.
    """

    table: pd.DataFrame
    persons: Shown
    events: Shown
    concordance: float

    @property
    def exposure(self) -> pd.Series:
        """The first coefficient of the exposure."""
        return self.table[self.table["term"] == EXPOSURE].iloc[0]


@dataclass(frozen=True)
class Statistic:
    """A test: its statistic, degrees of freedom and p-value."""

    chisq: float
    df: int
    p: float


@dataclass(frozen=True)
class StudyView:
    """A study's results that may leave the machine; there are no persons in them.

    Attributes
    ----------
    study : Study
        What was asked.
    snapshot : str
        Of what.
    planted : Planted, optional
        The true effect, for sample data.
    groups : list of GroupCount
        In the order of the study.
    curves : KaplanMeier, optional
        Each until fewer are at risk than may be shown.
    risk : pandas.DataFrame
        Numbers at risk as text: ``group, time, n_risk``, time in months.
    characteristics : list of Characteristic
        Table 1.
    differences : pandas.DataFrame, optional
        Standardised mean differences of every pair of groups: ``variable, a, b, smd``.
    logrank : Statistic, optional
        Log-rank test of equal hazards.
    crude, adjusted : Model, optional
        The Cox models.
    proportionality : pandas.DataFrame, optional
        Tests of proportional hazards, the last row for all terms: ``term, chisq, df, p``.
    account : list of (str, Shown)
        Persons left after each step from cohort to analysis.
    attritions : dict of str to list of StepCount
        Of the exposure cohorts.
    end_reasons : pandas.DataFrame, optional
        Why follow-up ended, by group, as text; none where it could not be shown.
    guards : list of Guard
        What a reader must be warned of.
    """

    study: Study
    snapshot: str
    planted: Planted | None
    groups: list[GroupCount]
    curves: KaplanMeier | None
    risk: pd.DataFrame
    characteristics: list[Characteristic]
    differences: pd.DataFrame | None
    logrank: Statistic | None
    crude: Model | None
    adjusted: Model | None
    proportionality: pd.DataFrame | None
    account: list[tuple[str, Shown]]
    attritions: dict[str, list[StepCount]]
    end_reasons: pd.DataFrame | None
    guards: list[Guard]


def view_study(result: StudyResult, policy: DisclosurePolicy) -> StudyView:
    """Protect the result of a study.

    Parameters
    ----------
    result : StudyResult
        What was found.
    policy : DisclosurePolicy
        The rule on small counts.

    Returns
    -------
    StudyView
        What may be shown.

    Raises
    ------
    CannotAnswerError
        A group has fewer persons than may be shown.
    """
    sizes = result.dataset.table[EXPOSURE].value_counts(sort=False)
    for name, size in sizes.items():
        if size < policy.threshold:
            raise CannotAnswerError(
                "group {group} has fewer than {threshold} persons, so no curve of it may be shown",
                todo="look at the attrition of its cohort: widen the definition or choose another comparator",
                group=name,
                threshold=policy.threshold,
            )
    curves = _cut(result.curves, policy) if result.curves is not None else None
    groups = _groups(result, policy)
    differences = result.table_one.differences if result.table_one is not None else None
    return StudyView(
        study=result.study,
        snapshot=result.snapshot,
        planted=result.planted,
        groups=groups,
        curves=curves,
        risk=_numbers_at_risk(result.curves, curves, policy),
        characteristics=protect_characteristics(result.table_one, policy),
        differences=differences if differences is not None and len(differences) else None,
        logrank=None
        if result.logrank is None
        else Statistic(result.logrank.chisq, result.logrank.df, result.logrank.p),
        crude=_shown_model(result.crude, groups, policy),
        adjusted=_shown_model(result.adjusted, groups, policy),
        proportionality=None if result.proportionality is None else result.proportionality.table,
        account=_account(result, policy),
        attritions=_attritions(result, policy),
        end_reasons=_end_reasons(result, groups, policy),
        guards=guards_of(result, policy),
    )


def _groups(result: StudyResult, policy: DisclosurePolicy) -> list[GroupCount]:
    table = result.dataset.table.assign(
        months=result.dataset.table["time"] / DAYS_PER_MONTH, censored=1 - result.dataset.table["event"]
    )
    survival = kaplan_meier(table, duration="months", event="event", group=EXPOSURE)
    followed = kaplan_meier(table, duration="months", event="censored", group=EXPOSURE)
    found = {}
    for curve, reverse in zip(survival.curves, followed.curves, strict=True):
        persons, events = protect_chain([curve.rows, curve.events], policy, anchor=0)
        found[str(curve.group)] = GroupCount(
            str(curve.group), persons, events, *curve.quantile(0.5), follow_up=reverse.quantile(0.5)[0]
        )
    return [found[group.title] for group in result.study.dataset.exposure]


def _cut(curves: KaplanMeier, policy: DisclosurePolicy) -> KaplanMeier:
    """End each curve where fewer persons are at risk than may be shown."""
    cut = []
    for curve in curves.curves:
        kept = curve.at_risk >= policy.threshold
        fields = (
            "time",
            "at_risk",
            "n_event",
            "n_censor",
            "survival",
            "log_se",
            "lower",
            "upper",
            "hazard",
            "hazard_se",
        )
        cut.append(replace(curve, **{field: getattr(curve, field)[kept] for field in fields}))
    return replace(curves, curves=tuple(cut))


def _numbers_at_risk(whole: KaplanMeier | None, shown: KaplanMeier | None, policy: DisclosurePolicy) -> pd.DataFrame:
    columns = ["group", "time", "n_risk"]
    if whole is None or shown is None:
        return pd.DataFrame(columns=columns)
    times = month_marks(max(float(curve.time[-1]) for curve in shown.curves if len(curve.time)))
    rows = []
    for curve in whole.curves:
        counts = [round(number) for number in curve.risk_at(np.array(times))]
        rows += [
            (curve.group, time, str(count))
            for time, count in zip(times, protect_chain(counts, policy, anchor=0), strict=True)
        ]
    return pd.DataFrame(rows, columns=columns)


def month_marks(last: float) -> list[float]:
    """Choose at most nine months, as clinicians count them, that cover a follow-up.

    Examples
    --------
    >>> month_marks(52), month_marks(11)
    ([0.0, 12.0, 24.0, 36.0, 48.0], [0.0, 2.0, 4.0, 6.0, 8.0, 10.0])
    """
    step = next((step for step in _STEPS if last / step <= _MOST_MARKS), _STEPS[-1])
    return [float(month) for month in range(0, int(last) + 1, step)]


def _shown_model(model: CoxModel | None, groups: list[GroupCount], policy: DisclosurePolicy) -> Model | None:
    """Say to whom a model was fitted, so that those left out for a missing covariate cannot be counted."""
    if model is None:
        return None
    events = groups[0].events
    for group in groups[1:]:
        events = events.plus(group.events)
    used = protect_chain([model.rows.given, model.rows.used], policy, anchor=0)[1]
    if model.rows.used < model.rows.given:
        events = Shown(0, events.high)
    return Model(model.table, used, events, float(model.concordance.value))


def _account(result: StudyResult, policy: DisclosurePolicy) -> list[tuple[str, Shown]]:
    account = result.dataset.account
    return list(zip(account["step"].tolist(), protect_chain(account["persons"].tolist(), policy), strict=True))


def _attritions(result: StudyResult, policy: DisclosurePolicy) -> dict[str, list[StepCount]]:
    analysed = result.dataset.table[EXPOSURE].value_counts()
    sizes = {group.cohort: int(analysed[group.title]) for group in result.study.dataset.exposure}
    return {
        name: attrition_counts(frame, policy, analysed=sizes.get(name)) for name, frame in result.attritions.items()
    }


def _end_reasons(result: StudyResult, groups: list[GroupCount], policy: DisclosurePolicy) -> pd.DataFrame | None:
    """Say why follow-up ended; the outcomes are counted already, the other reasons are protected among themselves."""
    counts = pd.crosstab(result.dataset.table["end_reason"], result.dataset.table[EXPOSURE])
    names = [group.name for group in groups]
    others = counts.reindex(columns=names).drop(index="outcome", errors="ignore")
    texts = protect_table(others.to_numpy(dtype=np.int64), policy) if len(others) else []
    if texts is None:
        return None
    rows = [["outcome", *(str(group.events) for group in groups)]]
    rows += [[str(reason), *line] for reason, line in zip(others.index, texts, strict=True)]
    return pd.DataFrame(rows, columns=["end_reason", *names])
