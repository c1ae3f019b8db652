"""What an operation is: how the nodes of one kind and shape are computed together, in one statement."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable
from typing import Any, ClassVar, Generic, TypeVar

import sqlalchemy as sa

from cohorts.engine.nodes import Node
from omop_etl.cdm import Cdm

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

    def shape(self, node: NodeType) -> Hashable:
        """What the statement depends on."""
        return ()

    def members(self, node: NodeType) -> Iterable[tuple[Node, int]]:
        """Input nodes for the table of members, each with a number that the query gives a meaning to."""
        return ()


def integer(name: str) -> sa.Column[Any]:
    """Whole-number column of a table of parameters."""
    return sa.Column(name, sa.BigInteger)


def day(name: str) -> sa.Column[Any]:
    """Date column of a table of parameters."""
    return sa.Column(name, sa.Date)


def flag(name: str) -> sa.Column[Any]:
    """Yes-or-no column of a table of parameters."""
    return sa.Column(name, sa.Boolean)
