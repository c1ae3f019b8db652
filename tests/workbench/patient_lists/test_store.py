"""Lists in a workspace: for their owner alone, noted in the log without a patient, and at hand for what is run."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from cohorts import generate, read_definition
from cohorts.definition import PatientList
from omop_etl.errors import RweError
from tests.cohorts.patients import definition, patients
from workbench.patient_lists import forget_list, keep_list, kept_lists, lists_of
from workbench.workspace import Workspace

LIST = "患者ID\nSECRET1\nSECRET2\n".encode("gb18030")
RECORDS = """
person
person | person_source_value
1      | SECRET1
3      | OTHER

condition_occurrence
person | concept | start
1      | 10      | 2020-01-01
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_kept_list_is_for_its_owner_alone(workspace: Workspace) -> None:
    keep_list(workspace, "名单.csv", LIST)
    files = list(workspace.patient_lists.iterdir())
    assert mode_of(workspace.patient_lists) == 0o700
    assert {mode_of(file) for file in files} == {0o600}
    assert sorted(file.suffix for file in files) == [".csv", ".json"]


def test_what_is_noted_of_a_list_names_no_patient(workspace: Workspace, capfd: pytest.CaptureFixture[str]) -> None:
    kept = keep_list(workspace, "名单.csv", LIST, by="doctor@hospital.example")
    forget_list(workspace, kept.sha256, by="doctor@hospital.example")
    told = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [(line["event"], line["list"], line["by"]) for line in told] == [
        ("patient_list_kept", kept.sha256[:16], "doctor@hospital.example"),
        ("patient_list_removed", kept.sha256[:16], "doctor@hospital.example"),
    ]
    assert told[0]["rows"] == 2
    assert "SECRET" not in json.dumps(told)
    assert not list(workspace.patient_lists.iterdir())


def test_a_list_is_kept_once_under_its_newest_name(workspace: Workspace) -> None:
    keep_list(workspace, "a.csv", LIST)
    kept = keep_list(workspace, "b.csv", LIST, name="入组")
    assert kept_lists(workspace) == [kept]
    assert (kept.name, kept.file) == ("入组", "b.csv")
    assert kept_lists(Workspace(workspace.folder / "nowhere")) == []


def test_nothing_is_kept_of_a_list_that_cannot_be_read(workspace: Workspace) -> None:
    with pytest.raises(RweError, match=r"list\.csv: 1 rows cannot be read"):
        keep_list(workspace, "list.csv", b"person_id\nSECRET\n")
    assert list(workspace.patient_lists.iterdir()) == []


def test_a_definition_from_anywhere_finds_the_kept_list_by_its_digest(workspace: Workspace, tmp_path: Path) -> None:
    kept = keep_list(workspace, "名单.csv", LIST + b"SECRET3\n")  # a list that no other test keeps elsewhere
    entry = {"PatientListMembership": {"ListId": 1}}
    shared = read_definition(definition(entry, PatientLists=[kept.named(1).to_json()]))
    with patients(tmp_path, RECORDS) as cdm:
        assert generate({"shared": shared}, cdm).rows.column("subject_id").to_pylist() == [1]
        forget_list(workspace, kept.sha256)
        with pytest.raises(RweError, match=r"名单\.csv is not here"):
            generate({"shared": shared}, cdm)


def test_lists_of_referred_cohorts_are_accounted_for_too() -> None:
    named = [PatientList(id=1, name="a", sha256="1" * 64), PatientList(id=2, name="b", sha256="2" * 64)]
    inner = definition({"PatientListMembership": {"ListId": 1}}, PatientLists=[named[0].to_json()])
    outer = definition(PatientLists=[known.to_json() for known in named], Cohorts=[{"id": 1, "expression": inner}])
    assert lists_of([read_definition(outer)]) == named
