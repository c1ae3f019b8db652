"""The SQL of a choice of definitions is what it was: a change in it is seen, and is made on purpose.

``make snapshots`` writes the texts anew; the difference is then read and committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cohorts.script import ENGINES, script
from tests.cohorts.script.chosen import CHOSEN

SNAPSHOTS = Path(__file__).parents[1] / "snapshots"
REFRESH = "RWE_REFRESH_SNAPSHOTS"


def text_of(name: str, engine: str) -> str:
    """Statements and parameters as `rwe cohort sql` prints them, without the line that names the definition."""
    lines: list[str] = []
    for number, step in enumerate(script(CHOSEN[name], engine), start=1):
        lines.append(f"-- {number}")
        lines += step.comments
        lines.append(f"{step.sql};\n")
    return "\n".join(lines)


@pytest.mark.parametrize("engine", list(ENGINES))
@pytest.mark.parametrize("name", list(CHOSEN))
def test_the_sql_of_a_definition_is_what_it_was(name: str, engine: str) -> None:
    file = SNAPSHOTS / engine / f"{name}.sql"
    text = text_of(name, engine)
    if os.environ.get(REFRESH):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    assert file.exists(), f"{file.name} is not there: run `make snapshots`"
    assert text == file.read_text("utf-8"), "the SQL has changed: if on purpose, run `make snapshots` and read the diff"


def test_every_snapshot_belongs_to_a_definition() -> None:
    wanted = {f"{engine}/{name}.sql" for engine in ENGINES for name in CHOSEN}
    found = {file.relative_to(SNAPSHOTS).as_posix(): file for file in SNAPSHOTS.rglob("*.sql")}
    if os.environ.get(REFRESH):
        for stale in found.keys() - wanted:
            found.pop(stale).unlink()
    assert found.keys() == wanted
