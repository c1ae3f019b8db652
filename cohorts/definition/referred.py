"""Cohorts that a definition refers to by file: read and put inside it, so that a document stands on its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cohorts.definition.listed import with_patient_lists
from omop_etl.errors import RweError

Parse = Callable[[Path], dict[str, Any]]
Trail = tuple[Path, ...]


def with_cohorts(content: dict[str, Any], parse: Parse, folder: Path | None, trail: Trail = ()) -> dict[str, Any]:
    """Put the cohorts that an expression refers to by file inside it.

    Parameters
    ----------
    content : dict
        A cohort expression as JSON, or a document that holds one.
    parse : callable
        Reads a file.
    folder : pathlib.Path, optional
        Where the files are; none where the content came from no file.
    trail : tuple of pathlib.Path
        Files that led here.

    Returns
    -------
    dict
        The content; entries of ``Cohorts`` that named a file have its expression and its semantics too.

    Raises
    ------
    RweError
        A file is missing, or the files refer to each other in a circle; the message names the whole path.
    """
    if "PrimaryCriteria" not in content:
        inner = content.get("expression")
        if not isinstance(inner, dict) or "PrimaryCriteria" not in inner:
            return content
        return {**content, "expression": with_cohorts(inner, parse, folder, trail)}
    content = with_patient_lists(content, folder)
    listed = content.get("Cohorts")
    if not isinstance(listed, list):
        return content
    return {**content, "Cohorts": [_entry(item, parse, folder, trail, n) for n, item in enumerate(listed)]}


def _entry(item: Any, parse: Parse, folder: Path | None, trail: Trail, position: int) -> Any:
    if not isinstance(item, dict):
        return item
    inside = item.get("expression")
    if isinstance(inside, dict):
        return {**item, "expression": with_cohorts(inside, parse, folder, trail)}
    named = item.get("file")
    if inside is not None or not isinstance(named, str):
        return item
    if folder is None:
        raise RweError(
            "Cohorts[{position}].file: {file} cannot be looked for, since the definition itself came from no file",
            todo="save the definition beside that file, or put the expression of the cohort inside it",
            position=position,
            file=named,
        )
    path = (folder / named).resolve()
    if path in trail:
        circle = " → ".join(file.name for file in (*trail[trail.index(path) :], path))
        raise RweError(
            "the cohorts refer to each other in a circle: {circle}",
            todo="take one of these references away",
            circle=circle,
        )
    if not path.is_file():
        raise RweError(
            "Cohorts[{position}].file: there is no file {file} beside the definition",
            todo="put it there, or mend its name",
            position=position,
            file=named,
        )
    read = with_cohorts(parse(path), parse, path.parent, (*trail, path))
    bare = "PrimaryCriteria" in read
    said = "circe" if bare or "format" not in read else read.get("semantics", "exact")
    return {"semantics": said, "name": path.stem, **item, "expression": read if bare else read.get("expression")}
