"""Run a mapping: match files to it, compile it, and fill the work tables."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from omop_etl.errors import RweError
from omop_etl.mapping.compiler.chain import ROW_HASH
from omop_etl.mapping.compiler.columns import columns_of
from omop_etl.mapping.compiler.files import OUTCOMES, FileContext, file_statements
from omop_etl.mapping.compiler.resolve import resolve_statements
from omop_etl.mapping.compiler.targets import OUT, Target, direct_tables, target_of
from omop_etl.mapping.document import FileMapping, MappingDocument
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import literal, mapped, quoted
from omop_etl.packaged import packaged_text
from omop_etl.sources.discovery import SourceFile
from omop_etl.sources.headers import resolve_columns
from omop_etl.sources.reader import open_reader
from omop_etl.sources.staging import LINE, StagedFile
from omop_etl.working import Working


@dataclass(frozen=True)
class Matched:
    """A file of the mapping and the files of the extract that it is for.

    Attributes
    ----------
    file : FileMapping
        The mapping of the file.
    sources : tuple of SourceFile
        None, one, or several parts.
    """

    file: FileMapping
    sources: tuple[SourceFile, ...]


def match_files(mapping: MappingDocument, sources: Sequence[SourceFile]) -> list[Matched]:
    """Find out which file of the extract is which of the mapping.

    Parameters
    ----------
    mapping : MappingDocument
        The mapping.
    sources : sequence of SourceFile
        Files of the extract.

    Returns
    -------
    list of Matched
        In the order of the mapping.

    Raises
    ------
    RweError
        A required file is missing, a file belongs to none or to several, or nothing reads it.
    """
    claimed: dict[str, list[str]] = {source.name: [] for source in sources}
    matched = []
    for file in mapping.files:
        found = [source for source in sources if _fits(source.name, file.match)]
        for source in found:
            claimed[source.name].append(file.name)
        if not found and file.required:
            raise RweError(
                "the extract has no file {name} (looked for {patterns})",
                todo="add the file, or mark it as not required in the mapping",
                name=file.name,
                patterns=", ".join(file.match),
            )
        matched.append(Matched(file, tuple(found)))
    for name, files in claimed.items():
        if len(files) > 1:
            raise RweError(
                "{file} could be any of {names}",
                todo="make the mapping's patterns tell them apart",
                file=name,
                names=", ".join(files),
            )
        if not files and not _fits(name, mapping.ignore):
            raise RweError(
                "the mapping says nothing about {file}",
                todo="map it, or list it under ignore, so that no file is left out unnoticed",
                file=name,
            )
    return matched


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def load_language(working: Working) -> None:
    """Load the macros that compiled expressions use."""
    working.run(packaged_text("omop_etl.mapping", "macros.sql"))


def prepare(working: Working, mapping: MappingDocument) -> None:
    """Make the language and the empty work tables of a mapping ready.

    The lookups must exist, and the CDM in the making be attached with its empty tables.

    Raises
    ------
    MappingError
        An emit is for a table that the CDM does not have.
    """
    load_language(working)
    direct = direct_tables(mapping)
    for target in targets_of(mapping):
        if target.table in direct:
            working.run(f"ALTER TABLE {OUT}.main.{target.table} ADD COLUMN _line BIGINT")
            working.run(f"CREATE VIEW w.{target.table} AS SELECT * FROM {OUT}.main.{target.table}")
        else:
            columns = f"{target.declaration()}, _line BIGINT, _same VARCHAR, _rank DOUBLE, _column VARCHAR"
            working.run(f"CREATE TABLE w.{target.table} ({columns})")
    working.run(
        'CREATE TABLE w.outcome (line BIGINT, outcome VARCHAR, reason VARCHAR, "column" VARCHAR, detail VARCHAR);'
        'CREATE TABLE w.issue (line BIGINT, "column" VARCHAR, rule VARCHAR, action VARCHAR);'
        "CREATE TABLE link.person (key VARCHAR, person_id BIGINT);"
        "CREATE TABLE link.visit (key VARCHAR, visit_occurrence_id BIGINT, person_id BIGINT, kind BIGINT, "
        "start_time TIMESTAMP, end_time TIMESTAMP);"
        "CREATE TABLE link.register (register VARCHAR, key VARCHAR, value VARCHAR)"
    )


@dataclass(frozen=True)
class Header:
    """The columns of one source file.

    Attributes
    ----------
    file : str
        Its name.
    columns : tuple of str
        Names in the order of the header.
    """

    file: str
    columns: tuple[str, ...]


def targets_of(mapping: MappingDocument) -> list[Target]:
    """CDM tables that a mapping fills, by name.

    Raises
    ------
    MappingError
        An emit is for a table that the CDM does not have.
    """
    where = {emit.table: file.name for file in mapping.files for emit in file.emits}
    return [target_of(table, Scope(where[table])) for table in sorted(where)]


def compile_file(
    mapping: MappingDocument, number: int, headers: Sequence[Header], empty: frozenset[str] = frozenset()
) -> list[str]:
    """Compile one file of a mapping.

    Parameters
    ----------
    mapping : MappingDocument
        The mapping.
    number : int
        Position of the file in the mapping.
    headers : sequence of Header
        The source files that it is for, at least one.
    empty : frozenset of str
        Columns of their headers that are known to hold nothing.

    Returns
    -------
    list of str
        Statements over the view that `view_statement` makes.

    Raises
    ------
    RweError
        A column is missing.
    MappingError
        The mapping does not fit together.
    """
    file = mapping.files[number]
    columns = [_columns_in(file, header) for header in headers]
    scope = Scope(
        where="",
        value_maps={name: value_map.values for name, value_map in mapping.value_maps.items()},
        value_defaults={name: value_map.default for name, value_map in mapping.value_maps.items()},
        registers=frozenset(
            earlier.register_.name for earlier in mapping.files[:number] if earlier.register_ is not None
        ),
    )
    shown = {name: column for name, column in columns[0].items() if column}
    nothing = frozenset(name for name, column in shown.items() if column in empty)
    return list(file_statements(FileContext(file, _view(number), shown, scope, direct_tables(mapping), nothing)))


def compile_mapping(mapping: MappingDocument, matched: Sequence[Matched]) -> list[list[str]]:
    """Compile every file before anything is read, so that a mapping that does not fit is refused at once.

    Parameters
    ----------
    mapping : MappingDocument
        The mapping.
    matched : sequence of Matched
        Its files and those of the extract.

    Returns
    -------
    list of list of str
        The statements of each file; none for a file that the extract does not have.

    Raises
    ------
    RweError
        A column is missing, or the mapping does not fit together.
    """
    compiled = []
    for number, match in enumerate(matched):
        headers = [
            Header(source.name, tuple(open_reader(source.path, match.file.delimiter).header))
            for source in match.sources
        ]
        compiled.append(compile_file(mapping, number, headers) if headers else [])
    return compiled


def view_statement(mapping: MappingDocument, number: int, staged: Sequence[StagedFile]) -> str:
    """Give the statement that makes the view of a file's rows, under the names that the mapping uses."""
    file = mapping.files[number]
    parts = [_part(part, _columns_in(file, Header(part.source.name, part.header))) for part in staged]
    return f"CREATE VIEW {_view(number)} AS {' UNION ALL BY NAME '.join(parts)}"


