"""Checks of the whole: who enters, empty rules, limits and exits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from cohorts.definition import ConceptSet
from cohorts.lint.places import Places
from cohorts.lint.problem import Problem


def initial_event(places: Places) -> Iterator[Problem]:
    """Nobody can enter without an entry event."""
    if not places.expression.primary_criteria.criteria_list:
        yield Problem(
            "there is no entry event, so nobody can enter",
            check="initial event",
            severity="critical",
            path="PrimaryCriteria.CriteriaList",
            todo="say what brings a person in",
        )


def incomplete_rule(places: Places) -> Iterator[Problem]:
    """A rule without conditions keeps everybody."""
    for i, rule in enumerate(places.expression.inclusion_rules or []):
        if rule.expression is None or rule.expression.is_empty:
            yield Problem(
                "the rule {name} has no condition",
                check="incomplete rule",
                severity="critical" if rule.expression is None else "warning",
                path=f"InclusionRules[{i}]",
                todo="add a condition, or remove the rule",
                name=rule.name or f"{i + 1}",
            )


def no_exit(places: Places) -> Iterator[Problem]:
    """Every event of a person counts and none of them ends before observation does."""
    expression = places.expression
    qualified = expression.qualified_limit.choice if expression.qualified_limit else "first"
    limits = [expression.primary_criteria.primary_criteria_limit.choice]
    limits += [qualified] if expression.additional_criteria is not None else []
    limits += [expression.expression_limit.choice if expression.expression_limit else "first"]
    strategy = expression.end_strategy
    ends = strategy is not None and (strategy.date_offset is not None or strategy.custom_era is not None)
    if all(limit == "all" for limit in limits) and not ends:
        yield Problem(
            "every event of a person counts, but no exit is given: all rows run to the end of observation and merge",
            check="no exit",
            severity="warning",
            path="EndStrategy",
            todo="give an exit, or let the first event count",
        )


def exit_criteria(places: Places) -> Iterator[Problem]:
    """An exit by continuous drug use needs the drug."""
    strategy = places.expression.end_strategy
    if strategy is not None and strategy.custom_era is not None and strategy.custom_era.drug_codeset_id is None:
        yield Problem(
            "no concept set names the drug whose use ends the cohort",
            check="exit criteria",
            severity="critical",
            path="EndStrategy.CustomEra.DrugCodesetId",
            todo="choose the concept set of the drug",
        )


def exit_offset(places: Places) -> Iterator[Problem]:
    """An exit on or before the entry leaves a row of one day or none."""
    strategy = places.expression.end_strategy
    if strategy is None or strategy.date_offset is None or strategy.date_offset.date_field != "StartDate":
        return
    days = strategy.date_offset.offset
    if days <= 0:
        yield Problem(
            "a person leaves {days} days after the index date, so that follow-up has no time",
            check="exit offset",
            severity="critical" if days < 0 else "warning",
            path="EndStrategy.DateOffset.Offset",
            todo="give a number of days above 0, unless only the date itself is wanted",
            days=days,
        )


def events_progression(places: Places) -> Iterator[Problem]:
    """A limit after one that has left a single event has no effect."""
    expression = places.expression
    limits = [("PrimaryCriteria.PrimaryCriteriaLimit", expression.primary_criteria.primary_criteria_limit)]
    if expression.additional_criteria is not None and expression.qualified_limit is not None:
        limits.append(("QualifiedLimit", expression.qualified_limit))
    if expression.expression_limit is not None:
        limits.append(("ExpressionLimit", expression.expression_limit))
    for (_, before), (path, limit) in pairwise(limits):
        if before.choice != "all" and limit.choice != before.choice:
            yield Problem(
                "the limit '{later}' has no effect: the limit '{earlier}' before it leaves one event of a person",
                check="events progression",
                severity="warning",
                path=path,
                todo="let every event count at first, and limit at the end",
                later=limit.choice,
                earlier=before.choice,
            )


def drug_domain(places: Places) -> Iterator[Problem]:
    """Concept sets of drug criteria and of an exit by drug use hold drugs."""
    sets = {known.id: known for known in places.expression.concept_sets or []}
    uses = [
        (f"{place.path}.CodesetId", getattr(place.criterion, "codeset_id", None))
        for place in places.criteria
        if type(place.criterion).__name__ in ("DrugExposure", "DrugEra", "DoseEra")
    ]
    strategy = places.expression.end_strategy
    if strategy is not None and strategy.custom_era is not None:
        uses.append(("EndStrategy.CustomEra.DrugCodesetId", strategy.custom_era.drug_codeset_id))
    for path, number in uses:
        others = _not_drugs(sets.get(number)) if number is not None else []
        if others:
            yield Problem(
                "the concept set {name} should hold drugs only, but holds concepts of {domains}",
                check="drug domain",
                severity="warning",
                path=path,
                todo="take a concept set of drugs",
                name=sets[number].name or number if number is not None else "",
                domains=", ".join(others),
            )


def _not_drugs(known: ConceptSet | None) -> list[str]:
    if known is None:
        return []
    domains = {item.concept.domain_id for item in known.expression.items if not item.is_excluded}
    return sorted(domain for domain in domains if domain and domain != "Drug")


def beyond_atlas(places: Places) -> Iterator[Problem]:
    """Some of what can be asked here is unknown to Circe, so that ATLAS cannot open the definition."""
    strategy = places.expression.end_strategy
    paths = [place.path for place in places.criteria if not place.criterion.known_to_circe]
    for place, item in places.counted:
        paths += [f"{place.around_path}.{key}" for key, window in item.windows.items() if window.by_hours]
    if strategy is not None and strategy.date_offset is not None and strategy.custom_era is not None:
        paths.append("EndStrategy")
    for path in paths:
        yield Problem(
            "ATLAS does not know this and cannot open the definition",
            check="beyond atlas",
            severity="info",
            path=path,
            todo="keep it as a document of the workbench, or say it otherwise where ATLAS must read it",
        )


CHECKS = (
    initial_event,
    incomplete_rule,
    no_exit,
    exit_criteria,
    exit_offset,
    events_progression,
    drug_domain,
    beyond_atlas,
)
