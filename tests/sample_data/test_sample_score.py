"""The score says what an account got right: a perfect account, then the same with single faults."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from sample_data import generate
from sample_data.score import KindScore, Score, score
from sample_data.score_rules import reasons

SCHEMA = """
CREATE SCHEMA etl;
CREATE TABLE etl.source_file (file_id INT, file TEXT, rows_read BIGINT, loaded BIGINT, merged BIGINT, rejected BIGINT);
CREATE TABLE etl.disposition (file_id INT, line BIGINT, outcome TEXT, reason TEXT, "column" TEXT, detail TEXT);
CREATE TABLE etl.issue (file_id INT, line BIGINT, "column" TEXT, rule TEXT, action TEXT);
CREATE TABLE etl.lineage (cdm_table TEXT, cdm_id BIGINT, file_id INT, line BIGINT);
CREATE TABLE measurement (
    measurement_id BIGINT, operator_concept_id BIGINT, unit_concept_id BIGINT, value_as_number DOUBLE,
    value_as_concept_id BIGINT
);
"""


def perfect_account(sample: Path, rows: dict[str, int], cdm: Path) -> None:
    """Write the account of an ETL that does just what truth/defects.csv expects."""
    defects = pd.read_csv(sample / "truth" / "defects.csv", dtype=str, keep_default_na=False)
    wanted = {(kind, expected): reason for kind, expected, reason in reasons()}
    file_ids = {file: number for number, file in enumerate(rows, start=1)}
    defects["reason"] = [
        wanted[kind, expected] for kind, expected in zip(defects["kind"], defects["expected"], strict=True)
    ]
    defects["file_id"] = defects["file"].map(file_ids)
    gone = defects[defects["expected"].isin(["rejected", "merged"])].drop_duplicates(["file", "line"])
    kept = defects[~defects["expected"].isin(["rejected", "merged"])]
    cleaned = kept[kept["reason"] == ""]
    twice = pd.concat([cleaned, cleaned[cleaned["kind"] == "multi_diagnosis"]], ignore_index=True)
    twice["table"] = twice["file"].map({"检验报告.csv": "measurement"}).fillna("condition_occurrence")
    with duckdb.connect(cdm) as con:
        con.execute(SCHEMA)
        for file, number in file_ids.items():
            lost = gone[gone["file"] == file]["expected"].value_counts()
            merged, rejected = int(lost.get("merged", 0)), int(lost.get("rejected", 0))
            account = [number, f"delivery/{file}", rows[file], rows[file] - merged - rejected, merged, rejected]
            con.execute("INSERT INTO etl.source_file VALUES (?, ?, ?, ?, ?, ?)", account)
        con.register("gone", gone).register("noticed", kept[kept["reason"] != ""]).register("twice", twice)
        con.execute("INSERT INTO etl.disposition SELECT file_id, line, expected, reason, '', '' FROM gone")
        con.execute("INSERT INTO etl.issue SELECT file_id, line, nullif(\"column\", ''), reason, '' FROM noticed")
        con.execute('INSERT INTO etl.lineage SELECT "table", row_number() OVER (), file_id, line FROM twice')
        con.execute("INSERT INTO measurement SELECT cdm_id, 4171756, 8753, 1.0, NULL FROM etl.lineage")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    folder = tmp_path_factory.mktemp("scored")
    summary = generate(folder, 300, 2)
    return folder, summary.rows


@pytest.fixture
def cdm(sample: tuple[Path, dict[str, int]], tmp_path: Path) -> Path:
    perfect_account(*sample, tmp_path / "cdm.duckdb")
    return tmp_path / "cdm.duckdb"


def of_kind(result: Score, kind: str, expected: str) -> KindScore:
    return next(row for row in result.kinds if (row.kind, row.expected) == (kind, expected))


def test_a_perfect_account_scores_in_full(sample: tuple[Path, dict[str, int]], cdm: Path) -> None:
    result = score(sample[0], cdm)
    assert result.recall == 1.0
    assert result.false_alarms == []
    assert all(account.balanced for account in result.accounts)
    assert len(result.accounts) == 14


def test_a_defect_without_a_trace_is_missed_and_named(sample: tuple[Path, dict[str, int]], cdm: Path) -> None:
    before = of_kind(score(sample[0], cdm), "impossible_value", "flagged").as_expected
    with duckdb.connect(cdm) as con:
        con.execute("DELETE FROM etl.issue WHERE rule = 'impossible_value' AND line % 2 = 0")
    after = of_kind(score(sample[0], cdm), "impossible_value", "flagged")
    assert 0 < after.missed == before - after.as_expected
    assert len(after.missed_ids) == min(after.missed, 5)


def test_an_issue_about_the_whole_row_counts_too(sample: tuple[Path, dict[str, int]], cdm: Path) -> None:
    with duckdb.connect(cdm) as con:
        con.execute("UPDATE etl.issue SET \"column\" = '' WHERE rule = 'outside_visit'")
    assert score(sample[0], cdm).recall == 1.0


def test_another_reason_counts_as_treated_otherwise(sample: tuple[Path, dict[str, int]], cdm: Path) -> None:
    with duckdb.connect(cdm) as con:
        con.execute("UPDATE etl.disposition SET reason = 'not_clinical' WHERE reason = 'cancelled'")
    cancelled = of_kind(score(sample[0], cdm), "cancelled_order", "rejected")
    assert (cancelled.as_expected, cancelled.missed) == (0, 0)
    assert cancelled.otherwise == cancelled.injected > 0


def test_either_of_two_twins_may_be_the_merged_one(sample: tuple[Path, dict[str, int]], cdm: Path) -> None:
    defects = pd.read_csv(sample[0] / "truth" / "defects.csv", dtype=str, keep_default_na=False)
    with duckdb.connect(cdm) as con:
        con.register("twins", defects[defects["kind"] == "duplicate_row"][["line", "key"]])
        con.execute(
            "UPDATE etl.disposition SET line = CAST(twins.key AS BIGINT) FROM twins "
            "WHERE reason = 'duplicate' AND disposition.line = CAST(twins.line AS BIGINT)"
        )
    duplicates = of_kind(score(sample[0], cdm), "duplicate_row", "merged")
    assert duplicates.as_expected == duplicates.injected > 0


def test_a_reason_where_nothing_is_wrong_is_a_false_alarm(sample: tuple[Path, dict[str, int]], cdm: Path) -> None:
    with duckdb.connect(cdm) as con:
        (free_line,) = con.execute(
            "SELECT min(i) FROM range(2, 500) t(i) WHERE i NOT IN (SELECT line FROM etl.issue WHERE file_id = 14)"
        ).fetchone()
        con.execute("INSERT INTO etl.issue VALUES (14, ?, '死亡日期', 'sentinel_date', '')", [free_line])
    (alarm,) = score(sample[0], cdm).false_alarms
    assert (alarm.file, alarm.reason, alarm.rows, alarm.lines) == ("随访记录.csv", "sentinel_date", 1, [free_line])


def test_a_term_that_nobody_can_map_is_no_false_alarm(sample: tuple[Path, dict[str, int]], cdm: Path) -> None:
    text = (sample[0] / "检查报告.csv").read_text(encoding="gb18030")
    line = next(number for number, row in enumerate(text.splitlines(), start=1) if ",胸部CT平扫+增强," in row)
    with duckdb.connect(cdm) as con:
        (number,) = con.execute("SELECT file_id FROM etl.source_file WHERE file LIKE '%检查报告.csv'").fetchone()
        con.execute("INSERT INTO etl.issue VALUES (?, ?, '检查项目', 'unmapped', '')", [number, line])
    assert score(sample[0], cdm).false_alarms == []


def test_a_lost_row_unbalances_its_file(sample: tuple[Path, dict[str, int]], cdm: Path) -> None:
    with duckdb.connect(cdm) as con:
        con.execute("UPDATE etl.source_file SET rows_read = rows_read - 1, loaded = loaded - 1 WHERE file_id = 3")
    assert [account.file for account in score(sample[0], cdm).accounts if not account.balanced] == ["病案首页.csv"]
