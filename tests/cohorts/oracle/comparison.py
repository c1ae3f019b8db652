"""Runs definitions by the engine and by the oracle, and says for each who is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from cohorts import generate, read_definition
from cohorts.definition import Criterion
from omop_etl.cdm import Cdm
from tests.cohorts.oracle import defects
from tests.cohorts.oracle.circepy import Oracle, OracleError, Row

Json = dict[str, Any]
BATCH = 100


@dataclass
class Report:
    """What came of a comparison; `differences` must be empty."""

    agreeing: int = 0
    not_empty: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    cleared: int = 0
    by_defect: Counter[str] = field(default_factory=Counter)
    repairs: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    differences: list[tuple[Json, str]] = field(default_factory=list)

    def __str__(self) -> str:
        total = self.agreeing + self.cleared + self.refused.total() + len(self.differences)
        lines = [
            f"{total} definitions: {self.agreeing} agree as they are, {self.cleared} agree once a declared defect"
            f" of the oracle is taken out, {self.refused.total()} refused by name, {len(self.differences)} differ;"
            f" {self.not_empty} of those that agree have rows",
            *(f"  refused {count:5}  {reason}" for reason, count in self.refused.most_common()),
            *(f"  defect  {count:5}  {name}" for name, count in self.by_defect.most_common()),
            *(f"  repair  {count:5}  {name}" for name, count in self.repairs.most_common() if count),
            f"  features in definitions with rows, rarest first ({len(self.covered)}):",
            "  " + ", ".join(f"{name} {count}" for name, count in sorted(self.covered.items(), key=lambda i: i[1])),
        ]
        return "\n".join(lines)


def sample(strategy: st.SearchStrategy[Json], number: int, first_seed: int) -> list[Json]:
    """Definitions of a strategy, always the same for a seed; small rounds keep neighbours from being alike."""
    drawn: dict[str, Json] = {}
    while len(drawn) < number:

        @seed(first_seed)
        @settings(
            max_examples=20,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def draw(definition: Json) -> None:
            drawn.setdefault(repr(definition), definition)

        draw()
        first_seed += 1
    return list(drawn.values())[:number]


def rows_together(expressions: Sequence[Json], cdm: Cdm) -> list[list[Row] | str]:
    """Rows of each definition, generated in batches; the reason where it is refused."""
    answers: list[list[Row] | str] = []
    for start in range(0, len(expressions), BATCH):
        batch = expressions[start : start + BATCH]
        made = generate({str(i): read_definition(e) for i, e in enumerate(batch)}, cdm, strict=False)
        found: list[list[Row]] = [[] for _ in batch]
        for row in made.rows.to_pylist():
            found[int(row["cohort_name"])].append((row["subject_id"], row["cohort_start_date"], row["cohort_end_date"]))
        answers += [str(made.refused[str(i)]) if str(i) in made.refused else sorted(r) for i, r in enumerate(found)]
    return answers


def compare(expressions: Sequence[Json], cdm: Cdm, oracle: Oracle) -> Report:
    """Compare the rows of each definition."""
    report = Report(repairs=oracle.repairs)
    disputed: list[Json] = []
    for expression, ours in zip(expressions, rows_together(expressions, cdm), strict=True):
        if isinstance(ours, str):
            report.refused[ours.splitlines()[0].split(": ", 2)[-1]] += 1
        elif _answer(oracle, expression) == ours:
            report.agreeing += 1
            _cover(report, expression, ours)
        else:
            disputed.append(expression)
    controls = [defects.without(expression) for expression in disputed]
    for expression, control, ours in zip(disputed, controls, rows_together(controls, cdm), strict=True):
        names = defects.found(expression)
        theirs = _answer(oracle, control)
        if names and theirs == ours and not isinstance(ours, str):
            report.cleared += 1
            report.by_defect.update(names)
            _cover(report, control, ours)
        else:
            report.differences.append((control, theirs if isinstance(theirs, str) else "other rows"))
    return report


def _answer(oracle: Oracle, expression: Json) -> list[Row] | str:
    try:
        return oracle.rows(expression)
    except OracleError as error:
        return str(error)


def _cover(report: Report, expression: Json, rows: list[Row]) -> None:
    if rows:
        report.not_empty += 1
        report.covered.update(set(features(expression)))


def features(part: Any, kind: str = "") -> Iterator[str]:
    """Names of what a definition uses: kinds, their attributes, group rules, occurrences, limits, exits."""
    if isinstance(part, list):
        for item in part:
            yield from features(item, kind)
    if not isinstance(part, dict):
        return
    for key, value in part.items():
        if key in Criterion.kinds and isinstance(value, dict) and "CriteriaList" not in part:
            yield key
        elif kind in Criterion.kinds:
            yield f"{kind}.{key}"
        elif key == "Occurrence":
            distinct = f" distinct {value.get('CountColumn')}" if "IsDistinct" in value else ""
            yield f"occurrence {value['Type']}{distinct}"
        elif key == "Type" and isinstance(value, str):
            yield f"{kind or 'limit'} {value.lower()}" if kind != "Occurrence" else "occurrence"
        else:
            yield key
        yield from features(value, key)
