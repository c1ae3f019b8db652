"""A fitted parametric model: coefficients, scale, and what can be predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyses.collinearity import INTERCEPT
from analyses.design import Design
from analyses.inputs import Factor, FloatArray, as_frame, numbers, select_rows
from analyses.options import quantile_of_level, two_sided_p
from analyses.result import Result
from analyses.survival.aft.distributions import Family
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

LOG_SCALE = "log(scale)"
"""Name of the logarithm of the scale among the coefficients."""


@dataclass(frozen=True, kw_only=True)
class AftModel(Result):
    """Accelerated failure time model.

    Attributes
    ----------
    design : Design or None
        Covariates; None for the intercept alone.
    family : Family
        Distribution of time.
    strata : Factor or None
        Groups with scales of their own.
    coefficients, log_scales : numpy.ndarray
        Coefficients, the intercept first, and logarithms of the scales.
    variance, naive_variance : numpy.ndarray
        Covariance of coefficients and logarithms of scales (of coefficients only where the scale is fixed): as asked
        for, and from the information.
    loglik, loglik_null : float
        Log likelihood of the model and of the intercept alone.
    """

    method: ClassVar[str] = "aft"

    design: Design | None
    family: Family
    strata: Factor | None
    coefficients: FloatArray
    log_scales: FloatArray
    variance: FloatArray
    naive_variance: FloatArray
    loglik: float
    loglik_null: float

    @property
    def names(self) -> list[str]:
        """Names of coefficients and estimated scales."""
        covariates = [] if self.design is None else self.design.names
        if self.family.fixed_scale is not None:
            return [INTERCEPT, *covariates]
        levels = [LOG_SCALE] if self.strata is None else [f"{LOG_SCALE}[{level}]" for level in self.strata.levels]
        return [INTERCEPT, *covariates, *levels]

    @property
    def scale(self) -> FloatArray:
        """The scale of every stratum."""
        return np.exp(self.log_scales)

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return -2 * self.loglik + 2 * len(self.names)

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return float(-2 * self.loglik + np.log(self.rows.used) * len(self.names))

    @property
    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of coefficients and logarithms of scales."""
        return pd.DataFrame(self.variance, index=self.names, columns=self.names)

    @cached_property
    def table(self) -> pd.DataFrame:
        """Coefficients: name, coef, se, z, p, time_ratio, lower, upper (of the time ratio), and se_naive if robust."""
        coef = np.append(self.coefficients, [] if self.family.fixed_scale is not None else self.log_scales)
        se = np.sqrt(np.diag(self.variance))
        half = quantile_of_level(self.settings["conf_level"]) * se
        is_covariate = np.arange(len(coef)) < len(self.coefficients)
        is_covariate[0] = False
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            table = pd.DataFrame(
                {
                    "name": self.names,
                    "coef": coef,
                    "se": se,
                    "z": coef / se,
                    "p": two_sided_p(coef / se),
                    "time_ratio": np.where(is_covariate, np.exp(coef), np.nan),
                    "lower": np.where(is_covariate, np.exp(coef - half), np.nan),
                    "upper": np.where(is_covariate, np.exp(coef + half), np.nan),
                }
            )
        return table.assign(se_naive=np.sqrt(np.diag(self.naive_variance))) if self.settings["robust"] else table

    @property
    def hazard_ratios(self) -> pd.DataFrame:
        """Hazard ratios exp(-b / scale) with delta-method limits, for distributions with proportional hazards.

        Raises
        ------
        CannotAnswerError
            The distribution has none, or there are several scales.
        """
        if not self.family.proportional_hazards or len(self.log_scales) > 1:
            raise CannotAnswerError(
                "this model has no hazard ratios", todo="use the Weibull or exponential distribution with one scale"
            )
        size, scale = len(self.coefficients), float(self.scale[0])
        b = self.coefficients[1:]
        gradient = np.zeros((len(b), len(self.variance)))
        gradient[np.arange(len(b)), np.arange(1, size)] = -1 / scale
        if self.family.fixed_scale is None:
            gradient[:, size] = b / scale
        se = np.sqrt(np.einsum("ij,jk,ik->i", gradient, self.variance, gradient))
        half = quantile_of_level(self.settings["conf_level"]) * se
        return pd.DataFrame(
            {
                "name": self.names[1:size],
                "hr": np.exp(-b / scale),
                "hr_lower": np.exp(-b / scale - half),
                "hr_upper": np.exp(-b / scale + half),
                "log_se": se,
            }
        )

    def quantiles(self, persons: Any, shares: Sequence[float] = (0.5,)) -> pd.DataFrame:
        """Predict the times by which given shares have had the event.

        Parameters
        ----------
        persons : pandas.DataFrame or mapping
            Covariates (and scale stratum, offset) of the persons.
        shares : sequence of float
            Shares between 0 and 1.

        Returns
        -------
        pandas.DataFrame
            Columns ``person, share, time, se``; the standard error is that of the time, by the delta method.
        """
        x, offset, stratum = self._rows(persons)
        w = self.family.error.quantile(np.asarray(shares, dtype=float))
        predictor = (x @ self.coefficients + offset)[:, None] + self.scale[stratum][:, None] * w
        time = np.exp(predictor) if self.family.log_time else predictor
        spread = self._spread(x, stratum, self.scale[stratum][:, None] * w)
        se = spread * time if self.family.log_time else spread
        persons_column = np.repeat(np.arange(len(x)), len(w))
        return pd.DataFrame(
            {"person": persons_column, "share": np.tile(shares, len(x)), "time": time.ravel(), "se": se.ravel()}
        )

    def survival(self, persons: Any, times: npt.ArrayLike) -> pd.DataFrame:
        """Predict survival at given times: columns ``person, time, survival``."""
        x, offset, stratum = self._rows(persons)
        wanted = np.atleast_1d(np.asarray(times, dtype=float))
        with np.errstate(divide="ignore"):
            y = np.log(wanted) if self.family.log_time else wanted
        z = (y - (x @ self.coefficients + offset)[:, None]) / self.scale[stratum][:, None]
        return pd.DataFrame(
            {
                "person": np.repeat(np.arange(len(x)), len(wanted)),
                "time": np.tile(wanted, len(x)),
                "survival": np.exp(self.family.error.log_upper(z)).ravel(),
            }
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Name coefficients and measures of fit."""
        fit = {"loglik_null": self.loglik_null, "loglik": self.loglik, "aic": self.aic, "bic": self.bic}
        levels = ["all"] if self.strata is None else list(self.strata.levels)
        scales = pd.DataFrame({"stratum": pd.Series(levels, dtype=object), "scale": self.scale})
        return {"table": self.table, "scales": scales, "fit": pd.DataFrame([fit])}

    def summary(self) -> str:
        """Say coefficients, scale and fit."""
        shown = self.table.to_string(index=False, float_format="{:.4g}".format)
        scale = ", ".join(f"{value:.4g}" for value in self.scale)
        fit = f"scale: {scale}, log likelihood: {self.loglik:.4f} (intercept only: {self.loglik_null:.4f})"
        title = f"Accelerated failure time model, {self.settings['distribution']}"
        return "\n".join([title, shown, fit, *self._closing_lines()])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the time ratios as a forest plot."""
        from analyses.plots import forest_chart
        from analyses.plots.labels import Labels as Words

        words = labels or Words(estimate="Time ratio", interval="Time ratio (95% CI)")
        shown = self.table[self.table["time_ratio"].notna()]
        return forest_chart(shown, words, estimate="time_ratio", lower="lower", upper="upper")

    def _rows(self, persons: Any) -> tuple[FloatArray, FloatArray, np.ndarray]:
        """Design matrix, offset and stratum of given persons."""
        frame = as_frame(persons)
        names = [] if self.design is None else self.design.data_columns
        offset, strata = self.settings["offset"], self.settings["scale_strata"]
        frame, _ = select_rows(frame, [name for name in (*names, offset, strata) if name is not None])
        one = np.ones((len(frame), 1))
        x = one if self.design is None else np.column_stack([one, self.design.matrix(frame)])
        stratum = np.zeros(len(frame), dtype=np.int64)
        if self.strata is not None:
            stratum = pd.Index(self.strata.levels).get_indexer(pd.Index(frame[strata]))
            if (stratum < 0).any():
                raise UsageError(
                    "column {column} has a level that the model was not fitted with",
                    todo="use levels that occur in the data of the fit",
                    column=strata,
                )
        return x, np.zeros(len(frame)) if offset is None else numbers(frame, offset), stratum

    def _spread(self, x: FloatArray, stratum: np.ndarray, scaled: FloatArray) -> FloatArray:
        """Standard error of the predictor plus scale times w."""
        size = len(self.coefficients)
        found = np.empty(scaled.shape)
        for column in range(scaled.shape[1]):
            gradient = np.zeros((len(x), len(self.variance)))
            gradient[:, :size] = x
            if self.family.fixed_scale is None:
                gradient[np.arange(len(x)), size + stratum] = scaled[:, column]
            found[:, column] = np.sqrt(np.einsum("ij,jk,ik->i", gradient, self.variance, gradient))
        return found
