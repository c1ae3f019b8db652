"""Holds the account of an ETL run against the truth: ``python -m sample_data.score SAMPLE CDM``.

Reads the published CDM file (DuckDB) directly: the CDM tables in `main`, the account of the run in the schema `etl`.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from sample_data.reading import read_cells, read_records
from sample_data.score_rules import FALSE_ALARMS, NORMAL_REASONS, VERDICTS, reasons

_EXAMPLES = 5


@dataclass
class KindScore:
    """How one kind of defect fared.

    `otherwise` are defects that the ETL noticed but treated differently, `missed` those that left no trace.
    """

    kind: str
    expected: str
    injected: int
    as_expected: int
    otherwise: int
    missed: int
    otherwise_ids: list[str] = field(default_factory=list)
    missed_ids: list[str] = field(default_factory=list)


@dataclass
class FileAccount:
    """Rows of one file: as they are, and as the ETL accounts for them."""

    file: str
    rows: int
    read: int
    loaded: int
    merged: int
    rejected: int

    @property
    def balanced(self) -> bool:
        """Every row of the file was read and has exactly one outcome."""
        return self.rows == self.read == self.loaded + self.merged + self.rejected


@dataclass
class FalseAlarm:
    """A reason or rule that the ETL gave where nothing was injected."""

    file: str
    reason: str
    rows: int
    lines: list[int]


@dataclass
class Score:
    """Score of one ETL run."""

    kinds: list[KindScore]
    accounts: list[FileAccount]
    false_alarms: list[FalseAlarm]
    other_reasons: dict[str, int]

    @property
    def recall(self) -> float:
        """Share of the injected defects that were treated as expected."""
        return sum(kind.as_expected for kind in self.kinds) / max(sum(kind.injected for kind in self.kinds), 1)


def score(sample: Path, cdm: Path) -> Score:
    """Score an ETL run.

    Parameters
    ----------
    sample
        Folder of the extract, with ``truth/`` in it.
    cdm
        CDM file that the ETL published from it.

    Raises
    ------
    duckdb.Error
        If the CDM file lacks the schema `etl` or a CDM table.
    """
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{_quoted(cdm)}' AS cdm (READ_ONLY)")
        _load_truth(con, sample)
        con.execute(VERDICTS)
        return Score(
            kinds=_kinds(con),
            accounts=_accounts(con, sample),
            false_alarms=_false_alarms(con, sample),
            other_reasons=dict(con.execute(NORMAL_REASONS).fetchall()),
        )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _load_truth(con: duckdb.DuckDBPyConnection, sample: Path) -> None:
    source = _quoted(sample / "truth" / "defects.csv")
    con.execute(f"CREATE TEMP TABLE defect AS SELECT * FROM read_csv('{source}', all_varchar=true, header=true)")
    con.execute("CREATE TEMP TABLE reason (kind VARCHAR, expected VARCHAR, reason VARCHAR)")
    con.executemany("INSERT INTO reason VALUES (?, ?, ?)", reasons())


def _kinds(con: duckdb.DuckDBPyConnection) -> list[KindScore]:
    rows = con.execute(
        f"""
        SELECT kind, expected, count(*),
               count(*) FILTER (verdict = 'as expected'),
               count(*) FILTER (verdict = 'otherwise'),
               count(*) FILTER (verdict = 'missed'),
               coalesce(list(defect_id ORDER BY defect_id) FILTER (verdict = 'otherwise'), [])[:{_EXAMPLES}],
               coalesce(list(defect_id ORDER BY defect_id) FILTER (verdict = 'missed'), [])[:{_EXAMPLES}]
        FROM verdict GROUP BY kind, expected ORDER BY kind, expected
        """
    ).fetchall()
    return [KindScore(*row) for row in rows]


def _accounts(con: duckdb.DuckDBPyConnection, sample: Path) -> list[FileAccount]:
    rows = con.execute("SELECT file, rows_read, loaded, merged, rejected FROM etl_file ORDER BY file_id").fetchall()
    return [
        FileAccount(file, sum(1 for _ in read_records(sample, file)), read, loaded, merged, rejected)
        for file, read, loaded, merged, rejected in rows
    ]


def _false_alarms(con: duckdb.DuckDBPyConnection, sample: Path) -> list[FalseAlarm]:
    suspects = con.execute(FALSE_ALARMS).fetchall()
    excused = _unmappable(con, sample, [row for row in suspects if row[2] == "unmapped"])
    found: dict[tuple[str, str], list[int]] = {}
    for file, line, reason, column in suspects:
        if (file, line, column) not in excused:
            found.setdefault((file, reason), []).append(line)
    return [
        FalseAlarm(file, reason, len(lines), sorted(lines)[:_EXAMPLES])
        for (file, reason), lines in sorted(found.items())
    ]


def _unmappable(
    con: duckdb.DuckDBPyConnection, sample: Path, suspects: list[tuple[str, int, str, str]]
) -> set[tuple[str, int, str]]:
    """Cells whose term stands in ``truth/unmapped.csv``: nobody can map them."""
    source = _quoted(sample / "truth" / "unmapped.csv")
    terms = set(con.execute(f"SELECT file, \"column\", term FROM read_csv('{source}', all_varchar=true)").fetchall())
    wanted: dict[str, dict[int, set[str]]] = {}
    for file, line, _, column in suspects:
        wanted.setdefault(file, {}).setdefault(line, set()).add(column)
    excused = set()
    for file, cells in wanted.items():
        for (line, column), text in read_cells(sample, file, cells).items():
            if (file, column, text.strip()) in terms:
                excused.add((file, line, column))
    return excused


def _print(result: Score, console: Console) -> None:
    kinds = Table("defect", "expected", "injected", "as expected", "otherwise", "missed", "examples")
    for kind in result.kinds:
        examples = ", ".join((kind.missed_ids + kind.otherwise_ids)[:_EXAMPLES])
        numbers = (kind.injected, kind.as_expected, kind.otherwise, kind.missed)
        kinds.add_row(kind.kind, kind.expected, *(f"{number:,}" for number in numbers), examples)
    console.print(kinds)
    alarms = Table("file", "false alarm", "rows", "lines")
    for alarm in result.false_alarms:
        alarms.add_row(alarm.file, alarm.reason, f"{alarm.rows:,}", ", ".join(map(str, alarm.lines)))
    console.print(alarms)
    accounts = Table("file", "rows", "read", "loaded", "merged", "rejected", "balanced")
    for account in result.accounts:
        counts = (account.rows, account.read, account.loaded, account.merged, account.rejected)
        accounts.add_row(account.file, *(f"{count:,}" for count in counts), "yes" if account.balanced else "NO")
    console.print(accounts)
    console.print(f"treated as expected: {result.recall:.2%}; other reasons given: {result.other_reasons}")


def as_dict(result: Score) -> dict[str, Any]:
    """Score as plain values, for JSON."""
    return {**asdict(result), "recall": result.recall, "balanced": all(a.balanced for a in result.accounts)}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m sample_data.score", description="Score an ETL run.")
    parser.add_argument("sample", type=Path, help="folder of the extract, with truth/ in it")
    parser.add_argument("cdm", type=Path, help="CDM file that the ETL published (DuckDB)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    result = score(arguments.sample, arguments.cdm)
    if arguments.json:
        Console().print_json(json.dumps(as_dict(result), ensure_ascii=False))
    else:
        _print(result, Console(width=160))


if __name__ == "__main__":
    main()
