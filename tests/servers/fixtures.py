"""The servers as fixtures: started at the first test that asks, shared by all, gone at the end."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.postgres import started_postgres
from tests.servers.spark import started_spark
from tests.setup_machine import missing


def require(name: str) -> None:
    """Skip the test where a program is missing; under continuous integration fail."""
    message = missing(name)
    if message is not None:
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


def _folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder with a short name: the path of a socket may have a hundred characters only."""
    return tempfile.TemporaryDirectory(prefix="rwe-", ignore_cleanup_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Give the address of a PostgreSQL server that the tests may fill."""
    require("PostgreSQL")
    with _folder() as name, started_postgres(Path(name) / "postgres") as address:
        yield address


@pytest.fixture(scope="session")
def spark() -> Iterator[str]:
    """Give the address of the master of a Spark cluster."""
    require("Java")
    with _folder() as name, started_spark(Path(name) / "spark") as address:
        yield address
