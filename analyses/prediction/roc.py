"""Receiver operating characteristic: discrimination of a binary outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from analyses.findings import Findings
from analyses.inputs import BoolArray, FloatArray, Missing, numbers
from analyses.options import quantile_of_level, two_sided_p
from analyses.prediction.inputs import outcome_and_columns
from omop_etl.errors import UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class Roc(Findings):
    """Areas under the curve: columns ``marker, auc, se, lower, upper, positives, negatives``.

    The further table ``differences`` compares every pair of markers (DeLong): ``a, b, difference, se, z, p``.

    Attributes
    ----------
    outcome : numpy.ndarray
        Whether the outcome occurred.
    values : dict of str to numpy.ndarray
        Markers, turned so that higher means more likely.
    signs : dict of str to float
        -1 for markers that were turned.
    """

    method: ClassVar[str] = "roc"
    title: ClassVar[str] = "Area under the ROC curve"

    outcome: BoolArray
    values: dict[str, FloatArray]
    signs: dict[str, float]

    def curve(self, marker: str | None = None) -> pd.DataFrame:
        """Give the curve: columns ``threshold, sensitivity, specificity``; positive is at or beyond the threshold."""
        name = self._marker(marker)
        value = self.values[name]
        thresholds, position = np.unique(value, return_inverse=True)
        positive = np.bincount(position, weights=self.outcome)
        negative = np.bincount(position, weights=~self.outcome)
        caught = np.cumsum(positive[::-1])[::-1] / positive.sum()
        spared = 1 - np.cumsum(negative[::-1])[::-1] / negative.sum()
        return pd.DataFrame(
            {
                "threshold": self.signs[name] * np.append(thresholds, np.inf),
                "sensitivity": np.append(caught, 0.0),
                "specificity": np.append(spared, 1.0),
            }
        )

    def partial_auc(self, lowest: float, highest: float = 1.0, marker: str | None = None) -> float:
        """Compute the area over a range of specificity, as the trapezoids of the empirical curve."""
        if not 0 <= lowest < highest <= 1:
            raise UsageError("the range of specificity is not in order", todo="use 0.9 to 1, for example")
        curve = self.curve(marker)
        x, y = curve["specificity"].to_numpy(), curve["sensitivity"].to_numpy()
        inside = x[(x > lowest) & (x < highest)]
        edges = np.unique(np.concatenate([[lowest], inside, [highest]]))
        area = 0.0
        for left, right in pairwise(edges):
            area += (right - left) * (_line(x, y, left, upper=False) + _line(x, y, right, upper=True)) / 2
        return area

    def at(self, threshold: float, marker: str | None = None) -> pd.DataFrame:
        """Classify at a threshold: one row as of `classified`."""
        name = self._marker(marker)
        return classified(self.outcome, self.values[name] >= self.signs[name] * threshold, threshold)

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the curves."""
        from analyses.plots.curves import curve_chart
        from analyses.plots.labels import Labels as Words

        words = labels or Words()
        parts = []
        for name in self.values:
            curve = self.curve(name)[::-1]
            parts.append(
                pd.DataFrame(
                    {"series": words.of(name), "time": 1 - curve["specificity"], "value": curve["sensitivity"]}
                )
            )
        points = pd.concat(parts, ignore_index=True)
        return curve_chart(
            points, words, x=words.of("1 - specificity"), y=words.of("sensitivity"), step=False, diagonal=True
        )

    def _marker(self, name: str | None) -> str:
        if name is None and len(self.values) == 1:
            return next(iter(self.values))
        if name not in self.values:
            raise UsageError("marker={name} is not known", todo="name one of the markers", name=name)
        return name


