"""Who is analysed, how long, and why follow-up ends: one person per rule."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analyses.dataset import DatasetSpec, build
from omop_etl.errors import CannotAnswerError, UsageError
from tests.analyses.dataset.small_cdm import cohort_rows, small_cdm

PERSONS = "\n".join(f"{number} | 8507 | 1960 | 1 | 1" for number in range(1, 10))
OBSERVED = "\n".join(f"{number} | 2019-01-01 | 2021-12-31" for number in range(1, 10))


def spec(**parts: object) -> DatasetSpec:
    return DatasetSpec.model_validate(
        {"exposure": [{"cohort": "a"}, {"cohort": "b"}], "outcome": {"kind": "death"}, **parts}
    )


def followed(folder: Path, rows: str, asked: DatasetSpec, **tables: str) -> pd.DataFrame:
    cdm = small_cdm(folder, **{"person": PERSONS, "observation_period": OBSERVED} | tables)
    return build(cdm, cohort_rows(rows), asked).table.set_index("person_id")


def account(folder: Path, rows: str, asked: DatasetSpec, **tables: str) -> dict[str, int]:
    cdm = small_cdm(folder, **{"person": PERSONS, "observation_period": OBSERVED} | tables)
    found = build(cdm, cohort_rows(rows), asked).account
    return dict(zip(found["step"], found["persons"], strict=True))


BOTH = """
a | 1 | 2020-01-01 | 2020-02-01
a | 2 | 2020-01-01 | 2020-02-01
b | 3 | 2020-01-01 | 2020-02-01
"""


def test_death_is_the_outcome_and_the_end_of_observation_censors(tmp_path: Path) -> None:
    table = followed(tmp_path, BOTH, spec(), death="2 | 2020-01-31")
    assert table["exposure"].tolist() == ["a", "a", "b"]
    assert table["exposure"].cat.categories.tolist() == ["a", "b"]
    assert table["end_reason"].tolist() == ["observation_end", "outcome", "observation_end"]
    assert table["event"].tolist() == [0, 1, 0]
    # At risk from the day after the index date, time is the number of days since the index date.
    assert table["time"].tolist() == [730, 30, 730]


def test_reason_that_comes_first_ends_follow_up(tmp_path: Path) -> None:
    at_risk = {"window_days": 100, "exposure_end": True, "grace_days": 30, "study_end": "2020-03-20"}
    rows = """
    a | 1 | 2020-01-01 | 2020-02-01
    a | 2 | 2020-01-01 | 2020-12-31
    a | 3 | 2019-10-01 | 2020-12-31
    b | 4 | 2020-01-01 | 2020-12-31
    b | 5 | 2020-01-01 | 2020-12-31
    """
    observed = OBSERVED.replace("4 | 2019-01-01 | 2021-12-31", "4 | 2019-01-01 | 2020-02-15")
    table = followed(tmp_path, rows, spec(time_at_risk=at_risk), observation_period=observed, death="5 | 2020-03-20")
    assert table["end_reason"].to_dict() == {
        1: "exposure_end",  # 1 February and thirty days of grace
        2: "study_end",
        3: "window",
        4: "observation_end",
        5: "outcome",  # on the last day of the study: an event on a day counts before censoring on it
    }
    assert table.loc[1, "end_date"] == pd.Timestamp("2020-03-02")
    assert table.loc[3, "time"] == 100


def test_death_censors_another_outcome(tmp_path: Path) -> None:
    outcome = {"kind": "cohort", "cohort": "stroke"}
    rows = BOTH + "stroke | 1 | 2020-01-11 | 2020-01-11\nstroke | 3 | 2020-06-01 | 2020-06-01"
    table = followed(tmp_path, rows, spec(outcome=outcome), death="3 | 2020-05-01\n2 | 2020-03-01")
    assert table["end_reason"].tolist() == ["outcome", "death", "death"]
    assert table["time"].tolist() == [10, 60, 121]


def test_an_outcome_before_the_time_at_risk_excludes_unless_it_is_kept(tmp_path: Path) -> None:
    strokes = """
    stroke | 1 | 2019-06-01 | 2019-06-01
    stroke | 1 | 2020-02-10 | 2020-02-10
    stroke | 2 | 2020-01-01 | 2020-01-01
    """
    rows = BOTH + strokes
    outcome = {"kind": "cohort", "cohort": "stroke"}
    kept = followed(tmp_path, rows, spec(outcome=outcome | {"prior": "keep"}))
    assert kept["event"].tolist() == [1, 0, 0]
    assert kept.loc[1, "time"] == 40
    recent = account(tmp_path, rows, spec(outcome=outcome | {"prior_days": 30}))
    assert (recent["observed"], recent["no_prior_outcome"]) == (3, 2)
    ever = account(tmp_path, rows, spec(outcome=outcome))
    assert ever["no_prior_outcome"] == 1


def test_a_day_zero_at_risk_counts_as_the_first_day(tmp_path: Path) -> None:
    rows = "a | 1 | 2020-01-01 | 2020-02-01\nb | 2 | 2020-01-01 | 2020-02-01"
    table = followed(tmp_path, rows, spec(time_at_risk={"start_day": 0}), death="1 | 2020-01-01\n2 | 2020-01-11")
    assert table["time"].tolist() == [1, 11]


def test_follow_up_that_ends_before_the_time_at_risk_is_accounted_for(tmp_path: Path) -> None:
    rows = "a | 1 | 2020-01-01 | 2020-02-01\nb | 2 | 2020-01-01 | 2020-02-01"
    found = account(tmp_path, rows, spec(), death="1 | 2020-01-01")
    assert (found["observed"], found["time_at_risk"]) == (2, 1)


def test_the_first_row_of_a_person_counts_and_its_group(tmp_path: Path) -> None:
    rows = """
    a | 1 | 2020-05-01 | 2020-06-01
    b | 1 | 2020-02-01 | 2020-06-01
    a | 1 | 2019-12-01 | 2020-01-01
    a | 2 | 2020-01-01 | 2020-06-01
    b | 2 | 2020-01-01 | 2020-06-01
    b | 3 | 2020-01-01 | 2020-06-01
    """
    cdm = small_cdm(tmp_path, person=PERSONS, observation_period=OBSERVED)
    found = build(cdm, cohort_rows(rows), spec())
    assert found.table[["person_id", "exposure"]].values.tolist() == [[1, "a"], [3, "b"]]
    assert found.account[["step", "rows", "persons", "excluded_persons"]].values.tolist() == [
        ["cohort_rows", 6, 3, 0],
        ["first_entry", 3, 3, 0],
        ["one_group", 2, 2, 1],  # person 2 starts in both groups on the same day
        ["observed", 2, 2, 0],
        ["time_at_risk", 2, 2, 0],
    ]


def test_an_index_date_outside_observation_is_accounted_for(tmp_path: Path) -> None:
    rows = "a | 1 | 2018-12-31 | 2020-02-01\nb | 2 | 2019-01-01 | 2020-02-01\na | 99 | 2020-01-01 | 2020-02-01"
    found = account(tmp_path, rows, spec())
    assert (found["one_group"], found["observed"]) == (3, 1)


def test_later_observation_periods_do_not_count(tmp_path: Path) -> None:
    observed = "1 | 2019-01-01 | 2020-01-31\n1 | 2021-06-01 | 2021-12-31\n2 | 2019-01-01 | 2021-12-31"
    rows = "a | 1 | 2020-01-01 | 2020-02-01\nb | 2 | 2020-01-01 | 2020-02-01"
    table = followed(tmp_path, rows, spec(), observation_period=observed, death="1 | 2021-07-01")
    assert table.loc[1, ["end_reason", "time"]].tolist() == ["observation_end", 30]


def test_one_group_alone_can_be_followed(tmp_path: Path) -> None:
    table = followed(tmp_path, "a | 1 | 2020-01-01 | 2020-02-01", spec(exposure=[{"cohort": "a", "label": "奥希替尼"}]))
    assert table["exposure"].tolist() == ["奥希替尼"]


def test_arrow_rows_are_taken(tmp_path: Path) -> None:
    import pyarrow as pa

    cdm = small_cdm(tmp_path, person=PERSONS, observation_period=OBSERVED)
    rows = cohort_rows(BOTH)
    days = {name: pd.to_datetime(rows[name]).dt.date for name in ("cohort_start_date", "cohort_end_date")}
    table = pa.Table.from_pandas(rows.assign(**days, cohort_definition_id=1))
    assert len(build(cdm, table, spec()).table) == 3


def test_nobody_left_says_at_which_step(tmp_path: Path) -> None:
    cdm = small_cdm(tmp_path, person=PERSONS, observation_period=OBSERVED)
    rows = cohort_rows("a | 1 | 2018-01-01 | 2020-02-01\nb | 2 | 2018-01-01 | 2020-02-01")
    with pytest.raises(CannotAnswerError, match="the step observed leaves no one of 2 persons"):
        build(cdm, rows, spec())


@pytest.mark.parametrize(
    ("rows", "refusal", "message"),
    [
        (cohort_rows("a | 1 | 2020-01-01 | 2020-02-01"), CannotAnswerError, "cohort b has no rows"),
        (cohort_rows(BOTH).head(0), CannotAnswerError, "the cohorts have no rows"),
        (cohort_rows(BOTH).drop(columns="cohort_end_date"), UsageError, "no column cohort_end_date"),
        (cohort_rows(BOTH).assign(cohort_start_date=None), CannotAnswerError, "cohort_start_date has a missing value"),
        ([1, 2], UsageError, "cohort rows are not a table"),
    ],
)
def test_cohort_rows_that_do_not_fit_are_refused(
    tmp_path: Path, rows: object, refusal: type[Exception], message: str
) -> None:
    cdm = small_cdm(tmp_path, person=PERSONS, observation_period=OBSERVED)
    with pytest.raises(refusal, match=message):
        build(cdm, rows, spec())


def test_nothing_is_left_in_the_scratch_schema(tmp_path: Path) -> None:
    cdm = small_cdm(tmp_path, person=PERSONS, observation_period=OBSERVED)
    build(cdm, cohort_rows(BOTH), spec(covariates=[{"kind": "age"}]))
    with pytest.raises(CannotAnswerError):
        build(cdm, cohort_rows("a | 1 | 2018-01-01 | 2020-02-01\nb | 2 | 2018-01-01 | 2020-02-01"), spec())
    assert cdm.engine.columns("scratch") == {}
