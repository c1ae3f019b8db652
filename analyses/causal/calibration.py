"""Empirical calibration: what estimates for negative controls say about the bias of a study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from analyses.causal.nelder_mead import nelder_mead
from analyses.findings import Findings
from analyses.inputs import FloatArray, Missing, Rows, as_frame, numbers, positive_numbers, select_rows
from analyses.meta.heterogeneity import between_variance
from analyses.notes import Note, warned
from analyses.options import quantile_of_level, require_known, two_sided_p
from analyses.power.options import positive
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

NullSolution = Literal["ohdsi", "exact"]
"""Search that stops where OHDSI's package stops, about 1e-4 from the maximum of the likelihood; or the maximum."""

_FEW = 10


@dataclass(frozen=True, kw_only=True)
class Calibrated(Findings):
    """Calibrated estimates.

    Columns: ``log_rr, se, p, calibrated_p, calibrated_log_rr, calibrated_se, rr, lower, upper``; the last three are
    calibrated.
    """

    method: ClassVar[str] = "empirical_calibration"
    title: ClassVar[str] = "Calibrated estimates"

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the calibrated ratios."""
        from analyses.plots import estimate_chart

        shown = self.findings[["rr", "lower", "upper"]].rename(columns={"rr": "estimate"})
        shown.insert(0, "number", [str(at + 1) for at in range(len(shown))])
        return estimate_chart(shown, labels, null=1.0)


@dataclass(frozen=True, kw_only=True)
class EmpiricalNull(Findings):
    """Distribution of systematic error: one row ``mean, sd, controls, significant, significant_calibrated``.

    The last two are shares of negative controls with p < 0.05 before and after calibration. The further table
    ``controls`` has the columns ``log_rr, se, p, calibrated_p``.
    """

    method: ClassVar[str] = "empirical_null"
    title: ClassVar[str] = "Systematic error of negative controls"

    @property
    def mean(self) -> float:
        """Mean systematic error, on the logarithm of the ratio."""
        return float(self.findings["mean"].iloc[0])

    @property
    def sd(self) -> float:
        """Its standard deviation."""
        return float(self.findings["sd"].iloc[0])

    def calibrate(self, log_rr: npt.ArrayLike, se: npt.ArrayLike, *, conf_level: float = 0.95) -> Calibrated:
        """Calibrate estimates.

        Parameters
        ----------
        log_rr, se : array-like of float
            Logarithms of ratios and their standard errors.
        conf_level : float
            Level of the limits.

        Returns
        -------
        Calibrated
            Two-sided p-values under the empirical null, and limits with the systematic error taken out, as if it were
            the same at every true effect.
        """
        z = quantile_of_level(conf_level)
        effect, error = np.broadcast_arrays(np.atleast_1d(np.asarray(log_rr, dtype=float)), positive("se", se))
        if not np.isfinite(effect).all():
            raise UsageError("log_rr: some values are missing or infinite", todo="leave these estimates out")
        total = np.sqrt(error**2 + self.sd**2)
        value = effect - self.mean
        table = pd.DataFrame(
            {
                "log_rr": effect,
                "se": error,
                "p": two_sided_p(effect / error),
                "calibrated_p": two_sided_p(value / total),
                "calibrated_log_rr": value,
                "calibrated_se": total,
                "rr": np.exp(value),
                "lower": np.exp(value - z * total),
                "upper": np.exp(value + z * total),
            }
        )
        settings = {"mean": self.mean, "sd": self.sd, "conf_level": conf_level}
        return Calibrated(rows=Rows(len(table), len(table)), settings=settings, findings=table)

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the negative controls with their limits; the truth is 1."""
        from analyses.plots import estimate_chart

        z = float(norm.ppf(0.975))
        table = self.further["controls"]
        shown = pd.DataFrame(
            {
                "number": [str(at + 1) for at in range(len(table))],
                "estimate": np.exp(table["log_rr"]),
                "lower": np.exp(table["log_rr"] - z * table["se"]),
                "upper": np.exp(table["log_rr"] + z * table["se"]),
            }
        )
        return estimate_chart(shown, labels, null=1.0)


