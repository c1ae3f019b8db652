"""A chain of sub-queries that adds columns step by step, and the names of the columns that links and dates add."""

from __future__ import annotations

from collections.abc import Container, Sequence

from omop_etl.mapping.compiler.names import PERSON, VISIT
from omop_etl.mapping.parts import VisitLink
from omop_etl.mapping.sql import Sql, mapped, quoted, record

ROW_HASH = "row!"
"""Column of a staged file that holds a hash of the whole source row."""

VISIT_ID = '"visit!"'
"""Column of a working table that holds the identifier of the row's visit."""

OUTSIDE_VISIT = '"outside visit!"'
"""Column that says that the row's date lies outside its visit."""


def verbatim(column: str) -> str:
    """Name under which working tables hold a column as it stands in the file."""
    return quoted(f"{column}!")


def why_not(name: str) -> str:
    """Name of the column that says why a date or a visit is missing although something stands in the file."""
    return quoted(f"{name}?")


class Chain:
    """A chain of sub-queries, each adding a column to the one before."""

    def __init__(self, first: str) -> None:
        self._queries = [first]
        self._kept: dict[str, str] = {}

    def clean(self, columns: Sequence[str], clean: Container[str]) -> dict[str, Sql]:
        """Add columns as the mapping sees them: cleaned, and nothing where they say that there is nothing."""
        if columns:
            added = ", ".join(
                f"{verbatim(c) if c in clean else f'clean({verbatim(c)})'} AS {mapped(c)}" for c in columns
            )
            self._queries.append(f"SELECT *, {added} FROM {self._last}")
            emptied = ", ".join(f"not_nothing({mapped(c)}) AS {mapped(c)}" for c in columns)
            self._queries.append(f"SELECT * REPLACE ({emptied}) FROM {self._last}")
        return {column: Sql(mapped(column), "text") for column in columns}

    def add(self, name: str, value: Sql) -> Sql:
        """Add a value under a name."""
        self._queries.append(f"SELECT *, {value.text} AS {mapped(name)} FROM {self._last}")
        return Sql(mapped(name), value.type)

    def once(self, text: str) -> str:
        """Keep a piece of SQL as a column of its own and give the column's name; a name stays as it is."""
        if text.startswith('"') and text.count('"') == 2 and text.endswith('"'):
            return text
        if text not in self._kept:
            self._kept[text] = quoted(f"once {len(self._kept) + 1}")
            self._queries.append(f"SELECT *, {text} AS {self._kept[text]} FROM {self._last}")
        return self._kept[text]

    def explain_date(self, name: str, source: str, parsed: str) -> None:
        """Add why a date is missing although something stands in the file."""
        rule = f"CASE WHEN {self.once(parsed)} IS NULL THEN 'invalid_date' ELSE 'sentinel_date' END"
        missing = f"{mapped(name)} IS NULL AND {source} IS NOT NULL"
        self._queries.append(f"SELECT *, CASE WHEN {missing} THEN {rule} END AS {why_not(name)} FROM {self._last}")

    def link_person(self, key: str, number: str) -> Sql:
        """Add the person, and where the column of the number is given why there is none."""
        self._queries.append(f"SELECT *, {key} AS {quoted('person key')} FROM {self._last}")
        self._queries.append(
            f"SELECT s.*, p.person_id AS {mapped(PERSON)} FROM {self._last} s "
            f"LEFT JOIN link.person p ON p.key = s.{quoted('person key')}"
        )
        if number:
            why = f"CASE WHEN damaged_identifier({number}) THEN 'damaged_identifier' ELSE 'unknown_person' END"
            self._queries.append(
                f"SELECT *, CASE WHEN {mapped(PERSON)} IS NULL THEN {why} END AS {why_not(PERSON)} FROM {self._last}"
            )
        return Sql(mapped(PERSON), "integer")

    def link_visit(self, key: str) -> Sql:
        """Add the visit, and why there is none: no such number, or a visit of somebody else."""
        self._queries.append(f"SELECT *, {key} AS {quoted('visit key')} FROM {self._last}")
        visit = record(id="v.visit_occurrence_id", kind="v.kind", start="v.start_time", end="v.end_time")
        number, person = f"s.{quoted('visit key')}", f"s.{mapped(PERSON)}"
        self._queries.append(
            f"SELECT s.*, CASE WHEN v.person_id = {person} THEN {visit} END AS {mapped(VISIT)}, "
            f"CASE WHEN {number} IS NULL THEN NULL WHEN v.key IS NULL THEN 'orphan_visit' "
            f"WHEN v.person_id <> {person} THEN 'visit_of_other_person' END AS {why_not(VISIT)} "
            f"FROM {self._last} s LEFT JOIN link.visit v ON v.key = {number}"
        )
        return Sql(mapped(VISIT), "visit")

    def compare_with_visit(self, link: VisitLink, date: str) -> None:
        """Add whether the date lies further outside the visit than is allowed."""
        visit, days = mapped(VISIT), f"INTERVAL {link.days} DAY"
        outside = f'{date} < {visit}."start" - {days} OR {date} > {visit}."end" + {days}'
        if link.kinds:
            outside = f"({outside}) AND list_contains({link.kinds}, {visit}.kind)"
        self._queries.append(f"SELECT *, coalesce({outside}, false) AS {OUTSIDE_VISIT} FROM {self._last}")

    def select(self, columns: Sequence[str]) -> str:
        """Give the query that yields some of the columns added."""
        steps = [f"q{i} AS NOT MATERIALIZED ({query})" for i, query in enumerate(self._queries)]
        return f"WITH {', '.join(steps)} SELECT {', '.join(columns)} FROM {self._last}"

    @property
    def _last(self) -> str:
        return f"q{len(self._queries) - 1}"
