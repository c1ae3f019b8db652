"""What the slots of clinical texts say about a person and an encounter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.cells import Cells, Encoder, decimal_numbers, join, whole_numbers
from sample_data.chart import Chart
from sample_data.days import completed_years
from sample_data.journeys.course import HISTOLOGY_NAMES, LOBES, metastatic_sites, site_phrases, size_on
from sample_data.journeys.follow_up import ecog_on, response_on
from sample_data.people.cancer_codes import ALK, DEL19, KRAS, L858R, NOT_TESTED, UNCOMMON, WILD
from sample_data.wording import Slots

_DURATIONS = ("1周余", "2周", "20余天", "1月余", "1月", "2月", "3月余", "半年", "1年余", "2年余")

MUTATION_PHRASES = {
    WILD: "EGFR野生型",
    DEL19: "EGFR 19外显子缺失突变",
    L858R: "EGFR 21外显子L858R突变",
    UNCOMMON: "EGFR少见突变",
    ALK: "EGFR野生型、ALK融合阳性",
    KRAS: "EGFR野生型、KRAS突变",
    NOT_TESTED: "基因检测未送检",
}
RESPONSE_PHRASES = ("待评价", "CR", "PR", "SD", "PD")

_COMORBIDITY_PHRASES = (
    ("HYPERTENSION", ("高血压病史{years}年，规律服用降压药，血压控制可", "有高血压病史{years}年余，最高达170/100mmHg")),
    ("TYPE2_DIABETES", ("2型糖尿病病史{years}年，口服降糖药治疗", "糖尿病病史{years}年余")),
    ("CORONARY", ("冠心病病史{years}年，否认心肌梗死史", "有冠心病史，长期服用阿司匹林")),
    ("COPD", ("慢性阻塞性肺疾病病史{years}年", "慢阻肺病史，间断吸入药物治疗")),
    ("CHRONIC_HEPATITIS_B", ("慢性乙型肝炎病史，口服恩替卡韦抗病毒", "乙肝病史多年")),
    ("CKD", ("慢性肾脏病病史{years}年", "既往发现肾功能异常")),
)
_DENIALS = ("否认高血压、糖尿病、冠心病病史", "否认高血压、糖尿病及肝炎、结核等传染病史", "既往体健，无慢性病史")
_FAMILY = (
    "否认家族性遗传病史及肿瘤家族史",
    "父亲因“肺癌”去世，母亲体健",
    "母亲患2型糖尿病，余家族成员体健",
    "父母均有高血压病史，否认家族遗传病史",
    "一兄患冠心病，否认其他家族性疾病史",
    "父母已故，死因不详，否认遗传病史",
)
_SURGERY = ("否认手术、外伤及输血史", "10年前行阑尾切除术，无输血史", "否认重大外伤手术史")
_ALLERGY = ("否认食物、药物过敏史", "否认药物过敏史", "青霉素皮试阳性，余否认过敏")


class _Maker:
    """Makes the cells of each slot for a set of encounters."""

    def __init__(self, chart: Chart, text: Encoder, rows: NDArray[np.int64], topic: str) -> None:
        self.chart, self.text, self.truth = chart, text, chart.truth
        self.encounters = chart.encounters.take(rows)
        self.person = self.encounters.person
        self.day = self.encounters.start_day
        self.size = len(rows)
        self.rng = chart.rng(f"slots of {topic}")
        self.personal = chart.rng("personal phrases").random((len(chart.truth.people), 8))

    def pick(self, phrases: tuple[str, ...], draw: NDArray[np.float64]) -> Cells:
        return self.text.pick(phrases, (draw * len(phrases)).astype(np.int64))

    def any_of(self, *phrases: str) -> Cells:
        return self.pick(phrases, self.rng.random(self.size))

    def of_person(self, column: int, phrases: tuple[str, ...]) -> Cells:
        return self.pick(phrases, self.personal[self.person, column])

    def number(self, low: int, high: int) -> Cells:
        return whole_numbers(self.rng.integers(low, high + 1, self.size))

    def tumour_size(self) -> Cells:
        return two_diameters(self.text, size_on(self.truth, self.person, self.day))

    def comorbidities(self) -> Cells:
        phrases = []
        found = np.zeros(self.size, np.int64)
        for column, (condition, wordings) in enumerate(_COMORBIDITY_PHRASES):
            present = self.truth.onsets.has(condition, self.person, self.day)
            separator = self.text.pick(("", "；"), (present & (found > 0)).astype(np.int64))
            years = 1 + (self.day - self.truth.onsets.of(condition)[self.person]) // 365
            sentence = _with_years(self.text, self.personal[self.person, column], wordings, years, present)
            phrases += [separator, self.text.where(present, sentence)]
            found += present
        denial = self.of_person(6, _DENIALS)
        return join([*phrases, self.text.where(found == 0, denial)])

    def smoking(self) -> Cells:
        smoker = self.truth.people.smoker[self.person]
        yes = self.of_person(
            0, ("吸烟30余年，约20支/日，未戒烟", "吸烟20余年，约10支/日，已戒烟3年", "吸烟40年，约20支/日，少量饮酒")
        )
        no = self.of_person(0, ("无吸烟、饮酒史", "否认吸烟史，偶有饮酒", "否认烟酒嗜好"))
        return join([self.text.where(smoker, yes), self.text.where(~smoker, no)])


def _with_years(
    text: Encoder,
    draw: NDArray[np.float64],
    wordings: tuple[str, ...],
    years: NDArray[np.int64],
    present: NDArray[np.bool_],
) -> Cells:
    spelled = whole_numbers(np.clip(np.where(present, years, 1), 1, 40))
    chosen = (draw * len(wordings)).astype(np.int64)
    before = tuple(wording.partition("{years}")[0] for wording in wordings)
    after = tuple(wording.partition("{years}")[2] for wording in wordings)
    asks = np.array(["{years}" in wording for wording in wordings])[chosen]
    return join([text.pick(before, chosen), text.where(asks, spelled), text.pick(after, chosen)])


def two_diameters(text: Encoder, longest: NDArray[np.float64]) -> Cells:
    """Spell a tumour's size as two diameters in mm."""
    size = len(longest)
    return join(
        [
            whole_numbers(np.rint(longest).astype(np.int64)),
            text.constant("mm×", size),
            whole_numbers(np.rint(longest * 0.72).astype(np.int64)),
            text.constant("mm", size),
        ]
    )


