"""The same seed gives the same bytes, whatever else happens; bad arguments are refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sample_data import generate


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_seed_and_size_give_identical_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        generate(tmp_path / name, 120, 5, identifiers=True)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_another_seed_gives_other_files(tmp_path: Path) -> None:
    for seed in (5, 6):
        generate(tmp_path / str(seed), 40, seed)
    one, other = digests(tmp_path / "5"), digests(tmp_path / "6")
    same = {file for file in one if one[file] == other[file]}
    assert same == {"truth/README.md", "truth/unmapped.csv"}


def test_blocks_do_not_depend_on_the_size_of_the_extract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sample_data.generator.BLOCK_SIZE", 60)
    generate(tmp_path / "small", 60, 5)
    generate(tmp_path / "large", 180, 5)
    for file in ("病程文书.csv", "truth/persons.csv", "检验报告.csv"):
        small, large = (tmp_path / name / file for name in ("small", "large"))
        assert large.read_bytes().startswith(small.read_bytes())


def test_identifiers_of_different_blocks_never_collide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sample_data.generator.BLOCK_SIZE", 25)
    generate(tmp_path, 100, 5, clean=True)
    for file, encoding in (("患者基本信息.csv", "gb18030"), ("门诊就诊.csv", "gb18030"), ("住院医嘱.csv", "gb18030")):
        first_cells = [line.split(",")[0] for line in (tmp_path / file).read_text(encoding=encoding).splitlines()]
        assert len(first_cells) == len(set(first_cells))


def test_progress_counts_patients_up_to_the_total(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sample_data.generator.BLOCK_SIZE", 10)
    seen: list[tuple[str, int, int]] = []
    generate(tmp_path, 25, 1, progress=lambda stage, done, total: seen.append((stage, done, total)))
    assert seen == [("patients", 10, 25), ("patients", 20, 25), ("patients", 25, 25)]


def test_a_shorter_period_starts_later(tmp_path: Path) -> None:
    generate(tmp_path, 60, 1, months=30, clean=True)
    days = [line.split("|")[3] for line in (tmp_path / "门诊处方.csv").read_text(encoding="utf-8").splitlines()[1:]]
    assert min(days) >= "20230701"
    assert max(days) < "20260101"


@pytest.mark.parametrize(
    ("patients", "months", "named"),
    [
        (0, 120, "patients = 0"),
        (20_000_000, 120, "patients = 20000000"),
        (5, 6, "months = 6"),
        (5, 300, "months = 300"),
    ],
)
def test_arguments_without_sense_are_refused_by_name(tmp_path: Path, patients: int, months: int, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        generate(tmp_path / "out", patients, 1, months=months)
    assert not (tmp_path / "out").exists()
