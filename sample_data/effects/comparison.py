"""Drug comparisons with a known hazard ratio that are confounded by indication.

The same numbers that draw treatment and survival are written to ``truth/effects.json``; nothing is stated twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from sample_data.randomness import bernoulli_logit, weibull_times

Values = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Confounder:
    """A baseline fact that moves both the choice of drug and the hazard.

    Parameters
    ----------
    key
        Column of ``truth/persons.csv``.
    english, chinese
        What it is.
    log_hazard_ratio
        Its coefficient in the hazard model.
    log_odds_ratio
        Its coefficient in the model of being given the target drug.
    where
        File, column and code by which it is found in the extract.
    concept_ids
        OMOP concepts of the code, where there are any.
    """

    key: str
    english: str
    chinese: str
    log_hazard_ratio: float
    log_odds_ratio: float
    where: str
    concept_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Drug:
    """A drug of a comparison: its ingredient in the extract and its OMOP concept."""

    ingredient: str
    concept_id: int


@dataclass(frozen=True)
class Comparison:
    """A target and a comparator drug, the outcome, and the models of treatment and outcome.

    The hazard of the outcome is Weibull, ``h(t) = shape / scale * (t / scale) ** (shape - 1) * exp(lp)`` with `t` in
    days from the index date and `lp` the sum of the true log hazard ratio (target drug) and of the confounders.
    """

    key: str
    english: str
    chinese: str
    cohort_english: str
    cohort_chinese: str
    index_date: str
    target: tuple[Drug, ...]
    comparator: tuple[Drug, ...]
    outcome: str
    outcome_where: str
    outcome_concept_ids: tuple[int, ...]
    hazard_ratio: float
    shape: float
    scale: float
    assignment_intercept: float
    confounders: tuple[Confounder, ...]

    def log_hazard(self, values: Values) -> NDArray[np.float64]:
        """Log hazard ratio of the confounders alone."""
        return np.asarray(sum(c.log_hazard_ratio * values[c.key] for c in self.confounders), float)

    def draw_target(self, rng: np.random.Generator, values: Values) -> NDArray[np.bool_]:
        """Draw who is given the target drug."""
        logit = self.assignment_intercept + sum(c.log_odds_ratio * values[c.key] for c in self.confounders)
        return bernoulli_logit(rng, np.asarray(logit, float))

    def draw_times(self, rng: np.random.Generator, values: Values, target: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Draw days from the index date to the outcome."""
        return weibull_times(rng, self.log_hazard(values) + log(self.hazard_ratio) * target, self.shape, self.scale)


LUNG = Comparison(
    key="lung",
    english="First-line osimertinib versus gefitinib and death from any cause, confounded by indication",
    chinese="一线奥希替尼与吉非替尼的全因死亡比较（存在适应证混杂）",
    cohort_english="EGFR-mutated (19del, L858R) non-small cell lung cancer, stage III or IV, treatment-naive",
    cohort_chinese="EGFR突变（19del或L858R）的III–IV期非小细胞肺癌，既往未接受系统治疗",
    index_date="first prescription of either drug; no other EGFR inhibitor or chemotherapy before it",
    target=(Drug("奥希替尼", 35605522),),
    comparator=(Drug("吉非替尼", 1319193),),
    outcome="death from any cause",
    outcome_where="病案首页 B34C = 5; 死亡记录; 随访记录.死亡日期",
    outcome_concept_ids=(),
    hazard_ratio=0.60,
    shape=1.25,
    scale=1500.0,
    assignment_intercept=-1.95,
    confounders=(
        Confounder(
            "ecog_2_or_more",
            "ECOG performance status 2 or more at baseline",
            "基线ECOG评分≥2",
            0.85,
            1.7,
            "随访记录.ECOG评分, last value in the 30 days up to the index date",
        ),
        Confounder(
            "stage_iv",
            "stage IV (reference: stage III)",
            "IV期（对照：III期）",
            0.60,
            1.4,
            "病理报告.病理分期 and TNM分期, last report before the index date",
            (1633308,),
        ),
        Confounder(
            "liver_metastasis",
            "liver metastasis at baseline",
            "基线肝转移",
            0.55,
            1.3,
            "病案首页 and 诊断明细, code C78.7, any time up to the index date",
            (198700,),
        ),
        Confounder(
            "copd",
            "chronic obstructive pulmonary disease at baseline",
            "基线慢性阻塞性肺疾病",
            0.30,
            0.3,
            "病案首页 and 诊断明细, code J44.9, any time up to the index date",
            (255573,),
        ),
        Confounder(
            "age_decades",
            "age at index, in decades from 63",
            "索引日年龄（以63岁为中心，每10岁）",
            0.25,
            0.5,
            "患者基本信息.出生日期",
        ),
        Confounder("male", "male sex", "男性", 0.15, 0.0, "患者基本信息.性别代码 = 1", (8507,)),
    ),
)

DIABETES = Comparison(
    key="diabetes",
    english="SGLT2 inhibitor versus sulfonylurea added to metformin and first stroke: no effect, confounded",
    chinese="二甲双胍基础上加用SGLT2抑制剂与磺脲类的首次脑梗死比较（真实效应为零，存在混杂）",
    cohort_english="type 2 diabetes on metformin, first add-on drug, no cerebral infarction before",
    cohort_chinese="服用二甲双胍的2型糖尿病，首次加用第二种降糖药，既往无脑梗死",
    index_date="first prescription of the add-on drug",
    target=(Drug("达格列净", 44785829), Drug("恩格列净", 45774751)),
    comparator=(Drug("格列美脲", 1597756), Drug("格列齐特", 19059796)),
    outcome="first cerebral infarction",
    outcome_where="病案首页 C03C / 诊断明细, code I63.9",
    outcome_concept_ids=(443454,),
    hazard_ratio=1.0,
    shape=1.1,
    scale=7000.0,
    assignment_intercept=0.45,
    confounders=(
        Confounder(
            "age_decades",
            "age at index, in decades from 60",
            "索引日年龄（以60岁为中心，每10岁）",
            0.50,
            -0.65,
            "患者基本信息.出生日期",
        ),
        Confounder("male", "male sex", "男性", 0.20, 0.0, "患者基本信息.性别代码 = 1", (8507,)),
        Confounder(
            "hypertension",
            "hypertension at baseline",
            "基线高血压",
            0.50,
            -0.40,
            "诊断明细 and 病案首页, code I10, any time up to the index date",
            (320128,),
        ),
        Confounder(
            "coronary",
            "coronary artery disease at baseline",
            "基线冠心病",
            0.40,
            0.40,
            "诊断明细 and 病案首页, code I25.1, any time up to the index date",
            (317576,),
        ),
        Confounder(
            "ckd",
            "chronic kidney disease at baseline",
            "基线慢性肾脏病",
            0.55,
            -1.30,
            "诊断明细 and 病案首页, code N18.9, any time up to the index date",
            (46271022,),
        ),
        Confounder(
            "hba1c",
            "HbA1c at index, percent, from 8.5",
            "索引日糖化血红蛋白（%，以8.5为中心）",
            0.15,
            -0.35,
            "检验报告.糖化血红蛋白 on the index date",
            (3004410,),
        ),
        Confounder(
            "obesity",
            "obesity at baseline (moves the choice of drug only)",
            "基线肥胖（只影响用药选择）",
            0.0,
            0.90,
            "诊断明细 and 病案首页, code E66.9, any time up to the index date",
            (433736,),
        ),
    ),
)
