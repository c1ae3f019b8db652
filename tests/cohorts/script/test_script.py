"""The SQL that is written runs as it stands, and gives the rows that the engine gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlglot

from cohorts import read_definition
from cohorts.script import ENGINES, script
from omop_etl.errors import RweError, UsageError
from tests.cohorts.patients import CONDITION, around, days, definition, patients, rows, rule

DRUG = {"DrugExposure": {"CodesetId": 2}}
PEOPLE = """
condition_occurrence
person | concept | start
1      | 10      | 2020-01-01
2      | 10      | 2020-02-01
3      | 10      | 2020-03-01

drug_exposure
person | concept | start
1      | 20      | 2020-01-05
2      | 20      | 2020-04-01
"""
WITH_DRUG: dict[str, Any] = definition(InclusionRules=[rule(around(DRUG, at_least=1, StartWindow=days(0, 30)))])


def test_the_statements_run_in_order_and_give_the_rows(tmp_path: Path) -> None:
    with patients(tmp_path, PEOPLE) as cdm:
        *making, asking = script(read_definition(WITH_DRUG), "duckdb")
        for step in making:
            for name, parameters in step.parameters.items():
                cdm.engine.put(name, parameters)
            cdm.engine.run(step.sql)
        got = [" ".join(map(str, row.values())) for row in cdm.engine.rows(asking.sql).to_pylist()]
    folder = tmp_path / "again"
    folder.mkdir()
    with patients(folder, PEOPLE) as cdm:
        assert got == rows(cdm, WITH_DRUG) == ["1 2020-01-01 2020-01-01"]


@pytest.mark.parametrize("engine", list(ENGINES))
def test_values_stand_in_tables_and_never_in_the_text(engine: str) -> None:
    steps = script(read_definition(WITH_DRUG), engine)
    assert all(sqlglot.parse_one(step.sql, dialect=ENGINES[engine].dialect) for step in steps)
    parameters = [row for step in steps for table in step.parameters.values() for row in table.to_pylist()]
    assert {10, 20} <= {row.get("concept_id") for row in parameters}
    assert 30 in {row.get("high_days_0") for row in parameters}
    assert not any(word in step.sql for step in steps for word in ("rwe_add_days", "rwe_days_between"))


def test_dates_are_written_as_each_engine_reckons_them() -> None:
    texts = {engine: "\n".join(s.sql for s in script(read_definition(WITH_DRUG), engine)) for engine in ENGINES}
    assert "DATE_ADD(" in texts["spark"]
    assert len(set(texts.values())) == 3


def test_an_engine_that_is_not_known_is_refused() -> None:
    with pytest.raises(UsageError, match="oracle is not an engine known here"):
        script(read_definition(definition(CONDITION)), "oracle")


def test_what_cannot_be_planned_is_refused() -> None:
    with pytest.raises(RweError, match="no entry event"):
        script(read_definition({"PrimaryCriteria": {"CriteriaList": []}}), "duckdb")
