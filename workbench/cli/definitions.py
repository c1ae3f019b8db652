"""Reading several cohort definitions, and saying which were refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from cohorts import CohortDefinition, read_definition
from cohorts.collection_pause import collection_paused
from omop_etl.errors import RweError, UsageError
from workbench.cli.console import complain, remark, t


def read_definitions(files: list[Path]) -> tuple[dict[str, CohortDefinition], dict[str, RweError]]:
    """Read definitions by the stem of their file; one that cannot be read is kept with its reason."""
    twice = [stem for stem, number in Counter(file.stem for file in files).items() if number > 1]
    if twice:
        raise UsageError(
            "several files are called {names}", todo="rename them: cohorts go by these names", names=", ".join(twice)
        )
    read: dict[str, CohortDefinition] = {}
    refused: dict[str, RweError] = {}
    with collection_paused():
        for file in files:
            try:
                read[file.stem] = read_definition(file)
            except UsageError:
                raise
            except RweError as error:
                refused[file.stem] = error
    return read, refused


def complain_of(refused: Mapping[str, RweError]) -> None:
    """Say which definitions were refused, and why."""
    for name, error in refused.items():
        remark(t("{name} was refused:", name=name))
        complain(error)
