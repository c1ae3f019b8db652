"""Which planned encounters take place: small plans, and what is left of them."""

from __future__ import annotations

import numpy as np
import pytest

from sample_data import catalog
from sample_data.journeys.ledger import Encounters, Ledger
from sample_data.people.population import NEVER, People, Span, draw_people
from sample_data.randomness import stream

ENTRY, END = 18_000, 19_000


def people(size: int = 1, death: int = NEVER) -> People:
    """Persons known from day 18,000 to day 19,000."""
    drawn = draw_people(1, 0, 0, size, Span(ENTRY - 500, END))
    drawn.entry[:], drawn.death[:], drawn.lost[:] = ENTRY, death, NEVER
    drawn.close_follow_up(Span(ENTRY - 500, END))
    return drawn


def stay(ledger: Ledger, day: int, length: int, *, essential: bool = False, until_death: bool = False) -> None:
    ledger.add(
        "HEART_STAY",
        np.array([0]),
        np.array([day]),
        condition="HEART_FAILURE",
        length=np.array([length]),
        essential=essential,
        until_death=until_death,
    )


def settled(ledger: Ledger, of: People) -> list[tuple[int, int]]:
    encounters: Encounters = ledger.settle(of)
    return list(zip(encounters.start_day.tolist(), encounters.end_day.tolist(), strict=True))


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(stream(1, 0, "ledger"))


def test_of_two_overlapping_stays_the_earlier_takes_place(ledger: Ledger) -> None:
    """day      100 .. 110
    105 .. 108"""
    stay(ledger, ENTRY + 100, 10)
    stay(ledger, ENTRY + 105, 3)
    assert settled(ledger, people()) == [(ENTRY + 100, ENTRY + 110)]


def test_an_essential_stay_displaces_an_earlier_one(ledger: Ledger) -> None:
    """day      100 .. 110
    105 .. 108 essential"""
    stay(ledger, ENTRY + 100, 10)
    stay(ledger, ENTRY + 105, 3, essential=True)
    assert settled(ledger, people()) == [(ENTRY + 105, ENTRY + 108)]


def test_stays_of_different_persons_do_not_compete(ledger: Ledger) -> None:
    for person in (0, 1):
        ledger.add(
            "HEART_STAY",
            np.array([person]),
            np.array([ENTRY + 100]),
            condition="HEART_FAILURE",
            length=np.array([5]),
        )
    assert settled(ledger, people(2)) == [(ENTRY + 100, ENTRY + 105)] * 2


def test_a_stay_that_outlasts_what_is_known_has_no_front_page(ledger: Ledger) -> None:
    stay(ledger, END - 3, 10)
    stay(ledger, END - 20, 10)
    assert settled(ledger, people()) == [(END - 20, END - 10)]


def test_an_essential_stay_is_cut_where_knowledge_ends(ledger: Ledger) -> None:
    stay(ledger, END - 3, 10, essential=True)
    assert settled(ledger, people()) == [(END - 3, END)]


def test_the_last_stay_ends_with_the_death_and_is_marked(ledger: Ledger) -> None:
    somebody = people(death=ENTRY + 300)
    stay(ledger, ENTRY + 290, 3, essential=True, until_death=True)
    stay(ledger, ENTRY + 400, 3)
    encounters = ledger.settle(somebody)
    assert encounters.end_day.tolist() == [ENTRY + 300]
    assert encounters.died.tolist() == [True]
    assert somebody.died_in_hospital.tolist() == [True]


def test_nothing_takes_place_before_the_first_contact(ledger: Ledger) -> None:
    stay(ledger, ENTRY - 1, 3)
    stay(ledger, ENTRY, 3)
    assert settled(ledger, people()) == [(ENTRY, ENTRY + 3)]


def test_kind_and_department_follow_from_the_purpose(ledger: Ledger) -> None:
    ledger.add("NEW_DIAGNOSIS", np.array([0]), np.array([ENTRY + 5]), condition="GOUT")
    encounters = ledger.settle(people())
    departments = catalog.table("departments")["name"]
    assert departments[encounters.department[0]] == "风湿免疫科"
    assert (encounters.start == encounters.end).all()
