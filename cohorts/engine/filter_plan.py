"""From the attributes of a criterion to filters: what is tested, how, and against what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NoReturn

from cohorts.definition import (
    CohortDefinition,
    Concept,
    ConceptSet,
    ConceptSetSelection,
    DateRange,
    DemographicCriterion,
    NumericRange,
    Part,
    TextFilter,
)
from cohorts.engine.domains import IN_UNIT, PERHAPS, Attribute
from cohorts.engine.in_units import unit_field
from cohorts.engine.nodes import AnyCodes, CodeItem, CodeList, Codes, Conversions, Filter
from omop_etl.errors import RweError

COMPARISONS = ("lt", "lte", "eq", "!eq", "gt", "gte", "bt", "!bt")
_PATTERNS = {"contains": "%{}%", "startsWith": "{}%", "endsWith": "%{}"}

_DEMOGRAPHICS: dict[str, Attribute] = {
    "age": Attribute("integer", "age", "exact age"),
    "gender": Attribute("concepts", "gender"),
    "gender_cs": Attribute("selection", "gender"),
    "race": Attribute("concepts", "race"),
    "race_cs": Attribute("selection", "gender", "race"),
    "ethnicity": Attribute("concepts", "ethnicity"),
    "ethnicity_cs": Attribute("selection", "gender", "ethnicity"),
    "occurrence_start_date": Attribute("date", "start"),
    "occurrence_end_date": Attribute("date", "end"),
}
"""Attributes of a demographic criterion. Under Circe's semantics the concept sets of race and ethnicity test the
gender, as its SQL does."""


class FilterPlanner:
    """Turns attributes into filters, and concept sets into nodes, for one definition."""

    def __init__(self, definition: CohortDefinition) -> None:
        self._name = definition.name
        self._exact = definition.semantics == "exact"
        self._semantics = definition.semantics
        self._concept_sets: dict[int, list[ConceptSet]] = {}
        for concept_set in definition.expression.concept_sets or []:
            self._concept_sets.setdefault(concept_set.id, []).append(concept_set)

    def codes(self, codeset_id: int, path: str) -> AnyCodes:
        """Node of the concept set with this id; sets that share an id count as one, as in Circe."""
        found = self._concept_sets.get(codeset_id)
        if found is None:
            self.refuse(path, f"there is no concept set with id {codeset_id}", "add it, or choose another")
        if len(found) == 1:
            return Codes(_items(found[0]))
        return Codes(tuple(item for concept_set in found for item in _items(concept_set)))

    def filters(
        self, part: Part, attributes: Mapping[str, Attribute], path: str, *, possible: bool = False
    ) -> tuple[Filter, ...]:
        """Filters of all attributes that a criterion gives, in a fixed order.

        Under exact semantics a number is converted into the unit that is asked for, which is no test of its own then;
        with `possible` a record whose unit is not known passes.
        """
        planned: list[Filter] = []
        units = unit_field(part) if self._exact else ""
        for name, attribute in attributes.items():
            value = getattr(part, name)
            if value is None or value is False or value == [] or (units and name in (units, f"{units}_cs")):
                continue
            key = type(part).model_fields[name].alias or name
            target = attribute.target_in(self._semantics)
            negated = bool(attribute.negated_by and getattr(part, attribute.negated_by))
            planned.append(self._filter(attribute, target, value, f"{path}.{key}", negated=negated))
            if units and attribute.unit:
                target = f"{target}{PERHAPS if possible else IN_UNIT}"
                planned[-1] = replace(planned[-1], target=target, codes=self._conversions(part, units, path))
        return tuple(sorted(planned, key=lambda item: item.shape))

    def _conversions(self, part: Part, field: str, path: str) -> Conversions:
        listed: list[Concept] | None = getattr(part, field)
        if listed:
            return Conversions(_code_list(listed))
        key = type(part).model_fields[f"{field}_cs"].alias
        return Conversions(self.codes(getattr(part, f"{field}_cs").codeset_id, f"{path}.{key}.CodesetId"))

    def demographic(self, item: DemographicCriterion, path: str) -> tuple[Filter, ...]:
        """Filters of a demographic criterion."""
        return self.filters(item, _DEMOGRAPHICS, path)

    def _filter(self, attribute: Attribute, target: str, value: Any, path: str, *, negated: bool) -> Filter:
        if attribute.how in ("number", "integer"):
            return self.number(value, target, path, whole=attribute.how == "integer")
        if attribute.how == "date":
            return self._dates(value, target, path)
        if attribute.how == "text":
            return self._text(value, target, path)
        if attribute.how == "concepts":
            return self._concepts(value, target, negated=negated)
        if attribute.how == "selection":
            return self._selection(value, target, path)
        if attribute.how == "codeset":
            return Filter(target, "in", codes=self.codes(value, path))
        return Filter(target, "holds")

    def number(self, value: NumericRange, target: str, path: str, *, whole: bool) -> Filter:
        """Filter of a comparison with a number.

        Circe prints whole numbers without decimals and others with four; its semantics keep that.
        """
        test = self._comparison(value.op, path)
        bounds = [value.value, value.extent] if test.endswith("bt") else [value.value]
        numbers: list[float] = []
        for key, bound in zip(("Value", "Extent"), bounds, strict=False):
            if bound is None:
                self.refuse(f"{path}.{key}", "the number is missing", "give one, or remove the attribute")
            numbers.append(float(bound) if self._exact else float(int(bound)) if whole else float(f"{bound:.4f}"))
        return Filter(target, test, numbers[0], numbers[1] if len(numbers) > 1 else None)

    def _dates(self, value: DateRange, target: str, path: str) -> Filter:
        test = self._comparison(value.op, path)
        start = self.date(value.value, f"{path}.Value")
        return Filter(target, test, start, self.date(value.extent, f"{path}.Extent") if test.endswith("bt") else None)

    def _text(self, value: TextFilter, target: str, path: str) -> Filter:
        op, text = value.op or "", value.text
        if text is None:
            self.refuse(f"{path}.Text", "the text is missing", "give one, or remove the attribute")
        pattern = _PATTERNS.get(op.removeprefix("!"), "{}")
        return Filter(target, "!like" if op.startswith("!") else "like", pattern.format(text))

    @staticmethod
    def _concepts(value: list[Concept], target: str, *, negated: bool) -> Filter:
        return Filter(target, "not in" if negated else "in", codes=_code_list(value))

    def _selection(self, value: ConceptSetSelection, target: str, path: str) -> Filter:
        if value.codeset_id is None:
            return Filter(target, "is null" if value.is_exclusion else "is not null")
        codes = self.codes(value.codeset_id, f"{path}.CodesetId")
        return Filter(target, "not in" if value.is_exclusion else "in", codes=codes)

    def _comparison(self, op: str | None, path: str) -> str:
        if op not in COMPARISONS:
            known = ", ".join(COMPARISONS)
            self.refuse(
                f"{path}.Op", f"{op!r} is not a comparison" if op else "the comparison is missing", f"use {known}"
            )
        return op

    def date(self, text: str | None, path: str) -> date:
        """Date of a definition, ``yyyy-mm-dd``."""
        try:
            return date.fromisoformat((text or "")[:10])
        except ValueError:
            self.refuse(path, "the date is missing" if not text else f"{text!r} is not a date", "write yyyy-mm-dd")

    def refuse(self, path: str, reason: str, todo: str) -> NoReturn:
        """Refuse the definition, naming the path inside it."""
        raise RweError("{name}: {path}: {reason}", todo=todo, name=self._name, path=path, reason=reason)


def _code_list(listed: list[Concept]) -> CodeList:
    return CodeList(tuple(sorted({concept.concept_id for concept in listed})))


def _items(concept_set: ConceptSet) -> tuple[CodeItem, ...]:
    items = {
        CodeItem(item.concept.concept_id, item.include_descendants, item.include_mapped, item.is_excluded)
        for item in concept_set.expression.items
    }
    return tuple(sorted(items, key=lambda i: (i.concept_id, i.descendants, i.mapped, i.excluded)))
