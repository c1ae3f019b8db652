"""Patient lists that a definition names: where their files are, and the digest of those that it names by file only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cohorts.patient_lists import SHELF
from cohorts.patient_lists.reading import digest_of


def with_patient_lists(content: dict[str, Any], folder: Path | None) -> dict[str, Any]:
    """Say where the files of the lists should be, and write down the digest of a list that has none yet.

    Parameters
    ----------
    content : dict
        A cohort expression as JSON.
    folder : pathlib.Path, optional
        Where the definition came from; none where it came from no file.

    Returns
    -------
    dict
        The content; entries of ``PatientLists`` whose file is there have its digest too. A definition whose lists are
        not there can be read all the same, only not run.
    """
    listed = content.get("PatientLists")
    if not isinstance(listed, list) or folder is None:
        return content
    return {**content, "PatientLists": [_entry(item, folder) for item in listed]}


def _entry(item: Any, folder: Path) -> Any:
    if not isinstance(item, dict) or not isinstance(item.get("file"), str):
        return item
    path = (folder / item["file"]).resolve()
    if not item.get("sha256") and path.is_file():
        item = {**item, "sha256": digest_of(path)}
    if isinstance(item.get("sha256"), str):
        SHELF.put_file(item["sha256"], path)
    return item
