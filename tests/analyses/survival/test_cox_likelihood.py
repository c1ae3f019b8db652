"""The partial likelihood written out person by person, as the oracle of the fast one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analyses.survival.cox import likelihood as module
from analyses.survival.cox.exact import ExactLikelihood
from analyses.survival.cox.likelihood import PartialLikelihood
from analyses.survival.cox.robust import score_residuals
from analyses.survival.cox.set_means import set_means
from analyses.survival.cox.timeline import timeline
from analyses.survival.data import SurvivalTimes

BETA = np.array([0.4, -0.7])


@st.composite
def follow_ups(draw: st.DrawFn) -> pd.DataFrame:
    row = st.tuples(
        st.integers(0, 4),
        st.integers(1, 5),
        st.integers(0, 1),
        st.sampled_from([0.5, 1.0, 2.0]),
        st.integers(0, 2),
        st.integers(-2, 2),
        st.sampled_from([-1.5, 0.0, 0.25, 1.0]),
    )
    names = ["entry", "length", "event", "weight", "stratum", "x", "z"]
    frame = pd.DataFrame(draw(st.lists(row, min_size=5, max_size=22)), columns=names)
    return frame.assign(exit=frame["entry"] + frame["length"], entry=frame["entry"] * draw(st.integers(0, 1)))


def written_out(data: pd.DataFrame, beta: np.ndarray, ties: str) -> float:
    """Log partial likelihood, one risk set after the other."""
    total = 0.0
    for _, stratum in data.groupby("stratum"):
        for time in np.unique(stratum.loc[stratum["event"] == 1, "exit"]):
            risk = stratum[(stratum["entry"] < time) & (stratum["exit"] >= time)]
            died = risk[(risk["exit"] == time) & (risk["event"] == 1)]
            eta = died[["x", "z"]].to_numpy() @ beta
            hazard = (risk["weight"] * np.exp(risk[["x", "z"]].to_numpy() @ beta)).sum()
            of_died = (died["weight"] * np.exp(eta)).sum()
            total += float(died["weight"] @ eta)
            for k in range(len(died)):
                taken = k / len(died) if ties == "efron" else 0.0
                total -= died["weight"].mean() * np.log(hazard - taken * of_died)
    return total


def written_out_exactly(data: pd.DataFrame, beta: np.ndarray) -> float:
    """Log conditional likelihood: the set that had the event among all sets of its size."""
    from itertools import combinations

    total = 0.0
    for _, stratum in data.groupby("stratum"):
        for time in np.unique(stratum.loc[stratum["event"] == 1, "exit"]):
            risk = stratum[(stratum["entry"] < time) & (stratum["exit"] >= time)]
            eta = risk[["x", "z"]].to_numpy() @ beta
            died = ((risk["exit"] == time) & (risk["event"] == 1)).to_numpy()
            sets = [np.exp(eta[list(chosen)].sum()) for chosen in combinations(range(len(risk)), int(died.sum()))]
            total += eta[died].sum() - np.log(sum(sets))
    return float(total)


def slopes(function, beta: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """Central differences."""
    sides = [(function(beta + step * axis), function(beta - step * axis)) for axis in np.eye(len(beta))]
    return np.array([(high - low) / (2 * step) for high, low in sides])


def built(data: pd.DataFrame, ties: str) -> PartialLikelihood | ExactLikelihood:
    times = SurvivalTimes(data["exit"].to_numpy(float), data["event"].to_numpy() == 1, data["entry"].to_numpy(float))
    line = timeline(times, pd.factorize(data["stratum"], sort=True)[0])
    x = np.ascontiguousarray(data[["x", "z"]].to_numpy(float)[line.order].T)
    event, weight = times.event[line.order], data["weight"].to_numpy()[line.order]
    if ties == "exact":
        return ExactLikelihood(x, line, event, np.zeros(len(event)))
    return PartialLikelihood(x, line, event, weight, np.zeros(len(event)), ties)


@pytest.mark.parametrize("block", [3, 2048])
@pytest.mark.parametrize("ties", ["efron", "breslow"])
@settings(max_examples=25, deadline=None)
@given(data=follow_ups())
def test_value_score_and_information(data: pd.DataFrame, ties: str, block: int) -> None:
    assume(data["event"].any())
    normal, module._BLOCK = module._BLOCK, block
    try:
        likelihood = built(data, ties)
        found = likelihood(BETA)
        hessian = slopes(lambda beta: likelihood(beta).score, BETA)
    finally:
        module._BLOCK = normal
    assert found.loglik == pytest.approx(written_out(data, BETA, ties), abs=1e-9)
    assert found.score == pytest.approx(slopes(lambda beta: written_out(data, beta, ties), BETA), abs=1e-6)
    assert found.information == pytest.approx(-hessian, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(data=follow_ups())
def test_exact_value_score_and_information(data: pd.DataFrame) -> None:
    assume(data["event"].any())
    likelihood = built(data, "exact")
    found = likelihood(BETA)
    assert found.loglik == pytest.approx(written_out_exactly(data, BETA), abs=1e-9)
    assert found.score == pytest.approx(slopes(lambda beta: written_out_exactly(data, beta), BETA), abs=1e-6)
    assert found.information == pytest.approx(-slopes(lambda beta: likelihood(beta).score, BETA), abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(data=follow_ups())
def test_score_residuals_are_derivatives_by_the_weights(data: pd.DataFrame) -> None:
    """With Breslow's ties the residual of a row is the derivative of the score by its weight."""
    assume(data["event"].any())
    likelihood = built(data, "breslow")
    risks = likelihood.risks(BETA)
    residuals = score_residuals(likelihood, risks, set_means(likelihood, risks))
    step = 1e-5
    for row in range(len(data)):
        scores = []
        for sign in (1, -1):
            weight = likelihood.weight.copy()
            weight[row] += sign * step
            moved = PartialLikelihood(
                likelihood.x, likelihood.line, likelihood.event, weight, likelihood.offset, "breslow"
            )
            scores.append(moved(BETA).score)
        assert residuals[row] == pytest.approx((scores[0] - scores[1]) / (2 * step), abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(data=follow_ups())
def test_weighted_residuals_add_up_to_the_score(data: pd.DataFrame) -> None:
    assume(data["event"].any())
    likelihood = built(data, "efron")
    risks = likelihood.risks(BETA)
    residuals = score_residuals(likelihood, risks, set_means(likelihood, risks))
    assert likelihood.weight @ residuals == pytest.approx(likelihood(BETA).score, abs=1e-9)
    assert likelihood.residuals(risks).sum() == pytest.approx(0, abs=1e-9)
