"""Kaplan-Meier curves: small tables by hand, the lung data of lifelines beside R."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.datasets import load_lung

from analyses.notes import AnalysisWarning
from analyses.survival import kaplan_meier
from analyses.survival.quantiles import survival_quantile
from omop_etl.errors import CannotAnswerError, UsageError

#  entry  exit  event
DELAYED = pd.DataFrame(
    [
        (0, 2, 1),
        (0, 3, 1),
        (1, 3, 0),
        (2, 5, 1),  # enters at 2: not at risk for the event at 2
        (3, 6, 0),
    ],
    columns=["entry", "exit", "event"],
)


@pytest.fixture(scope="module")
def lung() -> pd.DataFrame:
    data = load_lung()
    return data.assign(weight=data["age"] / 60)


def test_at_risk_are_those_who_entered_before_and_leave_at_or_after() -> None:
    table = kaplan_meier(DELAYED, duration="exit", event="event", entry="entry").table
    assert table["time"].tolist() == [2, 3, 5, 6]
    assert table["n_risk"].tolist() == [3, 3, 2, 1]
    assert table["n_event"].tolist() == [1, 1, 1, 0]
    assert table["survival"].tolist() == pytest.approx([2 / 3, 4 / 9, 2 / 9, 2 / 9])


def test_number_at_risk_at_any_time_is_counted_directly() -> None:
    km = kaplan_meier(DELAYED, duration="exit", event="event", entry="entry")
    assert km.at([0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 6, 7])["n_risk"].tolist() == [0, 2, 2, 3, 3, 3, 3, 2, 1, 0]


def test_groups_equal_r(lung: pd.DataFrame) -> None:
    """R: summary(survfit(Surv(time, event) ~ sex, lung), times = c(180, 365, 730))."""
    km = kaplan_meier(lung, duration="time", event="status", group="sex")
    assert km.counts.values.tolist() == [[1, 138, 112, 270.0, 212.0, 310.0], [2, 90, 53, 426.0, 348.0, 550.0]]
    at = km.at([180, 365, 730])
    assert at["n_risk"].tolist() == [89, 35, 7, 71, 30, 6]
    expected = {
        "survival": [0.644465002, 0.336087835, 0.078124091, 0.84240171, 0.52646303, 0.18723250],
        "survival_se": [0.040786425, 0.043423589, 0.027647509, 0.038680959, 0.059736854, 0.062067902],
        "lower": [0.569284190, 0.260900504, 0.039043735, 0.769899810, 0.421486341, 0.097770182],
        "upper": [0.72957434, 0.43294295, 0.15632146, 0.92173115, 0.65758554, 0.35855521],
    }
    for column, values in expected.items():
        assert at[column].tolist() == pytest.approx(values, rel=2e-8)


def test_quantiles_invert_the_band_as_r_does(lung: pd.DataFrame) -> None:
    """R: quantile(survfit(Surv(time, event) ~ sex, lung, conf.type = "log-log"), c(.25, .5, .75))."""
    table = kaplan_meier(lung, duration="time", event="status", group="sex", conf_type="log-log").quantiles()
    assert table[["time", "lower", "upper"]].values.tolist() == [
        [144, 105, 176],
        [270, 210, 306],
        [457, 371, 567],
        [226, 167, 310],
        [426, 345, 524],
        [687, 524, 765],
    ]


def test_weights_have_a_robust_variance_by_default(lung: pd.DataFrame) -> None:
    """R: summary(survfit(Surv(time, event) ~ 1, lung, weights = age / 60), times = 365)."""
    row = kaplan_meier(lung, duration="time", event="status", weights="weight").at(365).iloc[0]
    expected = [0.4022074444152, 0.0360166103627, 0.3374638547745, 0.4793723121877]
    assert row[["survival", "survival_se", "lower", "upper"]].tolist() == pytest.approx(expected, rel=1e-9)


def test_clusters_enter_the_robust_variance(lung: pd.DataFrame) -> None:
    """R: the same with cluster = inst; one row without an institution is left out."""
    km = kaplan_meier(lung, duration="time", event="status", weights="weight", cluster="inst", missing="drop")
    assert (km.rows.given, km.rows.used) == (228, 227)
    row = km.at(365).iloc[0]
    expected = [0.405375954490, 0.030263091946, 0.350196706916, 0.469249599535]
    assert row[["survival", "survival_se", "lower", "upper"]].tolist() == pytest.approx(expected, rel=1e-9)


def brute_force_robust_variance(data: pd.DataFrame, at: float) -> float:
    """Sum over clusters of the squared numerical derivative of S(at) by a factor on the cluster's weights."""

    def survival(weights: np.ndarray) -> float:
        value = 1.0
        for time in np.unique(data.loc[data["event"] == 1, "exit"]):
            if time <= at:
                risk = (data["entry"] < time) & (data["exit"] >= time)
                died = (data["exit"] == time) & (data["event"] == 1)
                value *= 1 - weights[died].sum() / weights[risk].sum()
        return value

    base, total, step = data["weight"].to_numpy(float), 0.0, 1e-6
    for cluster in data["cluster"].unique():
        own = (data["cluster"] == cluster).to_numpy()
        slope = (survival(base * (1 + step * own)) - survival(base * (1 - step * own))) / (2 * step)
        total += slope**2
    return total


