"""Diagnostics of cohorts as they may be shown: which are withheld, and that no table gives a small count away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from cohorts import GeneratedCohorts, generate
from cohorts.builder import CohortBuilder, cohort, concepts, condition, drug
from cohorts.diagnostics import incidence, index_events, orphan_concepts, visit_context
from tests.cohorts.patients import patients
from workbench.access import DisclosurePolicy
from workbench.diagnostics.protection import HIDDEN
from workbench.diagnostics.report import diagnostics_report
from workbench.diagnostics.run import as_json, diagnose
from workbench.diagnostics.view import TITLES, CohortView, view_diagnostics
from workbench.diagnostics.worded import overlap_table, tables_of
from workbench.diagnostics.words import matched_text, withheld_text
from workbench.locales import Language, translator
from workbench.profile import DataProfile
from workbench.reports import Figure, Table

TEN = DisclosurePolicy()
EVERYTHING = DisclosurePolicy(threshold=1)


def world() -> str:
    """Write 200 persons: 1 to 100 have disease 10, 1 to 60 drug 20, 61 to 67 drug 21; 101 to 130 have disease 12."""
    blocks = {
        "person": ["person | sex | year"],
        "observation_period": ["person | start | end"],
        "condition_occurrence": ["person | concept | source | condition_source_value | start"],
        "drug_exposure": ["person | concept | start | end"],
        "visit_occurrence": ["person | concept | start | end"],
    }
    for person in range(1, 201):
        day = date(2020, 1, 1) + timedelta(5 * (person % 100))
        blocks["person"].append(f"{person} | {8507 + 25 * (person % 2)} | {1940 + person % 5}")
        blocks["observation_period"].append(f"{person} | 2019-01-01 | 2022-12-31")
        if person <= 100:
            code = "I50.9" if person > 4 else f"I50.{person}"
            blocks["condition_occurrence"].append(f"{person} | 10 | 0 | {code} | {day}")
            visit = 1 if person <= 5 else 2
            blocks["visit_occurrence"].append(f"{person} | {visit} | {day} | {day}")
        if person <= 67:
            blocks["drug_exposure"].append(f"{person} | {20 if person <= 60 else 21} | {day} | {day + timedelta(20)}")
        if 100 < person <= 130:
            blocks["condition_occurrence"].append(f"{person} | {12 if person > 106 else 11} | 0 | . | {day}")
    blocks["concept_ancestor"] = [
        "ancestor | descendant | min_levels_of_separation",
        *(f"1 | {concept} | 1" for concept in (10, 11, 12)),
    ]
    return "\n\n".join("\n".join([name, *lines]) for name, lines in blocks.items())


def having(name: str, *numbers: int) -> CohortBuilder:
    kind = drug if numbers[0] >= 20 else condition
    return cohort(name).entering_on(kind(concepts(name, *numbers)).first()).leaving(after=30)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GeneratedCohorts]:
    definitions = {
        "diseased": having("diseased", 10).definition(),
        "treated": having("treated", 20).definition(),
        "alike": having("alike", 20, 21).definition(),
        "few": having("few", 21).definition(),
        "nobody": having("nobody", 22).definition(),
        "other": having("other", 11, 12).definition(),
    }
    with patients(tmp_path_factory.mktemp("world"), world()) as cdm:
        yield generate(definitions, cdm)


def cohorts_of(made: GeneratedCohorts, policy: DisclosurePolicy) -> dict[str, CohortView]:
    return {view.name: view for view in view_diagnostics(made, policy).cohorts}


def test_cohorts_that_would_give_few_persons_away_are_withheld(made: GeneratedCohorts) -> None:
    found = cohorts_of(made, TEN)
    assert {name: (view.withheld, view.beside) for name, view in found.items()} == {
        "diseased": ("", ""),
        "treated": ("nested", "diseased"),
        "alike": ("nested", "diseased"),
        "few": ("small", ""),
        "nobody": ("empty", ""),
        "other": ("", ""),
    }
    assert {name: view.persons for name, view in found.items()} == {
        "diseased": 100,
        "treated": 60,
        "alike": 67,
        "few": "<10",
        "nobody": 0,
        "other": 30,
    }
    assert [bool(view.tables) for view in found.values()] == [True, False, False, False, False, True]


def test_without_a_threshold_everything_is_shown(made: GeneratedCohorts) -> None:
    found = cohorts_of(made, EVERYTHING)
    assert [view.withheld for view in found.values()] == ["", "", "", "", "empty", ""]
    exact = index_events(made, "diseased")
    shown = found["diseased"].tables["index_events"]
    assert shown["persons"].tolist() == exact["persons"].tolist()
    yearly = found["few"].tables["incidence"]
    assert yearly.loc[yearly["by"] == "sex", "entries"].sum() == 7


def test_overlaps_of_small_or_small_apart_cohorts_are_hidden(made: GeneratedCohorts) -> None:
    shown = view_diagnostics(made, TEN).overlap.set_index(["first", "second"])
    assert shown.loc[("diseased", "treated")].tolist() == [40, 60, 0, 0, 60, 0]
    assert shown.loc[("treated", "alike")].tolist() == [HIDDEN] * 6
    assert shown.loc[("diseased", "few")].tolist() == [HIDDEN] * 6
    everything = view_diagnostics(made, EVERYTHING).overlap.set_index(["first", "second"])
    assert everything.loc[("treated", "alike")].tolist() == [0, 60, 7, 0, 60, 0]


def test_rare_codes_and_visits_of_few_persons_are_hidden_with_a_second_one(made: GeneratedCohorts) -> None:
    tables = cohorts_of(made, TEN)["diseased"].tables
    assert sorted(index_events(made, "diseased")["persons"]) == [1, 1, 1, 1, 96]
    events = tables["index_events"]
    assert not set(events["source_value"].dropna()) & {f"I50.{n}" for n in (1, 2, 3, 4)}
    assert {row["codes"]: (row["events"], row["persons"]) for row in events.to_dict("records")} == {
        0: (HIDDEN, HIDDEN),
        4: (HIDDEN, HIDDEN),
    }
    assert visit_context(made, "diseased")["persons"].tolist() == [95, 5]
    assert set(tables["visit_context"]["persons"]) == {HIDDEN}
    assert orphan_concepts(made, "diseased").set_index("concept_id")["persons"].to_dict() == {12: 24, 11: 6}
    assert tables["orphan_concepts"].set_index("concept_id")["persons"].to_dict() == {12: 24, 11: "<10"}


@pytest.mark.parametrize("threshold", [4, 10, 25])
@pytest.mark.parametrize("name", ["diseased", "other"])
def test_no_table_shows_a_small_count_nor_one_that_subtraction_gives(
    made: GeneratedCohorts, name: str, threshold: int
) -> None:
    policy = DisclosurePolicy(threshold=threshold)
    view = cohorts_of(made, policy)[name]
    assert isinstance(view.persons, int)
    exact = incidence(made, name, by="month")
    for by, part in view.tables["incidence"].groupby("by"):
        cells = part["entries"].tolist()
        shown = [cell for cell in cells if isinstance(cell, int)]
        assert not any(policy.is_small(count) for count in shown)
        assert not policy.is_small(view.persons - sum(shown)), f"what is left of {by} is few"
        hidden = len(cells) - len(shown)
        assert hidden != 1 or sum(shown) == view.persons
    assert exact["entries"].sum() == view.persons
    for table, columns in (
        ("index_events", ["events", "persons"]),
        ("visit_context", ["entries", "persons"]),
        ("orphan_concepts", ["records", "persons"]),
        ("compare_with_matched", ["cohort", "matched"]),
    ):
        for cell in view.tables[table][columns].to_numpy().ravel().tolist():
            assert not (isinstance(cell, int) and policy.is_small(cell)), (table, cell)


def test_shares_of_the_comparison_give_no_small_count_back(made: GeneratedCohorts) -> None:
    frame = cohorts_of(made, TEN)["diseased"].tables["compare_with_matched"]
    for side in ("cohort", "matched"):
        hidden = ~frame[side].map(lambda cell: isinstance(cell, int)).astype(bool)
        assert frame.loc[hidden, f"{side}_share"].isna().all() or frame.attrs["matched"] != "100"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_cohort_is_said_in_words_and_in_a_report(made: GeneratedCohorts, language: Language) -> None:
    t, view = translator(language), view_diagnostics(made, TEN)
    labels = {number: f"name of {number}" for number in view.concepts} | {10: "heart failure"}
    for cohort_view in view.cohorts:
        assert bool(withheld_text(t, cohort_view)) == (not cohort_view.tables)
        assert "{" not in withheld_text(t, cohort_view)
    diseased = view.cohorts[0]
    worded = tables_of(t, diseased, labels)
    assert list(worded) == list(TITLES)
    said = [text for tables in worded.values() for table in tables for row in table.texts() for text in row]
    assert "heart failure" in said
    assert t("{codes} rare codes", codes=4) in said
    assert not [text for text in said if re.fullmatch(r"[1-9]", text)]
    assert "100" in matched_text(t, diseased, TEN)
    assert len(overlap_table(t, view).rows) == 15
    profile = DataProfile("sn-1", "hospital", "", "5.4", 200, None, None, ())
    report = diagnostics_report(t, view, made.definitions, labels, TEN, profile)
    blocks = [block for section in report.sections for block in section.blocks]
    assert any(isinstance(block, Figure) for block in blocks)
    assert max(len(block.rows) for block in blocks if isinstance(block, Table)) <= 20


def test_runs_say_how_far_they_are_and_name_what_is_refused(tmp_path: Path) -> None:
    told: list[float] = []
    with patients(tmp_path, world()) as cdm:
        definition = having("diseased", 10).definition()
        found = diagnose({"diseased": definition}, cdm, TEN, progress=lambda stage, share: told.append(share))
    assert told == pytest.approx(sorted(told))
    assert told[-1] == 1.0
    assert not found.refused
    content = as_json(found.view, {10: "heart failure"})
    (only,) = content["cohorts"]
    assert (only["persons"], only["withheld"]) == (100, None)
    assert {row["concept_name"] for row in only["tables"]["index_events"]} == {"heart failure"}
    rates = [row["per_1000"] for row in only["tables"]["incidence"]]
    assert not any(pd.isna(rate) for rate in rates if rate is not None)
