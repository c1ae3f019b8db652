"""What an operation is: how the nodes of one kind and shape are computed together, in one statement."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import pyarrow as pa
import sqlalchemy as sa

from cohorts.engine.nodes import Node
from cohorts.patient_lists import Shelf
from omop_etl.cdm import Cdm
from omop_etl.cdm.engines.base import arrow_schema

NodeType = TypeVar("NodeType", bound=Node)
NodeNumber = Callable[[Node], int]
Row = tuple[Any, ...]


class Operation(ABC, Generic[NodeType]):
    """Computes nodes of one kind.

    Nodes of one `shape` run in one statement. It reads what differs between them from a table of parameters, and what
    they are made of from a table of members; both name the node in the column ``node``.
    """

    output: ClassVar[sa.Table]
    """Table that the rows go to."""

    @abstractmethod
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        """Columns of the table of parameters, besides ``node``."""

    @abstractmethod
    def rows(self, node: NodeType, number: NodeNumber) -> Iterable[Row]:
        """Rows of a node for that table; `number` gives the number of an input."""

    @abstractmethod
    def query(self, shape: Any, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        """Query whose columns stand in the order of `output`."""

    def table(self, target: sa.Table, nodes: Sequence[NodeType], number: NodeNumber, shelf: Shelf) -> pa.Table:
        """Rows of some nodes for the table of parameters; those of patient lists come from the shelf."""
        rows = [(number(node), *row) for node in nodes for row in self.rows(node, number)]
        return arrow_rows(target, rows)

    def require(self, node: NodeType, shelf: Shelf) -> None:
        """Make sure that what the node needs beside the CDM is at hand and can be read."""
        return

    def shape(self, node: NodeType) -> Hashable:
        """What the statement depends on."""
        return ()

    def members(self, node: NodeType) -> Iterable[tuple[Node, int]]:
        """Input nodes for the table of members, each with a number that the query gives a meaning to."""
        return ()


def arrow_rows(table: sa.Table, rows: Sequence[Row]) -> pa.Table:
    """Rows for a working table, as Arrow."""
    schema = arrow_schema(table)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def integer(name: str) -> sa.Column[Any]:
    """Whole-number column of a table of parameters."""
    return sa.Column(name, sa.BigInteger)


def day(name: str) -> sa.Column[Any]:
    """Date column of a table of parameters."""
    return sa.Column(name, sa.Date)


def flag(name: str) -> sa.Column[Any]:
    """Yes-or-no column of a table of parameters."""
    return sa.Column(name, sa.Boolean)
