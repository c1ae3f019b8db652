"""Diagnostics of a cohort, counted by hand on a few patients and by pandas on many."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cohorts import GeneratedCohorts, generate
from cohorts.builder import CohortBuilder, cohort, concepts, condition, drug
from cohorts.diagnostics import (
    compare_with_matched,
    incidence,
    index_events,
    orphan_concepts,
    overlap,
    time_in_cohort,
    visit_context,
)
from cohorts.diagnostics.incidence import Calendar
from tests.cohorts.patients import patients

TEN, TWENTY = concepts("ten", 10), concepts("twenty", 20)

PATIENTS = """
person
person | sex  | year
1      | 8507 | 1950
2      | 8532 | 1950
3      | 8507 | 1950
4      | 8507 | 1950
5      | 8532 | 1950

observation_period
person | start      | end
1      | 2019-07-01 | 2020-12-31
2      | 2020-01-01 | 2020-06-30
3      | 2020-01-01 | 2021-12-31
4      | 2020-01-01 | 2021-12-31
5      | 2020-01-01 | 2021-12-31

condition_occurrence
person | concept | source | start
1      | 10      | 7      | 2020-01-10
2      | 11      | 8      | 2020-02-10
3      | 12      | .      | 2020-03-10
4      | 12      | .      | 2020-01-05
5      | 21      | .      | 2020-01-05

drug_exposure
person | concept | start      | end
1      | 20      | 2020-01-05 | 2020-01-20
2      | 20      | 2020-02-10 | 2020-03-20
4      | 20      | 2020-01-06 | 2020-01-07

visit_occurrence
person | concept | start      | end
1      | 1       | 2020-01-08 | 2020-01-12
1      | 2       | 2020-01-10 | 2020-01-10
2      | 1       | 2020-01-31 | 2020-02-01
2      | 2       | 2020-03-01 | 2020-03-01
2      | 2       | 2020-05-01 | 2020-05-01

