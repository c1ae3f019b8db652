"""Entry events: which records bring a person in, and how many of them."""

import pytest

from tests.cohorts.patients import concept_set, definition, patients, rows, starts
from tests.servers.engines import TestEngine

DIAGNOSES = """
condition_occurrence
person | concept | start      | end
1      | 10      | 2020-01-05 | 2020-01-09
1      | 10      | 2020-03-01 | .
1      | 20      | 2020-02-01 | .
2      | 11      | 2021-06-01 | .
"""


def test_an_entry_criterion_takes_the_records_of_its_concept_set(engine: TestEngine) -> None:
    assert starts(patients(engine, DIAGNOSES), definition()) == ["1 2020-01-05", "1 2020-03-01"]


def test_a_criterion_without_a_concept_set_takes_every_record_of_its_domain(engine: TestEngine) -> None:
    cdm = patients(engine, DIAGNOSES)
    assert len(rows(cdm, definition({"ConditionOccurrence": {}}))) == 4


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("All", ["1 2020-01-05", "1 2020-03-01"]),
        ("First", ["1 2020-01-05"]),
        ("Last", ["1 2020-03-01"]),
        ("last", ["1 2020-03-01"]),
        (None, ["1 2020-01-05"]),
    ],
)
def test_the_limit_is_first_where_nothing_is_said_and_its_case_does_not_matter(
    engine: TestEngine, limit: str, expected: list[str]
) -> None:
    assert starts(patients(engine, DIAGNOSES), definition(limit=limit)) == expected


def test_first_takes_the_earliest_record_before_any_other_attribute_is_looked_at(engine: TestEngine) -> None:
    """The first diagnosis is before 2020-02; so no diagnosis is left, although a later one would pass."""
    late = {"Value": "2020-02-01", "Op": "gte"}
    entry = {"ConditionOccurrence": {"CodesetId": 1, "First": True, "OccurrenceStartDate": late}}
    assert starts(patients(engine, DIAGNOSES), definition(entry)) == []


@pytest.mark.parametrize(
    ("prior", "post", "expected"),
    [
        (0, 0, ["1 2020-01-10"]),
        (9, 0, ["1 2020-01-10"]),
        (10, 0, []),
        (0, 21, ["1 2020-01-10"]),
        (0, 22, []),
    ],
)
def test_days_of_observation_before_and_after_count_inclusively(
    engine: TestEngine, prior: int, post: int, expected: list[str]
) -> None:
    cdm = patients(
        engine,
        """
        observation_period
        person | start      | end
        1      | 2020-01-01 | 2020-01-31

        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-10
        """,
    )
    window = {"PriorDays": prior, "PostDays": post}
    assert starts(cdm, definition(ObservationWindow=window)) == expected


def test_an_event_outside_every_observation_period_brings_nobody_in(engine: TestEngine) -> None:
    cdm = patients(
        engine,
        """
        observation_period
        person | start      | end
        1      | 2019-01-01 | 2019-12-31
        1      | 2021-01-01 | 2021-12-31

        condition_occurrence
        person | concept | start
        1      | 10      | 2020-06-01
        1      | 10      | 2021-12-31
        """,
    )
    assert starts(cdm, definition()) == ["1 2021-12-31"]


