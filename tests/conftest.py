"""Servers, engines and declared gaps, for the whole suite."""

from tests.servers.engines import engine, running_spark
from tests.servers.fixtures import postgres, spark
from tests.servers.gaps import pytest_collection_modifyitems, pytest_pyfunc_call

__all__ = [
    "engine",
    "postgres",
    "pytest_collection_modifyitems",
    "pytest_pyfunc_call",
    "running_spark",
    "spark",
]