@st.composite
def follow_ups(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 5),
                st.integers(1, 8),
                st.integers(0, 1),
                st.sampled_from([0.5, 1.0, 2.5]),
                st.integers(0, 3),
            ),
            min_size=4,
            max_size=14,
        )
    )
    frame = pd.DataFrame(rows, columns=["entry", "length", "event", "weight", "cluster"])
    return frame.assign(exit=frame["entry"] + frame["length"])


@settings(max_examples=30, deadline=None)
@given(follow_ups())
def test_robust_variance_is_the_sum_of_squared_influences(data: pd.DataFrame) -> None:
    asked = {"duration": "exit", "event": "event", "entry": "entry", "weights": "weight", "cluster": "cluster"}
    for row in kaplan_meier(data, **asked).table.itertuples():
        if 0 < row.survival < 1:
            expected = brute_force_robust_variance(data, row.time)
            assert row.survival_se**2 == pytest.approx(expected, rel=1e-5, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(follow_ups())
def test_whole_weights_count_as_repeated_rows(data: pd.DataFrame) -> None:
    whole = data.assign(weight=(2 * data["weight"]).astype(int))
    repeated = whole.loc[whole.index.repeat(whole["weight"])]
    weighted = kaplan_meier(whole, duration="exit", event="event", entry="entry", weights="weight", robust=False).table
    plain = kaplan_meier(repeated, duration="exit", event="event", entry="entry").table
    pd.testing.assert_frame_equal(weighted, plain)


@pytest.mark.parametrize(
    ("survival", "share", "expected"),
    [
        ([0.8, 0.6, 0.4, 0.2], 0.5, 3.0),
        ([0.75, 0.5, 0.25, 0.0], 0.5, 2.5),  # flat at 1/2 from 2 to 3
        ([0.8, 0.5, 0.5, 0.5], 0.5, 3.0),  # flat to the end of follow-up at 4
        ([0.8, 0.6, 0.55, 0.51], 0.5, np.nan),
        ([0.8, 0.6, 0.4, 0.2], 0.0, 0.0),
        ([0.75, 0.5, 0.25, 0.0], 1.0, 4.0),
        ([np.nan, 0.6, 0.4, np.nan], 0.5, 3.0),
    ],
)
def test_quantile_of_a_curve(survival: list[float], share: float, expected: float) -> None:
    found = survival_quantile(np.array([1.0, 2.0, 3.0, 4.0]), np.array(survival), share)
    assert found == pytest.approx(expected, nan_ok=True)


def test_times_that_differ_by_rounding_are_one_time() -> None:
    data = {"time": [0.1 + 0.2, 0.3, 0.5], "event": [1, 1, 0]}
    assert kaplan_meier(data, duration="time", event="event").table["n_event"].tolist() == [2, 0]
    assert kaplan_meier(data, duration="time", event="event", timefix=False).table["n_event"].tolist() == [1, 1, 0]


def test_before_the_first_event_survival_is_certain() -> None:
    km = kaplan_meier({"t": [5, 8], "e": [1, 0]}, duration="t", event="e")
    row = km.at(1).iloc[0]
    assert (row["survival"], row["survival_se"], row["lower"], row["upper"], row["n_risk"]) == (1, 0, 1, 1, 2)


def test_a_duration_of_zero_is_said_not_dropped() -> None:
    with pytest.warns(AnalysisWarning, match="1 of 3 rows have a duration of 0 in column t"):
        km = kaplan_meier({"t": [0, 5, 8], "e": [1, 1, 0]}, duration="t", event="e")
    assert km.table["n_risk"].tolist() == [3, 2, 1]
    assert [note.code for note in km.notes] == ["zero_durations"]
    assert "duration of 0" in km.summary()


def test_survival_from_a_start_time_on() -> None:
    km = kaplan_meier({"t": [1, 2, 3, 4], "e": [1, 1, 1, 0]}, duration="t", event="e", start_time=2)
    assert km.table["time"].tolist() == [2, 3, 4]
    assert km.table["survival"].tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 3])