def test_two_entry_criteria_are_joined_by_or(engine: TestEngine) -> None:
    entry = [{"ConditionOccurrence": {"CodesetId": 1}}, {"ConditionOccurrence": {"CodesetId": 2}}]
    assert len(starts(patients(engine, DIAGNOSES), definition(entry))) == 3


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        ("ConditionOccurrence", "1 2020-01-01 2020-01-02"),
        ("DrugExposure", "1 2020-01-01 2020-01-31"),
        ("Measurement", "1 2020-01-01 2020-01-02"),
        ("VisitOccurrence", "1 2020-01-01 2020-01-04"),
        ("Death", "1 2020-01-01 2020-01-02"),
    ],
)
def test_an_event_without_an_end_ends_the_next_day_and_a_drug_by_its_days_of_supply(
    engine: TestEngine, criterion: str, expected: str
) -> None:
    cdm = patients(
        engine,
        """
        condition_occurrence
        person | concept | start      | end
        1      | 10      | 2020-01-01 | .

        drug_exposure
        person | concept | start      | end | days
        1      | 10      | 2020-01-01 | .   | 30

        measurement
        person | concept | date
        1      | 10      | 2020-01-01

        visit_occurrence
        person | concept | start      | end
        1      | 10      | 2020-01-01 | 2020-01-04

        death
        person | date       | cause
        1      | 2020-01-01 | 10
        """,
    )
    exit_at_end = {"DateOffset": {"DateField": "EndDate", "Offset": 0}}
    assert rows(cdm, definition({criterion: {"CodesetId": 1}}, EndStrategy=exit_at_end)) == [expected]


def test_descendants_count_if_they_are_valid_and_exclusions_are_taken_away(engine: TestEngine) -> None:
    cdm = patients(
        engine,
        """
        concept
        concept | name    | invalid
        10      | parent  | .
        11      | valid   | .
        12      | invalid | D

        concept_ancestor
        ancestor | descendant
        10       | 10
        10       | 11
        10       | 12
        10       | 21

        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-01
        2      | 11      | 2020-01-01
        3      | 12      | 2020-01-01
        4      | 21      | 2020-01-01
        """,
    )
    with_descendants = concept_set(1, 10, descendants=True)
    excluded = {"concept": {"CONCEPT_ID": 21}, "isExcluded": True}
    with_descendants["expression"]["items"].append(excluded)
    assert starts(cdm, definition(ConceptSets=[with_descendants])) == ["1 2020-01-01", "2 2020-01-01"]


def test_mapped_adds_the_source_concepts_that_map_to_the_set(engine: TestEngine) -> None:
    cdm = patients(
        engine,
        """
        concept_relationship
        from | to | relationship
        21   | 10 | Maps to
        20   | 10 | Is a

        condition_occurrence
        person | concept | start
        1      | 21      | 2020-01-01
        2      | 20      | 2020-01-01
        """,
    )
    assert starts(cdm, definition(ConceptSets=[concept_set(1, 10, includeMapped=True)])) == ["1 2020-01-01"]


def test_age_is_the_difference_of_years_in_circe_and_completed_years_in_exact_semantics(engine: TestEngine) -> None:
    cdm = patients(
        engine,
        """
        person
        person | sex  | year | month_of_birth | day_of_birth
        1      | 8507 | 2002 | 6              | 15

        condition_occurrence
        person | concept | start
        1      | 10      | 2020-06-14
        1      | 10      | 2020-06-15
        """,
    )
    adults = definition({"ConditionOccurrence": {"CodesetId": 1, "Age": {"Value": 18, "Op": "gte"}}})
    assert starts(cdm, adults) == ["1 2020-06-14", "1 2020-06-15"]
    assert starts(cdm, adults, "exact") == ["1 2020-06-15"]


def test_a_ratio_to_the_reference_range_keeps_small_numbers_and_is_missing_where_the_limit_is_zero(
    engine: TestEngine,
) -> None:
    cdm = patients(
        engine,
        """
        measurement
        person | concept | date       | value  | low    | high
        1      | 10      | 2020-01-01 | 0.0006 | 0.0004 | 0.0005
        2      | 10      | 2020-01-01 | 0.0005 | 0.0004 | 0.0005
        3      | 10      | 2020-01-01 | 0.0006 | 0      | 0
        4      | 10      | 2020-01-01 | .      | 0.0004 | 0.0005
        """,
    )

    def above(**ratio: float) -> list[str]:
        wanted = {name: {"Value": value, "Op": "gte"} for name, value in ratio.items()}
        return starts(cdm, definition({"Measurement": {"CodesetId": 1, **wanted}}))

    assert above(RangeLowRatio=1.4) == ["1 2020-01-01"]
    assert above(RangeHighRatio=1.0) == ["1 2020-01-01", "2 2020-01-01"]
