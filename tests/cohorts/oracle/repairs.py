"""Where the oracle's SQL cannot run, or differs from Circe by an oversight: a named repair of its text.

Each repair says what is wrong and how we know what Circe does, from OHDSI's Java sources. A repair or defect that is no
longer needed is found by the test of every attribute alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

_BROKEN = {
    "vd": ("visit_detail_id", "visit_detail_start_date", "C.visit_occurrence_id"),
    "ppp": ("payer_plan_period_id", "payer_plan_period_start_date", "CAST(NULL as bigint)"),
    "C": ("location_history_id", "start_date", "CAST(NULL as bigint)"),
}
"""Alias that the oracle leaves in the outer query, with the key, start and visit of its table."""


@dataclass(frozen=True)
class Repair:
    """A repair of the oracle's SQL.

    Attributes
    ----------
    name : str
        What is wrong.
    evidence : str
        How we know.
    mend : callable
        The SQL, mended.
    """

    name: str
    evidence: str
    mend: Callable[[str], str]


def _sub(pattern: str, replacement: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda sql: compiled.sub(replacement, sql)


_OUTER = re.compile(
    r"SELECT\s+(?P<alias>vd|ppp|C)\.person_id,(?=\S)(?P<columns>[^\n]*)\n\s+FROM \(\s+SELECT\s+"
    r"(?P<inner>(?:(?!\bFROM\b).)*?)\s+"
    r"FROM (?P<table>\w+\.(?:VISIT_DETAIL|PAYER_PLAN_PERIOD|LOCATION_HISTORY))",
    re.DOTALL,
)
_DATES = re.compile(r"(?P<dates>(?:DATEADD\(|\w+\.)[^\n]*? as start_date,[^\n]*? as end_date)")


def _scoped(found: re.Match[str]) -> str:
    alias, inner = found["alias"], found["inner"]
    key, start, visit = _BROKEN[alias]
    if alias == "C":
        inner = inner.replace("lh.end_date as end_date", "ISNULL(lh.end_date, DATEFROMPARTS(2099,12,31)) as end_date")
        inner, table = f"lh.location_history_id, {inner}", "lh"
    else:
        dates = _DATES.search(found["columns"])
        assert dates is not None, found["columns"]
        inner, table = f"{inner}, {dates['dates']}", alias
    if "as ordinal" not in inner:
        person = "lh.entity_id" if alias == "C" else f"{alias}.person_id"
        inner += f", row_number() over (PARTITION BY {person} ORDER BY {table}.{start}, {table}.{key}) as ordinal"
    return (
        f"SELECT C.person_id, C.{key} as event_id, C.start_date, C.end_date, {visit} as visit_occurrence_id,"
        f" C.start_date as sort_date FROM ( SELECT {inner} FROM {found['table']}"
    )


REPAIRS = (
    Repair(
        "two WHERE in a row",
        "payerPlanPeriod.sql of circe-be has one",
        _sub(r"\bWHERE\s+WHERE\b", "WHERE"),
    ),
    Repair(
        "a comment at the end of a nested criterion swallows the bracket after it",
        "the templates of circe-be end with a line break",
        _sub(r"(-- End [\w ]*Criteria)\)", r"\1\n)"),
    ),
    Repair(
        "WHERE without a condition",
        "locationRegion.sql of circe-be: @whereClause brings its own WHERE",
        _sub(r"\bWHERE\s*(?=\)|--|GROUP BY|ORDER BY|UNION)", ""),
    ),
    Repair(
        "visit details, payer plan periods and regions are read through an alias that is out of scope",
        "visitDetail.sql, payerPlanPeriod.sql and locationRegion.sql of circe-be select C.start_date and C.end_date",
        lambda sql: _OUTER.sub(_scoped, sql),
    ),
    Repair(
        "specimens are read with a visit and an end that the CDM lacks, and without their type",
        "specimen.sql of circe-be: no visit, end = start + 1 day, type among the selected columns",
        lambda sql: re.sub(
            r"(FROM \s*\(\s*SELECT [^\n]*?)s\.visit_occurrence_id",
            r"\1CAST(NULL as bigint) as visit_occurrence_id, s.specimen_type_concept_id",
            sql.replace("C.specimen_date as end_date", "DATEADD(day,1,C.specimen_date) as end_date"),
        ),
    ),
    Repair(
        "a selection without a concept set is compared with a set called None",
        "BuilderUtils.getCodesetInExpression of circe-be: is null if excluded, else is not null",
        lambda sql: re.sub(
            r"(?P<no>\bnot\s+)?(?P<column>[\w.]+) in \(select concept_id from #Codesets where codeset_id = None\)",
            lambda found: f"{found['column']} is {'' if found['no'] else 'not '}null",
            sql,
        ),
    ),
    Repair(
        "chance decides which of a person's events on one day a limit takes",
        "the reference rows take the first by number; circe-be itself leaves it to chance",
        lambda sql: re.sub(
            r"(order by (pe\.)?start_date (?:ASC|DESC)?)\) as ordinal", r"\1, \2event_id) as ordinal", sql
        ),
    ),
)


def repaired(sql: str, used: Counter[str]) -> str:
    """Apply every repair, and count those that changed something."""
    for repair in REPAIRS:
        mended = repair.mend(sql)
        used[repair.name] += mended != sql
        sql = mended
    return sql
