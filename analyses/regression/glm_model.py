"""A fitted generalised linear model: coefficients, fit, predictions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from scipy.stats import norm, t

from analyses.collinearity import INTERCEPT
from analyses.design import Design
from analyses.inputs import FloatArray, IntArray, as_frame, numbers, select_rows
from analyses.options import require_known, require_level
from analyses.regression.irls import GlmFit
from analyses.regression.marginal import Standardised, marginal_standardisation
from analyses.regression.profile import ProfileSolution, profile_limits
from analyses.result import Result

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class GlmModel(Result):
    """Generalised linear model.

    Attributes
    ----------
    design : Design or None
        Covariates; None for the intercept alone.
    frame : pandas.DataFrame
        Rows of the fit.
    fit : GlmFit
        The fit as arrays, of the columns `kept`.
    kept : numpy.ndarray
        Positions of the coefficients that could be estimated.
    dispersion : float
        Dispersion, 1 where it is not estimated.
    bread, variance : numpy.ndarray
        Inverse information at dispersion 1, and the covariance asked for.
    null_deviance, null_loglik : float
        Deviance and log likelihood of the intercept (and offset) alone.
    """

    method: ClassVar[str] = "glm"

    design: Design | None
    frame: pd.DataFrame
    fit: GlmFit
    kept: IntArray
    dispersion: float
    bread: FloatArray
    variance: FloatArray
    null_deviance: float
    null_loglik: float

    @property
    def names(self) -> list[str]:
        """Names of the coefficients."""
        return [INTERCEPT, *([] if self.design is None else self.design.names)]

    @property
    def deviance(self) -> float:
        """Deviance."""
        return self.fit.deviance

    @property
    def loglik(self) -> float:
        """Log likelihood."""
        return self.fit.loglik

    @property
    def pearson_chi2(self) -> float:
        """Pearson's chi-square."""
        return self.fit.pearson_chi2

    @property
    def residual_df(self) -> int:
        """Rows less coefficients."""
        return len(self.fit.x) - len(self.kept)

    @property
    def aic(self) -> float:
        """Akaike's criterion; the variance of a Gaussian model counts as a parameter."""
        return -2 * self.loglik + 2 * self._parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return float(-2 * self.loglik + np.log(len(self.fit.x)) * self._parameters)

    @property
    def r_squared(self) -> float:
        """Share of the deviance that the covariates take away; R's R² for a Gaussian model."""
        return 1 - self.deviance / self.null_deviance

    @property
    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of the coefficients, undefined where they could not be estimated."""
        full = np.full((len(self.names), len(self.names)), np.nan)
        full[np.ix_(self.kept, self.kept)] = self.variance
        return pd.DataFrame(full, index=self.names, columns=self.names)

    @property
    def coefficients(self) -> pd.Series:
        """Coefficients by name; infinite where separated, undefined where collinear."""
        full = np.full(len(self.names), np.nan)
        full[self.kept] = np.where(self.fit.running, np.copysign(np.inf, self.fit.coef), self.fit.coef)
        return pd.Series(full, index=self.names)

    @cached_property
    def table(self) -> pd.DataFrame:
        """Coefficients: name, term, level, coef, se, z, p, estimate, lower, upper.

        The estimate is exp(coef) for the logit, complementary log-log and log link (an odds, hazard or rate ratio), the
        coefficient itself for others. With an estimated dispersion, z is Student's t.
        """
        coef, se = self.coefficients.to_numpy(), np.sqrt(np.diag(self.vcov))
        half = self._quantile((1 + self.settings["conf_level"]) / 2) * se
        columns = [] if self.design is None else list(self.design.columns)
        shown = np.exp if self.fit.link.exponential else np.asarray
        with np.errstate(over="ignore", invalid="ignore"):
            return pd.DataFrame(
                {
                    "name": self.names,
                    "term": [INTERCEPT, *(column.term for column in columns)],
                    "level": pd.Series([None, *(column.level for column in columns)], dtype=object),
                    "coef": coef,
                    "se": se,
                    "z": coef / se,
                    "p": self._two_sided_p(coef / se),
                    "estimate": shown(coef),
                    "lower": shown(coef - half),
                    "upper": shown(coef + half),
                }
            )

    def profile(self, conf_level: float | None = None, solution: ProfileSolution = "interpolated") -> pd.DataFrame:
        """Compute profile-likelihood limits of the coefficients: columns ``name, coef, lower, upper``.

        Parameters
        ----------
        conf_level : float, optional
            Level of the limits; by default that of the model.
        solution : {"interpolated", "exact"}
            As R's ``confint``, which interpolates between steps (right to about 1e-4), or solved exactly.

        Notes
        -----
        Venzon and Moolgavkar (1988), Appl Stat 37:87.
        """
        require_known("solution", solution, ProfileSolution)
        level = self.settings["conf_level"] if conf_level is None else conf_level
        require_level(level)
        limits = profile_limits(self.fit, self.dispersion, level, solution)
        names = [self.names[at] for at in self.kept]
        return pd.DataFrame({"name": names, "coef": self.fit.coef, "lower": limits[:, 0], "upper": limits[:, 1]})

    def standardise(self, exposure: str, to: Any = 1, against: Any = 0) -> Standardised:
        """Compare the mean outcome had everybody one level of an exposure with that had they another.

        Parameters
        ----------
        exposure : str
            A covariate.
        to, against : object
            The two levels.

        Returns
        -------
        Standardised
            Both means, their difference and ratio, with delta-method standard errors.
        """
        return marginal_standardisation(self, exposure, to, against)

    def predict(self, persons: Any = None) -> pd.DataFrame:
        """Predict the mean.

        Parameters
        ----------
        persons : pandas.DataFrame or mapping, optional
            Covariates (and offset); by default the rows of the fit.

        Returns
        -------
        pandas.DataFrame
            Columns ``linear_predictor, se, mean, lower, upper``, with the index of the data. The standard error is that
            of the linear predictor.
        """
        if persons is None:
            x, offset, index = self.fit.x, self.fit.offset, self.frame.index
        else:
            x, offset, index = self.matrix(persons)
        eta = x @ self.fit.coef + offset
        se = np.sqrt(np.einsum("ij,jk,ik->i", x, self.variance, x))
        half = self._quantile((1 + self.settings["conf_level"]) / 2) * se
        mean = self.fit.link.mean
        return pd.DataFrame(
            {
                "linear_predictor": eta,
                "se": se,
                "mean": mean(eta),
                "lower": mean(eta - half),
                "upper": mean(eta + half),
            },
            index=index,
        )

    def matrix(self, persons: Any) -> tuple[FloatArray, FloatArray, pd.Index]:
        """Design matrix (of the estimated coefficients), offset and index of given persons."""
        names = [] if self.design is None else self.design.data_columns
        offset = self.settings["offset"]
        frame, _ = select_rows(as_frame(persons), [*names, *([offset] if offset else [])])
        one = np.ones((len(frame), 1))
        x = one if self.design is None else np.column_stack([one, self.design.matrix(frame)])
        known = np.zeros(len(frame)) if offset is None else numbers(frame, offset)
        return x[:, self.kept], known, frame.index

    def tables(self) -> dict[str, pd.DataFrame]:
        """Name coefficients and measures of fit."""
        fit = {
            "loglik": self.loglik,
            "deviance": self.deviance,
            "null_deviance": self.null_deviance,
            "residual_df": self.residual_df,
            "pearson_chi2": self.pearson_chi2,
            "dispersion": self.dispersion,
            "aic": self.aic,
            "bic": self.bic,
        }
        return {"table": self.table, "fit": pd.DataFrame([fit])}

    def summary(self) -> str:
        """Say coefficients and fit."""
        shown = self.table.drop(columns=["term", "level"]).to_string(index=False, float_format="{:.4g}".format)
        title = f"Generalised linear model, {self.fit.family.name}, {self.fit.link.name} link"
        fit = f"deviance: {self.deviance:.4f} on {self.residual_df}, AIC: {self.aic:.2f}"
        errors = f"standard errors: {self.settings['covariance']}"
        return "\n".join([title, shown, fit, errors, *self._closing_lines()])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the estimates without the intercept."""
        from analyses.plots import estimate_chart

        shown = self.table.loc[self.table["name"] != INTERCEPT, ["name", "estimate", "lower", "upper"]]
        return estimate_chart(shown, labels, null=1.0 if self.fit.link.exponential else 0.0)

    @property
    def _parameters(self) -> int:
        return len(self.kept) + (1 if self.fit.family.estimates_dispersion else 0)

    @property
    def _estimated_dispersion(self) -> bool:
        return self.fit.family.estimates_dispersion or bool(self.settings["quasi"])

    def _quantile(self, share: float) -> float:
        return float(t.ppf(share, self.residual_df) if self._estimated_dispersion else norm.ppf(share))

    def _two_sided_p(self, z: FloatArray) -> FloatArray:
        found: FloatArray = 2 * (
            t.sf(np.abs(z), self.residual_df) if self._estimated_dispersion else norm.sf(np.abs(z))
        )
        return found
