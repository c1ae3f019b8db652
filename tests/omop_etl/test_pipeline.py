"""The whole path on small extracts: rows accounted for, defects found, lineage both ways, nothing half-written."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from omop_etl.cdm import connect
from omop_etl.pipeline import run
from omop_etl.report import RunReport
from sample_data import generate
from sample_data.reading import read_records, spec_of
from sample_data.score import Score, score

PATIENTS = 250
SEEDS = (3, 29)


@dataclass
class Loaded:
    """An extract, the CDM made from it, and how the two were scored."""

    extract: Path
    cdm: Path
    report: RunReport
    score: Score


@pytest.fixture(scope="module", params=SEEDS)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    folder = tmp_path_factory.mktemp("load")
    generate(folder / "extract", PATIENTS, request.param)
    report = run(folder / "extract", folder / "cdm.duckdb")
    return Loaded(folder / "extract", report.target, report, score(folder / "extract", report.target))


def test_every_row_of_every_file_has_exactly_one_outcome(loaded: Loaded) -> None:
    assert len(loaded.score.accounts) == 14
    assert [account for account in loaded.score.accounts if not account.balanced] == []


def test_every_injected_defect_is_treated_as_it_should_be_and_nothing_else_is_flagged(loaded: Loaded) -> None:
    assert sum(kind.injected for kind in loaded.score.kinds) > 1000
    assert [kind for kind in loaded.score.kinds if kind.as_expected != kind.injected] == []
    assert loaded.score.false_alarms == []


def test_a_source_line_counts_as_loaded_exactly_if_a_cdm_row_leads_back_to_it(loaded: Loaded) -> None:
    with duckdb.connect(str(loaded.cdm), read_only=True) as cdm:
        led_to = cdm.sql(
            "SELECT f.file, f.loaded, count(DISTINCT l.line) FROM etl.source_file f "
            "LEFT JOIN etl.lineage l USING (file_id) GROUP BY ALL HAVING f.loaded <> count(DISTINCT l.line)"
        ).fetchall()
        both = cdm.sql("SELECT count(*) FROM etl.lineage JOIN etl.disposition USING (file_id, line)").fetchone()
    assert led_to == []
    assert both == (0,)


def test_source_values_stand_on_the_line_that_lineage_names(loaded: Loaded) -> None:
    wanted = {
        "condition_occurrence": "condition_source_value",
        "drug_exposure": "drug_source_value",
        "measurement": "measurement_source_value",
        "person": "person_source_value",
    }
    picks: list[tuple[str, int, str]] = []
    with duckdb.connect(str(loaded.cdm), read_only=True) as cdm:
        for table, column in wanted.items():
            picks += cdm.sql(
                f"SELECT f.file, l.line, t.{column} FROM etl.lineage l JOIN etl.source_file f USING (file_id) "
                f"JOIN {table} t ON t.{'person_id' if table == 'person' else table + '_id'} = l.cdm_id "
                f"WHERE l.cdm_table = '{table}' AND t.{column} IS NOT NULL ORDER BY hash(l.cdm_id, 7) LIMIT 50"
            ).fetchall()
    lines = {(file, line) for file, line, _ in picks}
    texts = {
        (file, line): _plain("|".join([*spec_of(file).columns, *record]))
        for file in {file for file, _ in lines}
        for line, record in read_records(loaded.extract, file)
        if (file, line) in lines
    }
    assert len(picks) == 4 * 50
    assert [
        (file, line, word)
        for file, line, value in picks
        for word in _plain(value).split()
        if word not in texts[file, line]
    ] == []


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def test_the_same_extract_gives_the_same_snapshot(loaded: Loaded, tmp_path: Path) -> None:
    again = run(loaded.extract, tmp_path / "again.duckdb", threads=1)
    assert again.snapshot == loaded.report.snapshot
    with connect(f"duckdb:///{again.target}") as cdm:
        assert cdm.snapshot == again.snapshot


def test_the_checks_of_the_result_pass(loaded: Loaded) -> None:
    assert loaded.report.quality["passed"] > 100
    assert loaded.report.quality["failed"] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by signal")
def test_a_run_killed_at_any_moment_leaves_the_last_cdm_in_service(tmp_path: Path) -> None:
    generate(tmp_path / "extract", 60, 5)
    target = tmp_path / "out" / "cdm.duckdb"
    before = run(tmp_path / "extract", target)
    generate(tmp_path / "newer", 60, 6)
    call = [sys.executable, "-m", "workbench", "etl", "run", str(tmp_path / "newer"), "--out", str(target)]
    moments = random.Random(4)
    killed = 0
    for _ in range(5):
        process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.8, 2.2))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        with connect(f"duckdb:///{target}") as cdm:
            if cdm.snapshot != before.snapshot:
                break
    assert killed > 0
    after = run(tmp_path / "newer", target)
    with connect(f"duckdb:///{target}") as cdm:
        assert cdm.snapshot == after.snapshot != before.snapshot
    assert sorted(path.name for path in target.parent.iterdir()) == [
        "cdm.account.csv",
        "cdm.account.json",
        "cdm.duckdb",
        "cdm.quarantine.parquet",
    ]
