"""Read the account of a published CDM."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from omop_etl.account.tables import DISPOSITION, ISSUE, LINEAGE, RUN, SOURCE_FILE
from omop_etl.cdm.connection import Cdm
from omop_etl.cdm.schema import ETL_SCHEMA
from omop_etl.errors import CannotAnswerError

_SOURCE_TERMS = {
    "condition_occurrence": ("condition_concept_id", "condition_source_value"),
    "drug_exposure": ("drug_concept_id", "drug_source_value"),
    "procedure_occurrence": ("procedure_concept_id", "procedure_source_value"),
    "measurement": ("measurement_concept_id", "measurement_source_value"),
    "observation": ("observation_concept_id", "observation_source_value"),
}


@dataclass(frozen=True)
class FileAccount:
    """What became of the rows of one source file.

    Attributes
    ----------
    file : str
        Its name.
    encoding : str
        How it is encoded.
    rows_read, loaded, merged, rejected : int
        Rows; the last three add up to the first.
    reasons : dict of str to int
        Rows per reason for being merged or rejected.
    issues : dict of str to int
        Odd cells per rule, in loaded rows.
    """

    file: str
    encoding: str
    rows_read: int
    loaded: int
    merged: int
    rejected: int
    reasons: dict[str, int]
    issues: dict[str, int]


@dataclass(frozen=True)
class Account:
    """The account of a run.

    Attributes
    ----------
    snapshot, mapping, mapping_hash, vocabulary_version, software_version : str
        What was run.
    started_at, finished_at : str
        When, as ISO 8601 in UTC.
    files : tuple of FileAccount
        In the order in which they were read.
    """

    snapshot: str
    mapping: str
    mapping_hash: str
    vocabulary_version: str
    software_version: str
    started_at: str
    finished_at: str
    files: tuple[FileAccount, ...]

    def to_dict(self) -> dict[str, Any]:
        """Account as plain values, for JSON."""
        return asdict(self)

    def to_frame(self) -> pd.DataFrame:
        """Account as a table: a row per file, then one per reason and rule of the file."""
        rows: list[dict[str, Any]] = []
        for file in self.files:
            for kind in ("rows_read", "loaded", "merged", "rejected"):
                rows.append({"file": file.file, "kind": kind, "name": "", "rows": getattr(file, kind)})
            rows += [{"file": file.file, "kind": "reason", "name": n, "rows": c} for n, c in file.reasons.items()]
            rows += [{"file": file.file, "kind": "issue", "name": n, "rows": c} for n, c in file.issues.items()]
        return pd.DataFrame(rows, columns=["file", "kind", "name", "rows"])


def read_account(cdm: Cdm) -> Account:
    """Read the account of the run that made a CDM.

    Parameters
    ----------
    cdm : Cdm
        An opened CDM.

    Returns
    -------
    Account
        Counts per file, reason and rule.

    Raises
    ------
    CannotAnswerError
        This CDM was not made here and has no account.
    """
    _require_account(cdm)
    reasons = _counts(cdm, DISPOSITION, DISPOSITION.c.reason)
    issues = _counts(cdm, ISSUE, ISSUE.c.rule)
    files = tuple(
        FileAccount(
            reasons=reasons.get(row["file_id"], {}),
            issues=issues.get(row["file_id"], {}),
            **{name: row[name] for name in ("file", "encoding", "rows_read", "loaded", "merged", "rejected")},
        )
        for row in cdm.engine.fetch(sa.select(SOURCE_FILE).order_by(SOURCE_FILE.c.file_id)).to_pylist()
    )
    run = cdm.engine.fetch(sa.select(RUN)).to_pylist()[0]
    return Account(
        files=files,
        started_at=run.pop("started_at").isoformat() + "Z",
        finished_at=run.pop("finished_at").isoformat() + "Z",
        **run,
    )


def source_lines_of(cdm: Cdm, table: str, row: int) -> list[tuple[str, int]]:
    """Find the source lines that a CDM row came from.

    Parameters
    ----------
    cdm : Cdm
        An opened CDM.
    table : str
        CDM table.
    row : int
        Identifier of the row; of a death, the person's.

    Returns
    -------
    list of (str, int)
        File and physical line, the header being line 1.
    """
    _require_account(cdm)
    query = (
        sa.select(SOURCE_FILE.c.file, LINEAGE.c.line)
        .join_from(LINEAGE, SOURCE_FILE, LINEAGE.c.file_id == SOURCE_FILE.c.file_id)
        .where(LINEAGE.c.cdm_table == table, LINEAGE.c.cdm_id == row)
        .order_by(SOURCE_FILE.c.file, LINEAGE.c.line)
    )
    return [(found["file"], found["line"]) for found in cdm.engine.fetch(query).to_pylist()]


def fate_of_line(cdm: Cdm, file: str, line: int) -> dict[str, Any]:
    """Find out what became of a source line.

    Parameters
    ----------
    cdm : Cdm
        An opened CDM.
    file : str
        Name of the source file.
    line : int
        Physical line, the header being line 1.

    Returns
    -------
    dict
        ``outcome`` (``loaded``, ``merged``, ``rejected`` or ``unknown``), ``reason``, ``column``, ``detail``, ``rows``
        (CDM table and identifier of each row that it gave) and ``issues`` (column, rule and action of each odd cell).
    """
    _require_account(cdm)
    here = sa.select(SOURCE_FILE.c.file_id).where(SOURCE_FILE.c.file == file).scalar_subquery()

    def of_line(table: sa.Table, *columns: sa.Column[Any]) -> list[dict[str, Any]]:
        query = sa.select(*columns).where(table.c.file_id == here, table.c.line == line)
        return list(cdm.engine.fetch(query).to_pylist())

    rows = of_line(LINEAGE, LINEAGE.c.cdm_table, LINEAGE.c.cdm_id)
    kept_out = of_line(DISPOSITION, *list(DISPOSITION.c)[2:])
    outcome = (
        kept_out[0]
        if kept_out
        else {"outcome": "loaded" if rows else "unknown", "reason": "", "column": "", "detail": ""}
    )
    return {
        **outcome,
        "rows": [(row["cdm_table"], row["cdm_id"]) for row in rows],
        "issues": of_line(ISSUE, *list(ISSUE.c)[2:]),
    }


def unmapped_terms(cdm: Cdm, limit: int = 1000) -> pd.DataFrame:
    """List the source terms that no concept was found for, the most frequent first.

    Parameters
    ----------
    cdm : Cdm
        An opened CDM.
    limit : int
        At most so many terms.

    Returns
    -------
    pandas.DataFrame
        ``cdm_table``, ``term``, ``records``, ``persons``.
    """
    parts = []
    for table, (concept, source) in _SOURCE_TERMS.items():
        if table in cdm.tables:
            t = cdm.table(table, [concept, source])
            parts.append(
                sa.select(
                    sa.literal(table).label("cdm_table"),
                    t.c[source].label("term"),
                    sa.func.count().label("records"),
                    sa.func.count(sa.distinct(t.c.person_id)).label("persons"),
                )
                .where(t.c[concept] == 0, t.c[source].is_not(None))
                .group_by(t.c[source])
            )
    every = sa.union_all(*parts).subquery()
    query = sa.select(every).order_by(every.c.records.desc(), every.c.cdm_table, every.c.term).limit(limit)
    return cdm.engine.fetch(query).to_pandas()


def _require_account(cdm: Cdm) -> None:
    if "run" not in cdm.engine.columns(ETL_SCHEMA):
        raise CannotAnswerError(
            "{url} has no account of a run", todo="open a CDM that `rwe etl run` has made", url=cdm.url
        )


def _counts(cdm: Cdm, table: sa.Table, by: sa.Column[Any]) -> dict[int, dict[str, int]]:
    query = sa.select(table.c.file_id, by.label("name"), sa.func.count().label("rows")).group_by(table.c.file_id, by)
    found: dict[int, dict[str, int]] = {}
    for row in sorted(cdm.engine.fetch(query).to_pylist(), key=lambda row: (row["file_id"], -row["rows"], row["name"])):
        found.setdefault(row["file_id"], {})[row["name"]] = row["rows"]
    return found
