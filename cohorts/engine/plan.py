"""From a cohort definition to its plan: what each part of the expression means, as nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from cohorts.definition import (
    CohortDefinition,
    CohortExpression,
    CohortMembership,
    CorrelatedCriterion,
    CriteriaGroup,
    Criterion,
    CustomEra,
    DateOffset,
    DemographicCriterion,
    DrugEraExit,
    PatientListMembership,
    ResultLimit,
    Window,
    WindowBound,
)
from cohorts.engine import nodes
from cohorts.engine.criterion_plan import CriterionPlanner
from cohorts.engine.filter_plan import FilterPlanner
from cohorts.engine.time_plan import NoTimes, times_of
from omop_etl.errors import RweError

MAX_RULES = 62
"""Rules that fit into the mask of a 64-bit number."""

_OCCURRENCES: tuple[nodes.Comparison, ...] = ("exactly", "at_most", "at_least")


@dataclass(frozen=True)
class Plan:
    """The nodes of one cohort, from its entry events to its rows.

    Attributes
    ----------
    entry_events : tuple of nodes
        Events of the entry criteria, before any restriction.
    entry : Entry
        Those observed long enough, limited.
    qualified : Entry or Qualified
        Those that pass the additional criteria.
    rules : tuple of (str, node)
        Names of the rules and the nodes of the events that meet each.
    masked : Masked, optional
        Which rules each qualified event meets.
    included, exit, cohort : nodes
        Events that stay, their exits, and the rows.
    """

    entry_events: tuple[nodes.AnyEvents, ...]
    entry: nodes.Entry
    qualified: nodes.Entry | nodes.Qualified
    rules: tuple[tuple[str, nodes.AnyTruth], ...]
    masked: nodes.Masked | None
    included: nodes.Included
    exit: nodes.Exit
    cohort: nodes.Cohort


def plan(definition: CohortDefinition) -> Plan:
    """Turn a definition into its plan.

    Parameters
    ----------
    definition : CohortDefinition
        The definition.

    Returns
    -------
    Plan
        Its nodes.

    Raises
    ------
    RweError
        The definition asks for something that does not exist or makes no sense; the message names the path inside it.
    """
    return _Planner(definition).plan()


class _Planner:
    def __init__(self, definition: CohortDefinition) -> None:
        self.definition = definition
        self.filters = FilterPlanner(definition)
        self.criteria = CriterionPlanner(definition, self.filters)
        self._cohorts: dict[int, nodes.Cohort] = {}

    def plan(self) -> Plan:
        expression = self.definition.expression
        primary = expression.primary_criteria
        if not primary.criteria_list:
            self.refuse("PrimaryCriteria.CriteriaList", "there is no entry event", "add at least one criterion")
        entry_events = self._events_of(primary.criteria_list, "PrimaryCriteria.CriteriaList")
        entry = nodes.Entry(
            members=entry_events,
            prior_days=primary.observation_window.prior_days,
            post_days=primary.observation_window.post_days,
            limit=primary.primary_criteria_limit.choice,
        )
        qualified = self._qualified(entry, expression)
        rules = self._rules(qualified, expression)
        masked = nodes.Masked(qualified, tuple(node for _, node in rules)) if rules else None
        included = nodes.Included(qualified, masked, (expression.expression_limit or ResultLimit()).choice)
        exit_node = self._exit(included, expression)
        return Plan(
            entry_events, entry, qualified, rules, masked, included, exit_node, self._cohort(exit_node, expression)
        )

    def _qualified(self, entry: nodes.Entry, expression: CohortExpression) -> nodes.Entry | nodes.Qualified:
        group = expression.additional_criteria
        if group is None:
            return entry
        limit = (expression.qualified_limit or ResultLimit()).choice
        return nodes.Qualified(entry, self.group(group, entry, "AdditionalCriteria"), limit)

    def _rules(
        self, index: nodes.Entry | nodes.Qualified, expression: CohortExpression
    ) -> tuple[tuple[str, nodes.AnyTruth], ...]:
        rules = expression.inclusion_rules or []
        if len(rules) > MAX_RULES:
            self.refuse(
                "InclusionRules", f"there are {len(rules)} rules", f"join some: at most {MAX_RULES} can be kept apart"
            )
        planned = []
        for position, rule in enumerate(rules):
            path = f"InclusionRules[{position}].expression"
            if rule.expression is None:
                self.refuse(path, "the rule has no expression", "add one, or remove the rule")
            name = rule.name or f"{position + 1}"
            planned.append((name, self.group(rule.expression, index, path)))
        return tuple(planned)

    def _exit(self, included: nodes.Included, expression: CohortExpression) -> nodes.Exit:
        censoring = self._events_of(expression.censoring_criteria or [], "CensoringCriteria")
        strategy = expression.end_strategy
        if strategy is None:
            return nodes.Exit(included, censoring=censoring)
        fixed, era = strategy.date_offset, strategy.custom_era
        if fixed is not None and era is not None and self.definition.semantics == "circe":
            self.refuse(
                "EndStrategy",
                "Circe knows either DateOffset or CustomEra, not both",
                "choose exact semantics, under which a person leaves at whichever comes first",
            )
        return nodes.Exit(
            included,
            offset=None if fixed is None else fixed.offset,
            offset_from_end=fixed is not None and self._counts_from_end(fixed),
            eras=None if era is None else self._eras(era),
            censoring=censoring,
        )

    def _counts_from_end(self, fixed: DateOffset) -> bool:
        if fixed.date_field not in ("StartDate", "EndDate"):
            self.refuse(
                "EndStrategy.DateOffset.DateField",
                f"{fixed.date_field!r} is not a date field",
                "say StartDate or EndDate",
            )
        return fixed.date_field == "EndDate"

    def _eras(self, era: DrugEraExit) -> nodes.DrugEras:
        path = "EndStrategy.CustomEra.DrugCodesetId"
        if era.drug_codeset_id is None:
            self.refuse(path, "no concept set names the drugs", "choose one")
        codes = self.filters.codes(era.drug_codeset_id, path)
        return nodes.DrugEras(codes, era.gap_days, era.offset, era.days_supply_override)

    def _cohort(self, exit_node: nodes.Exit, expression: CohortExpression) -> nodes.Cohort:
        pad = expression.collapse_settings.era_pad if expression.collapse_settings else 0
        window = expression.censor_window
        start = end = None
        if window is not None:
            start = self.filters.date(window.start_date, "CensorWindow.StartDate") if window.start_date else None
            end = self.filters.date(window.end_date, "CensorWindow.EndDate") if window.end_date else None
        return nodes.Cohort(exit_node, pad, start, end)

    def _events_of(
        self, criteria: list[Criterion], path: str, *, possible: bool = False
    ) -> tuple[nodes.AnyEvents, ...]:
        return tuple(self.events(c, f"{path}[{i}]", possible=possible) for i, c in enumerate(criteria))

    def events(
        self, criterion: Criterion, path: str, count_column: str | None = None, *, possible: bool = False
    ) -> nodes.AnyEvents:
        """Events of a criterion; those of its nested criteria decide which of its own stay.

        With `possible` they are the events that would be so, were everything known: also records in an unknown unit.
        """
        path = f"{path}.{type(criterion).__name__}"
        planned: nodes.AnyEvents
        if isinstance(criterion, CustomEra):
            members = self._events_of(criterion.criteria_list, f"{path}.CriteriaList", possible=possible)
            planned = self.criteria.merged(criterion, members, path, count_column)
        elif isinstance(criterion, CohortMembership):
            planned = self.criteria.of_members(criterion, self._named(criterion.cohort_id, path), path, count_column)
        elif isinstance(criterion, PatientListMembership):
            planned = self.criteria.of_members(criterion, self._listed(criterion.list_id, path), path, count_column)
        else:
            planned = self.criteria.events(criterion, path, count_column, possible=possible)
        nested = criterion.correlated_criteria
        if nested is None or nested.is_empty:
            return planned
        around = self.group(nested, nodes.NestedIndex(planned), f"{path}.CorrelatedCriteria", possible=possible)
        return nodes.FilteredEvents(planned, around)

    def _named(self, cohort_id: int | None, path: str) -> nodes.Cohort:
        """Rows of a cohort that criteria name; each is planned once, however many name it."""
        if cohort_id is None:
            self.refuse(f"{path}.CohortId", "no cohort is named", "choose one")
        if cohort_id not in self._cohorts:
            self._cohorts[cohort_id] = self._planned(cohort_id, path)
        return self._cohorts[cohort_id]

    def _planned(self, cohort_id: int, path: str) -> nodes.Cohort:
        """Plan a cohort as the definition it is; it holds those it refers to, so that there can be no circle."""
        named = [cohort for cohort in self.definition.expression.cohorts or [] if cohort.id == cohort_id]
        if not named:
            self.refuse(f"{path}.CohortId", f"there is no cohort with id {cohort_id}", "add it, or choose another")
        if len(named) > 1:
            self.refuse("Cohorts", f"several cohorts have the id {cohort_id}", "give each an id of its own")
        other = named[0]
        if other.expression is None:
            self.refuse("Cohorts", f"the cohort with id {cohort_id} is empty", "give its expression or its file")
        name = f"{self.definition.name} → {other.name or other.id}"
        return plan(CohortDefinition(name=name, semantics=other.semantics, expression=other.expression)).cohort

    def _listed(self, list_id: int | None, path: str) -> nodes.ListedSpans:
        """Rows of a patient list; they are looked for only when the plan is run."""
        if list_id is None:
            self.refuse(f"{path}.ListId", "no patient list is named", "choose one")
        named = [known for known in self.definition.expression.patient_lists or [] if known.id == list_id]
        if not named:
            self.refuse(f"{path}.ListId", f"there is no patient list with id {list_id}", "add it, or choose another")
        if len(named) > 1:
            self.refuse("PatientLists", f"several patient lists have the id {list_id}", "give each an id of its own")
        return nodes.ListedSpans(named[0].sha256 or "", named[0].listed)

    def group(
        self, group: CriteriaGroup, index: nodes.AnyIndex, path: str, *, possible: bool = False
    ) -> nodes.AnyTruth:
        """Events of `index` for which the group is known to hold; with `possible`, for which it is not known to fail.

        What is known of "at most so many" is what is possible for its members, and the other way round.
        """
        inside = possible != (group.rule == "AT_MOST")
        members: list[nodes.AnyTruth] = [
            self._correlated(item, index, f"{path}.CriteriaList[{i}]", possible=inside)
            for i, item in enumerate(group.criteria_list)
        ]
        members += [
            self._demographic(item, index, f"{path}.DemographicCriteriaList[{i}]")
            for i, item in enumerate(group.demographic_criteria_list)
        ]
        members += [
            self.group(item, index, f"{path}.Groups[{i}]", possible=inside) for i, item in enumerate(group.groups)
        ]
        if len(members) == 1 and group.rule in ("ALL", "ANY") and not isinstance(index, nodes.NestedIndex):
            return members[0]
        if group.rule in ("AT_LEAST", "AT_MOST") and group.count is None:
            self.refuse(f"{path}.Count", f"{group.rule} needs a count", "say how many")
        count = group.count or 0 if group.rule in ("AT_LEAST", "AT_MOST") else 0
        return nodes.Group(index, group.rule, count, tuple(members))

    def _demographic(self, item: DemographicCriterion, index: nodes.AnyIndex, path: str) -> nodes.Demographic:
        return nodes.Demographic(index, self.filters.demographic(item, path))

    def _correlated(
        self, item: CorrelatedCriterion, index: nodes.AnyIndex, path: str, *, possible: bool
    ) -> nodes.AnyTruth:
        occurrence = item.occurrence
        kind = _OCCURRENCES[occurrence.type]
        if not self.criteria.can_be_unknown(item.criteria):
            return self._counted(item, index, path, kind, possible=False)
        if kind == "exactly" and occurrence.count > 0:
            enough = self._counted(item, index, path, "at_least", possible=possible)
            not_more = self._counted(item, index, path, "at_most", possible=not possible)
            return nodes.Group(index, "ALL", 0, (enough, not_more))
        return self._counted(item, index, path, kind, possible=possible == (kind == "at_least"))

    def _counted(
        self, item: CorrelatedCriterion, index: nodes.AnyIndex, path: str, kind: nodes.Comparison, *, possible: bool
    ) -> nodes.Correlated:
        occurrence = item.occurrence
        column = (occurrence.count_column or "DOMAIN_CONCEPT") if occurrence.is_distinct else None
        windows = [self._window(item.start_window, item, to_event_end=bool(item.start_window.use_event_end))]
        if item.end_window is not None:
            use_event_end = item.end_window.use_event_end
            windows.append(self._window(item.end_window, item, to_event_end=use_event_end is None or use_event_end))
        events = self.events(item.criteria, f"{path}.Criteria", column, possible=possible)
        counted: dict[str, Any] = {
            "index": index,
            "events": events,
            "windows": tuple(windows),
            "occurrence": kind,
            "count": occurrence.count,
            "distinct": occurrence.is_distinct,
            "same_visit": item.restrict_visit,
            "anywhere": item.ignore_observation_period,
        }
        by_hours = next((key for key, window in item.windows.items() if window.by_hours), None)
        if by_hours is None:
            return nodes.Correlated(**counted)
        times = times_of(index, events)
        if isinstance(times, NoTimes):
            self.refuse(f"{path}.{by_hours}", times.reason, "count in days, or use records that have times of day")
        return nodes.TimedCorrelated(**counted, index_times=times.index, event_times=times.events)

    @staticmethod
    def _window(window: Window, item: CorrelatedCriterion, *, to_event_end: bool) -> nodes.EventWindow:
        anywhere = item.ignore_observation_period
        return nodes.EventWindow(
            low=_bound(window.start, anywhere=anywhere),
            high=_bound(window.end, anywhere=anywhere),
            from_index_end=bool(window.use_index_end),
            to_event_end=to_event_end,
        )

    def refuse(self, path: str, reason: str, todo: str) -> NoReturn:
        """Refuse the definition."""
        raise RweError("{name}: {path}: {reason}", todo=todo, name=self.definition.name, path=path, reason=reason)


def _bound(bound: WindowBound, *, anywhere: bool) -> nodes.Bound:
    if bound.offset is not None:
        return nodes.Bound("days", bound.offset)
    if bound.seconds is not None:
        return nodes.Bound("seconds", seconds=bound.seconds)
    if anywhere:
        return nodes.Bound("none")
    return nodes.Bound("period_start" if bound.coeff == -1 else "period_end")
