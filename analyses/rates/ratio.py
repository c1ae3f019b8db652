"""Two rates compared: their ratio and their difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import Rows
from analyses.options import quantile_of_level, two_sided_p
from analyses.rates.binomial import clopper_pearson, two_sided_p_by_doubling, two_sided_p_by_likelihood
from analyses.rates.counts import positive_values, whole_counts
from omop_etl.errors import CannotAnswerError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class RateRatio(Findings):
    """Comparison of two rates: columns ``measure, method, estimate, lower, upper, p``.

    Rows: the ``ratio`` by the ``exact`` conditional method and by ``log-wald``, the ``difference`` by ``wald``. The
    further table ``tests`` gives the exact p-value by likelihood and by doubling.
    """

    method: ClassVar[str] = "rate_ratio"
    title: ClassVar[str] = "Two rates compared"

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the ratios with their limits."""
        from analyses.plots import estimate_chart

        shown = self.findings[(self.findings["measure"] == "ratio") & (self.findings["estimate"] > 0)]
        return estimate_chart(shown, labels, null=1.0)


def rate_ratio(
    events: float, person_time: float, events_reference: float, time_reference: float, *, conf_level: float = 0.95
) -> RateRatio:
    """Compare two rates.

    Parameters
    ----------
    events, person_time : float
        Events and time at risk of the group of interest.
    events_reference, time_reference : float
        Those of the reference, in the same unit of time.
    conf_level : float
        Level of the limits.

    Returns
    -------
    RateRatio
        Ratio and difference (per unit of time) with limits and p-values.

    Raises
    ------
    CannotAnswerError
        Events are no counts, times are not above zero, or there is no event at all.

    Notes
    -----
    Given all events, those of one group are binomial: limits by Clopper and Pearson, the p-value of R's
    ``poisson.test`` (and, by doubling, of ``rateratio.test``). Wald's are those of Rothman, Greenland and Lash (2008).

    Examples
    --------
    >>> rate_ratio(12, 1000, 30, 2200).table.round(4)
          measure    method  estimate   lower   upper       p
    0       ratio     exact    0.8800  0.4103  1.7700  0.8679
    1       ratio  log-wald    0.8800  0.4505  1.7188  0.7082
    2  difference      wald   -0.0016 -0.0100  0.0067  0.7013
    """
    z = quantile_of_level(conf_level)
    x1, x0 = whole_counts("events", [events, events_reference])
    t1, t0 = positive_values("person_time", [person_time, time_reference])
    total = int(x1 + x0)
    if not total:
        raise CannotAnswerError("there is no event in either group", todo="choose a longer follow-up or another event")
    low, high = clopper_pearson(x1, total, conf_level)
    share = t1 / (t1 + t0)
    by_likelihood = two_sided_p_by_likelihood(int(x1), total, share)
    by_doubling = two_sided_p_by_doubling(int(x1), total, share)
    with np.errstate(divide="ignore"):
        ratio = float(np.divide(x1 / t1, x0 / t0))
        exact = (low / (1 - low) * t0 / t1, float(np.divide(high, 1 - high)) * t0 / t1)
    rows = [("ratio", "exact", ratio, *exact, by_likelihood)]
    if x1 and x0:
        se = float(np.sqrt(1 / x1 + 1 / x0))
        limits = (ratio * np.exp(-z * se), ratio * np.exp(z * se))
        rows.append(("ratio", "log-wald", ratio, *limits, float(two_sided_p(np.log(ratio) / se))))
    else:
        rows.append(("ratio", "log-wald", ratio, np.nan, np.nan, np.nan))
    difference, se = x1 / t1 - x0 / t0, float(np.hypot(np.sqrt(x1) / t1, np.sqrt(x0) / t0))
    rows.append(
        (
            "difference",
            "wald",
            difference,
            difference - z * se,
            difference + z * se,
            float(two_sided_p(difference / se)),
        )
    )
    return RateRatio(
        rows=Rows(2, 2),
        settings={
            "events": events,
            "person_time": person_time,
            "events_reference": events_reference,
            "time_reference": time_reference,
            "conf_level": conf_level,
        },
        findings=pd.DataFrame(rows, columns=["measure", "method", "estimate", "lower", "upper", "p"]),
        further={
            "tests": pd.DataFrame({"test": ["likelihood", "doubling"], "p": [by_likelihood, by_doubling]}),
        },
    )
