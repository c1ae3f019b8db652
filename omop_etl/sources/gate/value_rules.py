"""Identifiers as they look in values, as SQL conditions over a text.

Every rule first has a pattern that DuckDB's regular expressions (RE2) can run over whole columns; what matches is then
put to the test: a checksum, a region, a date, words before it. A *strong* rule refuses wherever it holds. A *weak* one,
whose numbers look like any others, does not refuse in columns of record numbers and measured values, nor after words
that announce a record number.
"""

from __future__ import annotations

from dataclasses import dataclass

REGIONS = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
"""First two digits of the codes of China's provinces (GB/T 2260)."""

_DAY = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
RESIDENT_ID = REGIONS + "[0-9]{4}(?:18|19|20)[0-9]{2}" + _DAY + "[0-9]{3}[0-9X]"
RESIDENT_ID_15 = REGIONS + "[0-9]{4}[0-9]{2}" + _DAY + "[0-9]{3}"
MOBILE = "(?:1[3-9][0-9]{9}|1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4})"
LANDLINE = "(?:\\(?0(?:10|2[0-9]|[3-9][0-9]{2})\\)?[ -]|\\(0(?:10|2[0-9]|[3-9][0-9]{2})\\))[2-9][0-9]{6,7}"
EMAIL = "[A-Z0-9._%+-]+@[A-Z0-9-]+(?:\\.[A-Z0-9-]+)*\\.[A-Z]{2,}"
BANK_CARD = "[3-6][0-9]{14,18}"
PASSPORT = "(?:[EGDSPH][0-9]{8}|E[A-HJ-NP-Z][0-9]{7})"
PERMIT = "[HMC][0-9]{8,10}"
PLATE = (
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9学警港澳]"
)
ACCOUNT = "[A-Z][A-Z0-9_-]{5,19}|[1-9][0-9]{4,10}"

SHORTEST = 6
"""Characters that a cell must have to hold an identifier."""

SHORTEST_NUMBER, SHORTEST_STRONG_NUMBER = 11, 18
"""The same for a cell of ASCII characters without an at sign, by weak rules and by strong ones."""

_WORDS = "身份证|证件|公民身份|电话|联系方式|座机|传真|卡号|账号|帐号|账户|开户|银行|护照|通行证|回乡证|台胞证"
_WORDS += "|车牌|微信|(?i)TEL|QQ"
_STRONG = f"{RESIDENT_ID}|{RESIDENT_ID[: -len('[0-9X]')]}x|@|＠|[０-９]{{7}}|{_WORDS}"
CANDIDATE = f"{_STRONG}|{RESIDENT_ID_15}|{MOBILE}|{LANDLINE}"
"""What any rule could match; run over every cell."""

CANDIDATE_IN_NUMBERS = _STRONG
"""What a strong rule could match; run over the cells of columns of record numbers and measured values."""

RECORD_NUMBER_COLUMN = (
    "(号|号码|编号|流水号|条码|代码|编码|序号|标识|主键|ID|_?id|code|no|cfh|jzlsh|ywdm|yzzh|patid|A01|A48|A49|C11)$"
)
"""Columns whose values are numbers of records, where a run of digits says nothing."""

MEASURED_COLUMN = "(结果|数值|定量|剂量|总量|费用|金额|数量|次数|天数|计数|时间|日期|^D[0-9]{2}|^B1[25]|kfrq)"
"""Columns of measured values, sums of money and points in time."""

RECORD_NUMBER_BEFORE = (
    "(?:条码|编号|病理号|检查号|住院号|门诊号|病案号|标本号|流水号|影像号|登记号|申请号|报告号|批号|序列号"
    "|No\\.?|ID)[号:： ]*"
)
"""Words that announce the number of a record."""

UNIT_AFTER = "\\s*(?:IU|U/|copies|拷贝|/mL|/ml|×10|\\*10|个/|%)"
"""Units that show that the number before them was measured."""


@dataclass(frozen=True)
class ValueRule:
    """One kind of identifier.

    Attributes
    ----------
    name : str
        Name in findings.
    pattern : str
        Regular expression of the identifier itself, for text in capital letters and half-width digits.
    test : str
        SQL condition on the match, written ``x``; ``true`` where the pattern is enough.
    before : str
        Regular expression of words that must stand before it, in the text or as the column's name; empty for none.
    weak : bool
        Numbers that look like any others.
    share : float
        Part of a column's values that must match for the column to be refused; 0 where a single one is enough.
    """

    name: str
    pattern: str
    test: str = "true"
    before: str = ""
    weak: bool = False
    share: float = 0.0

    @property
    def in_text(self) -> str:
        """Pattern with what must stand around it; its group 1 is the identifier."""
        lead = f"(?:{self.before})[号码为是:： ]{{0,4}}" if self.before else "(?:^|[^0-9A-Z])"
        return f"{lead}({self.pattern})(?:[^0-9A-Z]|$)"


def _weighted(weights: tuple[int, ...]) -> str:
    return " + ".join(f"TRY_CAST(x[{i}] AS INTEGER) * {weight}" for i, weight in enumerate(weights, 1))


_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKSUM_18 = f"x[18] = '10X98765432'[({_weighted(_ID_WEIGHTS)}) % 11 + 1]"
"""Check digit of GB 11643-1999."""

REAL_DAY = "try_strptime(x[7:14], '%Y%m%d') BETWEEN TIMESTAMP '1880-01-01' AND current_timestamp::TIMESTAMP"
REAL_DAY_15 = "try_strptime('19' || x[7:12], '%Y%m%d') IS NOT NULL"
LUHN = (
    "(list_sum(list_transform(range(1, len(x) + 1), lambda i: CASE WHEN (len(x) - i) % 2 = 0 "
    "THEN TRY_CAST(x[i] AS INTEGER) WHEN TRY_CAST(x[i] AS INTEGER) > 4 THEN TRY_CAST(x[i] AS INTEGER) * 2 - 9 "
    "ELSE TRY_CAST(x[i] AS INTEGER) * 2 END)) % 10 = 0)"
)
"""Luhn's check digit."""

VALUE_RULES: tuple[ValueRule, ...] = (
    ValueRule("resident_id", RESIDENT_ID, f"({CHECKSUM_18}) AND ({REAL_DAY})"),
    ValueRule("resident_id_15", RESIDENT_ID_15, REAL_DAY_15, before="身份证|证件|公民身份"),
    ValueRule("resident_id_15", RESIDENT_ID_15, REAL_DAY_15, weak=True, share=0.5),
    ValueRule("mobile_phone", MOBILE, weak=True),
    ValueRule("landline", LANDLINE, weak=True),
    ValueRule("landline", "0(?:10|2[0-9]|[3-9][0-9]{2})[2-9][0-9]{6,7}", before="电话|联系方式|座机|传真|TEL"),
    ValueRule("email", EMAIL),
    ValueRule("bank_card", BANK_CARD, LUHN, before="银行卡?|卡号|账号|帐号|账户|开户"),
    ValueRule("passport", PASSPORT, before="护照"),
    ValueRule("travel_permit", PERMIT, before="通行证|回乡证|台胞证"),
    ValueRule("number_plate", PLATE, before="车牌"),
    ValueRule("messenger_account", ACCOUNT, before="微信|QQ"),
)
"""Every rule, in the order in which they are reported."""
