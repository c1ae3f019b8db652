"""How well the phenotypes of the library find what the sample extract was made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
import sqlalchemy as sa
from statsmodels.stats.proportion import proportion_confint

from cohorts import generate
from cohorts.library import phenotypes
from omop_etl.cdm import Cdm
from omop_etl.errors import UsageError

Persons = pd.DataFrame
_TARGETED: Final = ("吉非替尼", "奥希替尼")
_WITH_SGLT2: Final = ("二甲双胍+恩格列净", "二甲双胍+达格列净")


@dataclass(frozen=True)
class Truth:
    """What the truth says of a phenotype.

    Attributes
    ----------
    holds : callable
        Whether each row of the truth has it.
    complete : bool
        Whether the truth knows of everybody who has it; otherwise only the sensitivity can be said, for the others
        rest on who does not have it.
    """

    holds: Callable[[Persons], pd.Series]
    complete: bool = True


TRUTHS: Final[Mapping[str, Truth]] = {
    "lung_cancer": Truth(lambda t: t["lung_cancer_date"] != ""),
    "small_cell_lung_cancer": Truth(lambda t: t["histology"] == "small_cell"),
    "egfr_mutated_nsclc": Truth(lambda t: t["mutation"].str.startswith("EGFR")),
    "alk_positive_nsclc": Truth(lambda t: t["mutation"] == "ALK"),
    "advanced_lung_cancer": Truth(lambda t: t["stage"].str.match("III|IV")),
    "first_line_egfr_inhibitor": Truth(lambda t: t["first_treatment"].isin(_TARGETED), complete=False),
    "type_2_diabetes": Truth(lambda t: t["diabetes_date"] != ""),
    "metformin_with_sglt2_inhibitor": Truth(lambda t: t["first_treatment"].isin(_WITH_SGLT2)),
    "diabetes_with_kidney_disease": Truth(lambda t: (t["diabetes_date"] != "") & (t["ckd_date"] != "")),
    "heart_failure": Truth(lambda t: t["heart_failure_date"] != ""),
    "confirmed_heart_failure": Truth(lambda t: t["heart_failure_date"] != ""),
    "chronic_kidney_disease": Truth(lambda t: t["ckd_date"] != ""),
    "ischaemic_stroke": Truth(lambda t: t["stroke_date"] != ""),
}
"""Phenotypes that the truth of the sample extract can be asked about; the others are generated but not scored."""


def score_phenotypes(cdm: Cdm, truth: Path) -> pd.DataFrame:
    """Hold every phenotype of the library against the truth.

    Parameters
    ----------
    cdm : Cdm
        The CDM made from the sample extract.
    truth : pathlib.Path
        The file ``truth/persons.csv`` of that extract.

    Returns
    -------
    pandas.DataFrame
        A row a phenotype: ``phenotype``, ``found``, ``true``, ``both``, ``neither`` (persons); ``sensitivity``,
        ``specificity``, ``ppv`` and ``npv`` with ``_lower`` and ``_upper`` (Clopper and Pearson, 1934, 95 %); missing
        where the truth cannot say.

    Raises
    ------
    UsageError
        There is no such file.
    """
    if not truth.is_file():
        raise UsageError(
            "there is no file {file}", todo="give the folder of a sample extract, with its truth", file=str(truth)
        )
    persons = pd.read_csv(truth, dtype=str, keep_default_na=False)
    persons = persons[persons["in_cdm"] == "1"]
    found = _found(cdm)
    return pd.DataFrame([_scored(name, found[name], persons, TRUTHS.get(name)) for name in phenotypes()])


def _found(cdm: Cdm) -> dict[str, set[str]]:
    """Persons of each phenotype, by the number that the hospital knows them by."""
    made = generate({name: known.definition() for name, known in phenotypes().items()}, cdm)
    person = cdm.table("person", ["person_id", "person_source_value"])
    numbers = cdm.engine.fetch(sa.select(person.c.person_id, person.c.person_source_value)).to_pandas()
    rows = made.rows.to_pandas().merge(numbers, left_on="subject_id", right_on="person_id")
    grouped = rows.groupby("cohort_name")["person_source_value"].agg(set)
    return {name: grouped.get(name, set()) for name in phenotypes()}


def _scored(name: str, found: set[str], persons: Persons, truth: Truth | None) -> dict[str, object]:
    row: dict[str, object] = {"phenotype": name, "found": len(found)}
    if truth is None:
        return row
    everybody = set(persons["patient_id"]) | found
    true = set(persons.loc[truth.holds(persons), "patient_id"])
    both = len(found & true)
    row |= {"true": len(true), "both": both, **_share("sensitivity", both, len(true))}
    if not truth.complete:
        return row
    neither = len(everybody - found - true)
    row |= {"neither": neither, **_share("specificity", neither, len(everybody - true))}
    return row | _share("ppv", both, len(found)) | _share("npv", neither, len(everybody - found))


def _share(name: str, part: int, whole: int) -> dict[str, float]:
    if not whole:
        return {}
    lower, upper = proportion_confint(part, whole, alpha=0.05, method="beta")
    return {name: part / whole, f"{name}_lower": float(lower), f"{name}_upper": float(upper)}
