"""A declared gap holds as long as it fails as declared, and no longer."""

from __future__ import annotations

import pytest

from omop_etl.errors import CannotAnswerError
from tests.servers.gaps import Gap, gap_of

LACKING = Gap(CannotAnswerError, match="no table", reason="nobody has loaded it")


def test_a_gap_that_fails_as_declared_is_expected() -> None:
    with pytest.raises(pytest.xfail.Exception, match="nobody has loaded it"), LACKING.expected():
        raise CannotAnswerError("this CDM has no table {table}", table="note")


def test_a_gap_that_starts_passing_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"), LACKING.expected():
        pass


@pytest.mark.parametrize("error", [ValueError("no table"), CannotAnswerError("no column")])
def test_a_gap_that_fails_otherwise_fails(error: Exception) -> None:
    with pytest.raises((ValueError, AssertionError)), LACKING.expected():
        raise error


def test_a_gap_is_declared_for_engines_by_name() -> None:
    mark = pytest.mark.never("spark", raises=CannotAnswerError, match="no table", reason="nobody has loaded it").mark
    assert gap_of([mark], "spark") == LACKING
    assert gap_of([mark], "duckdb") is None
    with pytest.raises(ValueError, match="a gap is declared for engines out of"):
        gap_of([pytest.mark.notyet("oracle", raises=ValueError, reason="").mark], "spark")
