"""The reference of cohorts: definitions, the rows that OHDSI's implementation gives for them, and how to compare."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import pandas as pd

from cohorts import CohortDefinition, GeneratedCohorts, read_definition
from tests.conformance.reference import folder_of

CIRCE = folder_of("circe")
CDMS = ("gibleed", "dense")


def definitions(names: Iterable[str] | None = None) -> dict[str, CohortDefinition]:
    """Read the reference definitions, or some of them."""
    files = sorted((CIRCE / "definitions").glob("*.json"))
    wanted = None if names is None else set(names)
    return {file.stem: read_definition(file) for file in files if wanted is None or file.stem in wanted}


def expected_of(cdm: str) -> dict[str, Any]:
    """What the reference gives on a CDM: by definition its rows' digest, or an error."""
    return json.loads((CIRCE / "expected" / f"{cdm}.json").read_text())  # type: ignore[no-any-return]


def runs_of(cdm: str) -> dict[str, Any]:
    """Keep of `expected_of` the definitions that the reference can run."""
    return {name: found for name, found in expected_of(cdm).items() if "error" not in found}


def covering(cdm: str, count: int) -> list[str]:
    """Choose definitions that together use every feature, small ones first where they add as much.

    Parameters
    ----------
    cdm : str
        The CDM on which they must run.
    count : int
        How many at least: the choice is filled up with others that are not empty there.

    Returns
    -------
    list of str
        Names of definitions.
    """
    features = json.loads((CIRCE / "features.json").read_text())
    runs = runs_of(cdm)
    uses = {name: set(features[name]) for name in sorted(runs)}
    missing = set().union(*uses.values())
    chosen: list[str] = []
    while missing:
        best = max(uses, key=lambda name: (len(uses[name] & missing), runs[name]["rows"] > 0, -len(uses[name]), name))
        chosen.append(best)
        missing -= uses.pop(best)
    rest = [name for name in uses if runs[name]["rows"]]
    step = max(1, len(rest) // max(count - len(chosen), 1))
    return chosen + (rest[::step][: count - len(chosen)] if count > len(chosen) else [])


def digest(rows: pd.DataFrame) -> str:
    """Digest of sorted ``person|start|end`` lines, as the reference makes it."""
    rows = rows.sort_values(["subject_id", "cohort_start_date", "cohort_end_date"])
    values = zip(rows["subject_id"], rows["cohort_start_date"], rows["cohort_end_date"], strict=True)
    lines = "".join(f"{person}|{start}|{end}\n" for person, start, end in values)
    return hashlib.sha256(lines.encode()).hexdigest()


def differences(cdm: str, cohorts: GeneratedCohorts) -> list[str]:
    """Name the definitions whose rows are not those of the reference, with the reason where one was refused."""
    by_name = dict(list(cohorts.rows.to_pandas().groupby("cohort_name")))
    nothing = cohorts.rows.slice(0, 0).to_pandas()
    different = []
    for name, found in runs_of(cdm).items():
        if name in cohorts.definitions:
            ours = digest(by_name.get(name, nothing))
            if name in cohorts.refused or ours not in (found["sha256"], *found.get("alternatives", [])):
                different.append(f"{name}: {cohorts.refused.get(name, 'other rows')}")
    return different
