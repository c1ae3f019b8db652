"""Propensity scores: the probability of treatment given what was known before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from analyses.causal.balance import Balance, balance
from analyses.causal.weights import Estimand, effective_sample_size, propensity_weights
from analyses.findings import Findings
from analyses.inputs import BoolArray, FloatArray, Missing, indicator
from analyses.notes import Note, warned
from analyses.regression.glm import glm
from analyses.regression.glm_model import GlmModel

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

ScoreLink = Literal["logit", "probit", "cloglog"]
"""Link of the model of treatment."""

_EXTREME = 0.01


@dataclass(frozen=True, kw_only=True)
class PropensityScores(Findings):
    """Coefficients of the model of treatment; the further table ``overlap`` says how scores are spread by group.

    Attributes
    ----------
    model : GlmModel
        The model of treatment.
    score : pandas.Series
        Probability of treatment, with the index of the data.
    treated : numpy.ndarray
        Who was treated.
    """

    method: ClassVar[str] = "propensity_scores"
    title: ClassVar[str] = "Propensity scores"

    model: GlmModel
    score: pd.Series
    treated: BoolArray

    @cached_property
    def c_statistic(self) -> float:
        """Probability that a treated row has a higher score than an untreated one."""
        ranks = rankdata(self.score)
        treated = int(self.treated.sum())
        others = len(ranks) - treated
        return float((ranks[self.treated].sum() - treated * (treated + 1) / 2) / (treated * others))

    def weights(self, estimand: Estimand = "ate", *, stabilised: bool = False) -> pd.Series:
        """Compute weights; see `propensity_weights`."""
        values = propensity_weights(self.score, self.treated, estimand, stabilised=stabilised)
        return pd.Series(values, index=self.score.index, name=f"weight_{estimand}")

    def effective_sizes(self, estimand: Estimand = "ate") -> pd.DataFrame:
        """Give rows and effective sample size by group after weighting: columns ``treated, rows, effective``."""
        weight = self.weights(estimand).to_numpy()
        groups = [(True, self.treated), (False, ~self.treated)]
        rows = [(name, int(member.sum()), effective_sample_size(weight[member])) for name, member in groups]
        return pd.DataFrame(rows, columns=["treated", "rows", "effective"])

    def balance(self, estimand: Estimand = "ate") -> Balance:
        """Compare the covariates before and after weighting; see `balance`."""
        name = "weight of the propensity score"
        frame = self.model.frame.assign(**{name: self.weights(estimand).to_numpy()})
        by = {"att": "treated", "atc": "control"}.get(estimand, "pooled")
        return balance(
            frame,
            treatment=self.settings["treatment"],
            covariates=self.settings["covariates"],
            weights=name,
            standardise=by,  # type: ignore[arg-type]
        )

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the balance before and after weighting for the average effect."""
        return self.balance().plot(labels)


def propensity_scores(
    data: Any,
    *,
    treatment: str,
    covariates: Sequence[str],
    link: ScoreLink = "logit",
    reference: Mapping[str, Any] | None = None,
    missing: Missing = "refuse",
) -> PropensityScores:
    """Estimate the probability of treatment by regression.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    treatment : str
        Column with 1 for treated, 0 for untreated.
    covariates : sequence of str
        Columns known before treatment, and products such as ``"age:sex"``.
    link : {"logit", "probit", "cloglog"}
        Link of the model.
    reference : mapping, optional
        Reference level per categorical column.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    PropensityScores
        Scores, weights and balance.

    Raises
    ------
    CannotAnswerError
        The data do not fit, everybody or nobody is treated, or a covariate determines the treatment (separation).

    Notes
    -----
    Rosenbaum and Rubin (1983), Biometrika 70:41.

    Examples
    --------
    >>> data = {"drug": [1, 0, 0, 1, 1, 0, 1, 0], "age": [61, 45, 50, 48, 70, 62, 49, 66]}
    >>> found = propensity_scores(data, treatment="drug", covariates=["age"])
    >>> found.score.round(3).tolist(), round(found.c_statistic, 3)
    ([0.519, 0.455, 0.475, 0.467, 0.554, 0.523, 0.471, 0.538], 0.5)
    """
    model = glm(data, outcome=treatment, covariates=covariates, link=link, reference=reference, missing=missing)
    treated = indicator(model.frame, treatment)
    score = model.predict()["mean"].rename("propensity_score")
    table = model.table.drop(columns=["term", "level"])
    return PropensityScores(
        rows=model.rows,
        settings={
            "treatment": treatment,
            "covariates": list(covariates),
            "link": link,
            "reference": dict(reference or {}),
        },
        notes=(*model.notes, *_extreme(score.to_numpy())),
        findings=table,
        further={"overlap": _overlap(score.to_numpy(), treated)},
        model=model,
        score=score,
        treated=treated,
    )


def _extreme(score: FloatArray) -> tuple[Note, ...]:
    extreme = int(np.count_nonzero((score < _EXTREME) | (score > 1 - _EXTREME)))
    if not extreme:
        return ()
    note = Note(
        "{rows} of {total} propensity scores are below {limit} or above {other}: their weights are large",
        code="extreme_scores",
        rows=extreme,
        total=len(score),
        limit=_EXTREME,
        other=1 - _EXTREME,
    )
    return (warned(note),)


def _overlap(score: FloatArray, treated: BoolArray) -> pd.DataFrame:
    rows = []
    for name, member in ((True, treated), (False, ~treated)):
        own = score[member]
        rows.append((name, int(member.sum()), own.mean(), *np.quantile(own, [0, 0.25, 0.5, 0.75, 1])))
    return pd.DataFrame(rows, columns=["treated", "rows", "mean", "min", "q25", "median", "q75", "max"])
