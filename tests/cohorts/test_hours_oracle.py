"""Windows in hours against plain Python: every pair of times that two events may have, by Python's own calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cohorts.patients import around, patients
from tests.cohorts.test_spec_hours import LAB, included

DAY0 = date(2020, 3, 1)
TIMES_OF_DAY = [None, 0, 1, 21_600, 43_200, 64_800, 86_399]
Moment = tuple[int, int | None]

moments = st.tuples(st.integers(0, 3), st.sampled_from(TIMES_OF_DAY))
bounds = st.one_of(
    st.none(),
    st.tuples(st.just("Days"), st.integers(-3, 3)),
    st.tuples(st.just("Hours"), st.sampled_from([-60, -48, -24, -12, -6, -0.5, 0, 0.5, 6, 12, 24, 36, 48])),
)


def certain(index: Moment, event: Moment, low: Any, high: Any) -> bool:
    """Whether the event lies in the window for every pair of times that the two may have."""

    def possible(moment: Moment) -> list[datetime]:
        midnight = datetime.combine(DAY0, datetime.min.time()) + timedelta(days=moment[0])
        return [midnight + timedelta(seconds=s) for s in ([0, 86_399] if moment[1] is None else [moment[1]])]

    def inside(at: datetime, then: datetime) -> bool:
        for side, bound in ((1, low), (-1, high)):
            if bound is None:
                continue
            unit, number = bound
            if unit == "Days":
                off: Any = (then.date() - at.date()).days - number
            else:
                off = (then - at).total_seconds() - number * 3600
            if side * off < 0:
                return False
        return True

    return all(inside(at, then) for at in possible(index) for then in possible(event))


def row(person: int, concept: int, moment: Moment) -> str:
    day = DAY0 + timedelta(days=moment[0])
    time = "." if moment[1] is None else f"{day} {timedelta(seconds=moment[1])!s:0>8}"
    return f"{person} | {concept} | {day} | {time}"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    persons=st.lists(st.tuples(moments, st.lists(moments, max_size=3)), min_size=1, max_size=6),
    low=bounds,
    high=bounds,
    required=st.integers(0, 2),
    occurrence=st.sampled_from(["at_least", "exactly", "at_most"]),
)
def test_the_engine_counts_what_plain_python_counts(
    tmp_path_factory: Any, persons: Any, low: Any, high: Any, required: int, occurrence: str
) -> None:
    """Oracle: every pair of possible times, by Python's datetime."""
    wanted = []
    for number, (index, events) in enumerate(persons, start=1):
        found = sum(certain(index, event, low, high) for event in events)
        met = {"at_least": found >= required, "exactly": found == required, "at_most": found <= required}
        wanted += [str(number)] if met[occurrence] else []
    indexed = [row(number, 10, index) for number, (index, _) in enumerate(persons, start=1)]
    measured = [row(n, 20, event) for n, (_, events) in enumerate(persons, start=1) for event in events]
    text = "\n".join(["condition_occurrence", "person | concept | start | starts at", *indexed])
    if measured:
        text += "\n\n" + "\n".join(["measurement", "person | concept | date | at", *measured])

    def bound(side: int, given_bound: Any) -> dict[str, Any]:
        if given_bound is None:
            return {"Coeff": side}
        return {given_bound[0]: abs(given_bound[1]), "Coeff": -1 if given_bound[1] < 0 else 1}

    window = {"Start": bound(-1, low), "End": bound(1, high)}
    with patients(tmp_path_factory.mktemp("cdm"), text) as cdm:
        lab = around(LAB, StartWindow=window, IgnoreObservationPeriod=True, **{occurrence: required})
        assert included(cdm, lab) == wanted
