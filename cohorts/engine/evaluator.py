"""Evaluates plans: nodes of one kind and shape together in one statement, nodes evaluated before not again."""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import pyarrow as pa
import sqlalchemy as sa

from cohorts.engine.nodes import Node
from cohorts.engine.operations import OPERATIONS
from cohorts.engine.operations.base import Operation, arrow_rows
from cohorts.engine.tables import ALL_TABLES, RARE_TABLES
from cohorts.patient_lists import SHELF, Shelf
from omop_etl.cdm import Cdm
from omop_etl.cdm.engines import Engine
from omop_etl.cdm.engines.base import scratch_table

Progress = Callable[[int, int], None]
"""Called with the number of nodes evaluated and the number of all."""

Remembered = TypeVar("Remembered")

_FEW = 8
"""Nodes of one shape that are few enough for their statement to be run together with others."""

_RANK = {kind: position for position, kind in enumerate(OPERATIONS)}


class Evaluator:
    """Evaluates nodes on one CDM and keeps their rows in working tables.

    Parameters
    ----------
    cdm : Cdm
        The CDM; its engine holds the working tables.
    shelf : Shelf
        Where the rows of patient lists are.

    Notes
    -----
    The rows of a node stay until the evaluator is closed, so an edited definition recomputes only the nodes that
    changed. All methods must be called from one thread at a time. After an error, or after `Engine.stop` and `resume`,
    the evaluator goes on as if the nodes that were being evaluated had never been begun.
    """

    def __init__(self, cdm: Cdm, shelf: Shelf = SHELF) -> None:
        self.cdm = cdm
        self.shelf = shelf
        self._numbers: dict[str, int] = {}
        self._unused = itertools.count(1)
        self._done: set[str] = set()
        self._remembered: dict[Hashable, Any] = {}
        self._statements: dict[tuple[type[Node], Hashable], _Statement] = {}
        self._unmade = set(RARE_TABLES)
        for table in ALL_TABLES:
            self._make(table)

    def number(self, node: Node) -> int:
        """Number under which the rows of a node stand in the working tables."""
        number = self._numbers.get(node.key)
        if number is None:
            number = self._numbers[node.key] = next(self._unused)
        return number

    @property
    def evaluated(self) -> int:
        """How many nodes have been evaluated."""
        return len(self._done)

    def missing(self, nodes: Iterable[Node]) -> int:
        """How many of the nodes, and of those they are made of, would have to be evaluated."""
        return len(self._pending(nodes))

    def prepare(self, nodes: Iterable[Node]) -> None:
        """Make sure that all that the nodes need is there, tables, columns and patient lists, without running anything.

        Raises
        ------
        RweError
            A patient list is not here, or has changed.
        CannotAnswerError
            A table or column is missing.
        """
        for node in self._pending(nodes).values():
            OPERATIONS[type(node)].require(node, self.shelf)
            self._statement(type(node), OPERATIONS[type(node)].shape(node))

    def evaluate(self, nodes: Iterable[Node], progress: Progress | None = None) -> None:
        """Make sure that the rows of all `nodes`, and of what they are made of, are there."""
        schedule = _Schedule(self._pending(nodes))
        if progress is not None:
            progress(0, schedule.total)
        while schedule.remaining:
            kind, ready = schedule.next_of_one_kind()
            shapes: dict[Hashable, list[Node]] = defaultdict(list)
            for node in ready:
                shapes[OPERATIONS[kind].shape(node)].append(node)
            try:
                self._run(kind, shapes)
            except BaseException:
                self._renumber(ready)
                raise
            schedule.finish(ready)
            if progress is not None:
                progress(schedule.total - schedule.remaining, schedule.total)

    def fetch(self, query: sa.ClauseElement) -> pa.Table:
        """Rows of a query over the working tables."""
        return self.cdm.engine.fetch(query)

    def fetch_with(self, table: sa.Table, rows: pa.Table, query: sa.ClauseElement) -> pa.Table:
        """Rows of a query that reads `table`, which is made of `rows` for the purpose."""
        engine = self.cdm.engine
        engine.load(table, rows)
        try:
            return engine.fetch(query)
        finally:
            engine.drop(table)

    def scalar(self, query: sa.ClauseElement) -> Any:
        """First value of a query over the working tables."""
        return self.cdm.engine.scalar(query)

    def remembered(self, key: Hashable, count: Callable[[], Remembered]) -> Remembered:
        """Give what `count` counts of the rows of nodes; once, since the rows of a node never change."""
        if key not in self._remembered:
            self._remembered[key] = count()
        return self._remembered[key]

    def _pending(self, nodes: Iterable[Node]) -> dict[str, Node]:
        pending: dict[str, Node] = {}
        stack = list(nodes)
        while stack:
            node = stack.pop()
            if node.key not in self._done and node.key not in pending:
                pending[node.key] = node
                stack.extend(node.inputs)
        return pending

    def _run(self, kind: type[Node], shapes: Mapping[Hashable, Sequence[Node]]) -> None:
        """Run one statement per shape; none reads what another writes, so they run while the next is written."""
        if (output := OPERATIONS[kind].output) in self._unmade:
            self._make(output)
            self._unmade.remove(output)
        twins = self.cdm.engine.twins if len(shapes) > 1 else ()
        work = (
            _joined(self._statement(kind, shape).work(shapes[shape], self.number, self.shelf) for shape in together)
            for together in self._batches(shapes, 1 + len(twins))
        )
        if twins:
            idle = [self.cdm.engine, *twins]
            with ThreadPoolExecutor(len(idle)) as pool:
                for done in [pool.submit(_on_idle, idle, item) for item in work]:
                    done.result()
        else:
            for item in work:
                item.run(self.cdm.engine)
        self._done.update(node.key for alike in shapes.values() for node in alike)

    def _batches(self, shapes: Mapping[Hashable, Sequence[Node]], workers: int) -> list[list[Hashable]]:
        """Shapes that run as one statement: small ones together where there are many, the largest first."""
        large = [[shape] for shape, alike in shapes.items() if len(alike) > _FEW]
        small = [shape for shape, alike in shapes.items() if len(alike) <= _FEW]
        size = max(1, min(self.cdm.engine.together, len(small) // (4 * workers)))
        return [*large, *(small[first : first + size] for first in range(0, len(small), size))]

    def _make(self, table: sa.Table) -> None:
        self.cdm.engine.drop(table)
        self.cdm.engine.create(table)

    def _renumber(self, nodes: Iterable[Node]) -> None:
        """Give up the numbers of nodes that failed or were interrupted: rows that stand under them are never read."""
        for node in nodes:
            if node.key not in self._done:
                self._numbers.pop(node.key, None)

    def _statement(self, kind: type[Node], shape: Hashable) -> _Statement:
        statement = self._statements.get((kind, shape))
        if statement is None:
            statement = self._statements[kind, shape] = _Statement(OPERATIONS[kind], kind, shape, self.cdm)
        return statement


class _Schedule:
    """Which nodes can be evaluated next: of the kinds that are ready, all nodes of the kind that comes first."""

    def __init__(self, pending: Mapping[str, Node]) -> None:
        self.total = self.remaining = len(pending)
        self._ready: dict[type[Node], list[Node]] = defaultdict(list)
        self._unmet: dict[str, int] = {}
        self._dependants: dict[str, list[Node]] = defaultdict(list)
        for key, node in pending.items():
            waits_for = {item.key for item in node.inputs if item.key in pending}
            self._unmet[key] = len(waits_for)
            for other in waits_for:
                self._dependants[other].append(node)
            if not waits_for:
                self._ready[type(node)].append(node)

    def next_of_one_kind(self) -> tuple[type[Node], list[Node]]:
        kind = min(self._ready, key=_RANK.__getitem__)
        return kind, self._ready.pop(kind)

    def finish(self, nodes: Sequence[Node]) -> None:
        self.remaining -= len(nodes)
        for node in nodes:
            for dependant in self._dependants[node.key]:
                self._unmet[dependant.key] -= 1
                if not self._unmet[dependant.key]:
                    self._ready[type(dependant)].append(dependant)


class _Statement:
    """The statement of one kind and shape, with the tables of its parameters and members."""

    def __init__(self, operation: Operation[Any], kind: type[Node], shape: Hashable, cdm: Cdm) -> None:
        self._operation = operation
        self._engine = cdm.engine
        name = f"{kind.__name__}_{hashlib.sha256(repr(shape).encode()).hexdigest()[:8]}".lower()
        columns = operation.parameters(shape)
        self._parameters = scratch_table(f"p_{name}", sa.Column("node", sa.BigInteger), *columns)
        self._members = scratch_table(
            f"m_{name}", *(sa.Column(part, sa.BigInteger) for part in ("node", "member", "meaning"))
        )
        self._query = operation.query(shape, self._parameters, self._members, cdm)

    def work(self, nodes: Sequence[Node], number: Callable[[Node], int], shelf: Shelf) -> _Work:
        """Write down the parameters of some nodes for one run of the statement."""
        rows = self._operation.table(self._parameters, nodes, number, shelf)
        links = [
            (number(node), number(member), meaning)
            for node in nodes
            for member, meaning in self._operation.members(node)
        ]
        tables = [(self._parameters, rows)]
        if links:
            tables.append((self._members, arrow_rows(self._members, links)))
        if rows.num_rows:
            self._engine.sql(self._query)
        return _Work(tables, self._operation.output, [self._query] if rows.num_rows else [])


@dataclass
class _Work:
    """One run of statements: the tables they need, and where their rows go."""

    tables: list[tuple[sa.Table, pa.Table]]
    output: sa.Table
    queries: list[sa.Select[Any]]

    def run(self, engine: Engine) -> None:
        try:
            for table, rows in self.tables:
                engine.load(table, rows)
            if self.queries:
                engine.insert(self.output, *self.queries)
        finally:
            for table, _ in self.tables:
                engine.drop(table)


def _joined(works: Iterable[_Work]) -> _Work:
    """Make one run of several that fill the same table."""
    first, *others = works
    for other in others:
        first.tables += other.tables
        first.queries += other.queries
    return first


def _on_idle(idle: list[Engine], work: _Work) -> None:
    engine = idle.pop()
    try:
        work.run(engine)
    finally:
        idle.append(engine)
