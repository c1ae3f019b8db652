"""Tables of characteristics and tests between groups beside R."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from analyses.describe import compare_groups, table_one

pytestmark = pytest.mark.conformance

Case = dict[str, Any]


def lung(case: Case, data: pd.DataFrame) -> Case:
    table = table_one(data, group="sex", variables=["age", "meal.cal"]).table
    by_sex = table[table["variable"] == "age"].set_index("group")
    calories = table[(table["variable"] == "meal.cal") & (table["group"] == "all")]

    def p(test: str, **options: Any) -> float:
        return compare_groups(data, variable="age", group="sex", test=test, **options).p

    wilcoxon = compare_groups(data, variable="age", group="sex", test="wilcoxon")
    graded = data.dropna(subset=["ph.ecog"])
    kruskal = compare_groups(graded, variable="age", group="ph.ecog", test="kruskal")
    chi2 = compare_groups(data, variable="ph.ecog", group="sex", test="chi2", categorical=True)
    return {
        "age_sex1": by_sex.loc[1].rename({"rows": "n"}),
        "age_sex2": by_sex.loc[2].rename({"rows": "n"}),
        "meal_cal_missing": calories["missing"].iloc[0],
        "welch_p": p("welch"),
        "pooled_t_p": p("t"),
        "wilcoxon_W": wilcoxon.statistic,
        "wilcoxon_p_cc": wilcoxon.p,
        "wilcoxon_p_nocc": p("wilcoxon", correct=False),
        "kruskal_ph_ecog": {"chisq": kruskal.statistic, "p": kruskal.p},
        "anova_ph_ecog_p": compare_groups(graded, variable="age", group="ph.ecog", test="anova").p,
        "chisq_ecog_sex": {"chisq": chi2.statistic, "df": chi2.df, "p": chi2.p},
    }


def multicategory(case: Case, data: pd.DataFrame) -> Case:
    return {"smd": table_one(data, group="trt", variables=["celltype"]).differences["smd"][0]}


CASES: dict[str, Callable[[Case, pd.DataFrame], Case]] = {
    "desc_lung": lung,
    "smd_multicategory_lung": multicategory,
}


@pytest.mark.parametrize("name", CASES)
def test_descriptive_case(name: str, check: Callable[..., None]) -> None:
    check("descriptive", name, CASES[name])


def test_every_descriptive_case_is_tried(unsupported: Callable[..., None]) -> None:
    unsupported("descriptive", set(CASES), {})
