"""The catalogue hangs together: every reference resolves, every slot of a text is known."""

from __future__ import annotations

from string import Formatter

import numpy as np
import pytest

from sample_data import catalog
from sample_data.cells import Encoder
from sample_data.effects import comparison
from sample_data.files.slots import clinical_slots
from sample_data.generator import chart_of_block
from sample_data.truth.documents import unmapped_terms

REFERENCES = [
    ("purposes", "department", "departments"),
    ("conditions", "department", "departments"),
    ("draws", "purpose", "purposes"),
    ("draws", "panel", "panels"),
    ("exam_plan", "purpose", "purposes"),
    ("exam_plan", "exam", "exams"),
    ("procedure_plan", "purpose", "purposes"),
    ("procedure_plan", "procedure", "procedures"),
    ("procedure_plan", "condition", "conditions"),
    ("treatments", "purpose", "purposes"),
    ("treatments", "drug", "drugs"),
    ("treatments", "requires", "conditions"),
    ("general", "condition", "conditions"),
    ("general", "drug", "drugs"),
    ("negative_controls", "condition", "conditions"),
    ("text_kinds", "purpose", "purposes"),
    ("text_kinds", "condition", "conditions"),
]
NOTE_SLOTS = {"wbc", "hgb", "plt", "crea", "k", "a1c", "fpg", "bnp", "cea", "crp", "temperature", "pulse"}
NOTE_SLOTS |= {"respiration", "pressure", "bedsidedate", "complaint"}


@pytest.mark.parametrize(("table", "column", "target"), REFERENCES)
def test_reference_resolves(table: str, column: str, target: str) -> None:
    keys = set(catalog.table(target)["key"]) | {""}
    assert set(catalog.table(table)[column]) <= keys


@pytest.mark.parametrize(("table", "column", "target"), [("panels", "tests", "tests"), ("regimens", "drugs", "drugs")])
def test_lists_of_references_resolve(table: str, column: str, target: str) -> None:
    keys = set(catalog.table(target)["key"])
    assert {key for keys_of_row in catalog.table(table).lists(column) for key in keys_of_row} <= keys


def test_every_drug_name_contains_its_ingredient() -> None:
    drugs = catalog.table("drugs")
    for name, ingredient in zip(drugs["name"], drugs["ingredient"], strict=True):
        assert ingredient in name


def test_codes_are_written_in_the_who_and_the_national_form() -> None:
    conditions = catalog.table("conditions")
    for who, national in zip(conditions["icd10"], conditions["national"], strict=True):
        assert national == (f"{who}00" if "." in who else f"{who}.x00")


def test_usual_values_are_possible_values() -> None:
    tests = catalog.table("tests")
    mean, low, high = (tests.numbers(name) for name in ("mean", "possible_low", "possible_high"))
    measured = ~np.isnan(low)
    assert (low[measured] < mean[measured]).all()
    assert (mean[measured] < high[measured]).all()


def test_every_condition_with_a_planted_concept_stands_in_the_catalogue() -> None:
    codes = " ".join(c.where for planted in (comparison.LUNG, comparison.DIABETES) for c in planted.confounders)
    for code in ("C78.7", "J44.9", "I10", "I25.1", "N18.9", "E66.9"):
        assert code in codes
        assert code in catalog.table("conditions")["icd10"]


@pytest.mark.parametrize("document", ["visit", "admission", "course"])
def test_every_slot_of_a_clinical_text_is_known(document: str) -> None:
    chart = chart_of_block(1, 0, 0, 20)
    known = set(clinical_slots(chart, Encoder("utf-8"), chart.encounters.stays, "test")) | NOTE_SLOTS
    wordings = [text for kinds in catalog.texts(document).values() for texts in kinds.values() for text in texts]
    used = {slot for text in wordings for _, slot, _, _ in Formatter().parse(text) if slot}
    assert used <= known


def test_findings_and_opinions_cover_the_same_reports() -> None:
    report = catalog.texts("report")
    assert set(report["findings"]) == set(report["impression"])


def test_texts_have_no_character_that_would_break_a_row() -> None:
    for document in ("visit", "admission", "course", "report", "pathology"):
        for kinds in catalog.texts(document).values():
            for wording in (text for texts in kinds.values() for text in texts):
                assert '"' not in wording
                assert "," not in wording
                assert "\t" not in wording


def test_unmapped_terms_are_normal_content_of_their_file() -> None:
    terms = unmapped_terms()
    assert len(terms) == len(set(terms))
    assert ("门诊处方.csv", "ywmc", "复方丹参滴丸") in terms
    assert not any("替尼" in term for _, _, term in terms)
