"""A patient list as a criterion: who is, was or never was on a list that a file holds."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from cohorts import Evaluator, generate, read_definition
from cohorts.builder import cohort, concepts, condition, in_list
from cohorts.engine.operations.listed import FindListed
from cohorts.lint import lint
from cohorts.patient_lists.matching import Matched, match_list
from cohorts.script import script
from omop_etl.cdm.engines.base import scratch_table
from omop_etl.errors import RweError
from tests.cohorts.patients import around, days, definition, patients, rows, rule, starts
from tests.servers.engines import TestEngine

RECORDS = """
person
person | person_source_value
1      | P01
2      | P02
3      | P03
4      | P04

observation_period
person | start      | end
1      | 2019-01-01 | 2019-12-31
1      | 2020-02-01 | 2020-12-31
2      | 2020-02-01 | 2020-12-31
3      | 2020-02-01 | 2020-12-31
4      | 2020-02-01 | 2020-12-31

condition_occurrence
person | concept | start
1      | 10      | 2020-03-01
2      | 10      | 2020-03-01
3      | 10      | 2020-03-01
4      | 10      | 2020-03-01
"""

UNDATED = "患者ID\nP01\nP03\nP99\n"
"""Persons 1 and 3, and one whom the CDM does not have."""

DATED = """person_id,index_date,end_date
1,2020-02-10,2020-02-20
2,2020-02-25,
4,2020/6/1,2020/6/3
"""
"""Person 1 for ten days before the diagnosis, 2 from before it on, 4 for three days after it."""


def write(folder: Path, text: str, file: str = "list.csv", encoding: str = "utf-8") -> Path:
    (folder / file).write_text(text, encoding=encoding)
    return folder / file


def named(folder: Path, *criteria: Any, file: str = "list.csv", **parts: Any) -> dict[str, Any]:
    """JSON of a definition, as it is read from a file beside the list: with the list's digest."""
    lists = {"PatientLists": [{"id": 5, "name": "enrolled", "file": file}]}
    (folder / "asked.json").write_text(json.dumps(definition(*criteria, **parts, **lists)), encoding="utf-8")
    return read_definition(folder / "asked.json").expression.to_json()


def listed(**asked: Any) -> dict[str, Any]:
    return {"PatientListMembership": {"ListId": 5, **asked}}


def kept(engine: TestEngine, folder: Path, text: str, criterion: dict[str, Any], **how: str) -> list[str]:
    """Persons of `RECORDS` who meet a criterion around their diagnosis."""
    write(folder, text, **how)
    asked = named(folder, InclusionRules=[rule(criterion)], file=how.get("file", "list.csv"))
    return [row.split()[0] for row in starts(patients(engine, RECORDS), asked, "exact")]


@pytest.mark.parametrize(
    ("text", "criterion", "expected"),
    [
        pytest.param(UNDATED, around(listed(), at_least=1), ["1", "3"], id="is on the list"),
        pytest.param(UNDATED, around(listed(), exactly=0), ["2", "4"], id="is not on it"),
        pytest.param(
            DATED, around(listed(), at_least=1, StartWindow=days(None, 0)), ["1", "2"], id="came on it before"
        ),
        pytest.param(DATED, around(listed(), at_least=1, StartWindow=days(1, None)), ["4"], id="comes on it later"),
        pytest.param(
            DATED,
            around(listed(), at_least=1, StartWindow=days(None, 0), EndWindow=days(0, None)),
            ["2"],
            id="is on it that day: without an end date, to the end of observation",
        ),
        pytest.param(
            DATED, around(listed(Duration={"Op": "lt", "Value": 5}), at_least=1), ["4"], id="for under 5 days"
        ),
        pytest.param(
            DATED, around(listed(StartDate={"Op": "lt", "Value": "2020-02-20"}), at_least=1), ["1"], id="until a date"
        ),
    ],
)
def test_a_patient_list_is_counted_like_records(
    engine: TestEngine, tmp_path: Path, text: str, criterion: dict[str, Any], expected: list[str]
) -> None:
    assert kept(engine, tmp_path, text, criterion) == expected


def test_the_rows_of_a_list_can_be_entry_events(engine: TestEngine, tmp_path: Path) -> None:
    write(tmp_path, DATED)
    asked = named(tmp_path, listed(), EndStrategy={"DateOffset": {"DateField": "EndDate"}})
    expected = ["1 2020-02-10 2020-02-20", "2 2020-02-25 2020-12-31", "4 2020-06-01 2020-06-03"]
    assert rows(patients(engine, RECORDS), asked) == expected


def test_an_undated_person_belongs_to_the_list_in_every_observation_period(engine: TestEngine, tmp_path: Path) -> None:
    write(tmp_path, UNDATED)
    asked = named(tmp_path, listed(), EndStrategy={"DateOffset": {"DateField": "EndDate"}})
    expected = ["1 2019-01-01 2019-12-31", "1 2020-02-01 2020-12-31", "3 2020-02-01 2020-12-31"]
    assert rows(patients(engine, RECORDS), asked) == expected


