"""Plants synthetic personal identifiers, so that a de-identification gate can be scored.

Names, numbers and addresses are drawn at random; they belong to nobody. Every planted value is recorded with file,
line, column and its place in the cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sample_data.chart import Chart
from sample_data.table import FileSpec, FileTable

IDENTIFIER_COLUMNS = ("kind", "file", "line", "column", "start", "length")

Rows = NDArray[np.int64]

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡"
_COMPOUND_SURNAMES = ("欧阳", "司马", "诸葛", "上官")
_GIVEN = "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰建国志红文辉鹏宇晨欣怡子涵"
_STREETS = ("中山路", "解放东路", "人民南路", "建设西街", "健康巷", "新华大街")
_DISTRICTS = ("鼓楼区", "玄武区", "秦淮区", "栖霞区", "江宁区", "浦口区")
_MAIL_HOSTS = ("example.com", "mail.example.cn", "post.example.org")
_REGIONS = ("320102", "320104", "320106", "320502", "320205", "340102", "340104", "330106")
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK_DIGITS = "10X98765432"

_HEADERS = ("姓名", "身份证号", "联系电话", "现住址", "电子邮箱")
_HEADER_KINDS = ("name", "id_card_18", "mobile", "address", "email")
_PLANTED_FILE = "患者基本信息.csv"

_SENTENCES = {
    "name": ("患者姓名：{}。", "患者{}，"),
    "doctor": ("主治医师签名：{}。", "{}主任医师查房：同意目前诊疗。", "报告医师：{}。"),
    "relative": ("其子{}代述病史。", "联系人：{}。"),
    "id_card_18": ("身份证号{}。", "证件号：{}。"),
    "id_card_15": ("旧身份证号{}。",),
    "mobile": ("联系电话{}。", "家属手机：{}。"),
    "landline": ("家庭电话{}。",),
    "address": ("家住{}。", "现住址：{}。"),
    "email": ("电子邮箱：{}。",),
    "bank_card": ("退费银行卡号{}。",),
}
_PLACES = {
    "病程文书.csv": ("文书内容", tuple(_SENTENCES), 0.05),
    "检查报告.csv": ("诊断意见", ("doctor", "name"), 0.02),
    "随访记录.csv": ("备注", ("mobile", "landline", "relative", "address"), 0.05),
    "生命体征.tsv": ("备注", ("mobile", "name"), 0.003),
    "门诊就诊.csv": ("现病史", ("address", "email", "id_card_18", "mobile"), 0.01),
}


@dataclass
class Planted:
    """Identifiers planted in the rows of one file that belong to one block."""

    file: str
    entries: list[tuple[str, int, str, int, int]] = field(default_factory=list)

    def written(self, lines: Rows) -> bytes:
        """Rows of ``truth/identifiers.csv``, the physical lines being known."""
        return "".join(
            f"{kind},{self.file},{lines[row]},{column},{start},{length}\n"
            for kind, row, column, start, length in self.entries
        ).encode()


def citizen_numbers(rng: np.random.Generator, births: list[str], male: NDArray[np.bool_]) -> list[str]:
    """Draw 18-digit citizen identification numbers with valid check digits (GB 11643).

    Examples
    --------
    >>> import numpy as np
    >>> number, = citizen_numbers(np.random.default_rng(1), ["19600506"], np.array([True]))
    >>> len(number), number[6:14]
    (18, '19600506')
    """
    regions = rng.choice(_REGIONS, len(births)).tolist()
    orders = (rng.integers(0, 499, len(births)) * 2 + male).tolist()
    bodies = [f"{region}{birth}{order:03d}" for region, birth, order in zip(regions, births, orders, strict=True)]
    return [body + check_digit(body) for body in bodies]


def check_digit(body: str) -> str:
    """Check digit of the first 17 digits of a citizen identification number.

    Examples
    --------
    >>> check_digit("11010519491231002")
    'X'
    """
    total = int((np.array([int(digit) for digit in body]) * _WEIGHTS).sum())
    return _CHECK_DIGITS[total % 11]


def bank_card(rng: np.random.Generator) -> str:
    """Draw a 19-digit card number with a valid Luhn check digit."""
    digits = [6, 2, 2, 8, *rng.integers(0, 10, 14).tolist()]
    doubled = [
        sum(divmod(2 * digit, 10)) if position % 2 == 0 else digit for position, digit in enumerate(digits[::-1])
    ]
    return "".join(map(str, digits)) + str(-sum(doubled) % 10)


def _name(rng: np.random.Generator) -> str:
    compound = rng.random() < 0.03
    surname = _COMPOUND_SURNAMES[rng.integers(4)] if compound else _SURNAMES[rng.integers(len(_SURNAMES))]
    given = "".join(_GIVEN[position] for position in rng.integers(0, len(_GIVEN), rng.integers(1, 3)))
    return surname + given


def _mobile(rng: np.random.Generator) -> str:
    return f"1{rng.integers(3, 10)}{rng.integers(0, 10**9):09d}"


def _address(rng: np.random.Generator) -> str:
    street, district = _STREETS[rng.integers(len(_STREETS))], _DISTRICTS[rng.integers(len(_DISTRICTS))]
    return f"江苏省南京市{district}{street}{rng.integers(1, 400)}号{rng.integers(1, 30)}幢{rng.integers(101, 2600)}室"


def _email(rng: np.random.Generator) -> str:
    return f"user{rng.integers(10**4, 10**7)}@{_MAIL_HOSTS[rng.integers(len(_MAIL_HOSTS))]}"


def _birth_texts(chart: Chart, person: Rows) -> list[str]:
    births = chart.truth.people.birth[person].astype("datetime64[D]")
    return [str(birth).replace("-", "") for birth in births]


def _makers(chart: Chart, rng: np.random.Generator, person: int) -> dict[str, Callable[[], str]]:
    at = np.array([person])
    birth = _birth_texts(chart, at)

    def citizen() -> str:
        return citizen_numbers(rng, birth, chart.truth.people.male[at])[0]

    return {
        "name": lambda: _name(rng),
        "doctor": lambda: _name(rng),
        "relative": lambda: _name(rng),
        "id_card_18": citizen,
        "id_card_15": lambda: f"{_REGIONS[0]}{birth[0][2:]}{rng.integers(1, 999):03d}",
        "mobile": lambda: _mobile(rng),
        "landline": lambda: f"025-{rng.integers(50_000_000, 89_999_999)}",
        "address": lambda: _address(rng),
        "email": lambda: _email(rng),
        "bank_card": lambda: bank_card(rng),
    }


def planted_specs(specs: tuple[FileSpec, ...]) -> tuple[FileSpec, ...]:
    """Files of an extract in which nobody took the identifying columns out."""
    return tuple(
        replace(spec, columns=spec.columns + _HEADERS) if spec.name == _PLANTED_FILE else spec for spec in specs
    )


def _plant_columns(chart: Chart, table: FileTable, planted: Planted) -> None:
    rng = chart.rng("identifying columns")
    (spec,) = planted_specs((table.spec,))
    everyone = table.person
    values = {
        "姓名": [_name(rng) for _ in everyone],
        "身份证号": citizen_numbers(rng, _birth_texts(chart, everyone), chart.truth.people.male[everyone]),
        "联系电话": [_mobile(rng) for _ in everyone],
        "现住址": [_address(rng) for _ in everyone],
        "电子邮箱": [_email(rng) for _ in everyone],
    }
    table.spec = spec
    for header, kind in zip(_HEADERS, _HEADER_KINDS, strict=True):
        table.columns[header] = table.text.constant("", len(table.columns["患者ID"]))
        table.change_texts(header, np.arange(len(table)), values[header])
        planted.entries += [(kind, row, header, 0, len(value)) for row, value in enumerate(values[header])]


def _plant_sentences(chart: Chart, table: FileTable, planted: Planted) -> None:
    column, kinds, share = _PLACES[table.spec.name]
    rng = chart.rng(f"identifiers in {table.spec.name}")
    rows = np.flatnonzero(~table.taken & (rng.random(len(table)) < share))
    changed = []
    for row, original in zip(rows.tolist(), table.texts(column, rows), strict=True):
        kind = kinds[rng.integers(len(kinds))]
        wordings = _SENTENCES[kind]
        before, _, after = wordings[rng.integers(len(wordings))].partition("{}")
        if original and not original.endswith("。"):
            before = "。" + before
        value = _makers(chart, rng, int(table.person[row]))[kind]()
        planted.entries.append((kind, row, column, len(original) + len(before), len(value)))
        changed.append(original + before + value + after)
    table.change_texts(column, rows, changed)


def plant_identifiers(chart: Chart, tables: dict[str, FileTable]) -> dict[str, Planted]:
    """Plant identifiers in the files of a block: whole columns of the patients' file, and sentences in free text.

    Parameters
    ----------
    chart
        Charts of the block.
    tables
        Its files, by name; changed in place.

    Returns
    -------
    dict
        What was planted in each file.
    """
    planted = {name: Planted(name) for name in tables}
    _plant_columns(chart, tables[_PLANTED_FILE], planted[_PLANTED_FILE])
    for name in _PLACES:
        _plant_sentences(chart, tables[name], planted[name])
    return planted