def _view(number: int) -> str:
    return f"src.f{number}"


def load_file(
    working: Working,
    mapping: MappingDocument,
    number: int,
    staged: Sequence[StagedFile],
    progress: Callable[[int, int], None],
) -> None:
    """Load the rows of one file of a mapping into the work tables.

    Parameters
    ----------
    working : Working
        Working database, prepared.
    mapping : MappingDocument
        The mapping.
    number : int
        Position of the file in the mapping.
    staged : sequence of StagedFile
        What was read of it, at least one part.
    progress : callable
        Called with how many statements are done, and of how many.
    """
    account_for_malformed(working, staged)
    working.run(view_statement(mapping, number, staged))
    headers = [Header(part.source.name, part.header) for part in staged]
    empty = frozenset.intersection(*(part.empty for part in staged))
    statements = compile_file(mapping, number, headers, empty)
    for done, statement in enumerate(statements, 1):
        working.run(statement)
        progress(done, len(statements))


def account_for_malformed(working: Working, staged: Iterable[StagedFile]) -> None:
    """Reject the records that could not be read."""
    for part in staged:
        if part.malformed:
            working.run(
                f"INSERT INTO {OUTCOMES} SELECT line, 'rejected', 'malformed_row', '', fields || ' fields' "
                f"FROM read_parquet({literal(str(part.malformed_path))})"
            )


def resolve(working: Working, mapping: MappingDocument) -> None:
    """Remove rows that others replace, and whatever was noted about rows that are not loaded after all."""
    for statement in resolve_statements(mapping, [target.table for target in targets_of(mapping)]):
        working.run(statement)
    working.run("DELETE FROM w.issue WHERE line IN (SELECT line FROM w.outcome)")


def _columns_in(file: FileMapping, header: Header) -> dict[str, str]:
    """Mapping's name to the file's name for every column; an absent optional column has none."""
    wanted = columns_of(file)
    found = resolve_columns(list(header.columns), wanted, file.aliases, header.file)
    missing = [name for name in wanted if name not in found and name not in file.optional]
    if missing:
        raise RweError(
            "{file} has no column {columns}, which the mapping of {name} uses",
            todo="add it, name it in the mapping's aliases, or list it as optional",
            file=header.file,
            columns=", ".join(missing),
            name=file.name,
        )
    return {name: found.get(name, "") for name in wanted}


def _part(part: StagedFile, columns: dict[str, str]) -> str:
    selected = [LINE]
    selected += [f"{quoted(h) if h else literal('')} AS {mapped(name)}" for name, h in columns.items()]
    selected.append(f"hash({', '.join(quoted(h) for h in sorted(part.header))}) AS {quoted(ROW_HASH)}")
    return f"SELECT {', '.join(selected)} FROM read_parquet({literal(str(part.path))})"
