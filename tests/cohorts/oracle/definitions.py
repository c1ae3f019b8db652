"""Strategies that make cohort definitions: every kind of criterion, every attribute, every way to combine them.

The attributes are read from the definition's own classes, so a new one is generated without a word here. Values are
drawn from the small pools that `random_cdm` fills its tables from, so that many definitions find somebody.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from cohorts.definition import (
    Concept,
    ConceptSetSelection,
    CriteriaGroup,
    Criterion,
    DateAdjustment,
    DateRange,
    DemographicCriterion,
    NumericRange,
    Part,
    Period,
    TextFilter,
)
from cohorts.engine.domains import DOMAINS
from cohorts.engine.operations.spans import MERGED_COUNT_COLUMNS
from tests.cohorts.oracle.random_cdm import ABSENT, CONCEPTS, DAYS, FIRST_DAY, GENDERS, TEXTS

Json = dict[str, Any]

SETS = range(1, 5)
_POOL = st.sampled_from((*CONCEPTS, ABSENT, *GENDERS))
_OPS = st.sampled_from(("lt", "lte", "eq", "!eq", "gt", "gte", "bt", "!bt"))
_DATES = st.integers(-10, DAYS).map(lambda days: (FIRST_DAY + timedelta(days)).isoformat())
_LIMITS = st.sampled_from(("All", "All", "First", "Last", "all", "LAST"))
_FLAG = st.booleans()
KINDS = tuple(name for name, kind in Criterion.kinds.items() if kind.known_to_circe)


def given(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """Object with all of these keys."""
    return st.fixed_dictionaries(fields)


def perhaps(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """Object with some of these keys."""
    return st.fixed_dictionaries({}, optional=fields)


def merged(*objects: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Object with the keys of all."""
    return st.tuples(*objects).map(lambda found: {key: value for part in found for key, value in part.items()})


def concept_set(number: int) -> st.SearchStrategy[Json]:
    """Concept set of a few lines, some of them excluded, with descendants or mapped."""
    item = given(
        concept=_POOL.map(lambda concept: {"CONCEPT_ID": concept}),
        isExcluded=st.sampled_from((False, False, False, True)),
        includeDescendants=_FLAG,
        includeMapped=st.sampled_from((False, False, True)),
    )
    broad = [{"concept": {"CONCEPT_ID": c}, "includeDescendants": True} for c in (1, 4)]
    items = st.one_of(st.lists(item, min_size=1, max_size=4), st.lists(item, max_size=2).map(lambda few: broad + few))
    return items.map(lambda found: {"id": number, "name": f"set {number}", "expression": {"items": found}})


def number_range(name: str) -> st.SearchStrategy[Json]:
    """Comparison with a number that the attribute may well have."""
    if "age" in name:
        values: st.SearchStrategy[Any] = st.integers(15, 78)
    elif "length" in name or name == "duration":
        values = st.integers(0, 40)
    else:
        values = st.one_of(st.integers(0, 6), st.sampled_from((0.5, 1.25, 2.00004, 3.0)))
    return given(Op=_OPS, Value=values, Extent=values)


def group(depth: int, *, empty: bool = True) -> st.SearchStrategy[Json]:
    """Group of correlated criteria, demographic criteria and, while `depth` lasts, other groups."""
    rule = st.one_of(
        given(Type=st.sampled_from(("ALL", "ANY"))),
        given(Type=st.sampled_from(("AT_LEAST", "AT_MOST")), Count=st.integers(0, 2)),
    )
    smallest = 0 if empty else 1
    parts = perhaps(
        DemographicCriteriaList=st.lists(attributes(DemographicCriterion, depth=0, most=2), max_size=2),
        Groups=st.lists(st.deferred(lambda: group(depth - 1)), max_size=2 if depth > 0 else 0),
    )
    return merged(rule, given(CriteriaList=st.lists(correlated(depth), min_size=smallest, max_size=2)), parts)


@st.composite
def correlated(draw: st.DrawFn, depth: int) -> Json:
    """Criterion counted in windows around an index event."""
    kind = draw(st.sampled_from(KINDS))
    bound = perhaps(Days=st.integers(0, 200))
    window = merged(
        given(
            Start=merged(bound, given(Coeff=st.sampled_from((-1, -1, -1, 1)))),
            End=merged(bound, given(Coeff=st.sampled_from((-1, 1, 1, 1)))),
        ),
        perhaps(UseIndexEnd=_FLAG, UseEventEnd=_FLAG),
    )
    occurrence = draw(given(Type=st.sampled_from((0, 1, 2, 2)), Count=st.integers(0, 3)))
    if draw(st.integers(0, 3)) == 0:
        columns = MERGED_COUNT_COLUMNS if kind == "CustomEra" else DOMAINS[kind].count_columns
        occurrence["IsDistinct"] = True
        column = draw(st.sampled_from((None, *columns)))
        if column is not None:
            occurrence["CountColumn"] = column
    made = {
        "Criteria": {kind: draw(criterion_content(kind, depth - 1))},
        "StartWindow": draw(window),
        "Occurrence": occurrence,
    }
    rare = st.sampled_from((False, False, True))
    return {**made, **draw(perhaps(EndWindow=window, RestrictVisit=rare, IgnoreObservationPeriod=_FLAG))}


