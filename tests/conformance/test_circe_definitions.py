"""The definitions that OHDSI and its users wrote are read and written back without loss."""

from __future__ import annotations

import json

import pytest

from cohorts import read_definition
from cohorts.definition import CohortExpression
from tests.conformance.reference import reference

pytestmark = pytest.mark.conformance

FILES = sorted((reference("circe") / "definitions").glob("*.json"))


def test_every_definition_is_written_back_as_it_was() -> None:
    assert len(FILES) == 851
    for file in FILES:
        source = json.loads(file.read_text(encoding="utf-8"))
        assert CohortExpression.model_validate(source).to_json() == source, file.stem


def test_a_document_of_ours_holds_every_definition_unchanged() -> None:
    for file in FILES:
        read = read_definition(file)
        again = read_definition(read.to_json())
        assert (again.hash, again.semantics) == (read.hash, "circe"), file.stem
