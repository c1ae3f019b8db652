"""Means standardised over the covariates of everybody, from a regression of the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import FloatArray
from analyses.options import quantile_of_level, two_sided_p
from omop_etl.errors import UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels
    from analyses.regression.glm_model import GlmModel


@dataclass(frozen=True, kw_only=True)
class Standardised(Findings):
    """Standardised means: columns ``measure, estimate, se, lower, upper, p``.

    Rows: ``mean_to``, ``mean_against``, ``difference`` and ``ratio``; the standard error of the ratio is that of its
    logarithm.
    """

    method: ClassVar[str] = "marginal_standardisation"
    title: ClassVar[str] = "Standardised means"

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw means and difference."""
        from analyses.plots import estimate_chart

        return estimate_chart(self.findings[self.findings["measure"] != "ratio"], labels)


def marginal_standardisation(model: GlmModel, exposure: str, to: Any, against: Any) -> Standardised:
    """Average predictions over all rows with the exposure set to one level and to another.

    Parameters
    ----------
    model : GlmModel
        Regression of the outcome on the exposure and confounders.
    exposure : str
        A covariate.
    to, against : object
        The levels.

    Returns
    -------
    Standardised
        Means and their contrasts; standard errors by the delta method, with the covariates taken as they are.

    Raises
    ------
    UsageError
        The exposure is no covariate of the model.

    Notes
    -----
    Parametric g-formula: Snowden, Rose and Mortimer (2011), Am J Epidemiol 173:731. Rows count by their case weight.
    """
    if model.design is None or exposure not in model.design.data_columns:
        raise UsageError("{exposure} is no covariate of the model", todo="use one of its covariates", exposure=exposure)
    (mean1, gradient1), (mean0, gradient0) = (_mean(model, exposure, level) for level in (to, against))
    z = quantile_of_level(model.settings["conf_level"])

    def se(gradient: FloatArray) -> float:
        return float(np.sqrt(gradient @ model.variance @ gradient))

    rows = []
    for name, value, gradient in (
        ("mean_to", mean1, gradient1),
        ("mean_against", mean0, gradient0),
        ("difference", mean1 - mean0, gradient1 - gradient0),
    ):
        spread = se(gradient)
        p = float(two_sided_p(value / spread)) if name == "difference" else np.nan
        rows.append((name, value, spread, value - z * spread, value + z * spread, p))
    if mean1 > 0 and mean0 > 0:
        spread, log_ratio = se(gradient1 / mean1 - gradient0 / mean0), float(np.log(mean1 / mean0))
        limits = np.exp([log_ratio - z * spread, log_ratio + z * spread])
        rows.append(("ratio", mean1 / mean0, spread, *limits, float(two_sided_p(log_ratio / spread))))
    return Standardised(
        rows=model.rows,
        settings={"exposure": exposure, "to": to, "against": against, "model": dict(model.settings)},
        notes=model.notes,
        findings=pd.DataFrame(rows, columns=["measure", "estimate", "se", "lower", "upper", "p"]),
    )


def _mean(model: GlmModel, exposure: str, level: Any) -> tuple[float, FloatArray]:
    x, offset, _ = model.matrix(model.frame.assign(**{exposure: level}))
    eta = x @ model.fit.coef + offset
    weight = model.fit.outcome.weight / model.fit.outcome.weight.sum()
    gradient: FloatArray = x.T @ (weight * model.fit.link.slope(eta))
    return float(weight @ model.fit.link.mean(eta)), gradient
