"""Tables of coefficients that models of several kinds share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from analyses.collinearity import INTERCEPT
from analyses.findings import Findings
from analyses.inputs import FloatArray
from analyses.options import quantile_of_level, two_sided_p

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


def coefficient_table(names: Sequence[str], coef: FloatArray, variance: FloatArray, conf_level: float) -> pd.DataFrame:
    """Give coefficients with their exponentials: columns ``name, coef, se, z, p, estimate, lower, upper``.

    Examples
    --------
    >>> coefficient_table(["age"], np.array([0.5]), np.array([[0.04]]), 0.95).round(3)
      name  coef   se    z      p  estimate  lower  upper
    0  age   0.5  0.2  2.5  0.012     1.649  1.114   2.44
    """
    half = quantile_of_level(conf_level)
    se = np.sqrt(np.diag(variance))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return pd.DataFrame(
            {
                "name": list(names),
                "coef": coef,
                "se": se,
                "z": coef / se,
                "p": two_sided_p(coef / se),
                "estimate": np.exp(coef),
                "lower": np.exp(coef - half * se),
                "upper": np.exp(coef + half * se),
            }
        )


@dataclass(frozen=True, kw_only=True)
class Coefficients(Findings):
    """Coefficients whose exponentials are ratios: columns ``name, coef, se, z, p, estimate, lower, upper``.

    Attributes
    ----------
    variance : numpy.ndarray
        Covariance of the coefficients.
    """

    method: ClassVar[str] = "coefficients"
    title: ClassVar[str] = "Coefficients"

    variance: FloatArray

    @property
    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of the coefficients."""
        names = self.findings["name"].tolist()
        return pd.DataFrame(self.variance, index=names, columns=names)

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the ratios without the intercept."""
        from analyses.plots import estimate_chart

        shown = self.findings.loc[self.findings["name"] != INTERCEPT, ["name", "estimate", "lower", "upper"]]
        return estimate_chart(shown, labels, null=1.0)
