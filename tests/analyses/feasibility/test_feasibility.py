"""The feasibility calculation as a whole: months, recruitment, toggled rules, the form of the result."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import nbinom

from analyses.feasibility import (
    RecruitmentAssumptions,
    eligible_per_month,
    feasibility,
    project_recruitment,
)
from omop_etl.errors import CannotAnswerError, UsageError

RULES = ["adult", "EGFR mutation"]

#  person  date         adult  EGFR
#       1  2024-01-15     yes   yes
#       1  2024-03-02     yes   yes    counts in January only
#       2  2024-01-20     yes    no
#       2  2024-03-10     yes   yes
#       3  2024-04-30      no   yes
MASKS = pd.DataFrame(
    {
        "person_id": [1, 1, 2, 2, 3],
        "event_id": [1, 2, 3, 4, 5],
        "start_date": pd.to_datetime(["2024-01-15", "2024-03-02", "2024-01-20", "2024-03-10", "2024-04-30"]),
        "mask": [3, 3, 1, 3, 2],
    }
)


def months(persons: list[int], start: str = "2023-01-01") -> pd.DataFrame:
    first = pd.date_range(start, periods=len(persons), freq="MS")
    return pd.DataFrame({"month": first, "persons": persons, "complete": True})


def test_a_person_counts_in_the_month_of_the_first_eligible_event() -> None:
    table = eligible_per_month(MASKS, RULES)
    assert table["persons"].tolist() == [1, 0, 1, 0]
    assert table["complete"].tolist() == [False, True, True, True]


def test_months_of_the_data_are_given_and_counted_even_when_empty() -> None:
    table = eligible_per_month(MASKS, RULES, since=date(2023, 12, 1), until=date(2024, 5, 15))
    assert table["month"].dt.strftime("%Y-%m").tolist() == [
        "2023-12",
        "2024-01",
        "2024-02",
        "2024-03",
        "2024-04",
        "2024-05",
    ]
    assert table["persons"].tolist() == [0, 1, 0, 1, 0, 0]
    assert table["complete"].tolist() == [True, True, True, True, True, False]


def test_a_rule_is_switched_off_without_new_masks() -> None:
    result = feasibility(MASKS, RULES, active=["EGFR mutation"])
    assert result.funnel["name"].tolist() == ["Entry events", "EGFR mutation"]
    assert result.eligible_persons == 3
    assert feasibility(MASKS, RULES, active=[]).eligible_persons == 3


def test_order_of_rules_changes_the_funnel_but_not_who_is_eligible() -> None:
    turned = feasibility(MASKS, RULES, active=["EGFR mutation", "adult"])
    assert turned.funnel["persons"].tolist() == [3, 3, 2]
    assert feasibility(MASKS, RULES).funnel["persons"].tolist() == [3, 2, 2]


def test_nobody_eligible_says_what_to_relax() -> None:
    result = feasibility(MASKS.assign(mask=1), RULES, assumptions=RecruitmentAssumptions(target=10))
    assert result.eligible_persons == 0
    assert result.relaxations["dropped"].tolist() == [("EGFR mutation",)]
    assert result.recruitment is None
    assert [note.code for note in result.notes] == ["no_projection"]


def test_the_result_is_plain_json() -> None:
    result = feasibility(MASKS, RULES, assumptions=RecruitmentAssumptions(target=3, history_months=4))
    text = json.loads(json.dumps(result.to_dict()))
    assert text["settings"]["assumptions"]["consent"] == 0.5
    assert [row["persons"] for row in text["table"]] == [3, 2, 2]
    assert text["monthly"][0]["month"] == "2024-01-01"
    assert "Entry events" in result.summary()


def test_rules_with_the_same_name_are_told_apart_by_position() -> None:
    result = feasibility(MASKS, ["Age", "Age"], active=[1])
    assert result.funnel["name"].tolist() == ["Entry events", "Age"]
    assert result.eligible_persons == 3
    with pytest.raises(UsageError, match="Age is the name or position of 2 rules"):
        feasibility(MASKS, ["Age", "Age"], active=["Age"])


@pytest.mark.parametrize("rule", ["ALK", 2, -1])
def test_rules_that_do_not_exist_are_refused(rule: object) -> None:
    with pytest.raises(UsageError, match="is the name or position of 0 rules"):
        feasibility(MASKS, RULES, active=[rule])


def test_one_site_enrols_by_the_negative_binomial_of_its_posterior() -> None:
    """Months of a Poisson process with a gamma rate are negative binomial: the oracle for the quantiles."""
    found = project_recruitment(
        months([8, 12, 10, 9, 11, 10, 8, 12, 10, 10, 9, 11]),
        RecruitmentAssumptions(
            target=30, consent=0.5, screen_failure=0.2, simulations=200_000, horizon_months=24, history_months=12
        ),
    )
    shape, rate = 120.5, 12 / (0.4 * 6)
    exact = nbinom(shape, rate / (rate + 1))
    after_six = found.table.set_index("month").loc[6]
    assert [after_six["p10"], after_six["p50"], after_six["p90"]] == list(exact.ppf([0.1, 0.5, 0.9]))
    assert after_six["reached"] == pytest.approx(exact.sf(29), abs=0.004)
    assert found.eligible_per_month == 10


def test_months_to_target_are_where_the_share_of_trials_passes_its_quantile() -> None:
    found = project_recruitment(months([10] * 12), RecruitmentAssumptions(target=40))
    reached = found.table.set_index("month")["reached"]
    quantiles = found.months_to_target.iloc[0]
    for share, name in ((0.1, "p10"), (0.5, "p50"), (0.9, "p90")):
        assert reached[quantiles[name]] >= share > reached.get(quantiles[name] - 1, 0)


def test_sites_open_one_after_the_other() -> None:
    assumptions = RecruitmentAssumptions(
        target=10**6, sites=3, site_variation=0, months_between_sites=2, first_site_month=1.5, horizon_months=8
    )
    found = project_recruitment(months([10_000] * 12), assumptions)
    monthly = np.diff(np.append(0, found.table["p50"]))
    sites_open = np.array([0, 0.5, 1, 1.5, 2, 2.5, 3, 3])
    assert monthly == pytest.approx(sites_open * 10_000 * 0.4, rel=0.02, abs=1)


def test_other_sites_have_the_rate_and_spread_that_are_assumed() -> None:
    shared = {"target": 1, "sites": 2, "months_between_sites": 0, "horizon_months": 1, "simulations": 100_000}
    even = project_recruitment(months([1000] * 24), RecruitmentAssumptions(**shared, site_variation=0, site_size=2))
    uneven = project_recruitment(months([1000] * 24), RecruitmentAssumptions(**shared, site_variation=1, site_size=2))
    assert even.table["p50"][0] == pytest.approx(0.4 * 3000, rel=0.01)
    # A gamma distribution with variation 1 is exponential: its quantiles are -log(1 - q) times the mean.
    assert uneven.table["p90"][0] == pytest.approx(0.4 * (1000 + 2000 * -np.log(0.1)), rel=0.02)


def test_months_that_vary_more_than_chance_widen_the_band() -> None:
    assumptions = RecruitmentAssumptions(target=100, horizon_months=12)
    calm = project_recruitment(months([20, 21, 19, 20, 20, 20] * 2), assumptions)
    wild = project_recruitment(months([0, 60, 5, 40, 0, 15] * 2), assumptions)
    assert wild.dispersion > 10 > 1 > calm.dispersion
    width = [found.table["p90"][0] - found.table["p10"][0] for found in (calm, wild)]
    assert width[1] > 2 * width[0]


def test_target_beyond_the_horizon_is_undefined_not_invented() -> None:
    found = project_recruitment(months([1] * 12), RecruitmentAssumptions(target=500, horizon_months=12))
    assert found.months_to_target[["p10", "p50", "p90"]].isna().all(axis=None)
    assert found.months_to_target["reached"][0] == 0


def test_incomplete_months_do_not_enter_the_rate() -> None:
    history = months([10, 10, 10, 1])
    history.loc[3, "complete"] = False
    assert project_recruitment(history, RecruitmentAssumptions(target=5)).eligible_per_month == 10


def test_the_same_seed_gives_the_same_projection() -> None:
    twice = [project_recruitment(months([7] * 12), RecruitmentAssumptions(target=40)).table for _ in range(2)]
    pd.testing.assert_frame_equal(*twice)


def test_nobody_eligible_recently_is_refused() -> None:
    with pytest.raises(CannotAnswerError, match="nobody became eligible in the 3 complete months"):
        project_recruitment(months([0, 0, 0]), RecruitmentAssumptions(target=5))
