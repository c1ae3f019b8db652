"""A fitted Cox model: coefficients, tests, and what can be asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from analyses.options import quantile_of_level
from analyses.result import Result
from analyses.survival.concordance import Concordance, TimeWeighting, concordance
from analyses.survival.confidence import ConfidenceType
from analyses.survival.cox import prediction
from analyses.survival.cox.overall_tests import wald_test
from analyses.survival.cox.proportionality import ProportionalHazardsTest, TimeTransform, proportionality_test
from analyses.survival.cox.residuals import ResidualKind, martingale_residuals, residuals
from analyses.survival.cox.selection import leave_one_out
from analyses.survival.cox.state import FittedState

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class CoxModel(Result):
    """Proportional hazards model.

    Attributes
    ----------
    state : FittedState
        The fit as arrays.
    tests : pandas.DataFrame
        Columns ``test, chisq, df, p``: likelihood ratio, Wald and score test of all coefficients, and the robust score
        test where the variance is robust.
    """

    method: ClassVar[str] = "cox"

    state: FittedState
    tests: pd.DataFrame

    @property
    def events(self) -> int:
        """Number of events."""
        return int(self.state.times.event.sum())

    @property
    def loglik(self) -> float:
        """Log partial likelihood at the estimate."""
        return self.state.maximum.end.loglik

    @property
    def loglik_null(self) -> float:
        """Log partial likelihood with all coefficients zero."""
        return self.state.maximum.start.loglik

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return -2 * self.loglik + 2 * int(self.state.fitted.sum())

    @property
    def bic(self) -> float:
        """Schwarz's criterion with the number of events as sample size (Volinsky and Raftery, 2000)."""
        return float(-2 * self.loglik + np.log(self.events) * self.state.fitted.sum())

    @property
    def robust(self) -> bool:
        """Whether standard errors are those of the sandwich variance."""
        return bool(self.settings["robust"])

    @cached_property
    def table(self) -> pd.DataFrame:
        """Coefficients: name, term, level, coef, hr, hr_lower, hr_upper, se, z, p, and se_naive beside a robust one."""
        design, coef = self.state.design, self.state.coefficients
        se = np.sqrt(np.diag(self.state.variance))
        half_width = quantile_of_level(self.settings["conf_level"]) * se
        with np.errstate(over="ignore", invalid="ignore"):
            columns: dict[str, Any] = {
                "name": design.names,
                "term": [column.term for column in design.columns],
                "level": pd.Series([column.level for column in design.columns], dtype=object),
                "coef": coef,
                "hr": np.exp(coef),
                "hr_lower": np.exp(coef - half_width),
                "hr_upper": np.exp(coef + half_width),
                "se": se,
                "z": coef / se,
                "p": 2 * norm.sf(np.abs(coef / se)),
            }
        if self.robust:
            columns["se_naive"] = np.sqrt(np.diag(self.state.naive_variance))
        return pd.DataFrame(columns)

    @property
    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of the coefficients, the robust one where that was asked for."""
        names = self.state.design.names
        return pd.DataFrame(self.state.variance, index=names, columns=names)

    @property
    def term_tests(self) -> pd.DataFrame:
        """Wald test of every covariate with all its coefficients: term, chisq, df, p."""
        rows = []
        for term, positions in self.state.design.terms().items():
            at = [position for position in positions if self.state.fitted[position]]
            if at:
                rows.append((term, *wald_test(self.state.coefficients, self.state.variance, at)))
        return pd.DataFrame(rows, columns=["term", "chisq", "df", "p"])

    @cached_property
    def concordance(self) -> Concordance:
        """Harrell's C of the linear predictor, compared within strata, with its standard error."""
        return self.concordance_with()

    def concordance_with(self, timewt: TimeWeighting = "n", ymax: float | None = None) -> Concordance:
        """Compute the concordance with another weighting of time, ``n/G2`` for Uno's; see `concordance`."""
        state = self.state
        return concordance(
            state.times,
            state.linear_predictor,
            stratum=None if state.strata is None else state.strata.codes,
            cluster=state.cluster_codes,
            timewt=timewt,
            ymax=ymax,
        )

    def residuals(self, kind: ResidualKind = "martingale") -> pd.DataFrame:
        """Compute residuals; see `analyses.survival.cox.residuals.residuals` for the kinds."""
        return residuals(self.state, kind)

    def zph(self, transform: TimeTransform = "km", by_term: bool = True) -> ProportionalHazardsTest:
        """Test proportional hazards.

        Parameters
        ----------
        transform : {"km", "rank", "identity", "log"}
            Function of time along which coefficients may change.
        by_term : bool
            Test the coefficients of a categorical covariate together.

        Returns
        -------
        ProportionalHazardsTest
            One test per covariate and one for all.
        """
        findings, over_time = proportionality_test(self.state, transform, by_term)
        asked = {"transform": transform, "by_term": by_term}
        return ProportionalHazardsTest(rows=self.rows, settings=asked, findings=findings, over_time=over_time)

    def baseline(self, at: prediction.ReferencePoint = "means") -> pd.DataFrame:
        """Compute the cumulative hazard of a person with all covariates zero or at R's centres."""
        return prediction.baseline_hazard(self.state, at)

    def survival(
        self, persons: Any, times: npt.ArrayLike | None = None, conf_type: ConfidenceType = "log"
    ) -> pd.DataFrame:
        """Predict survival.

        Parameters
        ----------
        persons : pandas.DataFrame or mapping
            Covariates (and strata, offset) of the persons.
        times : array-like of float, optional
            Times; by default all event times.
        conf_type : {"log", "plain", "log-log", "logit", "arcsin"}
            Scale of the limits.

        Returns
        -------
        pandas.DataFrame
            Columns ``person, time, survival, survival_se, lower, upper``.
        """
        wanted = np.unique(self.state.line.set_time) if times is None else np.atleast_1d(np.asarray(times, dtype=float))
        return prediction.predicted_survival(
            self.state, persons, wanted, self._strata, self.settings["offset"], conf_type, self.settings["conf_level"]
        )

    def survival_quantile(self, persons: Any, share: float = 0.5, conf_type: ConfidenceType = "log") -> pd.DataFrame:
        """Predict the time by which persons have had the event with probability `share`, with limits."""
        return prediction.predicted_quantiles(
            self.state, persons, share, self._strata, self.settings["offset"], conf_type, self.settings["conf_level"]
        )

    def drop_one(self) -> pd.DataFrame:
        """Test what each covariate adds, by likelihood ratio: columns term, df, aic, lrt, p."""
        return leave_one_out(self.state)

    def linear_predictor(self, persons: Any = None, at: prediction.ReferencePoint = "means") -> pd.DataFrame:
        """Compute log hazard ratios against the reference point, of given persons or of the rows of the fit."""
        return prediction.linear_predictor(self.state, persons, at, self.settings["offset"])

    def expected_events(self) -> pd.Series:
        """Compute the number of events expected of every row of the fit."""
        expected = self.state.times.event - martingale_residuals(self.state)
        return pd.Series(expected, index=self.state.frame.index, name="expected")

    def tables(self) -> dict[str, pd.DataFrame]:
        """Name coefficients, tests and measures of fit."""
        c = self.concordance
        fit = {
            "events": self.events,
            "loglik_null": self.loglik_null,
            "loglik": self.loglik,
            "aic": self.aic,
            "bic": self.bic,
            "concordance": c.value,
            "concordance_se": c.se,
        }
        return {"table": self.table, "tests": self.tests, "fit": pd.DataFrame([fit])}

    def summary(self) -> str:
        """Say coefficients, tests and concordance."""
        c = self.concordance
        shown = self.table.drop(columns=["term", "level"]).to_string(index=False, float_format="{:.4g}".format)
        tests = self.tests.to_string(index=False, float_format="{:.4g}".format)
        fit = f"events: {self.events}, concordance: {c.value:.3f} (se {c.se:.3f}), ties: {self.settings['ties']}"
        return "\n".join(["Cox proportional hazards model", shown, tests, fit, *self._closing_lines()])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the hazard ratios as a forest plot."""
        from analyses.plots import forest_chart

        return forest_chart(self.table, labels)

    @property
    def _strata(self) -> list[str]:
        return list(self.settings["strata"])
