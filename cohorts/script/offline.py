"""An engine that writes down what it would run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NoReturn

import pyarrow as pa
from typing_extensions import override

from cohorts.patient_lists import ListName, PatientRows, Shelf
from cohorts.patient_lists.rows import ROW_SCHEMA
from omop_etl.cdm import Cdm, cdm_version
from omop_etl.cdm.engines.base import SCRATCH_SCHEMA, Engine
from omop_etl.cdm.engines.duckdb import DuckDBEngine
from omop_etl.cdm.engines.postgres import PostgresEngine
from omop_etl.cdm.engines.spark import SparkEngine
from omop_etl.cdm.schema import CDM_SCHEMA
from omop_etl.errors import UsageError

ENGINES: Final[Mapping[str, type[Engine]]] = {
    "duckdb": DuckDBEngine,
    "postgres": PostgresEngine,
    "spark": SparkEngine,
}
"""Engines by the name under which their dialect is asked for."""


class OfflineEngine(Engine):
    """Writes statements in the dialect of an engine, and keeps them in their order.

    Parameters
    ----------
    name : str
        A key of `ENGINES`.

    Attributes
    ----------
    written : list of (str, pyarrow.Table or None)
        What was run: a statement, or the name of a table of parameters with its rows.
    """

    schemas: Mapping[str, str] = {CDM_SCHEMA: CDM_SCHEMA, SCRATCH_SCHEMA: SCRATCH_SCHEMA}

    def __init__(self, name: str) -> None:
        super().__init__()
        if name not in ENGINES:
            raise UsageError(
                "{engine} is not an engine known here",
                todo="use one of: {engines}",
                engine=name,
                engines=", ".join(ENGINES),
            )
        self.dialect = ENGINES[name].dialect  # type: ignore[misc]
        self.macros = ENGINES[name].macros  # type: ignore[misc]
        self.written: list[tuple[str, pa.Table | None]] = []

    @override
    def run(self, sql: str) -> None:
        self.written.append((sql, None))

    @override
    def put(self, target: str, data: pa.Table) -> None:
        self.written.append((target, data))

    @override
    def remove(self, target: str) -> None:
        """Leave removals out: they are house-keeping."""

    @override
    def rows(self, sql: str) -> pa.Table:
        self._refuse()

    @override
    def columns(self, schema: str = CDM_SCHEMA) -> dict[str, list[str]]:
        return {name: list(table.c.keys()) for name, table in cdm_version().tables.items()}

    @override
    def digest(self, table: str) -> str:
        self._refuse()

    @override
    def interrupt(self) -> None:
        self._refuse()

    @override
    def sibling(self) -> Engine:
        self._refuse()

    @override
    def close(self) -> None:
        """There is nothing to close."""

    def _refuse(self) -> NoReturn:
        raise UsageError("there is no database behind this engine", todo="connect to a CDM")


class NoLists(Shelf):
    """Has one empty row for every patient list, so that its statement is written and no patient is."""

    @override
    def find(self, listed: ListName) -> PatientRows:
        return PatientRows(listed.file, listed.sha256, pa.table({name: [None] for name in ROW_SCHEMA.names}))

    @override
    def rows(self, listed: ListName) -> PatientRows:
        return self.find(listed)


def offline_cdm(engine: str) -> tuple[Cdm, OfflineEngine]:
    """Make a CDM with every table of its version and no rows at all."""
    writing = OfflineEngine(engine)
    return Cdm(f"{engine}:", writing, lambda: ""), writing
