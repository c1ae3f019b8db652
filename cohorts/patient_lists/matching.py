"""Whom of a patient list a CDM has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import sqlalchemy as sa

from cohorts.patient_lists.shelf import ListName
from omop_etl.cdm.engines.base import scratch_table

if TYPE_CHECKING:
    from cohorts.engine.evaluator import Evaluator

_BY_NUMBER: Final = scratch_table("listed_numbers", sa.Column("sought", sa.BigInteger))
_BY_SOURCE: Final = scratch_table("listed_sources", sa.Column("sought", sa.Text))


@dataclass(frozen=True)
class Matched:
    """What became of the rows of a list on a CDM.

    Attributes
    ----------
    rows, repeated : int
        Rows of the list, and how many of them say what an earlier one has said.
    persons, found : int
        Persons whom the list names, and how many of them the CDM has.
    dated : bool
        Whether the list has dates.
    """

    rows: int
    repeated: int
    persons: int
    found: int
    dated: bool


def match_list(listed: ListName, evaluator: Evaluator) -> Matched:
    """Look whom of a list a CDM has; the answer is remembered, the rows are not.

    Raises
    ------
    RweError
        The list is not here, has been changed, or cannot be read.
    """
    evaluator.shelf.find(listed)
    return evaluator.remembered(("patient list", listed.sha256), lambda: _match(listed, evaluator))


def _match(listed: ListName, evaluator: Evaluator) -> Matched:
    rows = evaluator.shelf.rows(listed)
    column = rows.identified_by
    sought = _BY_NUMBER if column == "person_id" else _BY_SOURCE
    person = evaluator.cdm.table("person", ["person_id", column])
    counted = sa.select(sa.func.count(sa.distinct(sought.c.sought))).join(person, person.c[column] == sought.c.sought)
    found = evaluator.fetch_with(sought, pa.table({"sought": rows.table.column(column)}), counted)
    return Matched(rows.rows, rows.repeated, rows.persons, found.column(0)[0].as_py(), rows.dated)
