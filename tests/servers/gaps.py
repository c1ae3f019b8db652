"""Where a test of all engines runs, and the gaps that are declared.

A test that takes the fixture `engine` runs on DuckDB and PostgreSQL, and on Spark under ``slow``, since a test takes
seconds there; definitions of the reference run on Spark by default. What an engine does not do is declared::

    @pytest.mark.notyet("spark", raises=CannotAnswerError, match="no such thing", reason="nobody has written it")
    @pytest.mark.never("spark", raises=UsageError, match="cannot be had", reason="Spark has no such thing")

A gap that does not fail, or fails otherwise than declared, fails the run.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.servers.engines import ENGINES


@dataclass(frozen=True)
class Gap:
    """What is known to fail on one engine, and how."""

    raises: type[BaseException]
    match: str
    reason: str

    @contextmanager
    def expected(self) -> Generator[None]:
        with pytest.raises(self.raises, match=self.match):
            yield
        pytest.xfail(self.reason)


def gap_of(marks: Iterable[pytest.Mark], engine: str) -> Gap | None:
    """Gap that the marks of a test declare for an engine."""
    for mark in marks:
        unknown = set(mark.args) - set(ENGINES)
        if unknown or not mark.args:
            raise ValueError(f"a gap is declared for engines out of {ENGINES}, not for {mark.args}")
        if engine in mark.args:
            return Gap(**{"match": "", **mark.kwargs})
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave Spark out of the default run."""
    for item in items:
        if engine_of(item) == "spark":
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Hold a test to the gap that it declares for the engine it runs on."""
    declared = [mark for name in ("notyet", "never") for mark in pyfuncitem.iter_markers(name)]
    gap = gap_of(declared, engine_of(pyfuncitem))
    if gap is None:
        return (yield)
    with gap.expected():
        yield
    return True


def engine_of(item: pytest.Item) -> str:
    """Name of the engine that a test runs on; empty where it does not take the fixture `engine`."""
    mark = item.get_closest_marker("engine")
    return "" if mark is None else str(mark.args[0])
