"""Lung cancer: the disease, its driver mutations, its stage, its first treatment."""

from __future__ import annotations

from typing import Final

from cohorts.builder import any_of, cohort, concepts, condition, drug, measurement
from cohorts.library.phenotype import Phenotype

_POSITIVE: Final = 45884084
_STAGING = "AJCC/UICC, 8th edition; Goldstraw et al., J Thorac Oncol 2016;11:39-51"
_FLAURA = "Soria et al., N Engl J Med 2018;378:113-125"

LUNG_CANCER = concepts("malignant tumor of lung", 443388)
NON_SMALL_CELL = LUNG_CANCER.without(4110591)
SMALL_CELL = concepts("small cell carcinoma of lung", 4110591)
EGFR_TEST = concepts("EGFR mutation test", 3009224)
ALK_TEST = concepts("ALK rearrangement test", 2000000102)
STAGE_3 = concepts("stage 3", 1633650)
STAGE_4 = concepts("stage 4", 1633308)
EGFR_INHIBITORS = concepts("EGFR tyrosine kinase inhibitors", 2000000546)
SYSTEMIC = concepts("antineoplastic agents", 2000000536)

PHENOTYPES: Final = (
    Phenotype(
        name="lung_cancer",
        version=1,
        specialty="lung_cancer",
        title={"en": "Lung cancer", "zh": "肺癌"},
        description={
            "en": "Persons with a malignant tumour of the lung of any histology, from its first diagnosis on.",
            "zh": "任何组织学类型的肺部恶性肿瘤患者，自首次诊断起。",
        },
        logic={
            "en": "First diagnosis of a malignant tumour of the lung, confirmed by a second one within a year.",
            "zh": "首次诊断肺恶性肿瘤，并在一年内再次诊断予以确认。",
        },
        limits={
            "en": "A person seen once and never again is not found.",
            "zh": "仅就诊一次的患者无法识别。",
        },
        references=("ICD-10 C34",),
        sentence=cohort("lung_cancer")
        .entering_on(condition(LUNG_CANCER).first())
        .requiring("confirmed", condition(LUNG_CANCER).within(0, 365).at_least(2)),
    ),
    Phenotype(
        name="small_cell_lung_cancer",
        version=1,
        specialty="lung_cancer",
        title={"en": "Small cell lung cancer", "zh": "小细胞肺癌"},
        description={
            "en": "Persons with small cell carcinoma of the lung.",
            "zh": "肺小细胞癌患者。",
        },
        logic={
            "en": "First diagnosis of small cell carcinoma of the lung.",
            "zh": "首次诊断肺小细胞癌。",
        },
        limits={
            "en": "Needs the histology as a diagnosis; a code for lung cancer alone does not tell.",
            "zh": "依赖诊断中记录的组织学类型；仅有肺癌编码时无法区分。",
        },
        references=("ICD-O-3 8041/3",),
        sentence=cohort("small_cell_lung_cancer").entering_on(condition(SMALL_CELL).first()),
    ),
    Phenotype(
        name="egfr_mutated_nsclc",
        version=1,
        specialty="lung_cancer",
        title={"en": "EGFR-mutated non-small cell lung cancer", "zh": "EGFR 突变非小细胞肺癌"},
        description={
            "en": "Persons with non-small cell lung cancer and any EGFR mutation.",
            "zh": "携带任意 EGFR 突变的非小细胞肺癌患者。",
        },
        logic={
            "en": "First diagnosis of lung cancer (small cell excepted) with a positive EGFR test around it or later.",
            "zh": "首次诊断肺癌（小细胞肺癌除外），诊断前后或之后 EGFR 检测阳性。",
        },
        limits={
            "en": "Persons never tested are not found; the kind of mutation is not told apart.",
            "zh": "未检测者无法识别；不区分突变亚型。",
        },
        references=(_FLAURA,),
        sentence=cohort("egfr_mutated_nsclc")
        .entering_on(condition(NON_SMALL_CELL).first())
        .requiring("EGFR positive", measurement(EGFR_TEST).with_answer(_POSITIVE).within(-30, None)),
    ),
    Phenotype(
        name="alk_positive_nsclc",
        version=1,
        specialty="lung_cancer",
        title={"en": "ALK-positive non-small cell lung cancer", "zh": "ALK 阳性非小细胞肺癌"},
        description={
            "en": "Persons with non-small cell lung cancer and an ALK rearrangement.",
            "zh": "携带 ALK 重排的非小细胞肺癌患者。",
        },
        logic={
            "en": "First diagnosis of lung cancer (small cell excepted) with a positive ALK test around it or later.",
            "zh": "首次诊断肺癌（小细胞肺癌除外），诊断前后或之后 ALK 检测阳性。",
        },
        limits={"en": "Persons never tested are not found.", "zh": "未检测者无法识别。"},
        references=("ICD-10 C34",),
        sentence=cohort("alk_positive_nsclc")
        .entering_on(condition(NON_SMALL_CELL).first())
        .requiring("ALK positive", measurement(ALK_TEST).with_answer(_POSITIVE).within(-30, None)),
    ),
    Phenotype(
        name="advanced_lung_cancer",
        version=1,
        specialty="lung_cancer",
        title={"en": "Stage III or IV lung cancer", "zh": "III 期或 IV 期肺癌"},
        description={
            "en": "Persons whose lung cancer was in stage III or IV when it was found.",
            "zh": "确诊时为 III 期或 IV 期的肺癌患者。",
        },
        logic={
            "en": "First diagnosis of lung cancer with stage III or IV recorded 30 days before to 90 days after.",
            "zh": "首次诊断肺癌，诊断前 30 天至后 90 天内记录为 III 期或 IV 期。",
        },
        limits={
            "en": "A stage that stands only in free text is not read.",
            "zh": "仅记载于自由文本中的分期无法识别。",
        },
        references=(_STAGING,),
        sentence=cohort("advanced_lung_cancer")
        .entering_on(condition(LUNG_CANCER).first())
        .requiring(
            "stage III or IV", any_of(measurement(STAGE_3).within(-30, 90), measurement(STAGE_4).within(-30, 90))
        ),
    ),
    Phenotype(
        name="first_line_egfr_inhibitor",
        version=1,
        specialty="lung_cancer",
        title={"en": "First-line EGFR inhibitor", "zh": "一线 EGFR 抑制剂治疗"},
        description={
            "en": "Persons with lung cancer whose first systemic treatment is an EGFR tyrosine kinase inhibitor.",
            "zh": "以 EGFR 酪氨酸激酶抑制剂作为首次全身治疗的肺癌患者。",
        },
        logic={
            "en": "First prescription of an EGFR inhibitor, lung cancer by that day, no antineoplastic drug before.",
            "zh": "首次处方 EGFR 抑制剂，当日或之前诊断肺癌，此前未使用抗肿瘤药。",
        },
        limits={
            "en": "Treatment at another hospital is not seen, so that a second line can look like a first.",
            "zh": "无法获知外院治疗，二线治疗可能被误认为一线。",
        },
        references=(_FLAURA,),
        sentence=cohort("first_line_egfr_inhibitor")
        .entering_on(drug(EGFR_INHIBITORS).first())
        .requiring("lung cancer", condition(LUNG_CANCER).up_to_index())
        .excluding("earlier treatment", drug(SYSTEMIC).before()),
    ),
)
