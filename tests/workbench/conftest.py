"""Fixtures that the tests of the workbench share."""

from tests.workbench.demo_fixture import demo
from tests.workbench.rwe_command import rwe

__all__ = ["demo", "rwe"]
