"""The documentation of the mapping language says what the language is, and its example runs."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from omop_etl.mapping import read_mapping
from omop_etl.mapping.expressions import WORDS
from omop_etl.mapping.reference import mapping_reference
from omop_etl.mapping.steps import STEPS
from omop_etl.pipeline import run

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_the_reference_in_the_documentation_is_that_of_the_classes() -> None:
    written = (DOCS / "mapping-language.md").read_text("utf-8")
    assert written == mapping_reference(), "run `python -m omop_etl.mapping.reference docs/mapping-language.md`"


def test_the_reference_shows_how_every_word_is_written() -> None:
    reference = mapping_reference()
    assert [word for word in (*WORDS, *STEPS) if f"{word}:" not in reference and word not in ("name", "constant")] == []


def test_the_example_of_the_documentation_loads_patients(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.+?)```", (DOCS / "etl.md").read_text("utf-8"), re.DOTALL)
    assert example is not None
    mapping = tmp_path / "our_hospital.yaml"
    mapping.write_text(example[1], "utf-8")
    extract = tmp_path / "extract"
    extract.mkdir()
    rows = [
        "患者ID,出生日期,性别",
        "a1,1960-02-03,男",
        "a2,1971/5/6,女",
        "a2,1971/5/6,女",
        "a3,20230230,女",
        "a4,1980-01-01,",
    ]
    (extract / "patients.csv").write_text("\n".join(rows) + "\n", "gb18030")
    report = run(extract, tmp_path / "cdm.duckdb", read_mapping(mapping))
    with duckdb.connect(str(report.target), read_only=True) as cdm:
        persons = cdm.sql(
            "SELECT person_source_value, year_of_birth, gender_concept_id FROM person ORDER BY 1"
        ).fetchall()
        account = cdm.sql("SELECT rows_read, loaded, merged, rejected FROM etl.source_file").fetchall()
        reasons = cdm.sql("SELECT line, reason FROM etl.disposition ORDER BY 1").fetchall()
    assert persons == [("a1", 1960, 8507), ("a2", 1971, 8532)]
    assert account == [(5, 2, 1, 2)]
    assert reasons == [(4, "duplicate"), (5, "invalid_date"), (6, "person_without_sex")]
