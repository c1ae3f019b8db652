"""The benchmarks run on small data and keep their figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from benchmarks.cohorts.million import count
from benchmarks.cohorts.population import KINDS, make_population

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_a_benchmark_prints_its_table_and_keeps_its_figures(tmp_path: Path) -> None:
    done = run("cohorts-million", "--quick", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "first count, concept sets warm" in done.stdout
    figures = json.loads((tmp_path / "cohorts-million.json").read_text())["figures"]
    assert figures["eligible"] > 0
    assert figures["first_seconds"] > figures["edited_seconds"] > 0


def test_an_unknown_benchmark_is_refused_with_those_that_exist() -> None:
    done = run("cohorts-billion")
    assert done.returncode == 2
    assert "cohorts-million" in done.stderr


@pytest.mark.parametrize("persons", [500])
def test_the_population_is_the_same_for_the_same_seed(persons: int, tmp_path: Path) -> None:
    files = [tmp_path / "one.duckdb", tmp_path / "two.duckdb"]
    digests = []
    for file in files:
        make_population(file, persons)
        with duckdb.connect(str(file), read_only=True) as connection:
            tables = ["person", "observation_period", *(kind.table for kind in KINDS)]
            digests.append([connection.sql(f"SELECT sum(hash(t)) FROM {table} t").fetchone() for table in tables])
    assert digests[0] == digests[1]
    assert count(files[0]).persons == count(files[1]).persons
