"""Where the time of the engine goes: statements, seconds and rows per kind of operation."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from cohorts import Evaluator
from cohorts.engine.nodes import Node


@dataclass
class Spent:
    """What one kind of operation took."""

    statements: int = 0
    nodes: int = 0
    seconds: float = 0.0


class ProfiledEvaluator(Evaluator):
    """An evaluator that notes how long each kind of operation takes."""

    @contextmanager
    def noting(self) -> Iterator[dict[str, Spent]]:
        """Note what is evaluated within the block."""
        self._spent: dict[str, Spent] = defaultdict(Spent)
        yield self._spent

    def _run(self, kind: type[Node], shapes: Mapping[Hashable, Sequence[Node]]) -> None:
        begun = time.perf_counter()
        super()._run(kind, shapes)
        spent = self._spent[kind.__name__]
        spent.statements += len(shapes)
        spent.nodes += sum(map(len, shapes.values()))
        spent.seconds += time.perf_counter() - begun


def rows_of(spent: dict[str, Spent]) -> list[list[object]]:
    """Rows of a table, the costliest first."""
    total = sum(part.seconds for part in spent.values()) or 1.0
    ordered = sorted(spent.items(), key=lambda item: -item[1].seconds)
    return [[name, p.statements, p.nodes, p.seconds, f"{p.seconds / total:.0%}"] for name, p in ordered]


COLUMNS = ["operation", "statements", "nodes", "seconds", "share"]
