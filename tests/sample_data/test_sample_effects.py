"""The planted effects are what truth/effects.json says, and can be recovered as intended."""

from __future__ import annotations

import json
from math import log

import numpy as np
import pandas as pd
import pytest

from sample_data import DEMO_PATIENTS, DEMO_SEED
from sample_data.effects import comparison
from sample_data.effects.recovery import Estimate, draw_persons, recover, recover_controls
from tests.sample_data.conftest import Extract

SEEDS = tuple(range(100, 108))
LARGE = 12_000


@pytest.fixture(scope="module")
def large() -> pd.DataFrame:
    return draw_persons(7, LARGE)


@pytest.fixture(scope="module")
def demo_sized() -> list[tuple[Estimate, Estimate]]:
    return [recover(draw_persons(seed, DEMO_PATIENTS), comparison.LUNG) for seed in SEEDS]


@pytest.mark.parametrize("planted", [comparison.LUNG, comparison.DIABETES], ids=lambda planted: planted.key)
def test_a_large_extract_gives_the_true_ratio_only_with_the_confounders(
    large: pd.DataFrame, planted: comparison.Comparison
) -> None:
    crude, adjusted = recover(large, planted)
    assert adjusted.contains(planted.hazard_ratio)
    assert abs(log(adjusted.hazard_ratio / planted.hazard_ratio)) < 0.2
    assert abs(log(crude.hazard_ratio / planted.hazard_ratio)) > 0.35


def test_at_demo_size_the_crude_interval_excludes_the_truth(demo_sized: list[tuple[Estimate, Estimate]]) -> None:
    excluded = [not crude.contains(comparison.LUNG.hazard_ratio) for crude, _ in demo_sized]
    # Over the seeds 0 to 199 at least 99 % of the intervals exclude it.
    assert sum(excluded) >= len(SEEDS) - 1


def test_at_demo_size_the_adjusted_interval_includes_the_truth(demo_sized: list[tuple[Estimate, Estimate]]) -> None:
    included = [adjusted.contains(comparison.LUNG.hazard_ratio) for _, adjusted in demo_sized]
    # Over the seeds 0 to 199 it is 95 % of the intervals.
    assert sum(included) >= 6


def test_the_default_seed_shows_what_it_should(extract: Extract) -> None:
    crude, adjusted = recover(draw_persons(DEMO_SEED, DEMO_PATIENTS), comparison.LUNG)
    assert not crude.contains(comparison.LUNG.hazard_ratio)
    assert adjusted.contains(comparison.LUNG.hazard_ratio)
    assert adjusted.upper < 1.0
    assert adjusted.events > 150


@pytest.mark.parametrize(
    ("planted", "direction"), [(comparison.LUNG, 1), (comparison.DIABETES, -1)], ids=["lung", "diabetes"]
)
def test_negative_controls_are_biased_crude_and_centred_on_one_adjusted(
    large: pd.DataFrame, planted: comparison.Comparison, direction: int
) -> None:
    estimates = recover_controls(large, planted).values()
    crude = np.array([log(crude.hazard_ratio) for crude, _ in estimates])
    adjusted = np.array([log(adjusted.hazard_ratio) for _, adjusted in estimates])
    assert (np.sign(crude) == direction).mean() > 0.6
    assert abs(adjusted.mean()) < 3 * adjusted.std(ddof=1) / np.sqrt(len(adjusted))
    assert abs(adjusted.mean()) < abs(crude.mean()) / 2


def test_effects_document_states_the_models_that_drew_the_data(extract: Extract) -> None:
    document = json.loads((extract.folder / "truth" / "effects.json").read_text(encoding="utf-8"))
    lung, diabetes = document["comparisons"]
    assert lung["true_hazard_ratio"] == comparison.LUNG.hazard_ratio == 0.6
    assert diabetes["true_hazard_ratio"] == 1.0
    stated = {c["key"]: (c["log_hazard_ratio"], c["log_odds_of_target"]) for c in lung["confounders"]}
    assert stated == {c.key: (c.log_hazard_ratio, c.log_odds_ratio) for c in comparison.LUNG.confounders}
    assert len(document["negative_controls"]["conditions"]) >= 8
    assert (document["patients"], document["seed"]) == (extract.summary.patients, extract.summary.seed)


def test_columns_of_the_truth_named_by_the_document_exist(extract: Extract) -> None:
    document = json.loads((extract.folder / "truth" / "effects.json").read_text(encoding="utf-8"))
    columns = set(extract.truth("persons").columns)
    for planted in document["comparisons"]:
        assert {confounder["key"] for confounder in planted["confounders"]} <= columns
    assert {control["truth_column"] for control in document["negative_controls"]["conditions"]} <= columns
