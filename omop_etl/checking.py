"""Look at an extract without loading it: can it be read, does the mapping fit, does it identify people."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from omop_etl.mapping import MappingDocument, library_mapping
from omop_etl.mapping.compiler.columns import columns_of
from omop_etl.mapping.runner import Matched, compile_mapping, match_files
from omop_etl.sources.discovery import discover
from omop_etl.sources.gate import Finding, scan_values
from omop_etl.sources.headers import resolve_columns
from omop_etl.sources.profile import ColumnProfile, profile_file
from omop_etl.sources.staging import StagedFile, stage_file
from omop_etl.working import DEFAULT_MEMORY, Working


@dataclass(frozen=True)
class CheckedFile:
    """What was found in one source file.

    Attributes
    ----------
    file, role : str
        Its name, and what the mapping calls it.
    encoding, delimiter : str
        How it is written.
    rows, malformed : int
        Records, and records with another number of fields than the header.
    columns : tuple of ColumnProfile
        What each column holds.
    unused : tuple of str
        Columns that hold something and that the mapping does not use.
    """

    file: str
    role: str
    encoding: str
    delimiter: str
    rows: int
    malformed: int
    columns: tuple[ColumnProfile, ...]
    unused: tuple[str, ...]


@dataclass(frozen=True)
class ExtractCheck:
    """What was found in an extract.

    Attributes
    ----------
    files : tuple of CheckedFile
        In the order of the mapping.
    findings : tuple of Finding
        What identifies people; with any, the extract would be refused.
    """

    files: tuple[CheckedFile, ...]
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """Result as plain values, for JSON."""
        return asdict(self)


def check_extract(
    source: Path,
    mapping: MappingDocument | None = None,
    *,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
    memory: str = DEFAULT_MEMORY,
) -> ExtractCheck:
    """Check an extract without loading it.

    Parameters
    ----------
    source : pathlib.Path
        Folder with the extract's files.
    mapping : MappingDocument, optional
        How the files would become CDM rows; that of the sample extract where none is given.
    progress : callable
        Called with the stage, how much of it is done, and how much there is to do.
    memory : str
        Limit of the database's memory.

    Returns
    -------
    ExtractCheck
        What is in the files, and what identifies people.

    Raises
    ------
    RweError
        A file or column is missing, a file cannot be read, or the mapping does not fit.
    """
    document = mapping if mapping is not None else library_mapping("sample_hospital")
    matched = match_files(document, discover(source))
    compile_mapping(document, matched)
    with tempfile.TemporaryDirectory() as folder:
        working = Working(Path(folder), memory)
        try:
            staged = _stage(matched, Path(folder), progress)
            files = [file for _, file in staged]
            findings = scan_values(working, files, lambda done, total: progress("Looking for identifiers", done, total))
            checked = []
            for done, (match, file) in enumerate(staged, 1):
                checked.append(_check(working, match, file))
                progress("Describing the columns", done, len(staged))
        finally:
            working.close()
    return ExtractCheck(tuple(checked), tuple(findings))


def _stage(
    matched: list[Matched], folder: Path, progress: Callable[[str, int, int], None]
) -> list[tuple[Matched, StagedFile]]:
    every = [(match, source) for match in matched for source in match.sources]
    staged = []
    for number, (match, source) in enumerate(every, 1):
        staged.append((match, stage_file(source, number, folder, match.file.delimiter)))
        progress("Reading the files", number, len(every))
    return staged


def _check(working: Working, match: Matched, file: StagedFile) -> CheckedFile:
    columns = profile_file(working, file)
    used = resolve_columns(list(file.header), columns_of(match.file), match.file.aliases, file.source.name)
    return CheckedFile(
        file=file.source.name,
        role=match.file.name,
        encoding=file.encoding,
        delimiter=file.delimiter,
        rows=file.rows,
        malformed=file.malformed,
        columns=tuple(columns),
        unused=tuple(c.name for c in columns if c.filled and c.name not in used.values()),
    )
