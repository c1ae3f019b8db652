"""Type 2 diabetes: the disease, its control, its kidneys, its treatment."""

from __future__ import annotations

from typing import Final

from cohorts.builder import any_of, cohort, concepts, condition, drug, measurement
from cohorts.library.phenotype import Phenotype

_ADA = "American Diabetes Association, Standards of Care in Diabetes: HbA1c of 6.5 % or more"
_KDIGO = "KDIGO 2024 guideline for chronic kidney disease, Kidney Int 2024;105(4S):S117-S314"
_PERCENT: Final = 8554

TYPE_2 = concepts("type 2 diabetes", 201826)
TYPE_1 = concepts("type 1 diabetes", 201254)
HBA1C = concepts("HbA1c", 3004410)
GLUCOSE_LOWERING = concepts("blood glucose lowering drugs", 2000000505)
METFORMIN = concepts("metformin", 1503297)
SGLT2 = concepts("SGLT2 inhibitors", 44785829, 45774751)
CKD = concepts("chronic kidney disease", 46271022)
EGFR = concepts("estimated glomerular filtration rate", 40764999)

PHENOTYPES: Final = (
    Phenotype(
        name="type_2_diabetes",
        version=1,
        specialty="diabetes",
        title={"en": "Type 2 diabetes", "zh": "2 型糖尿病"},
        description={
            "en": "Persons with type 2 diabetes, whether it is diagnosed, treated or seen in the laboratory.",
            "zh": "2 型糖尿病患者，包括已诊断、已治疗或由检验结果提示者。",
        },
        logic={
            "en": "First diagnosis; a second one, a glucose-lowering drug, or an HbA1c of 6.5 % or more at any time.",
            "zh": "首次诊断 2 型糖尿病，且在任意时间有再次诊断、使用降糖药或糖化血红蛋白 ≥ 6.5%。",
        },
        limits={
            "en": "Diabetes that nobody has diagnosed is not found.",
            "zh": "从未被诊断的糖尿病无法识别。",
        },
        references=(_ADA, "ICD-10 E11"),
        sentence=cohort("type_2_diabetes")
        .entering_on(condition(TYPE_2).first())
        .requiring(
            "confirmed",
            any_of(
                condition(TYPE_2).within(None, None).at_least(2),
                drug(GLUCOSE_LOWERING).within(None, None),
                measurement(HBA1C).with_value(at_least=6.5, unit=_PERCENT).within(None, None),
            ),
        ),
    ),
    Phenotype(
        name="poorly_controlled_diabetes",
        version=1,
        specialty="diabetes",
        title={"en": "Poorly controlled type 2 diabetes", "zh": "血糖控制不佳的 2 型糖尿病"},
        description={
            "en": "Persons with type 2 diabetes and an HbA1c of 9 % or more while treated with metformin.",
            "zh": "使用二甲双胍治疗期间糖化血红蛋白 ≥ 9% 的 2 型糖尿病患者。",
        },
        logic={
            "en": "First HbA1c of 9 % or more with type 2 diabetes before and metformin in the 180 days before.",
            "zh": "首次糖化血红蛋白 ≥ 9%，此前诊断 2 型糖尿病，且前 180 天内使用二甲双胍。",
        },
        limits={
            "en": "Says nothing about whether the drug was taken.",
            "zh": "无法判断是否实际服药。",
        },
        references=(_ADA,),
        sentence=cohort("poorly_controlled_diabetes")
        .entering_on(measurement(HBA1C).with_value(at_least=9, unit=_PERCENT))
        .requiring("type 2 diabetes", condition(TYPE_2).up_to_index())
        .requiring("metformin", drug(METFORMIN).up_to_index(180)),
    ),
    Phenotype(
        name="metformin_with_sglt2_inhibitor",
        version=1,
        specialty="diabetes",
        title={"en": "Metformin with an SGLT2 inhibitor", "zh": "二甲双胍联合 SGLT2 抑制剂"},
        description={
            "en": "Persons with type 2 diabetes who begin an SGLT2 inhibitor beside metformin.",
            "zh": "在二甲双胍基础上起始 SGLT2 抑制剂的 2 型糖尿病患者。",
        },
        logic={
            "en": "First SGLT2 inhibitor, type 2 diabetes before, metformin within 90 days around.",
            "zh": "首次使用 SGLT2 抑制剂，此前诊断 2 型糖尿病，前后 90 天内使用二甲双胍。",
        },
        limits={
            "en": "Prescriptions outside the hospital are not seen.",
            "zh": "无法获知院外处方。",
        },
        references=(_ADA,),
        sentence=cohort("metformin_with_sglt2_inhibitor")
        .entering_on(drug(SGLT2).first())
        .requiring("type 2 diabetes", condition(TYPE_2).up_to_index())
        .requiring("metformin", drug(METFORMIN).within(-90, 90)),
    ),
    Phenotype(
        name="diabetes_with_kidney_disease",
        version=1,
        specialty="diabetes",
        title={"en": "Type 2 diabetes with chronic kidney disease", "zh": "2 型糖尿病合并慢性肾脏病"},
        description={
            "en": "Persons with type 2 diabetes and chronic kidney disease.",
            "zh": "2 型糖尿病合并慢性肾脏病患者。",
        },
        logic={
            "en": "First diagnosis of type 2 diabetes; kidney disease diagnosed, or eGFR below 60 on three days.",
            "zh": "首次诊断 2 型糖尿病；诊断慢性肾脏病，或至少 3 个不同日期 eGFR < 60。",
        },
        limits={
            "en": "Kidney damage that shows in the urine alone is not found.",
            "zh": "仅表现为尿检异常的肾损害无法识别。",
        },
        references=(_KDIGO,),
        sentence=cohort("diabetes_with_kidney_disease")
        .entering_on(condition(TYPE_2).first())
        .requiring(
            "kidney disease",
            any_of(
                condition(CKD).within(None, None),
                measurement(EGFR).with_value(below=60).within(None, None).at_least(3, different="START_DATE"),
            ),
        ),
    ),
)
