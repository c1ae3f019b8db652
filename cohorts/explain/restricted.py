"""A CDM that holds some persons only, so that the engine itself can be asked about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import pyarrow as pa
import sqlalchemy as sa
from typing_extensions import override

from omop_etl.cdm import Cdm
from omop_etl.cdm.engines.base import scratch_table

_PERSONS: Final = scratch_table("explained_persons", sa.Column("person_id", sa.BigInteger))


class RestrictedCdm(Cdm):
    """The rows of some persons, and the whole vocabulary.

    Tables with a person are copied to working tables when they are first asked for, one statement each.

    Parameters
    ----------
    cdm : Cdm
        The whole CDM; its connection is used.
    persons : sequence of int
        Whose rows to keep.
    """

    def __init__(self, cdm: Cdm, persons: Sequence[int]) -> None:
        super().__init__(cdm.url, cdm.engine, lambda: cdm.snapshot)
        self.schema = cdm.schema
        self._copies: dict[str, sa.Table] = {}
        numbers = pa.table({"person_id": pa.array(sorted(set(persons)), pa.int64())})
        cdm.engine.load(_PERSONS, numbers)

    @override
    def table(self, name: str, columns: Iterable[str] = ()) -> sa.Table:
        self.require(name, columns)
        whole = self.schema[name]
        if "person_id" not in self.tables[name]:
            return whole
        if name not in self._copies:
            self._copies[name] = self._copy(whole)
        return self._copies[name]

    @override
    def close(self) -> None:
        """Remove the copies; the connection belongs to the whole CDM and stays open."""
        for copy in (*self._copies.values(), _PERSONS):
            self.engine.drop(copy)
        self._copies.clear()

    def _copy(self, whole: sa.Table) -> sa.Table:
        here = self.tables[whole.name]
        standard = [column for column in whole.columns if column.name in here]
        others: list[sa.ColumnElement[object]] = [
            sa.literal_column(f"{whole}.{name}").label(name) for name in here if name not in whole.c
        ]
        copy = scratch_table(f"only_{whole.name}", *(sa.Column(c.name, c.type) for c in standard))
        wanted = whole.c.person_id.in_(sa.select(_PERSONS.c.person_id))
        self.engine.drop(copy)
        self.engine.create_as(copy, sa.select(*standard, *others).where(wanted))
        return copy