def empirical_null(
    data: Any, *, log_rr: str, se: str, solution: NullSolution = "ohdsi", missing: Missing = "refuse"
) -> EmpiricalNull:
    """Fit the distribution of systematic error to estimates of effects that are known to be none.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per negative control.
    log_rr, se : str
        Columns of the logarithm of the ratio and its standard error.
    solution : {"ohdsi", "exact"}
        Where the search for the greatest likelihood stops: as in OHDSI's package, or at the maximum.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    EmpiricalNull
        Mean and standard deviation by maximum likelihood, and what they change.

    Raises
    ------
    CannotAnswerError
        Errors are not above zero, or there are fewer than two controls.

    Notes
    -----
    Schuemie et al. (2014), Stat Med 33:209; (2018), Proc Natl Acad Sci 115:2571. As R's ``EmpiricalCalibration``:
    log_rr ~ N(mean, sd² + se²).

    Examples
    --------
    >>> import warnings
    >>> controls = {"log_rr": [0.2, -0.1, 0.4, 0.3, 0.0, 0.5], "se": [0.1, 0.2, 0.15, 0.1, 0.3, 0.2]}
    >>> with warnings.catch_warnings(record=True):
    ...     null = empirical_null(controls, log_rr="log_rr", se="se")
    >>> round(null.mean, 3), round(null.sd, 3)
    (0.255, 0.0)
    >>> null.calibrate(0.7, 0.2).table[["p", "calibrated_p", "lower", "upper"]].round(4)
            p  calibrated_p   lower   upper
    0  0.0005        0.0259  1.0549  2.3105
    """
    require_known("solution", solution, NullSolution)
    frame, rows = select_rows(as_frame(data), [log_rr, se], missing)
    y, s = numbers(frame, log_rr), positive_numbers(frame, se)
    if len(y) < 2:
        raise CannotAnswerError("one negative control does not say how errors vary", todo="give more controls")
    mean, variance = _searched(y, s) if solution == "ohdsi" else _maximum(y, s)
    p, calibrated = two_sided_p(y / s), two_sided_p((y - mean) / np.sqrt(s**2 + variance))
    notes: tuple[Note, ...] = ()
    if len(y) < _FEW:
        notes = (
            warned(
                Note("{controls} negative controls are few to learn a bias from", code="few_controls", controls=len(y))
            ),
        )
    table = pd.DataFrame(
        [
            {
                "mean": mean,
                "sd": float(np.sqrt(variance)),
                "controls": len(y),
                "significant": float(np.mean(p < 0.05)),
                "significant_calibrated": float(np.mean(calibrated < 0.05)),
            }
        ]
    )
    controls = pd.DataFrame({"log_rr": y, "se": s, "p": p, "calibrated_p": calibrated})
    return EmpiricalNull(
        rows=rows,
        settings={"log_rr": log_rr, "se": se, "solution": solution},
        notes=notes,
        findings=table,
        further={"controls": controls},
    )


def _maximum(y: FloatArray, s: FloatArray) -> tuple[float, float]:
    """Mean and variance at the maximum of the likelihood."""
    variance = between_variance(y, s**2, np.ones((len(y), 1)), "ML")
    return float(np.average(y, weights=1 / (s**2 + variance))), variance


def _searched(y: FloatArray, s: FloatArray) -> tuple[float, float]:
    """Mean and variance where a search over mean and precision stops that starts from 0 and 1."""

    def negative(at: FloatArray) -> float:
        if at[1] <= 0:
            return 99999.0
        total = s**2 + 1 / at[1]
        return float(np.sum((y - at[0]) ** 2 / total + np.log(2 * np.pi * total)) / 2)

    mean, precision = nelder_mead(negative, np.array([0.0, 1.0]))
    return float(mean), float(1 / precision)
