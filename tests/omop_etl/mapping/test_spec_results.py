"""Laboratory results, ranges and units: what a text becomes. Each line can be checked by eye."""

from __future__ import annotations

import pytest

from tests.omop_etl.mapping.language import Language
from tests.omop_etl.spec import rows_of

LESS, AT_MOST, EQUAL, AT_LEAST, MORE = 4171756, 4171754, 4172703, 4171755, 4172704
POSITIVE, NEGATIVE, TRACE = 45884084, 45878583, 45881796
ONE, TWO, THREE, FOUR = 45878548, 45881916, 45876467, 45881623

RESULTS = f"""
text          | operator   | number   | concept
5.2           |            | 5.2      |
 12           |            | 12       |
-2.3          |            | -2.3     |
<0.5          | {LESS}     | 0.5      |
＜20          | {LESS}     | 20       |
>1000         | {MORE}     | 1000     |
≤5.2          | {AT_MOST}  | 5.2      |
>=90          | {AT_LEAST} | 90       |
=7.35         | {EQUAL}    | 7.35     |
小于0.01      | {LESS}     | 0.01     |
１２．５      |            | 12.5     |
0.35 ↑        |            | 0.35     |
7.8H          |            | 7.8      |
12,5          |            | 12.5     |
1,234         |            | 1234     |
1,234,567.8   |            | 1234567.8 |
1.2E+03       |            | 1200     |
<1.0E+02      | {LESS}     | 100      |
1.5×10^5      |            | 150000   |
1.5×10⁵       |            | 150000   |
3.2*10^6      |            | 3200000  |
98 mg/L       |            | 98       |
98mg/L        |            | 98       |
90fL          |            | 90       |
45%           |            | 45       |
1:320         |            | 320      |
<1:80         | {LESS}     | 80       |
阳性          |            |          | {POSITIVE}
阳性(+)       |            |          | {POSITIVE}
弱阳性        |            |          | {POSITIVE}
阳性(+) 12.5  |            | 12.5     | {POSITIVE}
POS           |            |          | {POSITIVE}
阴性(-)       |            |          | {NEGATIVE}
-             |            |          | {NEGATIVE}
未检出        |            |          | {NEGATIVE}
±             |            |          | {TRACE}
微量          |            |          | {TRACE}
+             |            |          | {ONE}
(++)          |            |          | {TWO}
3+            |            |          | {THREE}
++++          |            |          | {FOUR}
A型           |            |          |
2-4个         |            |          |
19del         |            |          |
"""


def test_results_become_operator_number_and_concept(language: Language) -> None:
    expected = rows_of(RESULTS)
    found = language.values({"result": "text"}, [{"text": row["text"]} for row in expected])
    for row, value in zip(expected, found, strict=True):
        assert value["operator"] == (int(row["operator"]) if row["operator"] else None), row["text"]
        assert value["number"] == (float(row["number"]) if row["number"] else None), row["text"]
        assert value["concept"] == (int(row["concept"]) if row["concept"] else None), row["text"]
        assert value["missing"] is False, row["text"]


@pytest.mark.parametrize(
    "text", ["", "  ", "见报告", "标本溶血", "标本量不足", "严重溶血", "未做", "/", "#N/A", "结果待回报", "拒检"]
)
def test_texts_that_say_there_is_no_result(language: Language, text: str) -> None:
    assert language.values({"result": "text"}, [{"text": text}])[0]["missing"] is True


def test_a_mapping_may_add_texts_that_say_there_is_no_result(language: Language) -> None:
    found = language.values({"result": "text", "missing": ["机器故障"]}, [{"text": "机器故障"}, {"text": "5.1"}])
    assert [value["missing"] for value in found] == [True, False]


RANGES = """
text        | low  | high
3.5-9.5     | 3.5  | 9.5
3.5--9.5    | 3.5  | 9.5
0 ~ 40      | 0    | 40
59～104     | 59   | 104
0.27—4.2    | 0.27 | 4.2
-3-3        | -3   | 3
<5          |      | 5
≤5.2        |      | 5.2
>90         | 90   |
阴性(-)     |      |
见说明      |      |
"""


def test_reference_ranges_have_two_ends_or_one(language: Language) -> None:
    expected = rows_of(RANGES)
    found = language.values({"range": "text"}, [{"text": row["text"]} for row in expected])
    for row, value in zip(expected, found, strict=True):
        assert value == {"low": row["low"] and float(row["low"]), "high": row["high"] and float(row["high"])}, row


UNITS = """
spelling        | concept
mmol/L          | 8753
mmol/l          | 8753
MMOL/L          | 8753
μmol/L          | 8749
µmol/L          | 8749
umol/l          | 8749
10^9/L          | 9444
×10⁹/L          | 9444
10*9/L          | 9444
10E9/L          | 9444
×10^9/L         | 9444
10^12/L         | 8734
T/L             | 8734
G/L             | 9444
g/L             | 8636
g/l             | 8636
IU/L            | 8645
mL/min/1.73m2   | 720870
ml/min/1.73 m²  | 720870
℃               | 586323
次/分           | 8541
s               | 8555
秒              | 8555
furlong         |
"""


def test_spellings_of_a_unit_are_one_concept(language: Language) -> None:
    expected = rows_of(UNITS)
    found = language.values({"unit": {"raw": "spelling"}}, [{"spelling": row["spelling"]} for row in expected])
    assert found == [row["concept"] and int(row["concept"]) for row in expected]


LABORATORY = """
name           | code | unit   | concept | source of the choice
肌酐           | CREA | μmol/L | 3020564 | moles per volume
肌酐           | CREA | mg/dL  | 3016723 | mass per volume
肌酐           | CREA |        | 3020564 | without a unit: what Chinese laboratories report
葡萄糖         | GLU  | mmol/L | 3013826 | moles per volume
葡萄糖         | GLU  | mg/dL  | 3004501 | mass per volume
糖化血红蛋白   |      | %      | 3004410 | NGSP
糖化血红蛋白   |      | mmol/mol | 40762352 | IFCC
自编项目       | WBC  | 10^9/L | 3000905 | the name is unknown, the code is not
肌酐           | CREA | 秒     | 0       | a unit that the item cannot have
未知项目       | XYZ  | mmol/L | 0       | unknown
"""


def test_the_unit_is_part_of_a_laboratory_item(language: Language) -> None:
    expected = rows_of(LABORATORY)
    lets = {"u": {"unit": "unit"}, "item": {"laboratory": "name", "code": "code", "unit": "u"}}
    found = language.lets(lets, [{k: row[k] for k in ("name", "code", "unit")} for row in expected])
    assert [item["concept"] for item in found["item"]] == [int(row["concept"] or 0) for row in expected]


def test_a_number_outside_what_is_possible_is_nothing(language: Language) -> None:
    lets = {
        "u": {"unit": "unit"},
        "item": {"laboratory": "name", "unit": "u"},
        "value": {"number": "text"},
        "limits": {"limits": "item", "unit": "u"},
        "kept": {"within": "value", "limits": "limits"},
        "odd": {"impossible": "value", "limits": "limits"},
    }
    rows = rows_of("""
        name | unit   | text
        钾   | mmol/L | 4.5
        钾   | mmol/L | 45
        钾   | mmol/L | 0.41
        钾   | mmol/L |
        怪项 | mmol/L | 45
    """)
    found = language.lets(lets, rows)
    assert found["kept"] == [4.5, None, None, None, 45.0]
    assert found["odd"] == [False, True, True, False, False]
