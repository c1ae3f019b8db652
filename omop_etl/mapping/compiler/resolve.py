"""Rows of several files that mean the same, as statements over the finished work tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from omop_etl.mapping.compiler.steps import MERGED, REJECTED
from omop_etl.mapping.compiler.targets import REFERENCE_TABLES, Target, target_of
from omop_etl.mapping.document import MappingDocument, NoActivityAfter, Resolve
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import literal, quoted

START_DATES = {
    "visit_occurrence": "visit_start_date",
    "condition_occurrence": "condition_start_date",
    "drug_exposure": "drug_exposure_start_date",
    "procedure_occurrence": "procedure_date",
    "device_exposure": "device_exposure_start_date",
    "measurement": "measurement_date",
    "observation": "observation_date",
    "note": "note_date",
    "specimen": "specimen_date",
    "death": "death_date",
}
"""Tables of events and the field that says when."""


def resolve_statements(mapping: MappingDocument, tables: Iterable[str]) -> Iterator[str]:
    """Give the statements that remove rows which others replace, and account for their source rows.

    Parameters
    ----------
    mapping : MappingDocument
        The mapping.
    tables : iterable of str
        Work tables that exist.

    Yields
    ------
    str
        Statements over the working database.
    """
    existing = list(tables)
    yield (
        "CREATE TABLE w.given_way (line BIGINT, cdm_table VARCHAR, row_id BIGINT, outcome VARCHAR, reason VARCHAR, "
        "flagged BOOLEAN, named VARCHAR)"
    )
    if mapping.deaths is not None and "death" in existing:
        yield from _deaths(mapping.deaths, existing)
    for number, resolve in enumerate(mapping.resolve, 1):
        if resolve.table in existing:
            yield from _resolve(resolve, Scope(f"resolve[{number}]"))
    yield from _account(existing)


def _deaths(rule: NoActivityAfter, existing: list[str]) -> Iterator[str]:
    dated = [(table, START_DATES[table]) for table in rule.tables if table in existing]
    if not dated:
        return
    last = " UNION ALL ".join(
        f"SELECT person_id, max({date}) AS day FROM w.{table} GROUP BY 1" for table, date in dated
    )
    last_of_person = f"SELECT person_id, max(day) AS day FROM ({last}) GROUP BY 1"
    lost = f"'death', {_row_key('death')}, '{REJECTED}', {literal(rule.reason)}, true, d._column"
    yield (
        f"INSERT INTO w.given_way SELECT d._line, {lost} "
        f"FROM w.death d JOIN ({last_of_person}) a USING (person_id) WHERE a.day > d.death_date + {rule.days}"
    )
    yield _removal("death")


def _resolve(resolve: Resolve, scope: Scope) -> Iterator[str]:
    target: Target = target_of(resolve.table, scope)
    unknown = [name for name in (*resolve.by, resolve.differing) if name and not target.has(name)]
    if unknown:
        raise scope.error("{table} has no field {field}", table=resolve.table, field=", ".join(unknown))
    by = ", ".join(quoted(name) for name in resolve.by)
    window = f"(PARTITION BY {by}, coalesce(_same, '') ORDER BY _rank, _line)"
    complete = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in resolve.by)
    differs = "false"
    if resolve.differing:
        field = quoted(resolve.differing)
        differs = f"{field} IS DISTINCT FROM first_value({field}) OVER {window}"
    reason, agreeing = literal(resolve.reason), literal(resolve.agreeing_reason or resolve.reason)
    lost = (
        f"SELECT _line, {_row_key(resolve.table)} AS row_id, {differs} AS differs, _column FROM w.{resolve.table} "
        f"WHERE {complete} QUALIFY row_number() OVER {window} > 1"
    )
    yield (
        f"INSERT INTO w.given_way SELECT _line, {literal(resolve.table)}, row_id, '{MERGED}', "
        f"CASE WHEN differs THEN {reason} ELSE {agreeing} END, differs, _column FROM ({lost})"
    )
    yield _removal(resolve.table)


def _row_key(table: str) -> str:
    """What identifies a row of a work table: its own number, or where there is none the person and the source row."""
    own = target_of(table, Scope("resolve")).identifier
    return quoted(own) if own else "CAST(hash(person_id, _line) >> 1 AS BIGINT)"


def _removal(table: str) -> str:
    gone = f"SELECT row_id FROM w.given_way WHERE cdm_table = {literal(table)}"
    return f"DELETE FROM w.{table} WHERE {_row_key(table)} IN ({gone})"


def _account(existing: list[str]) -> Iterator[str]:
    """Give the statements that account for source rows which lost rows: all of them, or some."""
    tables = [table for table in existing if table not in REFERENCE_TABLES]
    left = " UNION ALL ".join(f"SELECT _line FROM w.{table}" for table in tables)
    yield f"CREATE TABLE w.still_loaded AS SELECT DISTINCT line FROM w.given_way WHERE line IN ({left})"
    yield (
        "INSERT INTO w.outcome SELECT line, arg_min(outcome, outcome), arg_min(reason, outcome), '', '' "
        "FROM w.given_way WHERE line NOT IN (SELECT line FROM w.still_loaded) GROUP BY line"
    )
    yield (
        "INSERT INTO w.issue SELECT DISTINCT line, named, reason, 'not_loaded' FROM w.given_way "
        "WHERE flagged AND line IN (SELECT line FROM w.still_loaded)"
    )
