"""Counts for any subset of the rules, against counting by brute force."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.feasibility import eligibility_of, funnel, nearest_relaxations, rule_effects
from analyses.feasibility.eligibility import signed_masks
from omop_etl.errors import CannotAnswerError, UsageError

RULES = ["adult", "EGFR mutation", "no prior therapy"]

#  person  event  adult  EGFR  naive   mask (bit 0 = adult)
#       1      1    yes   yes     no   0b011
#       1      2    yes    no    yes   0b101
#       2      3    yes   yes    yes   0b111
#       3      4    yes    no    yes   0b101
#       4      5     no   yes    yes   0b110
#       5      6     no    no     no   0b000
MASKS = pd.DataFrame(
    {
        "person_id": [1, 1, 2, 3, 4, 5],
        "event_id": [1, 2, 3, 4, 5, 6],
        "start_date": pd.to_datetime(["2024-01-02"] * 6),
        "mask": [0b011, 0b101, 0b111, 0b101, 0b110, 0b000],
    }
)


def subsets(number: int) -> list[tuple[int, ...]]:
    return list(chain.from_iterable(combinations(range(number), size) for size in range(number + 1)))


def persons_by_brute_force(masks: pd.DataFrame, subset: tuple[int, ...]) -> int:
    wanted = sum(1 << rule for rule in subset)
    return masks.loc[(masks["mask"] & wanted) == wanted, "person_id"].nunique()


def shapley_by_brute_force(masks: pd.DataFrame, rules: int) -> list[float]:
    """Mean over all orders of the rules of how many persons each one excludes."""
    from itertools import permutations

    loss = np.zeros(rules)
    orders = list(permutations(range(rules)))
    for order in orders:
        applied: tuple[int, ...] = ()
        for rule in order:
            before = persons_by_brute_force(masks, applied)
            applied = (*applied, rule)
            loss[rule] += before - persons_by_brute_force(masks, applied)
    return list(loss / len(orders))


def test_funnel_counts_events_and_persons_after_each_rule() -> None:
    table = funnel(eligibility_of(MASKS, RULES))
    assert table[["name", "events", "persons", "excluded_events", "excluded_persons"]].values.tolist() == [
        ["Entry events", 6, 5, 0, 0],
        ["adult", 4, 3, 2, 2],
        ["EGFR mutation", 2, 2, 2, 1],
        ["no prior therapy", 1, 1, 1, 1],
    ]


def test_rule_effects_on_events_and_persons() -> None:
    table = rule_effects(eligibility_of(MASKS, RULES)).set_index("name")
    assert table["met_persons"].to_dict() == {"adult": 3, "EGFR mutation": 3, "no prior therapy": 4}
    # Without the EGFR rule persons 1 and 3 come in (events 2 and 4); without the therapy rule person 1 (event 1).
    assert table["gain_persons"].to_dict() == {"adult": 1, "EGFR mutation": 2, "no prior therapy": 1}
    assert table["gain_events"].to_dict() == {"adult": 1, "EGFR mutation": 2, "no prior therapy": 1}


def test_shares_of_loss_are_the_mean_over_all_orders() -> None:
    table = rule_effects(eligibility_of(MASKS, RULES))
    assert table["loss_persons"].tolist() == pytest.approx(shapley_by_brute_force(MASKS, 3), abs=1e-12)
    assert table["loss_persons"].sum() == pytest.approx(5 - 1)
    assert table["loss_events"].sum() == pytest.approx(6 - 1)


@st.composite
def tables_of_masks(draw: st.DrawFn) -> tuple[pd.DataFrame, int]:
    rules = draw(st.integers(1, 5))
    rows = draw(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 2**rules - 1)), min_size=1, max_size=25))
    frame = pd.DataFrame(rows, columns=["person_id", "mask"])
    return frame.assign(event_id=np.arange(len(frame)), start_date=pd.Timestamp("2024-01-01")), rules


@settings(max_examples=60, deadline=None)
@given(tables_of_masks())
def test_any_table_gives_the_counts_of_brute_force(case: tuple[pd.DataFrame, int]) -> None:
    masks, rules = case
    eligibility = eligibility_of(masks, [f"rule {number}" for number in range(rules)])
    expected = [persons_by_brute_force(masks, subset) for subset in subsets(rules)]
    assert eligibility.persons(*subsets(rules)).tolist() == expected
    listed = eligibility.for_all_subsets().set_index("subset")["persons"]
    assert [listed[sum(1 << rule for rule in subset)] for subset in subsets(rules)] == expected
    if rules <= 4:
        shares = rule_effects(eligibility)["loss_persons"].tolist()
        assert shares == pytest.approx(shapley_by_brute_force(masks, rules), abs=1e-9)


@given(st.lists(st.integers(0, 63), min_size=1, max_size=6))
def test_signs_say_whether_one_of_the_masks_includes_a_subset(masks: list[int]) -> None:
    signs = signed_masks(masks)
    for subset in range(64):
        included = any(mask & subset == subset for mask in masks)
        assert sum(sign for mask, sign in signs.items() if mask & subset == subset) == included


def test_nearest_relaxation_drops_as_few_rules_as_possible() -> None:
    masks = MASKS[MASKS["person_id"].isin([1, 3, 5])]
    table = nearest_relaxations(eligibility_of(masks, RULES))
    assert table["dropped"].tolist() == [("EGFR mutation",), ("no prior therapy",)]
    assert table["persons"].tolist() == [2, 1]


def test_nearest_relaxation_for_a_number_of_persons() -> None:
    table = nearest_relaxations(eligibility_of(MASKS, RULES), at_least=4)
    assert table["number"].tolist() == [2]
    assert table.loc[0, "dropped"] == ("adult", "EGFR mutation")
    assert nearest_relaxations(eligibility_of(MASKS, RULES), at_least=6).empty


def test_nearest_relaxation_among_many_rules_uses_the_masks_themselves() -> None:
    names = [f"rule {number}" for number in range(40)]
    everything = (1 << 40) - 1
    masks = MASKS.head(2).assign(mask=[everything & ~0b111111111, everything & ~(0b11111111111 << 20)])
    table = nearest_relaxations(eligibility_of(masks, names))
    assert table["number"].tolist() == [9]
    assert table.loc[0, "dropped"] == tuple(names[:9])


@pytest.mark.parametrize(
    ("change", "refusal", "message"),
    [
        ({"mask": 8}, CannotAnswerError, "column mask has bits beyond the 3 rules in 6 of 6 rows"),
        ({"mask": -1}, CannotAnswerError, "column mask has bits beyond the 3 rules in 6 of 6 rows"),
        ({"start_date": None}, CannotAnswerError, "column start_date has a missing value in 6 of 6 rows"),
    ],
)
def test_masks_that_do_not_fit_are_refused(change: dict, refusal: type[Exception], message: str) -> None:
    with pytest.raises(refusal, match=message):
        eligibility_of(MASKS.assign(**change), RULES)


def test_too_many_rules_are_refused() -> None:
    with pytest.raises(UsageError, match="63 rules, at most 62"):
        eligibility_of(MASKS, [str(number) for number in range(63)])


def test_no_events_are_refused() -> None:
    with pytest.raises(CannotAnswerError, match="no rows"):
        eligibility_of(MASKS.head(0), RULES)