def roc(
    data: Any,
    *,
    outcome: str,
    markers: str | Sequence[str],
    lower_is_positive: bool = False,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> Roc:
    """Compute and compare areas under the ROC curve.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    outcome : str
        Column of 0 and 1.
    markers : str or sequence of str
        Columns of numbers, such as predicted risks.
    lower_is_positive : bool
        Low values of the markers mean the outcome.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    Roc
        Areas with DeLong's errors, curves, classifications.

    Raises
    ------
    CannotAnswerError
        The outcome has one value only, or the data do not fit.

    Notes
    -----
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44:837; computed by ranks, Sun and Xu (2014), IEEE Signal
    Process Lett 21:1389. Equals R's ``pROC``; limits are cut at 0 and 1.

    Examples
    --------
    >>> data = {"poor": [1, 0, 1, 0, 0, 1, 0], "s100": [0.5, 0.1, 0.4, 0.2, 0.4, 0.9, 0.3]}
    >>> found = roc(data, outcome="poor", markers="s100")
    >>> found.table[["auc", "se", "lower", "upper"]].round(3)
         auc     se  lower  upper
    0  0.958  0.059  0.843    1.0
    >>> found.at(0.4)[["tp", "fp", "fn", "tn"]].to_numpy().tolist()
    [[3, 1, 0, 3]]
    """
    z = quantile_of_level(conf_level)
    names = [markers] if isinstance(markers, str) else list(markers)
    frame, happened, rows = outcome_and_columns(data, outcome, names, missing)
    sign = -1.0 if lower_is_positive else 1.0
    values = {name: sign * numbers(frame, name) for name in names}
    placements = [_placements(value, happened) for value in values.values()]
    areas = np.array([ours[0].mean() for ours in placements])
    covariance = _covariance(placements)
    se = np.sqrt(np.diag(covariance))
    table = pd.DataFrame(
        {
            "marker": names,
            "auc": areas,
            "se": se,
            "lower": np.maximum(areas - z * se, 0.0),
            "upper": np.minimum(areas + z * se, 1.0),
            "positives": int(happened.sum()),
            "negatives": int((~happened).sum()),
        }
    )
    differences = []
    for a, b in combinations(range(len(names)), 2):
        difference = areas[a] - areas[b]
        spread = float(np.sqrt(max(covariance[a, a] + covariance[b, b] - 2 * covariance[a, b], 0.0)))
        statistic = difference / spread if spread > 0 else np.nan
        differences.append((names[a], names[b], difference, spread, statistic, float(two_sided_p(statistic))))
    return Roc(
        rows=rows,
        settings={
            "outcome": outcome,
            "markers": names,
            "lower_is_positive": lower_is_positive,
            "conf_level": conf_level,
        },
        findings=table,
        further={"differences": pd.DataFrame(differences, columns=["a", "b", "difference", "se", "z", "p"])},
        outcome=happened,
        values=values,
        signs=dict.fromkeys(names, sign),
    )


def compare_roc(found: Roc, a: str, b: str) -> pd.Series:
    """Give the comparison of two markers of the same rows: ``difference, se, z, p``."""
    table = found.further["differences"]
    row = table[(table["a"] == a) & (table["b"] == b)]
    if len(row):
        return row.iloc[0][["difference", "se", "z", "p"]]
    row = table[(table["a"] == b) & (table["b"] == a)]
    if not len(row):
        raise UsageError("there are no markers {a} and {b} to compare", todo="name two of the markers", a=a, b=b)
    return row.iloc[0][["difference", "se", "z", "p"]] * [-1, 1, -1, 1]


def classified(outcome: BoolArray, positive: BoolArray, threshold: float) -> pd.DataFrame:
    """Count right and wrong classifications.

    Parameters
    ----------
    outcome, positive : numpy.ndarray
        What happened, and what was predicted.
    threshold : float
        Threshold of a risk, for the net benefit.

    Returns
    -------
    pandas.DataFrame
        One row: ``threshold, tp, fp, fn, tn, sensitivity, specificity, ppv, npv, lr_pos, youden, net_benefit``; the net
        benefit (Vickers and Elkin, 2006) means something only where the threshold is a risk.

    Examples
    --------
    >>> row = classified(np.array([True, False, True]), np.array([True, True, False]), 0.5)
    >>> row[["tp", "fp", "fn", "tn"]].to_numpy().tolist()
    [[1, 1, 1, 0]]
    """
    tp, fp = int((outcome & positive).sum()), int((~outcome & positive).sum())
    fn, tn = int((outcome & ~positive).sum()), int((~outcome & ~positive).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        sensitivity, specificity = np.divide(tp, tp + fn), np.divide(tn, tn + fp)
        odds = np.divide(threshold, 1 - threshold)
        row = {
            "threshold": threshold,
            "tp": tp,
            "fp": fp,
            "fn": fn,
            "tn": tn,
            "sensitivity": sensitivity,
            "specificity": specificity,
            "ppv": np.divide(tp, tp + fp),
            "npv": np.divide(tn, tn + fn),
            "lr_pos": np.divide(sensitivity, 1 - specificity),
            "youden": sensitivity + specificity - 1,
            "net_benefit": (tp - fp * odds) / len(outcome),
        }
    return pd.DataFrame([row])


def _placements(value: FloatArray, happened: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Share of the others that every positive, and every negative, is on the right side of."""
    positive, negative = value[happened], value[~happened]
    m, n = len(positive), len(negative)
    together = rankdata(np.concatenate([positive, negative]))
    above = (together[:m] - rankdata(positive)) / n
    below = 1 - (together[m:] - rankdata(negative)) / m
    return above, below


def _covariance(placements: list[tuple[FloatArray, FloatArray]]) -> FloatArray:
    positive = np.stack([ours[0] for ours in placements])
    negative = np.stack([ours[1] for ours in placements])
    size = len(placements)
    found: FloatArray = np.cov(positive).reshape(size, size) / positive.shape[1]
    return found + np.cov(negative).reshape(size, size) / negative.shape[1]


def _line(x: FloatArray, y: FloatArray, at: float, *, upper: bool) -> float:
    """Height of the curve at a specificity; where it is upright, the upper end or the lower."""
    here = np.flatnonzero(x == at)
    if len(here):
        return float(y[here].max() if upper else y[here].min())
    return float(np.interp(at, x, y))
