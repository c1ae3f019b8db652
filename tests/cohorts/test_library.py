"""Every phenotype of the library is a complete document that can be planned, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cohorts import read_definition
from cohorts.engine.plan import plan
from cohorts.library import phenotype, phenotypes
from cohorts.library.reference import library_reference
from omop_etl.errors import UsageError


@pytest.mark.parametrize("name", phenotypes())
def test_a_phenotype_is_complete_in_both_languages_and_can_be_planned(name: str) -> None:
    known = phenotype(name)
    for texts in (known.title, known.description, known.logic, known.limits):
        assert set(texts) == {"en", "zh"}
        assert re.search(r"[\u4e00-\u9fff]", texts["zh"])
        assert not re.search(r"[\u4e00-\u9fff]", texts["en"])
    assert known.references
    definition = known.definition("zh")
    assert (definition.name, definition.description) == (known.title["zh"], known.description["zh"])
    assert plan(definition).cohort.key
    again = read_definition(known.to_json()["definition"])
    assert again.hash == known.definition().hash
    assert read_definition(known.to_json()) == again, "a phenotype is read as it is shown"


def test_names_are_found_and_others_are_refused() -> None:
    assert [known.name for known in phenotypes().values()] == list(phenotypes())
    with pytest.raises(UsageError, match="there is no phenotype measles"):
        phenotype("measles")


def test_the_documentation_is_in_step() -> None:
    written = Path(__file__).resolve().parents[2] / "docs" / "phenotypes.md"
    assert written.read_text("utf-8") == library_reference(), (
        "run `python -m cohorts.library.reference docs/phenotypes.md`"
    )
