"""Documents of the truth: planted effects, terms that no vocabulary can map, and the dictionary."""

from __future__ import annotations

import json
from importlib import resources
from math import exp
from typing import Any

import numpy as np

from sample_data import catalog
from sample_data.effects import comparison, negative_controls
from sample_data.people.population import Span

UNMAPPED_COLUMNS = ("file", "column", "term")

_MAPPABLE_EXAMS = ("LOW_DOSE_CT", "PET_CT", "BRAIN_MRI", "ECHO", "ECG", "BRONCHOSCOPY", "GASTROSCOPY", "COLONOSCOPY")
_UNMAPPABLE_UNITS = ("mL/min/1.73m2", "mg/g")


def _confounder(confounder: comparison.Confounder) -> dict[str, Any]:
    return {
        "key": confounder.key,
        "english": confounder.english,
        "chinese": confounder.chinese,
        "log_hazard_ratio": confounder.log_hazard_ratio,
        "hazard_ratio": round(exp(confounder.log_hazard_ratio), 6),
        "log_odds_of_target": confounder.log_odds_ratio,
        "where": confounder.where,
        "concept_ids": list(confounder.concept_ids),
    }


def _drugs(drugs: tuple[comparison.Drug, ...]) -> list[dict[str, Any]]:
    return [{"ingredient": drug.ingredient, "concept_id": drug.concept_id} for drug in drugs]


def _comparison(planted: comparison.Comparison) -> dict[str, Any]:
    return {
        "key": planted.key,
        "english": planted.english,
        "chinese": planted.chinese,
        "cohort": {"english": planted.cohort_english, "chinese": planted.cohort_chinese},
        "index_date": planted.index_date,
        "target": _drugs(planted.target),
        "comparator": _drugs(planted.comparator),
        "outcome": {
            "english": planted.outcome,
            "where": planted.outcome_where,
            "concept_ids": list(planted.outcome_concept_ids),
        },
        "true_hazard_ratio": planted.hazard_ratio,
        "conditional_on": [confounder.key for confounder in planted.confounders],
        "hazard_model": {
            "family": "Weibull proportional hazards",
            "hazard": "shape / scale * (t / scale) ** (shape - 1) * exp(sum of coefficients), t in days from index",
            "shape": planted.shape,
            "scale": planted.scale,
        },
        "treatment_model": {"family": "logistic", "intercept": planted.assignment_intercept},
        "confounders": [_confounder(confounder) for confounder in planted.confounders],
        "censoring": "end of the extract, independent loss to follow-up, death where it is not the outcome",
        "truth_columns": {
            "time": "days",
            "event": "event",
            "exposure": "target",
            "cohort": f"comparison = {planted.key}",
        },
    }


def _negative_controls() -> list[dict[str, Any]]:
    controls, conditions = catalog.table("negative_controls"), catalog.table("conditions")
    result = []
    for row, key in enumerate(controls["condition"]):
        position = conditions.position(key)
        used = [name for name in ("lung", "diabetes") if controls[f"for_{name}_comparison"][row] == "1"]
        result.append(
            {
                "condition": key,
                "icd10": conditions["icd10"][position],
                "chinese": conditions["name"][position],
                "annual_rate": float(controls["annual_rate"][row]),
                "comparisons": used,
                "true_hazard_ratio": 1.0,
                "truth_column": f"control_{key.lower()}",
            }
        )
    return result


def effects(patients: int, seed: int, span: Span) -> str:
    """Text of ``truth/effects.json``: everything needed to score an analysis."""
    content = {
        "patients": patients,
        "seed": seed,
        "data_end": str(np.datetime64(span.end, "D")),
        "comparisons": [_comparison(comparison.LUNG), _comparison(comparison.DIABETES)],
        "negative_controls": {
            "conditions": _negative_controls(),
            "hazard_model": "exponential from the first contact; depends on the confounders as given, never on a drug",
            "dependence_log_hazard_ratios": negative_controls.DEPENDENCE,
            "rate_factors": negative_controls.SURVEILLANCE,
            "outcome": "first record of the code after the index date, in persons without it before",
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def unmapped_terms() -> list[tuple[str, str, str]]:
    """Terms of normal content that a starter vocabulary cannot map: file, column and term."""
    drugs, exams, panels = catalog.table("drugs"), catalog.table("exams"), catalog.table("panels")
    terms = []
    for name, ingredient in zip(drugs["name"], drugs["ingredient"], strict=True):
        if not ingredient:
            terms += [("住院医嘱.csv", "医嘱名称", name), ("门诊处方.csv", "ywmc", name)]
    for key, item in zip(exams["key"], exams["item"], strict=True):
        terms.append(("住院医嘱.csv", "医嘱名称", item))
        if key not in _MAPPABLE_EXAMS:
            terms.append(("检查报告.csv", "检查项目", item))
    terms += [("住院医嘱.csv", "医嘱名称", name) for name in panels["name"]]
    terms += [("检验报告.csv", "单位", unit) for unit in _UNMAPPABLE_UNITS]
    terms += [("病案首页.csv", "C09C", code) for code in ("M81400/3", "M80700/3", "M80410/3", "M80120/3")]
    return terms


def readme() -> str:
    """Text of ``truth/README.md``: the dictionary of the truth."""
    return resources.files(__package__).joinpath("dictionary.txt").read_text(encoding="utf-8")