def test_the_result_is_plain_json(lung: pd.DataFrame) -> None:
    km = kaplan_meier(lung, duration="time", event="status", group="sex")
    text = json.loads(json.dumps(km.to_dict()))
    assert text["rows"] == {"given": 228, "used": 228}
    assert text["settings"]["conf_type"] == "log"
    assert text["counts"][0] == {
        "group": 1,
        "rows": 138,
        "events": 112,
        "median": 270.0,
        "lower": 212.0,
        "upper": 310.0,
    }
    assert len(text["table"]) == len(km.table)


@pytest.mark.parametrize(
    ("data", "refusal", "message"),
    [
        ({"t": [1, None], "e": [1, 0]}, CannotAnswerError, "column t has a missing value in 1 of 2 rows"),
        ({"t": [1, np.inf], "e": [1, 0]}, CannotAnswerError, "column t is infinite or not a number in 1 of 2 rows"),
        ({"t": [1, -2], "e": [1, 0]}, CannotAnswerError, "column t is negative in 1 of 2 rows"),
        ({"t": [1, 2], "e": [1, 2]}, CannotAnswerError, "column e is neither 0 nor 1 in 1 of 2 rows"),
        ({"t": ["1", "2"], "e": [1, 0]}, CannotAnswerError, "column t holds object, not numbers"),
        ({"time": [1, 2], "e": [1, 0]}, UsageError, "the data have no column t"),
        ({"t": [], "e": []}, CannotAnswerError, "the data have no rows"),
        (42, UsageError, "a int is not a table"),
    ],
)
def test_data_that_do_not_fit_are_refused(data: object, refusal: type[Exception], message: str) -> None:
    with pytest.raises(refusal, match=message):
        kaplan_meier(data, duration="t", event="e")


def test_entry_at_or_after_exit_is_refused() -> None:
    with pytest.raises(CannotAnswerError, match="a is not before t in 2 of 3 rows"):
        kaplan_meier({"a": [0, 2, 5], "t": [1, 2, 4], "e": [1, 0, 1]}, duration="t", event="e", entry="a")


def test_intervals_that_are_empty_but_for_rounding_are_refused() -> None:
    data = {"a": [0.3, 1.25], "t": [0.1 + 0.2, 2.0], "e": [1, 0]}
    with pytest.raises(CannotAnswerError, match="entry and exit differ by rounding only in 1 of 2 rows"):
        kaplan_meier(data, duration="t", event="e", entry="a")


def test_weights_of_zero_are_refused() -> None:
    with pytest.raises(CannotAnswerError, match="column w is zero or negative in 1 of 2 rows"):
        kaplan_meier({"t": [1, 2], "e": [1, 0], "w": [1.0, 0.0]}, duration="t", event="e", weights="w")


@pytest.mark.parametrize(
    "option", [{"conf_type": "exact"}, {"conf_level": 95}, {"estimator": "breslow"}, {"missing": "ignore"}]
)
def test_unknown_options_are_refused(option: dict) -> None:
    with pytest.raises(UsageError):
        kaplan_meier({"t": [1, 2], "e": [1, 0]}, duration="t", event="e", **option)


def test_messages_hold_no_values_of_patients() -> None:
    with pytest.raises(CannotAnswerError) as refusal:
        kaplan_meier({"t": [173.25, -98.75], "e": [1, 0]}, duration="t", event="e")
    assert "98" not in str(refusal.value)
    assert "173" not in str(refusal.value)


def test_arrow_tables_are_taken_too() -> None:
    import pyarrow as pa

    table = pa.table({"t": [1, 2], "e": [True, False]})
    assert kaplan_meier(table, duration="t", event="e").counts["events"].tolist() == [1]
