"""Working tables of one build: created in the CDM's scratch schema, gone when it ends."""

from __future__ import annotations

from types import TracebackType
from typing import Any
from uuid import uuid4

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from omop_etl.cdm import Cdm
from omop_etl.cdm.engines.base import scratch_table


class Workspace:
    """Working tables beside a CDM; use it with ``with``.

    Parameters
    ----------
    cdm : Cdm
        The CDM that is queried.

    Attributes
    ----------
    index : sqlalchemy.Table
        Persons and their index dates.
    asked : sqlalchemy.Table
        What is asked of every covariate: window, value limits, whether units or coded values matter.
    concepts, units, answers : sqlalchemy.Table
        Concepts of every covariate, its units with their factors, the coded values that count.
    """

    def __init__(self, cdm: Cdm) -> None:
        self.cdm = cdm
        token = uuid4().hex[:12]
        self.index = _table("index", token, sa.Column("person_id", sa.BigInteger), sa.Column("index_date", sa.Date))
        self.asked = _table(
            "asked",
            token,
            _covariate(),
            sa.Column("first_day", sa.Integer),
            sa.Column("last_day", sa.Integer),
            sa.Column("at_least", sa.Double),
            sa.Column("at_most", sa.Double),
            sa.Column("overlaps", sa.Boolean),
            sa.Column("needs_unit", sa.Boolean),
            sa.Column("needs_answer", sa.Boolean),
        )
        self.concepts = _table("concepts", token, _covariate(), _concept())
        self.answers = _table("answers", token, _covariate(), _concept())
        self.units = _table("units", token, _covariate(), _concept(), sa.Column("factor", sa.Double))
        self._loaded: list[sa.Table] = []

    def load(self, table: sa.Table, rows: pa.Table) -> None:
        """Create a working table of the given rows."""
        self._loaded.append(table)
        self.cdm.engine.load(table, rows)

    def create_as(self, table: sa.Table, query: sa.Select[Any] | sa.CompoundSelect[Any]) -> None:
        """Create a working table of a query's rows."""
        self._loaded.append(table)
        self.cdm.engine.create_as(table, query)

    def fetch(self, query: sa.ClauseElement) -> pd.DataFrame:
        """Fetch the rows of a query, with typed dates."""
        return self.cdm.engine.fetch(query).to_pandas(date_as_object=False)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for table in self._loaded:
            self.cdm.engine.drop(table)


def _table(name: str, token: str, *columns: sa.Column[Any]) -> sa.Table:
    return scratch_table(f"dataset_{name}_{token}", *columns)


def _covariate() -> sa.Column[Any]:
    return sa.Column("covariate", sa.Integer)


def _concept() -> sa.Column[Any]:
    return sa.Column("concept_id", sa.BigInteger)
