"""Matching: untreated persons who resemble the treated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from analyses.causal.balance import Balance, balance
from analyses.causal.greedy import match_on_distance, match_on_score
from analyses.causal.propensity import propensity_scores
from analyses.design import Design, parts_of
from analyses.findings import Findings
from analyses.inputs import BoolArray, FloatArray, IntArray, Missing, as_frame, factor, indicator, numbers, select_rows
from analyses.notes import Note
from analyses.options import require_known
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

MatchDistance = Literal["propensity", "logit", "mahalanobis"]
"""Difference of propensity scores, of their logits, or Mahalanobis distance of the covariates."""

MatchOrder = Literal["largest", "smallest", "data"]
"""Who chooses first: the treated with the largest score, with the smallest, or the first in the data."""


@dataclass(frozen=True, kw_only=True)
class Matches(Findings):
    """Pairs: columns ``treated, control`` (index of the data), ``distance`` and ``set`` (number of the treated's set).

    Attributes
    ----------
    data : pandas.DataFrame
        The rows that were given to matching.
    weight : pandas.Series
        Weight of every row: 1 for matched treated, 0 for unmatched; controls count by the share of a set that they
        fill, and add up to their number.
    set_of : pandas.Series
        Set of every row, missing where unmatched or, with replacement, where a control has several.
    """

    method: ClassVar[str] = "matching"
    title: ClassVar[str] = "Matching"

    data: pd.DataFrame
    weight: pd.Series
    set_of: pd.Series

    @property
    def counts(self) -> pd.DataFrame:
        """Rows given and matched by treatment: columns ``treated, rows, matched``."""
        return self.further["counts"]

    def matched(self) -> pd.DataFrame:
        """Give the matched rows with the columns ``match_weight`` and ``match_set``."""
        kept = self.weight > 0
        return self.data[kept].assign(match_weight=self.weight[kept], match_set=self.set_of[kept])

    def balance(self, covariates: Sequence[str] | None = None) -> Balance:
        """Compare covariates before and after matching, standardised by the treated; see `balance`."""
        name = "weight of the match"
        return balance(
            self.data.assign(**{name: self.weight}),
            treatment=self.settings["treatment"],
            covariates=self.settings["covariates"] if covariates is None else covariates,
            weights=name,
            standardise="treated",
        )

    def summary(self) -> str:
        """Say how many were matched, and how far pairs are apart."""
        apart = f"pairs: {len(self.findings)}, mean distance: {self.findings['distance'].mean():.4g}"
        return "\n".join([self.title, self.counts.to_string(index=False), apart, *self._closing_lines()])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the balance before and after matching."""
        return self.balance().plot(labels)


def match(
    data: Any,
    *,
    treatment: str,
    covariates: Sequence[str],
    distance: MatchDistance = "propensity",
    score: str | None = None,
    ratio: int = 1,
    replace: bool = False,
    caliper: float | None = None,
    caliper_in_sd: bool = True,
    exact: str | Sequence[str] = (),
    order: MatchOrder | None = None,
    missing: Missing = "refuse",
) -> Matches:
    """Match controls to the treated by greedy nearest neighbours.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    treatment : str
        Column with 1 for treated, 0 for untreated.
    covariates : sequence of str
        Columns of the propensity model, or of the Mahalanobis distance.
    distance : {"propensity", "logit", "mahalanobis"}
        What is compared.
    score : str, optional
        Column of propensity scores, instead of a model of the covariates.
    ratio : int
        Controls per treated.
    replace : bool
        Whether a control may be matched to several.
    caliper : float, optional
        Largest distance of a pair.
    caliper_in_sd : bool
        The caliper is in standard deviations of the score over all rows.
    exact : str or sequence of str
        Columns in which pairs must be equal.
    order : {"largest", "smallest", "data"}, optional
        Who chooses first; by default the largest score, for Mahalanobis the first in the data.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    Matches
        Pairs, weights, sets, balance.

    Raises
    ------
    UsageError
        A column or an option is unknown or does not go with another.
    CannotAnswerError
        The data do not fit, or no pair is close enough.

    Notes
    -----
    Stuart (2010), Stat Sci 25:1. Equals R's ``MatchIt::matchit(method = "nearest")`` from 4.7 on; the Mahalanobis
    distance takes the covariance pooled within the groups. Ties of equal distance: see `match_on_score`; of Mahalanobis
    distances the control with the greater first covariate is taken, then the first in the data.

    Examples
    --------
    >>> data = {"drug": [1, 0, 0, 1, 1, 0, 0, 0], "age": [61, 45, 50, 48, 70, 62, 49, 66]}
    >>> match(data, treatment="drug", covariates=["age"]).table.round(3)
       treated  control  distance  set
    0        0        5     0.017    1
    1        3        6     0.013    2
    2        4        7     0.068    3
    """
    require_known("distance", distance, MatchDistance)
    chosen_order = order or ("data" if distance == "mahalanobis" else "largest")
    require_known("order", chosen_order, MatchOrder)
    if ratio < 1 or (caliper is not None and not caliper > 0):
        raise UsageError("ratio and caliper must be above 0", todo="use ratio=1 and caliper=0.2, for example")
    layers = [exact] if isinstance(exact, str) else list(exact)
    frame = as_frame(data)
    used = [part for name in covariates for part in parts_of(frame, name)]
    frame, rows = select_rows(frame, [treatment, *used, *layers, *([score] if score else [])], missing)
    treated = indicator(frame, treatment)
    values = _scores(frame, treatment, covariates, distance, score)
    limit = np.inf
    if caliper is not None:
        if distance == "mahalanobis":
            raise UsageError("a caliper needs a score", todo='use distance="propensity" or "logit"')
        limit = caliper * (float(values.std(ddof=1)) if caliper_in_sd else 1.0)
    strata = factor(frame, layers).codes if layers else np.zeros(len(frame), dtype=np.int64)
    pairs = []
    for stratum in np.unique(strata[treated]):
        a, b = (np.flatnonzero((strata == stratum) & group) for group in (treated, ~treated))
        if len(b):
            own = _pairs(values, a, b, chosen_order, ratio, replace, limit, _spread(values, treated))
            pairs += [(int(a[i]), int(b[j])) for i, j in own]
    if not pairs:
        raise CannotAnswerError("no pair is close enough", todo="use a wider caliper or fewer exact columns")
    return _matches(
        frame,
        rows,
        treated,
        values,
        np.array(sorted(pairs, key=lambda pair: pair[0])),
        {
            "treatment": treatment,
            "covariates": list(covariates),
            "distance": distance,
            "score": score,
            "ratio": ratio,
            "replace": replace,
            "caliper": caliper,
            "caliper_in_sd": caliper_in_sd,
            "exact": layers,
            "order": chosen_order,
        },
    )


def _scores(
    frame: pd.DataFrame, treatment: str, covariates: Sequence[str], distance: MatchDistance, score: str | None
) -> FloatArray:
    """Scores of all rows, shape (rows,), or their covariates, shape (rows, columns)."""
    if distance == "mahalanobis":
        return Design.of(frame, covariates).matrix(frame)
    if score is not None:
        values = numbers(frame, score)
        if distance == "logit" and not ((values > 0) & (values < 1)).all():
            raise CannotAnswerError(
                "column {column} is not between 0 and 1 in some rows", todo="give probabilities", column=score
            )
        return np.log(values / (1 - values)) if distance == "logit" else values
    found = propensity_scores(frame, treatment=treatment, covariates=covariates).model.predict()
    return found["linear_predictor" if distance == "logit" else "mean"].to_numpy()


def _spread(values: FloatArray, treated: BoolArray) -> FloatArray | None:
    """Inverse of the covariance within the groups, where there are several columns."""
    if values.ndim == 1:
        return None
    centred = values - np.where(treated[:, None], values[treated].mean(axis=0), values[~treated].mean(axis=0))
    return np.linalg.pinv(centred.T @ centred / (len(values) - 2))


def _pairs(
    values: FloatArray,
    a: IntArray,
    b: IntArray,
    order: MatchOrder,
    ratio: int,
    replace: bool,
    limit: float,
    inverse: FloatArray | None,
) -> list[tuple[int, int]]:
    if inverse is not None:
        by_first_column = np.lexsort((np.arange(len(b)), -values[b][:, 0]))
        controls = values[b][by_first_column]

        def apart(who: int) -> FloatArray:
            return cdist(values[a[[who]]], controls, metric="mahalanobis", VI=inverse)[0]

        found = match_on_distance(apart, np.arange(len(a)), ratio, replace, limit)
        return [(who, int(by_first_column[at])) for who, at in found]
    own = values[a]
    first = {"largest": np.argsort(-own, kind="stable"), "smallest": np.argsort(own, kind="stable")}
    return match_on_score(own, values[b], first.get(order, np.arange(len(a))), ratio, replace, limit)


def _matches(
    frame: pd.DataFrame,
    rows: Any,
    treated: BoolArray,
    values: FloatArray,
    pairs: IntArray,
    settings: dict[str, Any],
) -> Matches:
    a, b = pairs[:, 0], pairs[:, 1]
    apart = np.abs(values[a] - values[b]) if values.ndim == 1 else np.full(len(a), np.nan)
    if values.ndim == 2:
        difference = values[a] - values[b]
        apart = np.sqrt(np.sum((difference @ _spread(values, treated)) * difference, axis=1))
    found, set_number, size = np.unique(a, return_inverse=True, return_counts=True)
    weight = np.bincount(b, weights=1 / size[set_number], minlength=len(frame))
    used = np.unique(b)
    weight *= len(used) / weight.sum()
    weight[found] = 1.0
    set_of = np.full(len(frame), np.nan)
    set_of[found] = np.arange(1, len(found) + 1)
    once = np.bincount(b, minlength=len(frame))[b] == 1
    set_of[b[once]] = set_number[once] + 1
    counts = pd.DataFrame(
        [(True, int(treated.sum()), len(found)), (False, int((~treated).sum()), len(used))],
        columns=["treated", "rows", "matched"],
    )
    left_out = int(treated.sum()) - len(found)
    note = Note(
        "{rows} of {total} treated rows have no match: the effect is that among those matched",
        code="unmatched_treated",
        rows=left_out,
        total=int(treated.sum()),
    )
    table = pd.DataFrame(
        {"treated": frame.index[a], "control": frame.index[b], "distance": apart, "set": set_number + 1}
    )
    return Matches(
        rows=rows,
        settings=settings,
        notes=(note,) if left_out else (),
        findings=table,
        further={"counts": counts},
        data=frame,
        weight=pd.Series(weight, index=frame.index, name="match_weight"),
        set_of=pd.Series(set_of, index=frame.index, name="match_set").astype("Int64"),
    )