def test_a_repeated_row_counts_once_and_a_start_outside_observation_is_that_day(
    engine: TestEngine, tmp_path: Path
) -> None:
    write(tmp_path, "person_id,start\n1,2020-02-10\n1,2020-02-10\n2,2020-01-05\n")
    twice = named(tmp_path, InclusionRules=[rule(around(listed(), at_least=2))])
    cdm = patients(engine, RECORDS)
    assert rows(cdm, twice) == []
    a_day = around(listed(Duration={"Op": "eq", "Value": 0}), at_least=1, IgnoreObservationPeriod=True)
    assert [row.split()[0] for row in rows(cdm, named(tmp_path, InclusionRules=[rule(a_day)]))] == ["2"]


def test_a_list_within_a_cohort_that_the_definition_refers_to(engine: TestEngine, tmp_path: Path) -> None:
    write(tmp_path, UNDATED)
    inner = named(tmp_path, listed())
    outer = definition(
        InclusionRules=[rule(around({"CohortMembership": {"CohortId": 1}}, exactly=0))],
        Cohorts=[{"id": 1, "name": "on the list", "expression": inner}],
    )
    assert [row.split()[0] for row in starts(patients(engine, RECORDS), outer, "exact")] == ["2", "4"]


def test_lists_named_by_either_column_are_found_together(engine: TestEngine, tmp_path: Path) -> None:
    write(tmp_path, UNDATED)
    write(tmp_path, "subject_id\n2\n", "other.csv")
    lists = [{"id": 5, "file": "list.csv"}, {"id": 6, "file": "other.csv"}]
    any_of = rule(
        around(listed(), at_least=1), around({"PatientListMembership": {"ListId": 6}}, at_least=1), Type="ANY"
    )
    text = json.dumps(definition(InclusionRules=[any_of], PatientLists=lists))
    asked = read_definition(write(tmp_path, text, "asked.json")).expression.to_json()
    assert [row.split()[0] for row in starts(patients(engine, RECORDS), asked, "exact")] == ["1", "2", "3"]


# -- where the rows are ------------------------------------------------------------------------------------------------
def test_the_document_holds_the_digest_of_the_list_and_no_person(tmp_path: Path) -> None:
    write(tmp_path, UNDATED)
    asked = named(tmp_path, listed())
    (known,) = asked["PatientLists"]
    assert known == {"id": 5, "name": "enrolled", "file": "list.csv", "sha256": known["sha256"]}
    assert len(known["sha256"]) == 64
    assert "P01" not in json.dumps(asked)
    before = read_definition(asked)
    write(tmp_path, UNDATED + "P04\n")
    assert read_definition(named(tmp_path, listed())).hash != before.hash


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ({"id": 6}, "PatientListMembership.ListId: there is no patient list with id 5"),
        (
            {"id": 5, "name": "enrolled", "file": "gone.csv"},
            "list enrolled, but not its content, and its file gone.csv",
        ),
        ({"id": 5, "file": "gone.csv", "sha256": "ab"}, "list gone.csv; its file gone.csv is not here"),
        ({"id": 5, "name": "e", "file": "list.csv", "sha256": "cd"}, "list e has changed since .*list.csv"),
    ],
)
def test_a_list_that_is_not_at_hand_is_refused_by_name_when_it_is_run(
    tmp_path: Path, known: dict[str, Any], message: str
) -> None:
    write(tmp_path, UNDATED)
    text = json.dumps(definition(listed(), PatientLists=[known]))
    read = read_definition(write(tmp_path, text, "asked.json"))
    with patients(tmp_path, RECORDS) as cdm:
        with pytest.raises(RweError, match=message):
            generate({"asked": read}, cdm)
        if known["id"] == 5:
            assert [p.severity for p in lint(read, Evaluator(cdm)) if p.check == "patient list"] == ["critical"]
            assert len(script(read, "duckdb")) > 7


def test_two_lists_with_one_id_are_refused(tmp_path: Path) -> None:
    read = read_definition(definition(listed(), PatientLists=[{"id": 5}, {"id": 5}]))
    with patients(tmp_path, RECORDS) as cdm, pytest.raises(RweError, match="several patient lists have the id 5"):
        generate({"asked": read}, cdm)


def test_a_list_that_cannot_be_read_refuses_its_definition_only(tmp_path: Path) -> None:
    write(tmp_path, "person_id,start_date\n1,soon\n")
    read = read_definition(named(tmp_path, listed()))
    other = read_definition(definition())
    with patients(tmp_path, RECORDS) as cdm:
        made = generate({"asked": read, "other": other}, cdm, strict=False)
        assert made.persons("other") == 4
        assert "line" in str(made.refused["asked"])
        assert "soon" not in str(made.refused["asked"])