def clinical_slots(chart: Chart, text: Encoder, rows: NDArray[np.int64], topic: str) -> Slots:
    """Slots for texts about these encounters.

    Parameters
    ----------
    chart, text
        Charts of the block and the encoder of the file.
    rows
        Positions of the encounters; the cells have their order.
    topic
        Name of the stream of random numbers for free wording.
    """
    m = _Maker(chart, text, rows, topic)
    truth, people, tumours = chart.truth, chart.truth.people, chart.truth.tumours
    regimens, stages = catalog.table("regimens"), catalog.table("stages")
    end_day = chart.encounters.end_day[rows]

    def regimen() -> Cells:
        given = np.where(m.encounters.regimen >= 0, m.encounters.regimen, _latest_regimen(chart, m.person, m.day))
        labels = (*regimens["label"], "抗肿瘤")
        return text.pick(labels, np.where(given >= 0, given, len(labels) - 1))

    def stage() -> Cells:
        label = tuple(f"{key}期" for key in stages["key"])
        return text.pick(label, tumours.substage[m.person])

    def line_start() -> Cells:
        passed = tumours.line_start[m.person] <= m.day[:, None]
        latest = np.where(passed, tumours.line_start[m.person], 0).max(axis=1)
        return text.days(np.where(latest > 0, latest, m.day), "chinese")

    makers: dict[str, Callable[[], Cells]] = {
        "age": lambda: whole_numbers(completed_years(people.birth[m.person], m.day)),
        "sex": lambda: text.pick(("女性", "男性"), people.male[m.person].astype(np.int64)),
        "duration": lambda: m.any_of(*_DURATIONS),
        "hours": lambda: m.number(2, 12),
        "days_ill": lambda: m.number(2, 9),
        "steps": lambda: m.any_of("100", "200", "300", "500"),
        "weightloss": lambda: m.any_of("2", "3", "5"),
        "bleeding": lambda: m.any_of("50", "80", "100", "150"),
        "nodes": lambda: m.number(6, 18),
        "drained": lambda: m.any_of("500", "600", "800", "1000"),
        "urine": lambda: m.any_of("1500", "1800", "2200", "2600"),
        "ultrafiltration": lambda: m.any_of("1500", "2000", "2500", "3000"),
        "fever": lambda: m.any_of("38.2", "38.5", "38.9", "39.3"),
        "retina": lambda: m.any_of("未见明显视网膜病变", "可疑微血管瘤，建议随诊", "眼底未见出血渗出"),
        "condition": lambda: text.pick(catalog.table("conditions")["name"], m.encounters.condition),
        "lobe": lambda: text.pick(LOBES, tumours.lobe[m.person]),
        "size": m.tumour_size,
        "histology": lambda: text.pick(HISTOLOGY_NAMES, tumours.histology[m.person]),
        "mutation": lambda: text.pick(tuple(MUTATION_PHRASES.values()), tumours.mutation[m.person]),
        "stage": stage,
        "ecog": lambda: whole_numbers(ecog_on(truth, m.person, m.day)),
        "response": lambda: text.pick(RESPONSE_PHRASES, response_on(truth, m.person, m.day)),
        "organ": lambda: text.pick(site_phrases(), metastatic_sites(truth, m.person, m.day)),
        "brain": lambda: text.pick(
            ("头颅MRI未见脑转移", "头颅MRI提示脑转移"), tumours.brain[m.person].astype(np.int64)
        ),
        "regimen": regimen,
        "cycle": lambda: whole_numbers(np.maximum(m.encounters.cycle, 1)),
        "diagnosisdate": lambda: text.days(np.minimum(tumours.diagnosed[m.person], truth.span.end), "chinese"),
        "linedate": line_start,
        "entrydate": lambda: text.days(people.entry[m.person], "chinese"),
        "admitdate": lambda: text.days(m.day, "chinese"),
        "examdate": lambda: text.days(m.day + 1, "iso"),
        "dischargedate": lambda: text.days(end_day, "chinese"),
        "comorbidities": m.comorbidities,
        "smoking": m.smoking,
        "family": lambda: m.of_person(5, _FAMILY),
        "surgery": lambda: m.of_person(3, _SURGERY),
        "allergy": lambda: m.of_person(4, _ALLERGY),
        "lvef": lambda: decimal_numbers(truth.organs.ejection_fraction[m.person], 0),
    }
    return Slots(makers)


def _latest_regimen(chart: Chart, person: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
    tumours, diabetics = chart.truth.tumours, chart.truth.diabetics
    begun = (tumours.line_start[person] <= day[:, None]) & (tumours.regimen[person] >= 0)
    line = np.where(begun, np.arange(begun.shape[1]), -1).max(axis=1)
    of_tumour = np.where(line >= 0, tumours.regimen[person, np.maximum(line, 0)], -1)
    metformin = catalog.table("regimens").position("MET")
    of_diabetes = np.where(day >= diabetics.index[person], diabetics.add_on[person], metformin)
    return np.where(diabetics.add_on[person] >= 0, of_diabetes, of_tumour)