def criterion(depth: int) -> st.SearchStrategy[Json]:
    """Criterion of any kind, in its wrapper."""
    return st.sampled_from(KINDS).flatmap(lambda kind: criterion_content(kind, depth).map(lambda found: {kind: found}))


@cache
def criterion_content(kind: str, depth: int) -> st.SearchStrategy[Json]:
    """Attributes of a criterion of this kind."""
    return attributes(Criterion.kinds[kind], depth=depth, most=2)


@st.composite
def attributes(draw: st.DrawFn, part: type[Part], depth: int, most: int) -> Json:
    """Up to `most` of the keys of a part, drawn from its fields; a concept set where there can be one."""
    fields = {name: value_of(name, info.annotation, depth) for name, info in part.model_fields.items()}
    offered = [name for name, strategy in fields.items() if strategy is not None]
    names = set(draw(st.lists(st.sampled_from(offered), max_size=most)))
    if "codeset_id" in fields and draw(st.integers(0, 3)):
        names.add("codeset_id")
    if "gap_days" in names and "era_length" in fields and draw(_FLAG):
        names.add("era_length")
    if part.__name__ == "CustomEra":
        names.add("criteria_list")
    found = {name: draw(fields[name]) for name in fields if name in names}  # type: ignore[arg-type]
    return {part.model_fields[name].alias or name: value for name, value in found.items()}


def value_of(name: str, annotation: Any, depth: int) -> st.SearchStrategy[Any] | None:
    """Strategy for the value of a field; None where its depth is used up."""
    kind = _essence(annotation)
    by_kind: dict[Any, Callable[[], st.SearchStrategy[Any] | None]] = {
        NumericRange: lambda: number_range(name),
        DateRange: lambda: given(Op=_OPS, Value=_DATES, Extent=_DATES),
        TextFilter: lambda: given(
            Op=st.sampled_from(("contains", "startsWith", "endsWith", "!contains", "!startsWith", "!endsWith", "eq")),
            Text=st.sampled_from((*TEXTS, "b", "%", "N")),
        ),
        ConceptSetSelection: lambda: st.one_of(
            given(CodesetId=st.sampled_from(SETS), IsExclusion=_FLAG), given(IsExclusion=_FLAG)
        ),
        Concept: lambda: st.lists(_POOL.map(lambda c: {"CONCEPT_ID": c}), min_size=1, max_size=4),
        DateAdjustment: lambda: given(
            StartWith=st.sampled_from(("START_DATE", "END_DATE")),
            StartOffset=st.integers(-20, 20),
            EndWith=st.sampled_from(("START_DATE", "END_DATE")),
            EndOffset=st.integers(-20, 40),
        ),
        Period: lambda: perhaps(StartDate=_DATES, EndDate=_DATES),
        CriteriaGroup: lambda: group(depth) if depth > 0 else None,
        Criterion: lambda: st.lists(criterion(max(depth - 1, 0)), min_size=1, max_size=2),
        bool: lambda: _FLAG,
    }
    if kind in by_kind:
        return by_kind[kind]()
    if kind is int:
        return st.integers(0, 40) if name == "gap_days" else st.sampled_from(SETS)
    raise AssertionError(f"the strategies do not know what to put into {name}: {annotation}")


def _essence(annotation: Any) -> Any:
    """What a field holds, without None, lists and wrappers; a union of criteria is a criterion."""
    if isinstance(annotation, type):
        return Criterion if issubclass(annotation, Criterion) else annotation
    parts = [part for part in typing.get_args(annotation) if part is not types.NoneType]
    return _essence(parts[0])


def criteria_lists(depth: int, most: int) -> st.SearchStrategy[list[Json]]:
    """Criteria side by side; two of one kind would leave the choice of a tie to chance."""
    return st.lists(criterion(depth), min_size=1, max_size=most, unique_by=lambda found: next(iter(found)))


def exits() -> st.SearchStrategy[Json]:
    """Ways to leave the cohort."""
    offset = given(DateField=st.sampled_from(("StartDate", "EndDate")), Offset=st.integers(-5, 200))
    era = merged(
        given(DrugCodesetId=st.sampled_from(SETS), GapDays=st.integers(0, 60), Offset=st.integers(0, 30)),
        perhaps(DaysSupplyOverride=st.integers(0, 60)),
    )
    return st.one_of(given(DateOffset=offset), given(CustomEra=era))


def definitions(depth: int = 2) -> st.SearchStrategy[Json]:
    """Whole expressions."""
    limit = given(Type=_LIMITS)
    primary = given(
        CriteriaList=criteria_lists(depth - 1, 2),
        ObservationWindow=given(PriorDays=st.sampled_from((0, 0, 0, 30)), PostDays=st.sampled_from((0, 0, 0, 0, 10))),
        PrimaryCriteriaLimit=limit,
    )
    rule = given(name=st.just("rule"), expression=group(depth))
    return merged(
        given(ConceptSets=st.tuples(*map(concept_set, SETS)).map(list), PrimaryCriteria=primary, ExpressionLimit=limit),
        perhaps(
            AdditionalCriteria=group(depth - 1),
            QualifiedLimit=limit,
            InclusionRules=st.lists(rule, max_size=3),
            EndStrategy=exits(),
            CensoringCriteria=criteria_lists(depth - 1, 2),
            CollapseSettings=given(CollapseType=st.just("ERA"), EraPad=st.integers(0, 60)),
            CensorWindow=perhaps(StartDate=_DATES, EndDate=_DATES),
        ),
    )
