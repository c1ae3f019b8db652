"""Explanations of windows in hours: rows with their times, misses to the minute, and what a missing time leaves."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohorts import read_definition
from cohorts.explain import Explanation, explain
from omop_etl.cdm import Cdm
from tests.cohorts.patients import around, days, definition, hours, patients, rule
from tests.cohorts.test_hours_oracle import moments, row

LAB = {"Measurement": {"CodesetId": 2}}
SOON = rule(around(LAB, at_least=1, StartWindow=hours(0, 6)))

ADMITTED = """
condition_occurrence
person | concept | starts at
1      | 10      | 2020-01-10 22:30:00

measurement
person | concept | at
1      | 20      | {}
"""


def why(cdm: Cdm, expression: dict[str, Any]) -> Explanation:
    return explain(read_definition(expression, semantics="exact"), cdm, [1])[0]


@pytest.mark.parametrize(
    ("at", "missed"),
    [
        ("2020-01-11 05:12:00", ("late", 0, 42 * 60)),
        ("2020-01-10 22:29:59", ("early", 0, 1)),
        ("2020-01-14 22:30:00", ("late", 0, 90 * 3600)),
    ],
)
def test_a_near_miss_is_told_by_its_seconds(at: str, missed: tuple[str, int, int], tmp_path: Path) -> None:
    found = why(patients(tmp_path, ADMITTED.format(at)), definition(InclusionRules=[SOON]))
    (fate,) = found.fates
    assert (fate.kind, fate.record.start_time) == ("rules", time(22, 30))
    (window,) = fate.rules[0].finding.windows
    assert (window.low, window.high) == (datetime(2020, 1, 10, 22, 30), datetime(2020, 1, 11, 4, 30))
    (near,) = fate.rules[0].finding.near
    assert [(miss.kind, miss.days, miss.seconds) for miss in near.misses] == [missed]
    assert near.record.start_time == time.fromisoformat(at[11:])


def test_the_deciding_row_shows_its_time(tmp_path: Path) -> None:
    found = why(patients(tmp_path, ADMITTED.format("2020-01-11 04:30:00")), definition(InclusionRules=[SOON]))
    finding = found.fates[0].rules[0].finding
    assert found.is_in
    assert [(row.record.start, row.record.start_time) for row in finding.counted] == [(date(2020, 1, 11), time(4, 30))]


def test_a_definition_in_days_shows_no_times(tmp_path: Path) -> None:
    cdm = patients(tmp_path, ADMITTED.format("2020-01-11 04:30:00"))
    found = why(cdm, definition(InclusionRules=[rule(around(LAB, at_least=1, StartWindow=days(0, 1)))]))
    assert found.fates[0].record.start_time is None
    assert [row.record.start_time for row in found.fates[0].rules[0].finding.counted] == [None]


def test_a_missing_time_is_said_and_so_is_how_far_the_dates_alone_are_off(tmp_path: Path) -> None:
    cdm = patients(
        tmp_path,
        """
        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-10

        measurement
        person | concept | at
        1      | 20      | 2020-01-10 12:00:00
        1      | 20      | 2020-01-13 12:00:00
        """,
    )
    finding = why(cdm, definition(InclusionRules=[SOON])).fates[0].rules[0].finding
    assert [(w.low, w.high, w.time_unknown) for w in finding.windows] == [(None, None, True)]
    misses = [(row.record.start.day, miss.kind, miss.seconds) for row in finding.near for miss in row.misses]
    at_least_so_late = (datetime(2020, 1, 13, 12) - datetime(2020, 1, 10, 23, 59, 59)).total_seconds() - 6 * 3600
    assert misses == [(10, "no_time", 0), (13, "late", at_least_so_late)]


def test_what_is_nested_shows_the_times_of_both(tmp_path: Path) -> None:
    apart = {"Type": "ALL", "CriteriaList": [around(LAB, at_least=1, StartWindow=hours(3, None))]}
    two = {"Measurement": {"CodesetId": 2, "CorrelatedCriteria": apart}}
    cdm = patients(tmp_path, ADMITTED.format("2020-01-11 04:30:00\n1      | 20      | 2020-01-11 07:29:00"))
    found = why(cdm, definition(InclusionRules=[rule(around(two, at_least=1, StartWindow=days(0, 1)))]))
    near = found.fates[0].rules[0].finding.near
    assert [row.record.start_time for row in near] == [time(4, 30), time(7, 29)]
    inner = near[0].nested
    assert inner is not None
    missed = {row.record.start_time: row.misses[0].seconds for row in inner.members[0].near}
    assert missed == {time(4, 30): 3 * 3600, time(7, 29): 60}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    index=moments,
    events=st.lists(moments, min_size=1, max_size=3),
    low=st.sampled_from([-48, -24, -6, 0, 0.5, 6]),
    length=st.sampled_from([0, 6, 24, 48]),
)
def test_what_is_explained_agrees_with_what_the_engine_found(
    tmp_path_factory: Any, index: Any, events: Any, low: float, length: float
) -> None:
    """Oracle: the engine's verdict against the number of rows that the explanation counts."""
    text = "\n".join(["condition_occurrence", "person | concept | start | starts at", row(1, 10, index)])
    text += "\n\n" + "\n".join(["measurement", "person | concept | date | at", *(row(1, 20, e) for e in events)])
    window = hours(low, low + length)
    with patients(tmp_path_factory.mktemp("cdm"), text) as cdm:
        for required in (1, 2, 3):
            found = why(cdm, definition(InclusionRules=[rule(around(LAB, at_least=required, StartWindow=window))]))
            finding = found.fates[0].rules[0].finding
            assert finding.met == (finding.found >= required)
            assert finding.met or len(finding.near) == len(events) - finding.found
