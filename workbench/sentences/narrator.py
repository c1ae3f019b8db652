"""Say a cohort definition in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cohorts.definition import (
    CohortExpression,
    DateOffset,
    DrugEraExit,
    InclusionRule,
    NamedCohort,
    PatientList,
    Semantics,
)
from workbench.locales import Translator, mark
from workbench.sentences import values
from workbench.sentences.conditions import Conditions
from workbench.sentences.names import Labels, cohort_names, concept_set_names, patient_list_names

_DIGITS: Final = 12
_ENTRY_LIMITS: Final = {
    "first": mark("Of several such events of a person, the first one counts."),
    "last": mark("Of several such events of a person, the last one counts."),
    "all": mark("Every such event of a person counts."),
}
_QUALIFIED_LIMITS: Final = {
    "first": mark("Of the events that meet this, the first one of a person counts."),
    "last": mark("Of the events that meet this, the last one of a person counts."),
}
_FINAL_LIMITS: Final = {
    "first": mark("Of the events that meet all criteria, the first one of a person counts."),
    "last": mark("Of the events that meet all criteria, the last one of a person counts."),
}


class Narrator(Conditions):
    """Says the parts of a cohort definition in one language.

    Parameters
    ----------
    t : Translator
        Of the language.
    concept_sets : dict of int to str
        Names of the concept sets, in that language.
    concepts, cohorts, patient_lists, semantics
        Names of single concepts, of other cohorts and of patient lists, and what the definition means, as for
        `Conditions`.
    """

    @classmethod
    def of(
        cls,
        t: Translator,
        expression: CohortExpression,
        concepts: Mapping[int, str] | None = None,
        labels: Labels | None = None,
        *,
        semantics: Semantics = "circe",
    ) -> Narrator:
        """Make one for an expression.

        Parameters
        ----------
        t : Translator
            Of the reader's language.
        expression : CohortExpression
            What is to be said.
        concepts : mapping of int to str, optional
            Names of concepts in that language; without them concept sets go by the names that the expression has.
        labels : mapping, optional
            What to call concept sets and rules, by their own name and the language.
        semantics : {"circe", "exact"}
            What the expression means.
        """
        if concepts is None:
            sets = {known.id: (known.name or str(known.id)).strip() for known in expression.concept_sets or []}
        else:
            sets = concept_set_names(t, expression, concepts, labels)
        return cls(t, sets, concepts, cohort_names(expression), patient_list_names(expression), semantics)

    def entry(self, expression: CohortExpression) -> list[str]:
        """Say what brings a person in."""
        t, primary = self.t, expression.primary_criteria
        events = values.listed(t, [self.event(criterion) for criterion in primary.criteria_list])
        said = [t("A person enters with: {events}.", events=events)]
        before, after = primary.observation_window.prior_days, primary.observation_window.post_days
        if before:
            said.append(t("At least {days} of observation before it are required.", days=values.days(t, before)))
        if after:
            said.append(t("At least {days} of observation after it are required.", days=values.days(t, after)))
        said.append(t(_ENTRY_LIMITS[primary.primary_criteria_limit.choice]))
        if expression.additional_criteria is None:
            return said
        if not expression.additional_criteria.is_empty:
            said.append(t("Only if: {condition}.", condition=self.group(expression.additional_criteria)))
        limit = expression.qualified_limit.choice if expression.qualified_limit else "first"
        if primary.primary_criteria_limit.choice == "all" and limit != "all":
            said.append(t(_QUALIFIED_LIMITS[limit]))
        return said

    def rule(self, rule: InclusionRule) -> str:
        """Say what an inclusion rule asks for."""
        if rule.expression is None or rule.expression.is_empty:
            return self.t("No condition.")
        return _sentence(self.group(rule.expression), self.t)

    def final_limit(self, expression: CohortExpression) -> str:
        """Say which of a person's events counts after all criteria; nothing where only one can be left."""
        one_left = expression.primary_criteria.primary_criteria_limit.choice != "all"
        if expression.additional_criteria is not None:
            one_left = one_left or (expression.qualified_limit is None or expression.qualified_limit.choice != "all")
        limit = expression.expression_limit.choice if expression.expression_limit else "first"
        return "" if one_left or limit == "all" else self.t(_FINAL_LIMITS[limit])

    def exit(self, expression: CohortExpression) -> str:
        """Say when a person leaves."""
        strategy = expression.end_strategy
        if strategy is not None and strategy.date_offset is not None and strategy.custom_era is not None:
            both = (self._fixed_exit(strategy.date_offset), self._era_exit(strategy.custom_era))
            return self.t("Whichever comes first: {exits}", exits=self.t.join(both))
        if strategy is not None and strategy.date_offset is not None:
            return self._fixed_exit(strategy.date_offset)
        if strategy is not None and strategy.custom_era is not None:
            return self._era_exit(strategy.custom_era)
        return self.t("A person leaves at the end of the observation period.")

    def definition(self, expression: CohortExpression, labels: Labels | None = None) -> list[str]:
        """Say the whole definition: entry, rules by name (or by what `labels` has for it), censoring, exit."""
        t, called = self.t, labels or {}
        said = self.entry(expression)
        for rule in expression.inclusion_rules or []:
            name = (rule.name or "").strip() or t("Unnamed criterion")
            name = called.get(name, {}).get(t.language, name)
            said.append(t("{name}: {condition}", name=name, condition=self.rule(rule)))
        if limit := self.final_limit(expression):
            said.append(limit)
        said.append(self.exit(expression))
        if expression.censoring_criteria:
            events = values.listed(t, [self.event(criterion) for criterion in expression.censoring_criteria])
            said.append(t("A person leaves early with: {events}.", events=events))
        if expression.collapse_settings is not None and expression.collapse_settings.era_pad:
            pad = values.days(t, expression.collapse_settings.era_pad)
            said.append(t("Periods at most {days} apart are merged.", days=pad))
        window = expression.censor_window
        if window is not None and (window.start_date or window.end_date):
            said.append(t("Only time {period} counts; the rest is cut off.", period=values.period(t, window)))
        said += [self._patient_list(known) for known in expression.patient_lists or []]
        return said + [line for other in expression.cohorts or [] for line in self._other_cohort(other)]

    def _patient_list(self, known: PatientList) -> str:
        """Say which file a patient list is, by the beginning of its digest too: its rows are not in the document."""
        return self.t(
            'The patient list "{name}" is the file {file} (SHA-256 {digest}…); where it gives no date, the limits of '
            "observation count.",
            name=known.title,
            file=known.listed.file or "–",
            digest=(known.sha256 or "")[:_DIGITS],
        )

    def _other_cohort(self, other: NamedCohort) -> list[str]:
        """Say what a cohort is that criteria refer to; it has concept sets of its own."""
        if other.expression is None:
            return []
        own = Narrator.of(self.t, other.expression, self._concepts, semantics=other.semantics)
        name = (other.name or str(other.id)).strip()
        return [
            self.t(
                'The cohort "{name}": {sentences}', name=name, sentences=self.t.join(own.definition(other.expression))
            )
        ]

    def _fixed_exit(self, offset: DateOffset) -> str:
        t, number = self.t, offset.offset
        days = values.days(t, abs(number))
        if offset.date_field.lower() == "enddate":
            if number == 0:
                return t("A person leaves when the index event ends.")
            if number < 0:
                return t("A person leaves {days} before the index event ends.", days=days)
            return t("A person leaves {days} after the index event ends.", days=days)
        if number == 0:
            return t("A person leaves on the index date itself.")
        if number < 0:
            return t("A person would leave {days} before the index date, so that no row remains.", days=days)
        return t("A person leaves {days} after the index date.", days=days)

    def _era_exit(self, era: DrugEraExit) -> str:
        t = self.t
        said = [
            t(
                "A person leaves when continuous use of {drug} ends (gaps of up to {gap} do not count).",
                drug=self._set(era.drug_codeset_id),
                gap=values.days(t, era.gap_days),
            )
        ]
        if era.offset:
            said.append(t("The use is taken to last {days} longer than recorded.", days=values.days(t, era.offset)))
        if era.days_supply_override is not None:
            days = values.days(t, era.days_supply_override)
            said.append(t("Each exposure is taken to last {days}, whatever is recorded.", days=days))
        return t.join(said)


def _sentence(text: str, t: Translator) -> str:
    return t("{sentence}.", sentence=text[:1].upper() + text[1:])
