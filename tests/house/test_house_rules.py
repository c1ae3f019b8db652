"""Rules of the house that no linter knows: short files, one-way imports, no path or address of one machine."""

from __future__ import annotations

import fnmatch
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 400


def tracked(*patterns: str) -> list[Path]:
    """Files of the project that match, as git knows them; every file of the tree where git is absent."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]
    return [path for pattern in patterns for path in ROOT.rglob(pattern) if ".venv" not in path.parts]


def test_no_python_file_is_longer_than_its_subject() -> None:
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert too_long == {}


def test_rooms_import_only_from_rooms_below() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


MACHINE = re.compile(r"(?<![\w.])/(?:work|home/\w+|root|Users/\w+|tmp/\w+)/\S+")


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked("*.py", "*.md", "*.toml", "*.yaml", "*.yml", "Makefile", "*.cfg", ".ci/*")
        if path != Path(__file__)
        for match in MACHINE.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("room", ["omop_etl", "cohorts", "analyses"])
def test_a_room_can_be_imported_without_the_web_framework(room: str) -> None:
    program = f"import sys, {room}; sys.exit('streamlit' in sys.modules or 'pyomop' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {match[1]}"
        for path in tracked("*.md")
        for match in LINK.finditer(path.read_text(encoding="utf-8"))
        if not (path.parent / match[1]).exists()
    ]
    assert broken == []


def test_every_file_that_the_packages_read_is_installed_with_them() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    packages = [pattern.rstrip("*") for pattern in setuptools["packages"]["find"]["include"]]
    shipped = setuptools["package-data"]["*"]
    left_out = [
        str(path.relative_to(ROOT))
        for path in tracked(*(f"{package}/**" for package in packages))
        if path.suffix != ".py" and not any(fnmatch.fnmatch(path.name, pattern) for pattern in shipped)
    ]
    assert left_out == []
