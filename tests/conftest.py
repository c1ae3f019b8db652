"""Fixtures for the whole suite."""

from tests.servers.fixtures import postgres, spark

__all__ = ["postgres", "spark"]
