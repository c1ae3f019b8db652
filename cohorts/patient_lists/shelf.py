"""Where the rows of patient lists are: found by the digest of their content, read when they are needed, never kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cohorts.patient_lists.reading import digest_of, read_patient_list
from cohorts.patient_lists.rows import PatientRows
from omop_etl.errors import RweError


@dataclass(frozen=True)
class ListName:
    """A patient list as a definition names it.

    Attributes
    ----------
    sha256 : str
        Digest of its content.
    name : str
        What people call it.
    file : str
        Name of its file; empty for one that came from a data frame.
    """

    sha256: str
    name: str = ""
    file: str = ""


class Shelf:
    """Knows where patient lists are.

    A definition is shared and patients are not, so that it holds the digest of a list only. Whoever reads a definition,
    or keeps lists in a folder, says here where they are; a list is read anew whenever an engine needs its rows, and its
    digest is compared, so that one that has been changed since is never taken for what the definition meant.
    """

    def __init__(self) -> None:
        self._files: dict[str, dict[Path, None]] = {}
        self._folders: dict[Path, None] = {}
        self._frames: dict[str, PatientRows] = {}

    def put_file(self, sha256: str, path: Path) -> None:
        """Say where the file of a list should be."""
        self._files.setdefault(sha256, {})[path] = None

    def put_folder(self, folder: Path) -> None:
        """Say that a folder keeps lists, each under its digest."""
        self._folders[folder.absolute()] = None

    def put_rows(self, rows: PatientRows) -> None:
        """Keep the rows of a data frame, which no file holds, as long as this process runs."""
        self._frames[rows.sha256] = rows

    def find(self, listed: ListName) -> Path | PatientRows:
        """Find a list, without reading its rows.

        Raises
        ------
        RweError
            It is not here, or it has been changed.
        """
        if listed.sha256 in self._frames:
            return self._frames[listed.sha256]
        changed: Path | None = None
        for path in self._candidates(listed.sha256):
            if path.is_file():
                if digest_of(path) == listed.sha256:
                    return path
                changed = path
        if changed is not None:
            raise RweError(
                "the patient list {name} has changed since the definition was written ({file})",
                todo="put the earlier file back, or remove sha256 from the definition to take the list as it is now",
                name=listed.name or listed.file,
                file=changed.name,
            )
        if not listed.sha256:
            raise RweError(
                "the definition names the patient list {name}, but not its content, and its file {file} is not here",
                todo="put the file beside the definition",
                name=listed.name or listed.file,
                file=listed.file,
            )
        raise RweError(
            "the definition names the patient list {name}; its file {file} is not here",
            todo="put the file beside the definition, or upload it on the cohort page: the list itself is never shared "
            "with a definition",
            name=listed.name or listed.file,
            file=listed.file or "?",
        )

    def rows(self, listed: ListName) -> PatientRows:
        """Read a list.

        Raises
        ------
        RweError
            It is not here, has been changed, or cannot be read.
        """
        found = self.find(listed)
        return found if isinstance(found, PatientRows) else read_patient_list(found, listed.file)

    def _candidates(self, sha256: str) -> list[Path]:
        inside = [file for folder in self._folders for file in sorted(folder.glob(f"{sha256}.*"))] if sha256 else []
        return [*self._files.get(sha256, ()), *(file for file in inside if file.suffix != ".json")]


SHELF = Shelf()
"""The lists that this process knows of."""
