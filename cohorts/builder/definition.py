"""The sentence of a cohort: who enters, who stays, when they leave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from cohorts.builder.concepts import Concepts
from cohorts.builder.groups import Group, Member, all_of
from cohorts.builder.records import Records
from cohorts.definition import (
    CohortDefinition,
    CohortExpression,
    CollapseSettings,
    DateOffset,
    DrugEraExit,
    EndStrategy,
    InclusionRule,
    NamedCohort,
    ObservationWindow,
    Period,
    PrimaryCriteria,
    ResultLimit,
    Semantics,
)
from omop_etl.errors import UsageError


@dataclass(frozen=True)
class CohortBuilder:
    """A cohort in the making; every method gives a new one, and `definition` writes the document."""

    name: str
    description: str = ""
    entry: tuple[Records, ...] = ()
    days_before: int = 0
    days_after: int = 0
    entry_limit: str = "First"
    limit: str = "First"
    rules: tuple[tuple[str, Group], ...] = ()
    exit_offset: DateOffset | None = None
    exit_era: DrugEraExit | None = None
    exit_drug: Concepts | None = None
    censoring: tuple[Records, ...] = ()
    merge_days: int = 0
    calendar: Period | None = None

    # -- who enters ---------------------------------------------------------------------------------------------------
    def entering_on(self, *events: Records, keep: str = "first") -> CohortBuilder:
        """Say which records bring a person in.

        Parameters
        ----------
        *events : Records
            Any of them does.
        keep : {"first", "all", "last"}
            Which of a person's entry events count.
        """
        return replace(self, entry=(*self.entry, *events), entry_limit=keep.capitalize())

    def observed(self, *, before: int = 0, after: int = 0) -> CohortBuilder:
        """Ask for days of observation before and after the index date."""
        return replace(self, days_before=before, days_after=after)

    # -- who stays ----------------------------------------------------------------------------------------------------
    def requiring(self, name: str, *members: Member) -> CohortBuilder:
        """Add a rule: all members must hold."""
        joined = members[0] if len(members) == 1 and isinstance(members[0], Group) else all_of(*members)
        return replace(self, rules=(*self.rules, (name, joined)))

    def excluding(self, name: str, *records: Records) -> CohortBuilder:
        """Add a rule: there must be none of these records in their windows."""
        return self.requiring(name, *(record.absent() for record in records))

    def keeping(self, which: str) -> CohortBuilder:
        """Say which of a person's events stay after all rules: ``first``, ``all`` or ``last``."""
        return replace(self, limit=which.capitalize())

    # -- when they leave ----------------------------------------------------------------------------------------------
    def leaving(self, *, after: int, counted_from_end: bool = False) -> CohortBuilder:
        """Leave so many days after the index date, or after the end of the index event; never after observation.

        Together with `leaving_when_exposure_ends`: at whichever comes first.
        """
        offset = DateOffset(date_field="EndDate" if counted_from_end else "StartDate", offset=after)
        return replace(self, exit_offset=offset)

    def leaving_when_exposure_ends(self, drugs: Concepts, *, gap: int = 30, grace: int = 0) -> CohortBuilder:
        """Leave when continuous exposure to drugs ends: no more than `gap` days between prescriptions.

        Together with `leaving`: at whichever comes first.
        """
        return replace(self, exit_era=DrugEraExit(gap_days=gap, offset=grace), exit_drug=drugs)

    def censored_by(self, *events: Records) -> CohortBuilder:
        """Leave at the first of these events."""
        return replace(self, censoring=(*self.censoring, *events))

    def merging_within(self, days: int) -> CohortBuilder:
        """Join spans of a person that lie at most so many days apart."""
        return replace(self, merge_days=days)

    def between_dates(self, start: str | None = None, end: str | None = None) -> CohortBuilder:
        """Cut spans to calendar dates, ``yyyy-mm-dd``."""
        return replace(self, calendar=Period(start_date=start, end_date=end))

    def described(self, text: str) -> CohortBuilder:
        """Say what the cohort is for."""
        return replace(self, description=text)

    # -- the document -------------------------------------------------------------------------------------------------
    def definition(self, semantics: Semantics = "exact") -> CohortDefinition:
        """Write the document.

        Parameters
        ----------
        semantics : {"exact", "circe"}
            What the definition means.

        Returns
        -------
        CohortDefinition
            As if it had been clicked or imported.

        Raises
        ------
        UsageError
            No entry event is given.
        """
        if not self.entry:
            raise UsageError("{name} has no entry event", todo="say it with entering_on", name=self.name)
        sets = self._concept_sets()
        cohorts = self._cohorts()
        numbers: dict[Concepts | str, int] = {named: number for number, named in enumerate(sets)}
        numbers |= {key: number for number, key in enumerate(cohorts)}
        lists = {listed.sha256 or "": listed for records in self._used() if (listed := records.listed) is not None}
        numbers |= {key: number for number, key in enumerate(lists)}
        rules = [InclusionRule(name=name, expression=group.group(numbers)) for name, group in self.rules]
        parts = {
            "cohorts": [
                NamedCohort(id=number, name=other.name, semantics=other.semantics, expression=other.expression)
                for number, other in enumerate(cohorts.values())
            ]
            or None,
            "patient_lists": [listed.model_copy(update={"id": number}) for number, listed in enumerate(lists.values())]
            or None,
            "end_strategy": self._exit(numbers),
            "censoring_criteria": [records.criterion(numbers) for records in self.censoring] or None,
            "collapse_settings": CollapseSettings(collapse_type="ERA", era_pad=self.merge_days),
            "censor_window": self.calendar,
        }
        expression = CohortExpression(
            concept_sets=[named.numbered(number) for number, named in enumerate(sets)],
            primary_criteria=PrimaryCriteria(
                criteria_list=[records.criterion(numbers) for records in self.entry],
                observation_window=ObservationWindow(prior_days=self.days_before, post_days=self.days_after),
                primary_criteria_limit=ResultLimit(type=self.entry_limit),
            ),
            inclusion_rules=rules,
            expression_limit=ResultLimit(type=self.limit),
            **{name: part for name, part in parts.items() if part is not None},
        )
        return CohortDefinition(
            name=self.name, description=self.description, semantics=semantics, expression=expression
        )

    def _exit(self, numbers: dict[Concepts | str, int]) -> EndStrategy | None:
        parts: dict[str, Any] = {}
        if self.exit_offset is not None:
            parts["date_offset"] = self.exit_offset
        if self.exit_era is not None and self.exit_drug is not None:
            parts["custom_era"] = self.exit_era.model_copy(update={"drug_codeset_id": numbers[self.exit_drug]})
        return EndStrategy(**parts) if parts else None

    def _cohorts(self) -> dict[str, CohortDefinition]:
        """Every cohort that is referred to once, by hash, in the order of their first use."""
        return {records.cohort.hash: records.cohort for records in self._used() if records.cohort is not None}

    def _used(self) -> list[Records]:
        return [*self.entry, *(records for _, group in self.rules for records in group.records), *self.censoring]

    def _concept_sets(self) -> list[Concepts]:
        """Every concept set once, in the order of their first use."""
        named = [known for records in self.entry for known in records.concept_sets]
        named += [known for _, group in self.rules for known in group.concept_sets]
        named += [self.exit_drug] if self.exit_drug is not None else []
        named += [known for records in self.censoring for known in records.concept_sets]
        return list(dict.fromkeys(named))


def cohort(name: str) -> CohortBuilder:
    """Begin a cohort.

    Examples
    --------
    >>> from cohorts.builder import concepts, drug
    >>> metformin = concepts("metformin", 1503297)
    >>> users = cohort("Metformin").entering_on(drug(metformin).first()).leaving_when_exposure_ends(metformin, gap=60)
    >>> users.definition().expression.end_strategy.to_json()
    {'CustomEra': {'DrugCodesetId': 0, 'GapDays': 60, 'Offset': 0}}
    """
    return CohortBuilder(name)
