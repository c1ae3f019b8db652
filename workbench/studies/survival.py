"""Run a study on a CDM: cohorts, analysis-ready table, statistics. What comes out here still holds persons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from analyses.dataset import Dataset, build
from analyses.describe import TableOne, table_one
from analyses.survival import CoxModel, KaplanMeier, LogRank, ProportionalHazardsTest, cox, kaplan_meier, logrank
from cohorts import Evaluator, generate
from cohorts.engine.evaluator import Progress
from omop_etl.cdm import Cdm
from workbench.studies.planted import Planted
from workbench.studies.study import Study

DAYS_PER_MONTH: Final = 30.4375
"""Mean length of a month of the Gregorian calendar."""

EXPOSURE: Final = "exposure"


@dataclass(frozen=True)
class StudyResult:
    """Everything that a study found.

    Attributes
    ----------
    study : Study
        What was asked.
    snapshot : str
        Of what.
    attritions : dict of str to pandas.DataFrame
        Events and persons after each step, by cohort.
    dataset : Dataset
        The analysis-ready table; holds persons and stays on this machine.
    table_one : TableOne, optional
        Baseline characteristics by group.
    curves : KaplanMeier, optional
        Survival in months.
    logrank : LogRank, optional
        Test of equal hazards.
    crude, adjusted : CoxModel, optional
        Model of the exposure alone, and with the covariates; time in days.
    proportionality : ProportionalHazardsTest, optional
        Of the adjusted model, or of the crude one where that is all there is.
    planted : Planted, optional
        The true effect, for sample data.
    """

    study: Study
    snapshot: str
    attritions: dict[str, pd.DataFrame]
    dataset: Dataset
    table_one: TableOne | None
    curves: KaplanMeier | None
    logrank: LogRank | None
    crude: CoxModel | None
    adjusted: CoxModel | None
    proportionality: ProportionalHazardsTest | None
    planted: Planted | None

    @property
    def compares(self) -> bool:
        """Whether there is more than one group."""
        return len(self.study.dataset.exposure) > 1


def analyse(
    study: Study,
    cdm: Cdm,
    *,
    evaluator: Evaluator | None = None,
    planted: Planted | None = None,
    progress: Progress | None = None,
) -> StudyResult:
    """Run a study.

    Parameters
    ----------
    study : Study
        The study.
    cdm : Cdm
        The CDM.
    evaluator : Evaluator, optional
        One that has been used on this CDM before.
    planted : Planted, optional
        The true effect, for sample data.
    progress : callable, optional
        Called with the number of steps of the evaluation done and of all.

    Returns
    -------
    StudyResult
        Cohorts, table and statistics.

    Raises
    ------
    CannotAnswerError
        A cohort is empty, nobody has time at risk, or the data do not allow a method that is asked for.
    """
    made = generate(study.definitions, cdm, evaluator=evaluator, progress=progress)
    attritions = {name: made.attrition(name) for name in study.cohorts}
    dataset = build(cdm, made.rows, study.dataset)
    table = dataset.table.assign(months=dataset.table["time"] / DAYS_PER_MONTH)
    asked, level = study.methods, study.conf_level
    groups = len(study.dataset.exposure) > 1
    by = EXPOSURE if groups else None
    covariates = [covariate.name for covariate in study.dataset.covariates]
    crude = adjusted = None
    if groups and "cox_crude" in asked:
        crude = _model(table, [EXPOSURE], level)
    if groups and "cox_adjusted" in asked and study.adjusted_for:
        adjusted = _model(table, [EXPOSURE, *study.adjusted_for], level)
    model = adjusted or crude
    return StudyResult(
        study=study,
        snapshot=cdm.snapshot,
        attritions=attritions,
        dataset=dataset,
        table_one=table_one(table, by, covariates, overall=False) if covariates and "table_one" in asked else None,
        curves=(
            kaplan_meier(table, duration="months", event="event", group=by, conf_level=level)
            if "kaplan_meier" in asked
            else None
        ),
        logrank=(
            logrank(table, duration="time", event="event", group=EXPOSURE) if groups and "logrank" in asked else None
        ),
        crude=crude,
        adjusted=adjusted,
        proportionality=model.zph() if model is not None else None,
        planted=planted,
    )


def _model(table: pd.DataFrame, covariates: list[str], level: float) -> CoxModel:
    """Fit a model to the persons whose covariates are all known; the result says how many they are."""
    return cox(table, duration="time", event="event", covariates=covariates, conf_level=level, missing="drop")
