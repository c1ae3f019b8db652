"""Say a cohort definition in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cohorts.definition import (
    CohortExpression,
    CorrelatedCriterion,
    CriteriaGroup,
    Criterion,
    DateRange,
    DemographicCriterion,
    InclusionRule,
    NumericRange,
    Part,
    Period,
    TextFilter,
)
from cohorts.definition.values import ConceptSetSelection
from workbench.attributes import says_something
from workbench.locales import Language, Translator, mark
from workbench.sentences import values
from workbench.sentences.words import ATTRIBUTES, EVENTS, EVENTS_OF_ANY_CONCEPT, STRUCTURE

_GROUPS: Final = {
    "ALL": mark("all of: {members}"),
    "ANY": mark("any of: {members}"),
    "AT_LEAST": mark("at least {n} of: {members}"),
    "AT_MOST": mark("at most {n} of: {members}"),
}
_LIMITS: Final = {
    "first": mark("Of several such events of a person, the first one counts."),
    "last": mark("Of several such events of a person, the last one counts."),
    "all": mark("Every such event of a person counts."),
}


class Narrator:
    """Says the parts of a cohort definition in one language.

    Parameters
    ----------
    t : Translator
        Of the language.
    concept_sets : dict of int to str
        Names of the concept sets, in that language.
    """

    def __init__(self, t: Translator, concept_sets: dict[int, str]) -> None:
        self.t = t
        self._concept_sets = concept_sets

    @classmethod
    def of(cls, t: Translator, expression: CohortExpression) -> Narrator:
        """Make one that uses the definition's own names of its concept sets."""
        return cls(t, {s.id: s.name or str(s.id) for s in expression.concept_sets or []})

    # -- the parts of a definition ------------------------------------------------------------------------------------
    def entry(self, expression: CohortExpression) -> list[str]:
        """Say what brings a person in."""
        t, primary = self.t, expression.primary_criteria
        events = values.listed(t, [self.event(criterion) for criterion in primary.criteria_list])
        said = [t("A person enters with: {events}.", events=events)]
        before, after = primary.observation_window.prior_days, primary.observation_window.post_days
        if before or after:
            said.append(
                t(
                    "Observed for at least {before} before and {after} after.",
                    before=values.days(t, before),
                    after=values.days(t, after),
                )
            )
        if expression.additional_criteria is not None and not expression.additional_criteria.is_empty:
            said.append(t("Only if: {condition}.", condition=self.group(expression.additional_criteria)))
        said.append(t(_LIMITS[primary.primary_criteria_limit.choice]))
        return said

    def rule(self, rule: InclusionRule) -> str:
        """Say what an inclusion rule asks for."""
        if rule.expression is None or rule.expression.is_empty:
            return self.t("No condition.")
        return _sentence(self.group(rule.expression), self.t)

    def exit(self, expression: CohortExpression) -> str:
        """Say when a person leaves."""
        t, strategy = self.t, expression.end_strategy
        if strategy is not None and strategy.date_offset is not None:
            offset = strategy.date_offset
            if offset.date_field.lower() == "enddate":
                return t("A person leaves {days} after the index event ends.", days=values.days(t, offset.offset))
            return t("A person leaves {days} after the index date.", days=values.days(t, offset.offset))
        if strategy is not None and strategy.custom_era is not None:
            era = strategy.custom_era
            return t(
                "A person leaves when continuous use of {drug} ends (gaps of up to {gap} do not count).",
                drug=self._set(era.drug_codeset_id),
                gap=values.days(t, era.gap_days),
            )
        return t("A person leaves at the end of the observation period.")

    def definition(
        self, expression: CohortExpression, labels: Mapping[str, dict[Language, str]] | None = None
    ) -> list[str]:
        """Say the whole definition: entry, rules by name (or by what `labels` has for it), censoring, exit."""
        t, called = self.t, labels or {}
        said = self.entry(expression)
        for rule in expression.inclusion_rules or []:
            name = rule.name or t("Unnamed criterion")
            name = called.get(name, {}).get(t.language, name)
            said.append(t("{name}: {condition}", name=name, condition=self.rule(rule)))
        if expression.censoring_criteria:
            events = values.listed(t, [self.event(criterion) for criterion in expression.censoring_criteria])
            said.append(t("A person leaves early with: {events}.", events=events))
        said.append(self.exit(expression))
        if expression.collapse_settings is not None and expression.collapse_settings.era_pad:
            said.append(
                t(
                    "Periods at most {days} apart are merged.",
                    days=values.days(t, expression.collapse_settings.era_pad),
                )
            )
        return said

    # -- conditions ---------------------------------------------------------------------------------------------------
    def group(self, group: CriteriaGroup) -> str:
        """Say a group of conditions."""
        t = self.t
        members = [self.demographic(item) for item in group.demographic_criteria_list]
        members += [self.correlated(item) for item in group.criteria_list]
        members += [f"({self.group(item)})" for item in group.groups]
        if len(members) == 1 and group.rule in ("ALL", "ANY"):
            return members[0].removeprefix("(").removesuffix(")") if group.groups else members[0]
        if group.rule == "ALL":
            return t("; and ").join(members)
        return t(_GROUPS[group.rule], n=group.count or 0, members=t("; ").join(members))

    def correlated(self, item: CorrelatedCriterion) -> str:
        """Say how often a record must occur, and when."""
        t = self.t
        parts = [values.within(t, item.start_window)]
        if item.end_window is not None and (ending := values.within(t, item.end_window)):
            parts.append(t("ending {window}", window=ending))
        if item.restrict_visit:
            parts.append(t("in the same visit"))
        when = t(", ").join(part for part in parts if part) or t("at any time")
        event = self.event(item.criteria)
        if item.occurrence.type != 2 and item.occurrence.count == 0:
            return t("no {event}, {when}", event=event, when=when)
        often = values.often(t, item.occurrence)
        if item.occurrence.is_distinct:
            often = t("{often} (counting different values once)", often=often)
        return t("{event} {often}, {when}", event=event, often=often, when=when)

    def demographic(self, item: DemographicCriterion) -> str:
        """Say what is asked of the person."""
        return self.t(", ").join(self._attributes(item))

    def event(self, criterion: Criterion) -> str:
        """Say a record with what is asked of it."""
        t, kind = self.t, type(criterion).__name__
        codeset = getattr(criterion, "codeset_id", None)
        if codeset is not None or kind not in EVENTS_OF_ANY_CONCEPT:
            said = t(EVENTS[kind], concepts=self._set(codeset))
        else:
            said = t(EVENTS_OF_ANY_CONCEPT[kind])
        if getattr(criterion, "first", None):
            said = t("first {event} on record", event=said)
        asked = self._attributes(criterion)
        if criterion.correlated_criteria is not None and not criterion.correlated_criteria.is_empty:
            asked.append(t("with: {condition}", condition=self.group(criterion.correlated_criteria)))
        for member in getattr(criterion, "criteria_list", []):
            asked.append(self.event(member))
        if criterion.date_adjustment is not None:
            asked.append(t("dates shifted"))
        return t("{event} ({attributes})", event=said, attributes=t(", ").join(asked)) if asked else said

    def _attributes(self, part: Part) -> list[str]:
        units = getattr(part, "unit", None)
        unit = values.concepts(self.t, units) if units and getattr(part, "value_as_number", None) else ""
        said = []
        for field in type(part).model_fields:
            value = getattr(part, field)
            named = field.removesuffix("_cs")
            if not says_something(value) or field in STRUCTURE or field.endswith("_exclude"):
                continue
            if unit and field == "unit":
                continue
            negated = bool(getattr(part, f"{named}_exclude", False))
            words = self._value(value, unit if field == "value_as_number" else "", negated=negated)
            said.append(f"{self.t(ATTRIBUTES[named])} {words}".strip())
        return said

    def _value(self, value: object, unit: str, *, negated: bool) -> str:
        t = self.t
        if isinstance(value, (NumericRange, DateRange)):
            return values.comparison(t, value, unit)
        if isinstance(value, TextFilter):
            return values.text_filter(t, value)
        if isinstance(value, Period):
            return values.period(t, value)
        if isinstance(value, ConceptSetSelection):
            if value.codeset_id is None:
                return t("not recorded") if value.is_exclusion else t("recorded")
            name, negated = self._set(value.codeset_id), bool(value.is_exclusion)
        elif isinstance(value, list):
            name = values.concepts(t, value)
        elif isinstance(value, bool):
            return ""
        else:
            name = self._set(int(str(value)))
        return t("other than {name}", name=name) if negated else name

    def _set(self, codeset: int | None) -> str:
        if codeset is None:
            return self.t("any")
        return self.t('"{name}"', name=self._concept_sets.get(codeset, codeset))


def _sentence(text: str, t: Translator) -> str:
    return t("{sentence}.", sentence=text[:1].upper() + text[1:])
