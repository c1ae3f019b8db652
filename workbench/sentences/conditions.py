"""Say what is asked of records and persons: criteria, how often, when, and groups of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cohorts.definition import (
    CohortMembership,
    CorrelatedCriterion,
    CriteriaGroup,
    Criterion,
    CustomEra,
    DateRange,
    DemographicCriterion,
    NumericRange,
    Occurrence,
    Part,
    PatientListMembership,
    Period,
    Semantics,
    TextFilter,
)
from cohorts.definition.values import ConceptSetSelection
from cohorts.engine.in_units import unit_field
from workbench.attributes import says_something
from workbench.locales import Translator, mark
from workbench.sentences import values
from workbench.sentences.windows import Anchor, window_words
from workbench.sentences.words import ATTRIBUTES, EVENTS, EVENTS_OF_ANY_CONCEPT, STRUCTURE

_GROUPS: Final = {
    "ANY": mark("any of: {members}"),
    "AT_LEAST": mark("at least {n} of: {members}"),
    "AT_MOST": mark("at most {n} of: {members}"),
}
_EXACTLY, _AT_MOST, _AT_LEAST = 0, 1, 2


Condition = CriteriaGroup | CorrelatedCriterion | DemographicCriterion


class Conditions:
    """Says conditions in one language.

    Parameters
    ----------
    t : Translator
        Of the language.
    concept_sets : dict of int to str
        Names of the concept sets, in that language.
    concepts : dict of int to str, optional
        Names of the concepts that criteria name without a set, such as units; others go by the name that the
        definition has for them.
    cohorts, patient_lists : dict of int to str, optional
        Names of the cohorts and of the patient lists that criteria refer to.
    semantics : {"circe", "exact"}
        What the conditions mean; under exact semantics numbers are converted into the unit that is asked for.
    """

    def __init__(
        self,
        t: Translator,
        concept_sets: dict[int, str],
        concepts: Mapping[int, str] | None = None,
        cohorts: Mapping[int, str] | None = None,
        patient_lists: Mapping[int, str] | None = None,
        semantics: Semantics = "circe",
    ) -> None:
        self.t = t
        self._semantics = semantics
        self._cohorts = cohorts or {}
        self._patient_lists = patient_lists or {}
        self._concept_sets = concept_sets
        self._concepts = concepts

    def group(self, group: CriteriaGroup, anchor: Anchor | None = None) -> str:
        """Say a group of conditions; days are counted from `anchor`, by default from the index date."""
        t = self.t
        members = _members(group)
        if group.rule == "AT_MOST" and not group.count:
            return t("; and ").join(self._denied(member, anchor) for member in members)
        if len(members) == 1 and group.rule in ("ALL", "ANY"):
            return self._member(members[0], anchor)
        said = [self._bracketed(member, anchor) for member in members]
        if group.rule == "ALL":
            return t("; and ").join(said)
        return t(_GROUPS[group.rule], n=group.count or 0, members=t("; ").join(said))

    def correlated(self, item: CorrelatedCriterion, anchor: Anchor | None = None) -> str:
        """Say how often a record must occur, and when."""
        return self._counted(item, item.occurrence, anchor)

    def demographic(self, item: DemographicCriterion) -> str:
        """Say what is asked of the person."""
        return self.t(", ").join(self._attributes(item)) or self.t("No condition.")

    def event(self, criterion: Criterion) -> str:
        """Say a record with what is asked of it."""
        t = self.t
        said = self._kind(criterion)
        if getattr(criterion, "first", None):
            said = t("first {event} on record", event=said)
        asked = self._attributes(criterion)
        if criterion.date_adjustment is not None:
            asked.append(values.adjustment(t, criterion.date_adjustment))
        if criterion.correlated_criteria is not None and not criterion.correlated_criteria.is_empty:
            around = self.group(criterion.correlated_criteria, Anchor.enclosing(t))
            asked.append(t("with: {condition}", condition=around))
        return t("{event} ({attributes})", event=said, attributes=t(", ").join(asked)) if asked else said

    # -- groups -------------------------------------------------------------------------------------------------------
    def _member(self, member: Condition, anchor: Anchor | None) -> str:
        if isinstance(member, CriteriaGroup):
            return self.group(member, anchor) if not member.is_empty else self.t("no condition")
        if isinstance(member, CorrelatedCriterion):
            return self.correlated(member, anchor)
        return self.demographic(member)

    def _bracketed(self, member: Condition, anchor: Anchor | None) -> str:
        said = self._member(member, anchor)
        while isinstance(member, CriteriaGroup) and (only := _only_member(member)) is not None:
            member = only
        several = isinstance(member, CriteriaGroup) and not member.is_empty
        return self.t("({condition})", condition=said) if several else said

    def _denied(self, member: Condition, anchor: Anchor | None) -> str:
        """Say that a member must not hold, without a negation where its opposite can be said plainly."""
        if isinstance(member, CorrelatedCriterion):
            opposite = _opposite(member.occurrence)
            if opposite is not None:
                return self._counted(member, opposite, anchor)
        return self.t("not the case: {condition}", condition=self._bracketed(member, anchor))

    # -- records ------------------------------------------------------------------------------------------------------
    def _counted(self, item: CorrelatedCriterion, occurrence: Occurrence, anchor: Anchor | None) -> str:
        t = self.t
        when, event = self._when(item, anchor or Anchor.index(t)), self.event(item.criteria)
        if occurrence.type != _AT_LEAST and occurrence.count == 0:
            return t("no {event}, {when}", event=event, when=when)
        return t("{event} {often}, {when}", event=event, often=values.often(t, occurrence), when=when)

    def _when(self, item: CorrelatedCriterion, anchor: Anchor) -> str:
        t = self.t
        start, end = item.start_window, item.end_window
        first = window_words(t, start, anchor)
        second = window_words(t, end, anchor) if end is not None else ""
        if first and start.use_event_end:
            first = t("ending {window}", window=first)
        elif first and second:
            first = t("starting {window}", window=first)
        if second and end is not None:
            of_end = end.use_event_end is not False
            second = t("ending {window}", window=second) if of_end else t("starting {window}", window=second)
        parts = [first, second]
        if item.restrict_visit:
            parts.append(t("in the same visit"))
        said = t(", ").join(part for part in parts if part) or t("at any time")
        return t("{when} (also outside the observation period)", when=said) if item.ignore_observation_period else said

    def _kind(self, criterion: Criterion) -> str:
        t, kind = self.t, type(criterion).__name__
        if isinstance(criterion, CustomEra):
            members = values.listed(t, [self.event(member) for member in criterion.criteria_list])
            gap = values.days(t, criterion.gap_days or 0)
            return t("period merged from {events} with gaps of up to {gap}", events=members, gap=gap)
        if isinstance(criterion, CohortMembership):
            return t("time in the cohort {name}", name=self._one_of(self._cohorts, criterion.cohort_id))
        if isinstance(criterion, PatientListMembership):
            return t("time on the patient list {name}", name=self._one_of(self._patient_lists, criterion.list_id))
        codeset, source = getattr(criterion, "codeset_id", None), self._source(criterion)
        if codeset is None and source:
            by_source = t("{concepts} by source code", concepts=self._set(getattr(criterion, source)))
            return t(EVENTS[kind], concepts=by_source)
        if codeset is not None or kind not in EVENTS_OF_ANY_CONCEPT:
            return t(EVENTS[kind], concepts=self._set(codeset))
        return t(EVENTS_OF_ANY_CONCEPT[kind])

    @staticmethod
    def _source(criterion: Part) -> str:
        """Name the field of a criterion that gives a set of source concepts; none where none is given."""
        fields = (f for f in type(criterion).model_fields if ATTRIBUTES.get(f) == ATTRIBUTES["drug_source_concept"])
        return next((field for field in fields if getattr(criterion, field) is not None), "")

    def _attributes(self, part: Part) -> list[str]:
        units = getattr(part, "unit", None)
        unit = (
            values.concepts(self.t, units, self._concepts or {})
            if units and getattr(part, "value_as_number", None)
            else ""
        )
        said_by_kind = self._source(part) if getattr(part, "codeset_id", None) is None else ""
        said = []
        for field in type(part).model_fields:
            value = getattr(part, field)
            named = field.removesuffix("_cs")
            if not says_something(value) or field in STRUCTURE or field.endswith("_exclude"):
                continue
            if (
                field == said_by_kind
                or (unit and field == "unit")
                or (isinstance(part, CustomEra) and field == "gap_days")
            ):
                continue
            negated = bool(getattr(part, f"{named}_exclude", False)) and field == named
            words = self._value(value, unit if field == "value_as_number" else "", negated=negated)
            said.append(self._named(self.t(ATTRIBUTES[named]), words))
        if self._semantics == "exact" and unit_field(part):
            said.append(self.t("other units converted"))
        return said

    @staticmethod
    def _named(attribute: str, words: str) -> str:
        """Put a value behind the name of its attribute; Chinese words need no space before them."""
        return f"{attribute}{words}" if words[:1] >= "\u4e00" or words[:1] == "“" else f"{attribute} {words}".strip()

    def _value(self, value: object, unit: str, *, negated: bool) -> str:
        t = self.t
        if isinstance(value, NumericRange):
            return values.number_range(t, value, unit)
        if isinstance(value, DateRange):
            return values.date_range(t, value)
        if isinstance(value, TextFilter):
            return values.text_filter(t, value)
        if isinstance(value, Period):
            return values.period(t, value)
        if isinstance(value, ConceptSetSelection):
            if value.codeset_id is None:
                return t("not recorded") if value.is_exclusion else t("recorded")
            name, negated = self._set(value.codeset_id), bool(value.is_exclusion)
        elif isinstance(value, list):
            name = values.concepts(t, value, self._concepts or {})
        elif isinstance(value, bool):
            return ""
        else:
            name = self._set(int(str(value)))
        return t("other than {name}", name=name) if negated else name

    def _set(self, codeset: int | None) -> str:
        return self._one_of(self._concept_sets, codeset)

    def _one_of(self, names: Mapping[int, str], number: int | None) -> str:
        if number is None:
            return self.t("any")
        return self.t('"{name}"', name=str(names.get(number, number)).strip())


def _members(group: CriteriaGroup) -> list[Condition]:
    """Members of a group in the order in which they are said."""
    return [*group.demographic_criteria_list, *group.criteria_list, *group.groups]


def _only_member(group: CriteriaGroup) -> Condition | None:
    """Return the member that a group is no more than, where there is just one and it must hold."""
    members = _members(group)
    return members[0] if len(members) == 1 and group.rule in ("ALL", "ANY") else None


def _opposite(occurrence: Occurrence) -> Occurrence | None:
    """Return the count that holds whenever this one does not, where there is one."""
    n, kind = occurrence.count, occurrence.type
    if kind == _AT_MOST or (kind == _EXACTLY and n == 0):
        return occurrence.model_copy(update={"type": _AT_LEAST, "count": n + 1})
    if kind == _AT_LEAST and n > 0:
        return occurrence.model_copy(update={"type": _AT_MOST, "count": n - 1})
    return None