concept_ancestor
ancestor | descendant | min_levels_of_separation
1        | 10         | 1
1        | 11         | 2
1        | 12         | 1
10       | 10         | 0
10       | 11         | 1
12       | 12         | 0
3        | 1          | 1
3        | 10         | 2
3        | 11         | 3
3        | 12         | 2
3        | 21         | 3
2        | 10         | 4
2        | 21         | 1
"""


def diseased() -> CohortBuilder:
    return cohort("diseased").entering_on(condition(TEN).first()).leaving(after=30)


def treated() -> CohortBuilder:
    return cohort("treated").entering_on(drug(TWENTY).first()).leaving(after=5)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[GeneratedCohorts]:
    with patients(tmp_path, PATIENTS) as cdm:
        yield generate({"diseased": diseased().definition(), "treated": treated().definition()}, cdm)


def test_index_events_are_broken_down_by_concept_and_source(made: GeneratedCohorts) -> None:
    found = index_events(made, "diseased")
    assert found[["domain", "concept_id", "source_concept_id", "events", "persons"]].to_numpy().tolist() == [
        ["ConditionOccurrence", 10, 7, 1, 1],
        ["ConditionOccurrence", 11, 8, 1, 1],
    ]


def test_an_orphan_stands_beside_the_concepts_of_the_set(made: GeneratedCohorts) -> None:
    found = orphan_concepts(made, "diseased")
    assert found.to_numpy().tolist() == [["ConditionOccurrence", 12, 1, 2, 2]]
    assert orphan_concepts(made, "treated").empty


def test_concepts_that_meet_far_up_in_the_hierarchy_are_no_orphans(made: GeneratedCohorts) -> None:
    """Under the root of a vocabulary everything meets: concept 21 is three levels below 3, which is two above 10."""
    found = {levels: orphan_concepts(made, "diseased", levels=levels) for levels in (0, 1, 2, 3, 4)}
    assert {levels: frame["concept_id"].tolist() for levels, frame in found.items()} == {
        0: [],
        1: [12],
        2: [12],
        3: [12, 21],
        4: [12, 21],
    }
    assert found[3]["shared"].tolist() == [1, 3]
    assert found[4]["shared"].tolist() == [1, 2]


def test_incidence_counts_first_entries_per_time_at_risk(made: GeneratedCohorts) -> None:
    found = incidence(made, "diseased")
    men = found[(found["period"] == "2020") & (found["gender_concept_id"] == 8507)].iloc[0]
    assert (men["age_from"], men["entries"]) == (70, 1)
    assert men["person_years"] == pytest.approx((10 + 366 + 366) / 365.25)
    women = found[(found["period"] == "2020") & (found["gender_concept_id"] == 8532)].iloc[0]
    assert women["person_years"] == pytest.approx((41 + 366) / 365.25)
    assert women["per_1000"] == pytest.approx(1000 / women["person_years"])
    later = incidence(made, "diseased", washout=200)
    assert later["entries"].sum() == 0
    assert later[later["period"] == "2019"].empty


@pytest.mark.parametrize(("by", "period"), [("quarter", "2020Q1"), ("month", "2020-01")])
def test_incidence_by_quarter_and_month(made: GeneratedCohorts, by: Calendar, period: str) -> None:
    found = incidence(made, "diseased", by=by)
    assert found["person_years"].sum() == pytest.approx(incidence(made, "diseased")["person_years"].sum())
    men = found[(found["period"] == period) & (found["gender_concept_id"] == 8507)].iloc[0]
    days = {"quarter": 91, "month": 31}[by]
    assert (men["age_from"], men["entries"]) == (70, 1)
    assert men["person_years"] == pytest.approx((10 + days + days) / 365.25)


def test_visits_stand_before_during_on_and_after_the_index_date(made: GeneratedCohorts) -> None:
    found = visit_context(made, "diseased")
    assert found.to_numpy().tolist() == [
        ["before", 1, 1, 1],
        ["during", 1, 1, 1],
        ["on", 2, 1, 1],
        ["after", 2, 1, 1],
    ]


def test_two_cohorts_share_persons_and_one_comes_first(made: GeneratedCohorts) -> None:
    assert overlap(made).to_numpy().tolist() == [["diseased", "treated", 0, 2, 1, 0, 1, 1]]


def test_time_in_cohort_is_told_by_shares(made: GeneratedCohorts) -> None:
    assert time_in_cohort(made, "diseased")["days"].tolist() == [30] * 7


def test_matched_persons_are_of_the_same_age_and_sex_and_not_in_the_cohort(made: GeneratedCohorts) -> None:
    found = compare_with_matched(made, "diseased", days=365)
    assert found.attrs == {"cohort": 2, "matched": 2}
    by_concept = found.set_index(["domain", "concept_id"])
    drug_row = by_concept.loc[("DrugExposure", 20)]
    assert (drug_row["cohort"], drug_row["matched"]) == (1, 0)
    assert drug_row["smd"] == pytest.approx((0.5 - 0) / np.sqrt((0.25 + 0) / 2))


def test_persons_may_have_numbers_of_64_bits(tmp_path: Path) -> None:
    """Numbers made by hashing fill all 63 bits: nothing may be reckoned with them."""
    numbered = PATIENTS
    for table in ("person", "observation_period", "condition_occurrence", "drug_exposure", "visit_occurrence"):
        head, _, rest = numbered.partition(f"\n{table}\n")
        rows, _, others = rest.partition("\n\n")
        lines = rows.splitlines()
        lines[1:] = [f"922337203685477580{line}" for line in lines[1:]]
        numbered = f"{head}\n{table}\n" + "\n".join(lines) + "\n\n" + others
    frames = []
    for folder, text in (("small", PATIENTS), ("large", numbered)):
        (tmp_path / folder).mkdir()
        with patients(tmp_path / folder, text) as cdm:
            found = generate({"diseased": diseased().definition()}, cdm)
            frames.append((compare_with_matched(found, "diseased", per_person=2), visit_context(found, "diseased")))
    for small, large in zip(*frames, strict=True):
        pd.testing.assert_frame_equal(small, large)
        assert not large.empty


def test_an_empty_cohort_has_empty_diagnostics(tmp_path: Path) -> None:
    with patients(tmp_path, PATIENTS) as cdm:
        nobody = generate({"nobody": cohort("n").entering_on(condition(concepts("x", 20))).definition()}, cdm)
        assert index_events(nobody, "nobody").empty
        assert visit_context(nobody, "nobody").empty
        assert time_in_cohort(nobody, "nobody").empty
        assert incidence(nobody, "nobody")["entries"].sum() == 0
        assert compare_with_matched(nobody, "nobody").empty


@pytest.mark.parametrize(("seed", "by"), [(1, "year"), (2, "quarter"), (3, "month")])
def test_incidence_and_time_agree_with_pandas_on_many_persons(seed: int, by: Calendar, tmp_path: Path) -> None:
    chance = random.Random(seed)
    observed, sick = [], []
    for person in range(1, 81):
        start = date(2017, 1, 1) + timedelta(chance.randrange(700))
        end = start + timedelta(chance.randrange(30, 900))
        observed.append((person, start, end))
        sick += [(person, start + timedelta(chance.randrange(-50, 950))) for _ in range(chance.randrange(3))]
    text = "person\nperson | sex | year\n" + "\n".join(
        f"{p} | {8507 + 25 * (p % 2)} | {1940 + p % 40}" for p, *_ in observed
    )
    text += "\n\nobservation_period\nperson | start | end\n" + "\n".join(f"{p} | {s} | {e}" for p, s, e in observed)
    text += "\n\ncondition_occurrence\nperson | concept | start\n" + "\n".join(f"{p} | 10 | {d}" for p, d in sick)
    with patients(tmp_path, text) as cdm:
        made = generate({"diseased": diseased().definition()}, cdm)
        rows = made.rows.to_pandas()
        found = incidence(made, "diseased", washout=90, by=by)
    entries = rows.groupby("subject_id")["cohort_start_date"].min().to_dict()
    days: dict[tuple[str, int, int], list[int]] = {}
    for person, start, end in observed:
        entry = entries.get(person)
        day = start + timedelta(90)
        while day <= (min(end, entry) if entry else end):
            age = day.year - (1940 + person % 40)
            cell = days.setdefault(
                (str(pd.Period(day, by[0].upper())), 8507 + 25 * (person % 2), age - age % 10), [0, 0]
            )
            cell[0] += 1
            cell[1] += day == entry
            day += timedelta(1)
    expected = pd.DataFrame([(*key, *cell) for key, cell in sorted(days.items())], columns=list("ysadn"))
    assert (
        found[["period", "gender_concept_id", "age_from"]].to_numpy().tolist()
        == expected[list("ysa")].to_numpy().tolist()
    )
    assert found["entries"].tolist() == expected["n"].tolist()
    assert found["person_years"].to_numpy() == pytest.approx(expected["d"].to_numpy() / 365.25)
