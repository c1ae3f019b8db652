"""From a hospital's extract to a published CDM: read, gate, map, derive, check, publish."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from omop_etl.account.reading import Account, read_account
from omop_etl.account.tables import declarations
from omop_etl.account.writing import write_account, write_cdm_table, write_quarantine
from omop_etl.cdm.connection import connect
from omop_etl.cdm.schema import ETL_SCHEMA, cdm_version
from omop_etl.derive import (
    concept_count_statement,
    condition_era_statement,
    drug_era_statement,
    observation_period_statement,
)
from omop_etl.derive.observation_period import data_end_query
from omop_etl.errors import RweError
from omop_etl.mapping import MappingDocument, library_mapping, mapping_hash
from omop_etl.mapping.compiler.targets import OUT, Target, direct_tables
from omop_etl.mapping.runner import (
    Matched,
    compile_mapping,
    load_file,
    match_files,
    prepare,
    resolve,
    targets_of,
)
from omop_etl.mapping.sql import literal
from omop_etl.publish import Workspace
from omop_etl.quality import checks_for, run_checks
from omop_etl.report import RunReport
from omop_etl.sources.discovery import discover
from omop_etl.sources.gate import IdentifiersFoundError, scan_values
from omop_etl.sources.staging import StagedFile, stage_file
from omop_etl.vocabulary.lookups import make_lookups
from omop_etl.vocabulary.starter import STARTER_VERSION, starter_tables
from omop_etl.working import DEFAULT_MEMORY, Working

SAMPLE_MAPPING = "sample_hospital"
Progress = Callable[[str, int, int], None]
"""Called with the stage, how much of it is done, and how much there is to do."""


def run(
    source: Path,
    target: Path,
    mapping: MappingDocument | None = None,
    *,
    progress: Progress = lambda stage, done, total: None,
    memory: str = DEFAULT_MEMORY,
    threads: int = 0,
) -> RunReport:
    """Turn an extract into a CDM and publish it.

    Until the very end everything is written into a private folder beside the target; then the finished file takes its
    place in one step. Whatever goes wrong before, what stood at the target still stands there.

    Parameters
    ----------
    source : pathlib.Path
        Folder with the extract's files.
    target : pathlib.Path
        DuckDB file to be made or replaced. Beside it come ``<name>.account.json``, ``<name>.account.csv`` and
        ``<name>.quarantine.parquet``, which holds the content of rejected rows.
    mapping : MappingDocument, optional
        How the files become CDM rows; the mapping of the sample extract where none is given.
    progress : callable
        Called with the stage, how much of it is done and how much there is.
    memory : str
        Limit of the database's memory, such as ``"2GB"``; what does not fit is spilled beside the target.
    threads : int
        Threads; 0 for one per processor.

    Returns
    -------
    RunReport
        Counts, timings and the snapshot's name.

    Raises
    ------
    IdentifiersFoundError
        The extract identifies people.
    RweError
        A file or column is missing, a file cannot be read, the mapping does not fit, the account does not add up or
        the CDM does not hold together.
    """
    document = mapping if mapping is not None else library_mapping(SAMPLE_MAPPING)
    with Workspace(target) as workspace, _Run(document, workspace, progress, memory, threads) as going:
        return going.through(source)


@dataclass
class _Run:
    mapping: MappingDocument
    workspace: Workspace
    progress: Progress
    memory: str
    threads: int
    seconds: dict[str, float] = field(default_factory=dict)

    def __enter__(self) -> _Run:
        self.started = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        self.working = Working(self.workspace.folder, self.memory, self.threads)
        return self

    def __exit__(self, *_: object) -> None:
        self.working.close()

    def through(self, source: Path) -> RunReport:
        with self.tell("Reading the files"):
            matched = match_files(self.mapping, discover(source))
            compile_mapping(self.mapping, matched)
            staged = self._read(matched)
        with self.tell("Looking for identifiers"):
            found = scan_values(self.working, [part for parts in staged for part in parts], self._counted())
            if found:
                raise IdentifiersFoundError(found)
        with self.tell("Mapping the rows"):
            self._open_target()
            self._map(staged)
        every = [part for parts in staged for part in parts]
        with self.tell("Writing the tables"):
            self._write(every)
            self._require_persons()
        with self.tell("Deriving periods and eras"):
            data_end = self._derive()
        with self.tell("Checking the result"):
            results = run_checks(self.working, checks_for(latest=data_end), OUT, self._counted())
        with self.tell("Publishing"):
            snapshot, account = self._publish()
        return RunReport(
            target=self.workspace.target,
            snapshot=snapshot,
            account=account,
            tables=self.table_rows,
            quality={s: sum(r.status == s for r in results) for s in ("passed", "failed", "not_applicable")},
            seconds=self.seconds,
        )

    # -- stages -------------------------------------------------------------------------------------------------------
    def _read(self, matched: list[Matched]) -> list[list[StagedFile]]:
        size = sum(source.size for match in matched for source in match.sources)
        done = 0
        staged: list[list[StagedFile]] = []
        number = 0
        for match in matched:
            parts = []
            for source in match.sources:
                number += 1
                parts.append(stage_file(source, number, self.workspace.folder, match.file.delimiter))
                done += source.size
                self.progress(self.stage, done, size)
            staged.append(parts)
        return staged

    def _open_target(self) -> None:
        self.database = self.workspace.folder / "cdm.duckdb"
        self.working.run(f"ATTACH {literal(str(self.database))} AS {OUT}")
        for table, fields in cdm_version().fields.items():
            self.working.run(f"CREATE TABLE {OUT}.main.{table} ({Target(table, fields).declaration()})")
        for statement in declarations(OUT):
            self.working.run(statement)
        for name, table in starter_tables().items():
            self.working.connection.register("rwe_vocabulary", table)
            self.working.run(f"INSERT INTO {OUT}.main.{name} BY NAME SELECT * FROM rwe_vocabulary")
            self.working.connection.unregister("rwe_vocabulary")
        make_lookups(self.working.connection, f"{OUT}.main")

    def _map(self, staged: list[list[StagedFile]]) -> None:
        prepare(self.working, self.mapping)
        rows = [sum(part.rows for part in parts) for parts in staged]
        for number, parts in enumerate(staged):
            if parts:
                load_file(self.working, self.mapping, number, parts, self._part(rows, number))
        resolve(self.working, self.mapping)

    def _part(self, rows: list[int], number: int) -> Callable[[int, int], None]:
        """Progress of one file as progress of all, by the rows they have."""
        before, here, every = sum(rows[:number]), rows[number], max(sum(rows), 1)
        return lambda done, total: self.progress(self.stage, before + here * done // total, every)

    def _write(self, staged: list[StagedFile]) -> None:
        tables, direct = targets_of(self.mapping), direct_tables(self.mapping)
        for done, target in enumerate(tables, 1):
            write_cdm_table(self.working, target, direct=target.table in direct)
            self.progress(self.stage, done, len(tables) + 1)
        write_account(self.working, staged)
        self.quarantine = self.workspace.folder / "quarantine.parquet"
        write_quarantine(self.working, staged, self.quarantine)
        self.progress(self.stage, len(tables) + 1, len(tables) + 1)

    def _require_persons(self) -> None:
        if self.working.value(f"SELECT count(*) FROM {OUT}.main.person"):
            return
        reasons = self.working.rows(
            f"SELECT reason FROM {OUT}.{ETL_SCHEMA}.disposition GROUP BY reason ORDER BY count(*) DESC, reason LIMIT 3"
        )
        raise RweError(
            "the extract gave no person; its rows were turned away mostly as: {reasons}",
            todo="check the file of the patients (`rwe etl check`) and what the mapping asks of it",
            reasons=", ".join(reason for (reason,) in reasons) or "-",
        )

    def _derive(self) -> str:
        cdm = f"{OUT}.main"
        today = self.started.date().isoformat()
        data_end = self.working.value(data_end_query(cdm, today)) or self.started.date()
        statements = (
            observation_period_statement(cdm, str(data_end)),
            condition_era_statement(cdm),
            drug_era_statement(cdm),
            concept_count_statement(cdm, f"{OUT}.{ETL_SCHEMA}.concept_count"),
        )
        for done, statement in enumerate(statements, 1):
            self.working.run(statement)
            self.progress(self.stage, done, len(statements))
        self._describe(data_end)
        return str(data_end)

    def _describe(self, data_end: dt.date) -> None:
        """Fill CDM_SOURCE and METADATA."""
        source = self.mapping.source
        self.working.run(
            f"INSERT INTO {OUT}.main.cdm_source VALUES ($1, $2, $3, $4, NULL, $5, $6, $7, '5.4', 0, $8)",
            [
                source.name,
                source.abbreviation,
                source.holder,
                source.description,
                f"RWE Workbench, mapping {self.mapping.mapping} {self.mapping.version}",
                dt.date.fromisoformat(source.release_date) if source.release_date else data_end,
                self.started.date(),
                STARTER_VERSION,
            ],
        )
        self.working.run(
            f"INSERT INTO {OUT}.main.metadata SELECT row_number() OVER (ORDER BY outcome, reason), 0, 32880, "
            f"'source rows ' || outcome || ': ' || reason, NULL, NULL, count(*), CAST(current_date AS DATE), NULL "
            f"FROM {OUT}.{ETL_SCHEMA}.disposition GROUP BY outcome, reason"
        )

    def _publish(self) -> tuple[str, Account]:
        snapshot = self._snapshot()
        self.working.run(
            f"INSERT INTO {OUT}.{ETL_SCHEMA}.run VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [
                snapshot,
                f"{self.mapping.mapping} {self.mapping.version}",
                mapping_hash(self.mapping),
                STARTER_VERSION,
                self.started,
                dt.datetime.now(dt.UTC).replace(tzinfo=None),
                _software_version(),
            ],
        )
        self.table_rows = {
            table: rows
            for table in cdm_version().fields
            if (rows := self.working.value(f"SELECT count(*) FROM {OUT}.main.{table}"))
        }
        self.working.run(f"CHECKPOINT {OUT}")
        self.working.run(f"DETACH {OUT}")
        with connect(f"duckdb:///{self.database}") as cdm:
            account = read_account(cdm)
        files = self._account_files(account)
        self.workspace.publish([*files, (self.database, self.workspace.target)])
        return snapshot, account

    def _account_files(self, account: Account) -> list[tuple[Path, Path]]:
        folder, target = self.workspace.folder, self.workspace.target
        text = folder / "account.json"
        text.write_text(json.dumps(account.to_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        table = folder / "account.csv"
        account.to_frame().to_csv(table, index=False, encoding="utf-8-sig", lineterminator="\n")
        return [
            (text, target.with_suffix(".account.json")),
            (table, target.with_suffix(".account.csv")),
            (self.quarantine, target.with_suffix(".quarantine.parquet")),
        ]

    def _snapshot(self) -> str:
        """Name the content: the same for the same rows of the clinical and vocabulary tables."""
        digest = hashlib.sha256()
        for table in sorted(set(cdm_version().fields) - {"cdm_source", "metadata"}):
            rows, mixed = self.working.rows(
                f"SELECT count(*), coalesce(bit_xor(hash(t)), 0) FROM {OUT}.main.{table} t"
            )[0]
            digest.update(f"{table}:{rows}:{mixed};".encode())
        return f"sn-{digest.hexdigest()[:12]}"

    @contextmanager
    def tell(self, stage: str) -> Iterator[None]:
        """Announce a stage and take its time."""
        begun = time.perf_counter()
        self.stage = stage
        self.progress(stage, 0, 1)
        yield
        self.progress(stage, 1, 1)
        self.seconds[stage] = round(time.perf_counter() - begun, 3)

    def _counted(self) -> Callable[[int, int], None]:
        return lambda done, total: self.progress(self.stage, done, total)


def _software_version() -> str:
    try:
        return metadata.version("rwe-workbench")
    except metadata.PackageNotFoundError:
        return "unknown"
