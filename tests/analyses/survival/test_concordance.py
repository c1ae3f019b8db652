"""Concordance pair by pair, as the oracle of the fast counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analyses.survival import SurvivalTimes, concordance
from analyses.survival.dominance import RankSums
from omop_etl.errors import CannotAnswerError, UsageError


@st.composite
def predictions(draw: st.DrawFn) -> pd.DataFrame:
    row = st.tuples(
        st.integers(0, 4),
        st.integers(1, 5),
        st.integers(0, 1),
        st.sampled_from([0.5, 1.0, 2.0]),
        st.integers(0, 1),
        st.integers(0, 4),
    )
    frame = pd.DataFrame(
        draw(st.lists(row, min_size=4, max_size=18)), columns=["entry", "length", "event", "weight", "stratum", "x"]
    )
    return frame.assign(exit=frame["entry"] + frame["length"])


def pair_by_pair(data: pd.DataFrame, weight: np.ndarray) -> tuple[np.ndarray, float]:
    """Weight of concordant, discordant, tied pairs and pairs of tied events; and Somers' d."""
    counts = np.zeros(5)
    rows = list(data.itertuples(index=False))
    for i, a in enumerate(rows):
        for j, b in enumerate(rows):
            if i == j or not a.event or a.stratum != b.stratum:
                continue
            product = weight[i] * weight[j]
            if b.event and a.exit == b.exit:
                counts[4 if a.x == b.x else 3] += product / 2
            elif b.entry < a.exit <= b.exit:
                counts[0 if a.x > b.x else 1 if a.x < b.x else 2] += product
    total = counts[:3].sum()
    return counts, (counts[0] - counts[1]) / total if total else np.nan


@settings(max_examples=40, deadline=None)
@given(predictions())
def test_counts_and_error_pair_by_pair(data: pd.DataFrame) -> None:
    weight = data["weight"].to_numpy()
    counts, somers = pair_by_pair(data, weight)
    assume(np.isfinite(somers))
    times = SurvivalTimes(
        data["exit"].to_numpy(float), data["event"].to_numpy() == 1, data["entry"].to_numpy(float), weight
    )
    found = concordance(times, data["x"].to_numpy(float), stratum=data["stratum"].to_numpy())
    assert [found.concordant, found.discordant, found.tied_x, found.tied_y, found.tied_xy] == pytest.approx(
        counts.tolist()
    )
    assert found.value == pytest.approx((somers + 1) / 2)
    step, squares = 1e-6, 0.0
    for row in range(len(data)):
        own = np.arange(len(data)) == row
        ends = [pair_by_pair(data, weight * (1 + sign * step * own))[1] for sign in (1, -1)]
        squares += ((ends[0] - ends[1]) / (2 * step)) ** 2
    assert found.se == pytest.approx(np.sqrt(squares) / 2, rel=1e-4, abs=1e-7)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), min_size=1, max_size=50), st.data())
def test_rank_sums_by_counting(points: list[tuple[int, int]], data: st.DataObject) -> None:
    rank, weight = np.array([p[0] for p in points]), np.array([float(p[1]) for p in points])
    start = data.draw(st.integers(0, len(points)))
    stop = data.draw(st.integers(start, len(points)))
    wanted = data.draw(st.integers(0, 40))
    below, equal = RankSums(rank, weight, 40).within(np.array([start]), np.array([stop]), np.array([wanted]))
    part = slice(start, stop)
    assert below[0] == weight[part][rank[part] < wanted].sum()
    assert equal[0] == weight[part][rank[part] == wanted].sum()


def test_predictors_that_differ_by_rounding_are_tied() -> None:
    times = SurvivalTimes(np.array([1.0, 2.0]), np.array([True, True]))
    assert concordance(times, np.array([0.1 + 0.2, 0.3])).tied_x == 1
    assert concordance(times, np.array([0.1 + 0.2, 0.4])).discordant == 1


def test_what_cannot_be_compared_is_refused() -> None:
    times = SurvivalTimes(np.array([1.0, 2.0]), np.array([False, False]))
    with pytest.raises(CannotAnswerError, match="no two rows can be compared"):
        concordance(times, np.array([1.0, 2.0]))
    entered = SurvivalTimes(np.array([1.0, 2.0]), np.array([True, False]), entry=np.array([0.0, 0.5]))
    with pytest.raises(UsageError, match='timewt="n/G2" does not go with delayed entry'):
        concordance(entered, np.array([1.0, 2.0]), timewt="n/G2")
    with pytest.raises(UsageError, match="timewt=G is not known"):
        concordance(times, np.array([1.0, 2.0]), timewt="G")