def test_a_list_is_read_once_by_an_evaluator(tmp_path: Path) -> None:
    write(tmp_path, UNDATED)
    read = read_definition(named(tmp_path, InclusionRules=[rule(around(listed(), at_least=1))]))
    with patients(tmp_path, RECORDS) as cdm:
        evaluator = Evaluator(cdm)
        assert generate({"asked": read}, cdm, evaluator=evaluator).persons("asked") == 2
        (tmp_path / "list.csv").unlink()
        assert generate({"asked": read}, cdm, evaluator=evaluator).persons("asked") == 2


def test_the_sql_of_a_definition_holds_no_person_of_its_list(tmp_path: Path) -> None:
    write(tmp_path, UNDATED)
    steps = script(read_definition(named(tmp_path, listed())), "postgres")
    (parameters,) = [
        table for step in steps for table in step.parameters.values() if "person_source_value" in table.column_names
    ]
    assert parameters.to_pylist() == [
        {"node": 1, "person_id": None, "person_source_value": None, "start_date": None, "end_date": None}
    ]


def test_no_working_table_keeps_the_hospitals_numbers(tmp_path: Path) -> None:
    write(tmp_path, UNDATED)
    with patients(tmp_path, RECORDS) as cdm:
        generate({"asked": read_definition(named(tmp_path, listed()))}, cdm)
        assert not [name for name, columns in cdm.engine.columns("scratch").items() if "person_source_value" in columns]


def test_neither_log_nor_error_names_a_person(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    write(tmp_path, "患者ID,开始日期\nSECRET7,2020-13-45\n")
    with patients(tmp_path, RECORDS) as cdm, pytest.raises(RweError) as refused:
        generate({"asked": read_definition(named(tmp_path, listed()))}, cdm)
    told = "".join([str(refused.value), repr(refused.value.values), caplog.text, *capfd.readouterr()])
    assert "SECRET7" not in told
    assert "2020-13-45" not in told


def test_a_long_list_is_joined_by_hash_and_never_row_by_row(tmp_path: Path) -> None:
    """A million rows would else be compared with a million persons one by one."""
    operation = FindListed()
    listed = scratch_table("p_list", sa.Column("node", sa.BigInteger), *operation.parameters(()))
    with patients(tmp_path, RECORDS) as cdm:
        cdm.engine.create(listed)
        told = cdm.engine.rows("EXPLAIN " + cdm.engine.sql(operation.query((), listed, listed, cdm))).to_pylist()
    way = str(told)
    assert "HASH_JOIN" in way
    assert "NL_JOIN" not in way
    assert "NESTED_LOOP" not in way


# -- whom a database has -----------------------------------------------------------------------------------------------
def test_how_many_listed_persons_a_database_has(engine: TestEngine, tmp_path: Path) -> None:
    write(tmp_path, UNDATED + "P01\n", encoding="gb18030")
    read = read_definition(named(tmp_path, listed()))
    evaluator = Evaluator(patients(engine, RECORDS))
    (known,) = read.expression.patient_lists or []
    assert match_list(known.listed, evaluator) == Matched(rows=4, repeated=1, persons=3, found=2, dated=False)
    (told,) = [problem for problem in lint(read, evaluator) if problem.check == "patient list"]
    assert (told.severity, told.message()) == (
        "warning",
        "some persons of the patient list enrolled are not in this database",
    )


def test_a_list_of_strangers_is_critical(tmp_path: Path) -> None:
    write(tmp_path, "person_id\n98\n99\n")
    read = read_definition(named(tmp_path, listed()))
    with patients(tmp_path, RECORDS) as cdm:
        (told,) = [problem for problem in lint(read, Evaluator(cdm)) if problem.check == "patient list"]
    assert told.severity == "critical"


def test_a_definition_with_a_list_is_beyond_atlas_and_its_lists_are_checked() -> None:
    lists = [{"id": 6, "name": "idle"}]
    found = {
        (problem.check, problem.path) for problem in lint(read_definition(definition(listed(), PatientLists=lists)))
    }
    place = "PrimaryCriteria.CriteriaList[0].PatientListMembership"
    assert {("beyond atlas", place), ("missing patient list", f"{place}.ListId")} <= found
    assert ("unused patient list", "PatientLists[0]") in found


# -- written in Python -------------------------------------------------------------------------------------------------
def test_the_builder_takes_a_file_or_a_data_frame(tmp_path: Path) -> None:
    write(tmp_path, DATED)
    sick = concepts("sick", 10)
    frame = pd.DataFrame({"person_id": [1, 4]})
    asked = (
        cohort("asked")
        .entering_on(condition(sick))
        .requiring("on the list before", in_list(tmp_path / "list.csv").before())
        .excluding("on the other list", in_list(frame, "others"), in_list(frame, "the same"))
        .definition()
    )
    assert [(known.id, known.name, known.file) for known in asked.expression.patient_lists or []] == [
        (0, "list", "list.csv"),
        (1, "the same", None),
    ]
    again = read_definition(asked.to_json())
    with patients(tmp_path, RECORDS) as cdm:
        assert generate({"asked": again}, cdm).rows.column("subject_id").to_pylist() == [2]
