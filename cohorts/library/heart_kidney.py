"""Heart failure and chronic kidney disease."""

from __future__ import annotations

from typing import Final

from cohorts.builder import any_of, cohort, concepts, condition, drug, measurement, procedure
from cohorts.library.diabetes import CKD, EGFR
from cohorts.library.phenotype import Phenotype

_ESC = "ESC 2021 guidelines for heart failure, Eur Heart J 2021;42:3599-3726"
_KDIGO = "KDIGO 2024 guideline for chronic kidney disease, Kidney Int 2024;105(4S):S117-S314"

HEART_FAILURE = concepts("heart failure", 316139)
NT_PROBNP = concepts("NT-proBNP", 3029187)
DIURETICS = concepts("diuretics", 2000000521)
STROKE = concepts("cerebral infarction", 443454)
DIALYSIS = concepts("haemodialysis", 4120120)
STAGE_5 = concepts("chronic kidney disease stage 5", 443611)

PHENOTYPES: Final = (
    Phenotype(
        name="heart_failure",
        version=1,
        specialty="heart_kidney",
        title={"en": "Heart failure", "zh": "心力衰竭"},
        description={
            "en": "Persons with heart failure, from its first diagnosis on.",
            "zh": "心力衰竭患者，自首次诊断起。",
        },
        logic={
            "en": "First diagnosis of heart failure.",
            "zh": "首次诊断心力衰竭。",
        },
        limits={
            "en": "Does not tell reduced from preserved ejection fraction.",
            "zh": "不区分射血分数降低与保留。",
        },
        references=(_ESC, "ICD-10 I50"),
        sentence=cohort("heart_failure").entering_on(condition(HEART_FAILURE).first()),
    ),
    Phenotype(
        name="confirmed_heart_failure",
        version=1,
        specialty="heart_kidney",
        title={"en": "Heart failure, confirmed", "zh": "确证的心力衰竭"},
        description={
            "en": "Persons with heart failure that a natriuretic peptide or a diuretic confirms.",
            "zh": "经利钠肽或利尿剂使用证实的心力衰竭患者。",
        },
        logic={
            "en": "First diagnosis with NT-proBNP of 125 pg/mL or more, or a diuretic, 30 days before to a year after.",
            "zh": "首次诊断心力衰竭，且前 30 天至后 1 年内 NT-proBNP ≥ 125 pg/mL 或使用利尿剂。",
        },
        limits={
            "en": "Loses persons whose work-up was done elsewhere.",
            "zh": "在外院完成检查者可能漏检。",
        },
        references=(_ESC,),
        sentence=cohort("confirmed_heart_failure")
        .entering_on(condition(HEART_FAILURE).first())
        .requiring(
            "confirmed",
            any_of(measurement(NT_PROBNP).with_value(at_least=125).within(-30, 365), drug(DIURETICS).within(-30, 365)),
        ),
    ),
    Phenotype(
        name="chronic_kidney_disease",
        version=1,
        specialty="heart_kidney",
        title={"en": "Chronic kidney disease", "zh": "慢性肾脏病"},
        description={
            "en": "Persons with chronic kidney disease of any stage.",
            "zh": "任何分期的慢性肾脏病患者。",
        },
        logic={
            "en": "First diagnosis of kidney disease, or first eGFR below 60 with another one 90 days later or more.",
            "zh": "首次诊断慢性肾脏病，或首次 eGFR < 60 且至少 90 天后再次 < 60。",
        },
        limits={
            "en": "Two low values with a normal one between them count as well.",
            "zh": "两次低值之间出现正常值时仍会计入。",
        },
        references=(_KDIGO, "ICD-10 N18"),
        sentence=cohort("chronic_kidney_disease")
        .entering_on(
            condition(CKD).first(),
            measurement(EGFR).with_value(below=60),
            keep="all",
        )
        .requiring(
            "lasting",
            any_of(
                condition(CKD).within(0, 0),
                measurement(EGFR).with_value(below=60).within(90, None),
            ),
        ),
    ),
    Phenotype(
        name="kidney_failure",
        version=1,
        specialty="heart_kidney",
        title={"en": "Kidney failure", "zh": "肾衰竭"},
        description={
            "en": "Persons with chronic kidney disease of stage 5 or on dialysis.",
            "zh": "慢性肾脏病 5 期或接受透析的患者。",
        },
        logic={
            "en": "First of: diagnosis of stage 5, haemodialysis.",
            "zh": "下列首次出现者：诊断 5 期、血液透析。",
        },
        limits={
            "en": "A single dialysis for an acute failure counts too.",
            "zh": "急性肾损伤的单次透析也会计入。",
        },
        references=(_KDIGO,),
        sentence=cohort("kidney_failure").entering_on(condition(STAGE_5).first(), procedure(DIALYSIS).first()),
    ),
    Phenotype(
        name="ischaemic_stroke",
        version=1,
        specialty="heart_kidney",
        title={"en": "Ischaemic stroke", "zh": "缺血性脑卒中"},
        description={
            "en": "Persons with a cerebral infarction.",
            "zh": "脑梗死患者。",
        },
        logic={"en": "First diagnosis of cerebral infarction.", "zh": "首次诊断脑梗死。"},
        limits={
            "en": "An old infarction that is coded as a new one counts as new.",
            "zh": "陈旧性脑梗死误编码为新发者会被计入。",
        },
        references=("ICD-10 I63",),
        sentence=cohort("ischaemic_stroke").entering_on(condition(STROKE).first()),
    ),
)
