"""Codes and names to concepts, by the starter vocabulary."""

from __future__ import annotations

import pytest

from tests.omop_etl.mapping.language import Language
from tests.omop_etl.spec import rows_of

DIAGNOSES = """
code             | name               | concept | why
I10              |                    | 320128  | the code itself
i10              |                    | 320128  | case does not matter
I10.x00x002      |                    | 320128  | the Chinese extension is taken off
I10.X00          |                    | 320128  | the same in capitals
Ｉ１０           |                    | 320128  | full-width characters
C34.901          |                    | 443388  | national code of C34.9
C34.9            |                    | 443388  | WHO code
E11.900          |                    | 201826  | by its category E11
E14.371+H36.0*   |                    | 4174977 | of dagger and asterisk the dagger counts
N18.3            |                    | 443597  | its own concept, not that of N18
X99.9            |                    | 0       | no vocabulary has it
X99.9            | 2型糖尿病          | 201826  | then the name is tried
                 | 高血压病3级(很高危) | 320128 | grade, risk group and brackets are taken off the name
                 | 冠心病             | 317576  | a synonym
                 | 右肺感染?          | 0       | no name of any concept
"""


def test_diagnoses_are_found_by_code_and_then_by_name(language: Language) -> None:
    expected = rows_of(DIAGNOSES)
    found = language.values(
        {"diagnosis": "code", "name": "name"}, [{k: row[k] for k in ("code", "name")} for row in expected]
    )
    for row, value in zip(expected, found, strict=True):
        assert value["concept"] == int(row["concept"] or 0), row


def test_the_source_concept_is_that_of_the_code(language: Language) -> None:
    found = language.values({"diagnosis": "code"}, [{"code": "C34.901"}])[0]
    code = language.working.rows("SELECT concept_code FROM cdm.concept WHERE concept_id = $1", [found["source"]])
    assert code == [("C34.9",)]


def test_morphology_of_lung_tumours_is_looked_up_without_the_fifth_digit(language: Language) -> None:
    rows = [{"code": "M81400/3"}, {"code": "M8041/3"}, {"code": "M99999/3"}]
    found = language.values({"diagnosis": "code", "vocabularies": ["RWE Histology"]}, rows)
    assert [value["concept"] for value in found] == [4112738, 4110591, 0]


@pytest.mark.parametrize(
    ("code", "four"),
    [
        ("I10.x00x002", "I10"),
        ("I10.X00", "I10"),
        ("i10", "I10"),
        ("C34.901", "C34.9"),
        ("C349", "C34.9"),
        ("ZZZ", "ZZZ"),
    ],
)
def test_a_diagnosis_code_in_four_characters(language: Language, code: str, four: str) -> None:
    assert language.values({"diagnosis_code": "code"}, [{"code": code}]) == [four]


DRUGS = """
product                     | ingredients
甲磺酸奥希替尼片            | 35605522
盐酸二甲双胍片              | 1503297
注射用培美曲塞二钠          | 1304919
沙库巴曲缬沙坦钠片          | 46275719
缬沙坦氨氯地平片            | 1308842 1332418
左氧氟沙星氯化钠注射液      | 1742253
硫酸氢氯吡格雷片            | 1322184
阿司匹林肠溶片(进口)        | 1112807
吉非替尼片0.25g             | 1319193
盐酸安罗替尼胶囊            | 2000000001
醋酸泼尼松片                | 1551099
醋酸泼尼松龙片              |
复方丹参滴丸                |
0.9%氯化钠注射液            |
"""


def test_drugs_are_found_by_the_ingredients_in_their_names(language: Language) -> None:
    """泼尼松龙 is another drug than 泼尼松, so a name with something left over finds nothing."""
    expected = rows_of(DRUGS)
    found = language.values({"drug": "product"}, [{"product": row["product"]} for row in expected])
    for row, value in zip(expected, found, strict=True):
        concepts = sorted([value["concept"], *(value["further"] or [])])
        assert concepts == sorted(int(c) for c in (row["ingredients"] or "0").split()), row["product"]


PROCEDURES = """
code     | name           | concept
32.4902  | 肺叶切除术     | 4070879
39.9500  |                | 4120120
43.7x00  |                | 4203442
92.2400  |                | 4141448
         | 心脏彩超       | 4230911
         | 支气管镜检查   | 4032404
99.9999  | 某种操作       | 0
"""


def test_procedures_are_found_by_code_and_then_by_name(language: Language) -> None:
    expected = rows_of(PROCEDURES)
    found = language.values(
        {"procedure": "code", "name": "name"}, [{k: row[k] for k in ("code", "name")} for row in expected]
    )
    assert [value["concept"] for value in found] == [int(row["concept"] or 0) for row in expected]


def test_terms_of_a_domain_by_any_name(language: Language) -> None:
    rows = [{"name": "PET/CT"}, {"name": "高血压"}]
    assert [v["concept"] for v in language.values({"term": "name", "domain": "Procedure"}, rows)] == [42872445, 0]


def test_routes_by_their_spellings(language: Language) -> None:
    rows = [{"route": route} for route in ("口服", "PO", "ivgtt", "皮下注射", "飞沫")]
    assert language.values({"route": "route"}, rows) == [4132161, 4132161, 4171047, 4142048, None]


def test_a_fixed_concept(language: Language) -> None:
    assert language.value({"concept": 9201}) == {"source": 0, "concept": 9201, "further": None}


def test_a_code_exactly_as_a_vocabulary_has_it(language: Language) -> None:
    rows = [{"code": "C34.9"}, {"code": "C34.901"}]
    found = language.values({"code": "code", "vocabularies": ["RWE ICD10"]}, rows)
    assert [value["concept"] for value in found] == [443388, 0]
