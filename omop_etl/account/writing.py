"""Write the account of a run into the CDM, and hold it to its promise: read = loaded + merged + rejected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from omop_etl.cdm.schema import ETL_SCHEMA, Field
from omop_etl.errors import RweError
from omop_etl.mapping.compiler.targets import OUT, REFERENCE_TABLES, Target
from omop_etl.mapping.sql import literal, quoted
from omop_etl.sources.staging import StagedFile
from omop_etl.working import Working

_ELLIPSIS = "…"
_ETL = f"{OUT}.{ETL_SCHEMA}"


def write_cdm_table(working: Working, target: Target, *, direct: bool) -> None:
    """Finish a CDM table: its rows, their lineage, and the full text of values that its fields have no room for.

    Parameters
    ----------
    working : Working
        Working database; the CDM is attached to it.
    target : Target
        The CDM table.
    direct : bool
        Its rows are in the CDM already, with a column ``_line`` more; otherwise they are in the work table.
    """
    table, work = f"{OUT}.main.{target.table}", f"w.{target.table}"
    if target.table not in REFERENCE_TABLES:
        working.run(
            f"INSERT INTO {_ETL}.lineage SELECT {literal(target.table)}, {_row_of(target)}, file_number(_line), "
            f"physical_line(_line) FROM {work}"
        )
    long = _longer_than_allowed(working, target)
    for field in long:
        working.run(
            f"INSERT INTO {_ETL}.stem_source SELECT {literal(target.table)}, {_row_of(target)}, {literal(field.name)}, "
            f"{quoted(field.name)} FROM {work} WHERE {_too_long(field)}"
        )
    if direct:
        for field in long:
            working.run(f"UPDATE {table} SET {quoted(field.name)} = {_short(field)} WHERE {_too_long(field)}")
        working.run(f"DROP VIEW {work}")
        working.run(f"CREATE TABLE {table}_ordered AS SELECT * EXCLUDE (_line) FROM {table}{_in_order(target)}")
        working.run(f"DROP TABLE {table}")
        working.run(f"ALTER TABLE {table}_ordered RENAME TO {target.table}")
    else:
        columns = ", ".join(
            f"CASE WHEN {_too_long(field)} THEN {_short(field)} ELSE {quoted(field.name)} END"
            if field in long
            else quoted(field.name)
            for field in target.fields
        )
        working.run(f"INSERT INTO {table} SELECT {columns} FROM {work}{_in_order(target)}")
        working.run(f"DROP TABLE {work}")


def _in_order(target: Target) -> str:
    """Order in which the rows of a table are stored: a concept set then reads only the part that holds its concepts."""
    return f" ORDER BY {target.concept_fields[0]}, person_id" if target.concept_fields else ""


def _row_of(target: Target) -> str:
    return quoted(target.identifier or "person_id")


def _longer_than_allowed(working: Working, target: Target) -> list[Field]:
    limited = [field for field in target.fields if field.max_length is not None]
    if not limited:
        return []
    longest = ", ".join(f"coalesce(max(length({quoted(field.name)})), 0)" for field in limited)
    found = working.rows(f"SELECT {longest} FROM w.{target.table}")[0]
    return [field for field, length in zip(limited, found, strict=True) if length > (field.max_length or 0)]


def _too_long(field: Field) -> str:
    return f"length({quoted(field.name)}) > {field.max_length}"


def _short(field: Field) -> str:
    return f"left({quoted(field.name)}, {(field.max_length or 1) - 1}) || '{_ELLIPSIS}'"


def write_account(working: Working, staged: Sequence[StagedFile]) -> None:
    """Write what became of the source rows.

    Parameters
    ----------
    working : Working
        Working database with the finished outcomes and issues; the lineage is already written.
    staged : sequence of StagedFile
        Every file that was read.

    Raises
    ------
    RweError
        For some file, loaded + merged + rejected is not what was read.
    """
    working.run(
        f'INSERT INTO {_ETL}.disposition SELECT file_number(line), physical_line(line), outcome, reason, "column", '
        "detail FROM w.outcome ORDER BY line"
    )
    working.run(
        f'INSERT INTO {_ETL}.issue SELECT DISTINCT file_number(line), physical_line(line), "column", rule, action '
        "FROM w.issue ORDER BY ALL"
    )
    working.run(
        f"CREATE TABLE w.loaded AS SELECT file_id, count(DISTINCT line) AS loaded FROM {_ETL}.lineage GROUP BY 1"
    )
    working.run(
        f"CREATE TABLE w.kept_out AS SELECT file_id, count(*) FILTER (WHERE outcome = 'merged') AS merged, "
        f"count(*) FILTER (WHERE outcome = 'rejected') AS rejected FROM {_ETL}.disposition GROUP BY 1"
    )
    for file in staged:
        facts = (file.number, file.source.name, file.encoding, file.mark, file.delimiter, file.sha256)
        working.run(
            f"INSERT INTO {_ETL}.source_file SELECT $1, $2, $3, $4, $5, $6, $7, "
            "coalesce((SELECT loaded FROM w.loaded WHERE file_id = $1), 0), "
            "coalesce((SELECT merged FROM w.kept_out WHERE file_id = $1), 0), "
            "coalesce((SELECT rejected FROM w.kept_out WHERE file_id = $1), 0)",
            [*facts, file.rows + file.malformed],
        )
    _check(working)


def _check(working: Working) -> None:
    wrong = working.rows(
        f"SELECT file, rows_read, loaded, merged, rejected FROM {_ETL}.source_file "
        "WHERE loaded + merged + rejected <> rows_read ORDER BY file_id"
    )
    twice = working.rows(
        f"SELECT f.file, count(*) FROM {_ETL}.disposition d JOIN {_ETL}.source_file f USING (file_id) "
        "GROUP BY f.file, d.line HAVING count(*) > 1"
    )
    if wrong or twice:
        lines = [
            f"{file}: {read} read, {ok} loaded, {merged} merged, {no} rejected" for file, read, ok, merged, no in wrong
        ]
        lines += [f"{file}: a row has two outcomes" for file in sorted({row[0] for row in twice})]
        raise RweError(
            "the account does not add up, so nothing was published ({files})",
            todo="this is a defect of the mapping or of the program: report it with the mapping document",
            files="; ".join(lines),
        )


def write_quarantine(working: Working, staged: Iterable[StagedFile], path: Path) -> None:
    """Write the content of rejected rows to a Parquet file of its own.

    Parameters
    ----------
    working : Working
        Working database with the finished outcomes.
    staged : iterable of StagedFile
        Every file that was read.
    path : pathlib.Path
        The Parquet file. It holds patient rows: whoever may see the extract may see it, nobody else.
    """
    rejected = "(SELECT line, reason, \"column\" FROM w.outcome WHERE outcome = 'rejected')"
    parts = []
    for file in staged:
        cells = ", ".join(f"{literal(name)}, r.{quoted(name)}" for name in file.header)
        for path_read, content in ((file.path, f"json_object({cells})"), (file.malformed_path, "r.text")):
            parts.append(
                f"SELECT {literal(file.source.name)} AS file, physical_line(o.line) AS line, o.reason, "
                f'o."column", {content}::VARCHAR AS content '
                f"FROM {rejected} o JOIN read_parquet({literal(str(path_read))}) r ON r.line = o.line"
            )
    rows = " UNION ALL ".join(parts)
    working.run(f"COPY (SELECT * FROM ({rows}) ORDER BY file, line) TO {literal(str(path))} (FORMAT parquet)")
