"""Follow-up cut into bands and rates standardised, counted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.rates import (
    TimeScale,
    direct_standardisation,
    expected_events,
    indirect_standardisation,
    person_time,
)
from omop_etl.errors import RweError

PERSONS: dict[str, Any] = {"age": [48.0, 55.0, 59.0], "year": [2000.5, 2003.0, 2001.0], "years": [4.0, 10.0, 1.0]}
DIED = {"died": [1, 0, 1]}
AGES = {"band": TimeScale("age", [50, 60])}


def test_time_and_events_fall_into_the_band_of_the_age_then() -> None:
    table = person_time({**PERSONS, **DIED}, duration="years", event="died", scales=AGES).table
    assert table["band"].tolist() == [-np.inf, 50, 60]
    assert table["person_time"].tolist() == [2, 8, 5]
    assert table["events"].tolist() == [0, 2, 0]


def test_an_event_at_a_break_belongs_to_the_band_that_ends_there() -> None:
    data = {"age": [59.0], "years": [1.0], "died": [1]}
    table = person_time(data, duration="years", event="died", scales=AGES).table
    assert table["band"].tolist() == [50]
    assert table["events"].tolist() == [1]


def test_two_scales_cut_each_other() -> None:
    scales = {**AGES, "period": TimeScale("year", [2002])}
    table = person_time({**PERSONS, **DIED}, duration="years", event="died", scales=scales).table
    cells = table.set_index(["band", "period"])["person_time"]
    assert cells.loc[(-np.inf, -np.inf)] == pytest.approx(1.5)
    assert cells.loc[(-np.inf, 2002)] == pytest.approx(0.5)
    assert cells.sum() == pytest.approx(15)
    assert table["events"].sum() == 2


def test_delayed_entry_and_units() -> None:
    data = {"age": [50], "from": [365.25], "to": [5 * 365.25], "died": [1]}
    scales = {"band": TimeScale("age", [52], unit=365.25)}
    found = person_time(data, duration="to", entry="from", event="died", scales=scales, unit=365.25)
    assert found.table["person_time"].tolist() == pytest.approx([1, 3])
    assert found.plot().to_dict()
    assert found.to_dict()["table"][1]["events"] == 1


def test_standardising_to_oneself_changes_nothing() -> None:
    data = {"age": ["y", "o"], "n": [3, 9], "t": [100.0, 50.0]}
    found = direct_standardisation(data, events="n", person_time="t", strata="age", standard=data, standard_size="t")
    rows = found.table.set_index("measure")["estimate"]
    assert rows["adjusted"].tolist() == pytest.approx([12 / 150] * 3)
    own = {"age": ["y", "o"], "rate": [0.03, 0.18]}
    ratio = indirect_standardisation(
        data, events="n", person_time="t", strata="age", reference=own, reference_rate="rate"
    )
    assert ratio.table["estimate"].tolist() == pytest.approx([1.0])
    assert ratio.plot().to_dict()


def test_strata_without_a_rate_are_refused_or_noted() -> None:
    data = {"age": ["y", "o"], "n": [3, 9], "t": [100.0, 50.0]}
    asked: dict[str, Any] = {"events": "n", "person_time": "t", "strata": "age", "reference_rate": "rate"}
    half = {"age": ["y"], "rate": [0.03]}
    with pytest.raises(RweError, match="1 of 2 strata of age are in one of the two populations only"):
        indirect_standardisation(data, **asked, reference=half)
    with pytest.warns(UserWarning, match="1 strata of age have no reference rate and are left out, with 50 of"):
        found = indirect_standardisation(data, **asked, reference=half, unmatched="drop")
    assert found.table["observed"].tolist() == [3]
    with pytest.raises(RweError, match="1 further rows"):
        indirect_standardisation(data, **asked, reference={"age": ["y", "y"], "rate": [0.1, 0.2]})


def test_expected_events_add_up_over_birthdays_and_new_years() -> None:
    ages, years = np.arange(60, 64), np.arange(2000, 2004)
    grid = pd.DataFrame([(a, y) for a in ages for y in years], columns=["age", "year"])
    grid["h"] = grid["age"] * 1e-6 + (grid["year"] - 2000) * 1e-4
    person = {"days": [500], "died": [0], "at": [61.5], "from": ["2001-11-01"]}
    found = expected_events(person, duration="days", event="died", age="at", start="from", population=grid, hazard="h")
    day = pd.Timestamp("2001-11-01") + pd.to_timedelta(np.arange(500), unit="D")
    age = np.floor((61.5 * 365.25 + np.arange(500)) / 365.25)
    by_day = age * 1e-6 + (day.year.to_numpy() - 2000) * 1e-4
    # A birthday falls within a day: the sum over whole days is off by less than a day of the difference in hazard.
    assert found.per_row.iloc[0] == pytest.approx(by_day.sum(), abs=2e-6)
    assert found.plot().to_dict()


def test_what_the_population_lacks_is_refused() -> None:
    person = {"days": [500], "died": [0], "at": [61.5], "from": ["2001-11-01"], "sex": ["x"]}
    asked: dict[str, Any] = {"duration": "days", "event": "died", "age": "at", "start": "from", "hazard": "h"}
    life: dict[str, Any] = {"age": [60, 61], "year": [2000, 2000], "h": [1e-4, 2e-4], "sex": ["m", "f"]}
    with pytest.raises(RweError, match="lacks a hazard for 2 combinations"):
        expected_events(person, **asked, population=life, strata=["sex"])
    whole = {"age": [60, 60], "year": [2000, 2000], "h": [1e-4, 2e-4], "sex": ["m", "f"]}
    with pytest.raises(RweError, match="sex have in 1 of 1 rows values that the population lacks"):
        expected_events(person, **asked, population=whole, strata=["sex"])
    with pytest.raises(RweError, match="column from holds no dates"):
        expected_events({**person, "from": ["soon"]}, **asked, population=whole)


@pytest.mark.parametrize(
    ("scales", "says"),
    [({}, "there is no scale"), ({"band": TimeScale("age", [60, 50])}, "the breaks of band are not in order")],
)
def test_scales_must_make_sense(scales: Any, says: str) -> None:
    with pytest.raises(RweError, match=says):
        person_time({**PERSONS, **DIED}, duration="years", event="died", scales=scales)
