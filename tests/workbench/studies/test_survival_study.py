"""A study on the example data: what is shown, what is warned of, and the same bytes a second time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from docx import Document

from analyses.survival import cox
from omop_etl.cdm import Cdm, connect
from omop_etl.errors import CannotAnswerError, RweError
from tests.workbench.rwe_command import Rwe
from workbench.access import DisclosurePolicy, Shown
from workbench.locales import translator
from workbench.profile import profile_of
from workbench.reports import render
from workbench.studies.library import DEMO_STUDY
from workbench.studies.planted import Planted, planted_beside
from workbench.studies.run_study import run_study, study_report_of, verify_study
from workbench.studies.study import Study, read_study
from workbench.studies.survival import StudyResult, analyse
from workbench.studies.survival_view import Model, StudyView, view_study
from workbench.studies.survival_words import planted_text
from workbench.workspace import Workspace

TEN = DisclosurePolicy(threshold=10)


@pytest.fixture(scope="module")
def cdm(demo: Workspace) -> Iterator[Cdm]:
    with connect(demo.cdm_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(DEMO_STUDY)


@pytest.fixture(scope="module")
def result(cdm: Cdm, study: Study) -> StudyResult:
    return analyse(study, cdm)


@pytest.fixture(scope="module")
def view(result: StudyResult) -> StudyView:
    return view_study(result, TEN)


def test_the_numbers_are_those_of_the_table(result: StudyResult, view: StudyView) -> None:
    """The oracle is the analysis-ready table itself, counted and fitted here."""
    table = result.dataset.table
    for group in view.groups:
        rows = table[table["exposure"] == group.name]
        assert group.persons.exact == len(rows)
        assert group.events.low <= rows["event"].sum() <= group.events.high
    fitted = cox(table, duration="time", event="event", covariates=["exposure"]).table
    assert view.crude is not None
    pd.testing.assert_frame_equal(view.crude.table, fitted)


def test_curves_end_where_few_are_left_and_numbers_at_risk_hide_small_ones(view: StudyView) -> None:
    assert view.curves is not None
    assert all((curve.at_risk >= 10).all() for curve in view.curves.curves)
    assert not {str(number) for number in range(1, 10)} & set(view.risk["n_risk"])


def test_attrition_does_not_give_away_who_was_left_out(result: StudyResult, view: StudyView) -> None:
    """Persons analysed are shown, so no shown step may differ from them by one to nine."""
    sizes = {group.cohort: group.title for group in result.study.dataset.exposure}
    for name, steps in view.attritions.items():
        analysed = next(group.persons.exact for group in view.groups if group.name == sizes[name])
        assert analysed is not None
        for step in steps:
            assert step.persons.exact is None or not TEN.is_small(step.persons.exact - analysed)


def test_a_group_too_small_to_show_is_refused(result: StudyResult) -> None:
    with pytest.raises(CannotAnswerError, match="group gefitinib has fewer than 999 persons"):
        view_study(result, DisclosurePolicy(threshold=999))


def test_guards_speak_when_there_is_cause(cdm: Cdm, study: Study, view: StudyView) -> None:
    assert "imbalanced" in [guard.code for guard in view.guards]
    crude_only = view_study(analyse(study.model_copy(update={"adjust_for": ()}), cdm), TEN)
    assert "unadjusted" in [guard.code for guard in crude_only.guards]
    assert crude_only.adjusted is None


@pytest.mark.parametrize(
    ("truth", "adjusted", "crude", "last"),
    [
        (0.6, (0.5, 0.9), (0.8, 1.3), "hides the effect in the crude comparison."),
        (0.6, (0.7, 0.9), (0.8, 1.3), "outside the interval of the crude estimate (0.80–1.30)."),
        (0.6, (0.5, 0.9), (0.5, 1.3), "inside the interval of the crude estimate (0.50–1.30)."),
    ],
)
def test_the_planted_truth_is_said_from_the_numbers(
    view: StudyView, truth: float, adjusted: tuple[float, float], crude: tuple[float, float], last: str
) -> None:
    def model(limits: tuple[float, float]) -> Model:
        row = {"term": "exposure", "hr": 1.0, "hr_lower": limits[0], "hr_upper": limits[1]}
        return Model(pd.DataFrame([row]), Shown(10, 10), Shown(10, 10), 0.5)

    made = replace(view, planted=Planted("lung", truth), adjusted=model(adjusted), crude=model(crude))
    assert planted_text(translator("en"), made).endswith(last)


def test_the_planted_truth_is_read_beside_the_data(demo: Workspace, tmp_path: Path) -> None:
    truth = json.loads((demo.extract / "truth" / "effects.json").read_text())
    expected = next(item for item in truth["comparisons"] if item["key"] == "lung")["true_hazard_ratio"]
    assert planted_beside(demo.cdm_url, "lung") == Planted("lung", expected)
    assert planted_beside(demo.cdm_url, "") is None
    assert planted_beside(f"duckdb:///{tmp_path}/cdm.duckdb", "lung") is None
    with pytest.raises(RweError, match="has no planted comparison heart"):
        planted_beside(demo.cdm_url, "heart")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_report_says_the_numbers_of_the_view(cdm: Cdm, view: StudyView, language: str) -> None:
    report = study_report_of(view, cdm, profile_of(cdm), TEN, "zh" if language == "zh" else "en")
    document = Document(BytesIO(render(report, "docx")))
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    assert view.adjusted is not None
    row = view.adjusted.exposure
    assert f"{row['hr']:.2f}" in cells
    assert {str(group.persons) for group in view.groups} <= {text.replace(",", "") for text in cells}
    assert report.provenance.snapshot == cdm.snapshot
    if language == "zh":
        prose = " ".join(p.text for p in document.paragraphs)
        assert "hazard" not in prose
        assert "风险比" in prose


def test_the_same_study_gives_the_same_bytes(demo: Workspace, cdm: Cdm, study: Study) -> None:
    bundle = demo.results / study.name
    outcome = verify_study(bundle, cdm)
    assert outcome.identical, outcome.tables
    assert len(outcome.tables) >= 12


def test_a_table_that_was_changed_is_found(rwe: Rwe, demo: Workspace, study: Study, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for file in (demo.results / study.name).rglob("*"):
        if file.is_file() and file.suffix in (".csv", ".json"):
            target = copy / file.relative_to(demo.results / study.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    assert rwe("study", "verify", copy, "--json").code == 0
    changed = copy / "tables" / "cox_adjusted.csv"
    changed.write_text(changed.read_text().replace("0.", "0.9", 1))
    outcome = rwe("study", "verify", copy, "--json")
    assert outcome.code == 1
    told = {row["table"]: row["identical"] for row in json.loads(outcome.out)["tables"]}
    assert [name for name, identical in told.items() if not identical] == ["cox_adjusted.csv"]


def test_another_snapshot_cannot_verify_a_bundle(demo: Workspace, study: Study, tmp_path: Path) -> None:
    from tests.cohorts.patients import patients

    other = patients(tmp_path, "death\nperson | date\n1 | 2020-01-01")
    with other, pytest.raises(CannotAnswerError, match=r"the bundle was made from snapshot sn-\w+, this CDM is sn-"):
        verify_study(demo.results / study.name, other)


def test_running_by_command_gives_what_python_gives(rwe: Rwe, demo: Workspace, cdm: Cdm, study: Study) -> None:
    out = demo.folder / "again"
    assert rwe("study", "run", DEMO_STUDY, "--cdm", demo.cdm_url, "--out", out, "--format", "html").code == 0
    shown = run_study(study, cdm, TEN)
    assert shown.adjusted is not None
    written = pd.read_csv(out / "tables" / "cox_adjusted.csv", float_precision="round_trip")
    pd.testing.assert_frame_equal(written, shown.adjusted.table, check_dtype=False, check_exact=True)
