"""Servers, engines and declared gaps, for the whole suite."""

from tests.servers.engines import engine, spark_running
from tests.servers.fixtures import postgres, spark
from tests.servers.gaps import pytest_collection_modifyitems, pytest_pyfunc_call

__all__ = [
    "engine",
    "postgres",
    "pytest_collection_modifyitems",
    "pytest_pyfunc_call",
    "spark",
    "spark_running",
]
