"""Result bundles: whole or not there, never in somebody's way, with a digest of every file."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from omop_etl.errors import RweError, UsageError
from workbench.studies.bundle import MANIFEST, new_bundle, read_manifest, write_manifest, write_table


def test_a_bundle_appears_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "results" / "study"
    with new_bundle(target) as folder:
        write_table(folder, "numbers", pd.DataFrame({"x": [1 / 3]}))
        assert not target.exists()
        write_manifest(folder, {"kind": "test"}, created=datetime(2025, 1, 1, tzinfo=UTC))
    assert (target / "numbers.csv").read_text() == "x\n0.3333333333333333\n"
    manifest = read_manifest(target)
    assert manifest["created"] == "2025-01-01T00:00:00+00:00"
    assert manifest["files"] == {"numbers.csv": hashlib.sha256(b"x\n0.3333333333333333\n").hexdigest()}
    assert sorted(tmp_path.rglob(".*")) == []


def test_what_fails_leaves_the_earlier_bundle_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "study"
    with new_bundle(target) as folder:
        write_manifest(folder, {"kind": "first"})
    with pytest.raises(ZeroDivisionError):
        _fail_half_way(target)
    assert read_manifest(target)["kind"] == "first"
    assert [file.name for file in tmp_path.iterdir()] == ["study"]


def _fail_half_way(target: Path) -> None:
    with new_bundle(target) as folder:
        (folder / "half").write_text("")
        raise ZeroDivisionError


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("")
    with pytest.raises(UsageError, match="holds other files"), new_bundle(tmp_path):
        pass
    assert (tmp_path / "thesis.docx").exists()


def test_what_is_no_bundle_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a result bundle"):
        read_manifest(tmp_path)
    (tmp_path / MANIFEST).write_text("{")
    with pytest.raises(RweError, match="cannot be read"):
        read_manifest(tmp_path)
