"""Look for identifiers in every cell of the files that were read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from omop_etl.mapping.sql import literal, quoted
from omop_etl.sources.gate import value_rules as rules
from omop_etl.sources.gate.findings import Finding
from omop_etl.sources.gate.header_rules import header_findings
from omop_etl.sources.gate.value_rules import VALUE_RULES, ValueRule
from omop_etl.sources.staging import LINE, LINE_BITS, StagedFile
from omop_etl.working import Working

CHANCE_PASSES = 1 / 11
"""Part of random eighteen-digit numbers whose last digit happens to be their check digit."""

_ENOUGH_TO_JUDGE = 30
_FAR_ABOVE_CHANCE = 0.5


def scan_values(
    working: Working, staged: Sequence[StagedFile], progress: Callable[[int, int], None] = lambda done, total: None
) -> list[Finding]:
    """Find identifiers by the names of columns and in the values of all of them.

    Parameters
    ----------
    working : Working
        Working database.
    staged : sequence of StagedFile
        The files.
    progress : callable
        Called with how many files are done, and of how many.

    Returns
    -------
    list of Finding
        One per file, column and rule; no value in it.
    """
    found: list[Finding] = []
    for done, file in enumerate(staged, 1):
        found += _scan_file(working, file)
        progress(done, len(staged))
    return found


def _scan_file(working: Working, file: StagedFile) -> Iterator[Finding]:
    relation = f"read_parquet({literal(str(file.path))})"
    filled = [column for column in file.header if column not in file.empty]
    yield from header_findings(file.source.name, file.header, filled)
    facts = _values(working, relation, [_facts(column) for column in filled])
    known = {c: _ColumnFacts(*facts[3 * i : 3 * i + 3]) for i, c in enumerate(filled)}
    possible = [column for column in filled if known[column].may_identify(exempt=_is_exempt(column))]
    suspect = _values(working, relation, [f"bool_or({_is_candidate(column)})" for column in possible])
    for column, found in zip(possible, suspect, strict=True):
        if found:
            yield from _scan_column(working, file, column, relation)
    yield from _scan_malformed(working, file)


@dataclass(frozen=True)
class _ColumnFacts:
    """What is cheap to know about a column."""

    longest: int | None
    beyond_ascii: bool | None
    at_sign: bool | None

    def may_identify(self, *, exempt: bool) -> bool:
        """Whether any rule could hold in the column: most columns are too short for all of them."""
        if self.beyond_ascii or self.at_sign:
            return (self.longest or 0) >= rules.SHORTEST
        return (self.longest or 0) >= (rules.SHORTEST_STRONG_NUMBER if exempt else rules.SHORTEST_NUMBER)


def _facts(column: str) -> str:
    cell = quoted(column)
    return f"max(length({cell})), bool_or(strlen({cell}) > length({cell})), bool_or(contains({cell}, '@'))"


def _values(working: Working, relation: str, asked: list[str]) -> tuple[Any, ...]:
    return working.rows(f"SELECT {', '.join(asked)} FROM {relation}")[0] if asked else ()


def _scan_column(working: Working, file: StagedFile, column: str, relation: str) -> Iterator[Finding]:
    exempt = _is_exempt(column)
    applicable = [rule for rule in VALUE_RULES if not (rule.weak and exempt)]
    candidates = f"(SELECT * FROM {relation} WHERE {_is_candidate(column)})"
    found = _matches(working, candidates, quoted(column), column, applicable)
    for rule, (cells, first) in found.items():
        if (
            cells
            and not _by_chance(working, rule, column, relation, cells, exempt)
            and _enough(working, rule, column, relation, cells)
        ):
            yield Finding(file.source.name, column, rule.name, first & ((1 << LINE_BITS) - 1), cells)


def _scan_malformed(working: Working, file: StagedFile) -> Iterator[Finding]:
    """Look into records that could not be cut into fields, as into any text."""
    if not file.malformed:
        return
    relation = f"read_parquet({literal(str(file.malformed_path))})"
    applicable = [rule for rule in VALUE_RULES if not rule.weak]
    for rule, (cells, first) in _matches(working, relation, "text", "", applicable).items():
        if cells:
            yield Finding(file.source.name, "", rule.name, first & ((1 << LINE_BITS) - 1), cells)


def _matches(
    working: Working, relation: str, cell: str, column: str, applicable: Sequence[ValueRule]
) -> dict[ValueRule, tuple[int, int]]:
    """Cells that hold an identifier, and the first line with one, for each rule."""
    asked = []
    for rule in applicable:
        hit = _hit(rule, column)
        asked.append(f"count(*) FILTER (WHERE {hit}), min({LINE}) FILTER (WHERE {hit})")
    plain = f"upper(translate({cell}, '０１２３４５６７８９－＠', '0123456789-@'))"
    doubled = f"regexp_replace({plain}, '([^0-9A-Z])', '\\1\\1', 'g')"
    texts = f"SELECT {LINE}, {plain} AS t, {doubled} AS d FROM {relation}"
    row = working.rows(f"SELECT {', '.join(asked)} FROM ({texts})")[0]
    return {rule: (row[2 * i], row[2 * i + 1] or 0) for i, rule in enumerate(applicable)}


def _hit(rule: ValueRule, column: str) -> str:
    """SQL condition: the text ``t`` holds an identifier of this kind.

    In ``d`` every separator is doubled, so that one can end a match and the next begin another.
    """
    named = bool(rule.before) and re.search(rule.before, column, re.IGNORECASE) is not None
    if rule.before and not named:
        pattern, subject = rule.in_text, "t"
    elif rule in _SPACED:
        pattern, subject = f"(?:^|[^0-9A-Z])({rule.pattern})(?:[^0-9A-Z]|$)", "t"
    else:
        pattern, subject = f"(?:^|[^0-9A-Z])({rule.pattern})(?:[^0-9A-Z]|$)", "d"
    found = f"regexp_extract_all({subject}, {literal(pattern)}, 1)"
    if rule.weak:
        announced = literal(f"(?i){rules.RECORD_NUMBER_BEFORE}({rule.pattern})")
        measured = literal(f"({rule.pattern}){rules.UNIT_AFTER}")
        found = (
            f"list_filter({found}, lambda y: NOT list_contains(regexp_extract_all(t, {announced}, 1), y) "
            f"AND NOT list_contains(regexp_extract_all(t, {measured}, 1), y))"
        )
    if rule.test == "true":
        return f"len({found}) > 0"
    return f"len(list_filter({found}, lambda x: coalesce({rule.test}, false))) > 0"


_SPACED = frozenset(rule for rule in VALUE_RULES if " " in rule.pattern or "@" in rule.pattern)
"""Rules whose identifiers may hold separators themselves."""


def _by_chance(working: Working, rule: ValueRule, column: str, relation: str, cells: int, exempt: bool) -> bool:
    """Whether a column of long record numbers holds no more valid check digits than chance gives."""
    if rule.name != "resident_id" or not exempt:
        return False
    matches = f"regexp_full_match(upper({quoted(column)}), {literal(rules.RESIDENT_ID)})"
    alike = working.value(f"SELECT count(*) FROM {relation} WHERE {matches}")
    return bool(alike >= _ENOUGH_TO_JUDGE and cells / alike < _FAR_ABOVE_CHANCE)


def _enough(working: Working, rule: ValueRule, column: str, relation: str, cells: int) -> bool:
    if not rule.share:
        return True
    filled = working.value(f"SELECT count(*) FROM {relation} WHERE {quoted(column)} <> ''")
    return bool(cells >= rule.share * filled)


def _is_candidate(column: str) -> str:
    pattern = rules.CANDIDATE_IN_NUMBERS if _is_exempt(column) else rules.CANDIDATE
    cell = quoted(column)
    return f"(length({cell}) >= {rules.SHORTEST} AND regexp_matches({cell}, {literal(pattern)}))"


def _is_exempt(column: str) -> bool:
    return bool(
        re.search(rules.RECORD_NUMBER_COLUMN, column, re.IGNORECASE) or re.search(rules.MEASURED_COLUMN, column)
    )
