"""Explain persons: why each is in a cohort or not, down to the rows that decided it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import sqlalchemy as sa

from cohorts.definition import CohortDefinition
from cohorts.engine.evaluator import Evaluator
from cohorts.engine.nodes import EventTimes, Node, Qualified
from cohorts.engine.plan import plan
from cohorts.explain.facts import Facts, observation_periods
from cohorts.explain.fates import Fates, Outlines
from cohorts.explain.findings import Findings
from cohorts.explain.model import AlmostEntry, Explanation
from cohorts.explain.outline import CountOutline, EventsOutline, GroupOutline, Outline
from cohorts.explain.records import Records, by_domain
from cohorts.explain.restricted import RestrictedCdm
from omop_etl.cdm import Cdm


def explain(definition: CohortDefinition, cdm: Cdm, persons: Sequence[int]) -> list[Explanation]:
    """Explain why persons are in a cohort or not.

    The engine's own statements run on the rows of these persons, for the nodes of the definition's plan and for the
    same nodes with single tests left out; every verdict is a row that the engine made.

    Parameters
    ----------
    definition : CohortDefinition
        The definition.
    cdm : Cdm
        The CDM. Working tables of another evaluator on the same connection are lost: open it for this purpose.
    persons : sequence of int
        Whom to explain; one that the CDM does not have is said to be unknown.

    Returns
    -------
    list of Explanation
        One a person, in the order asked for.

    Raises
    ------
    RweError
        The definition is refused.
    CannotAnswerError
        The CDM lacks a table or column that the definition needs.

    Examples
    --------
    Why is person 42 not in::

        with connect("duckdb:///cdm.duckdb") as cdm:
            why = explain(read_definition("lung_cancer.json"), cdm, [42])[0]
            [(fate.record.start, fate.kind) for fate in why.fates]
    """
    planned = plan(definition)
    outlines = Outlines.of(definition.expression, planned)
    with RestrictedCdm(cdm, persons) as some:
        evaluator = Evaluator(some)
        nodes = list(_nodes(outlines))
        evaluator.evaluate(nodes)
        facts = Facts(evaluator, nodes)
        records = Records(evaluator)
        looked_at = [o.relaxed for o in _event_sets(outlines)]
        records.load(by_domain((r.domain, node) for r in looked_at for node in (r.full, r.base)))
        findings = Findings(facts, records)
        fates = Fates(outlines, facts, findings)
        periods = observation_periods(some)
        person = some.table("person")
        known = set(some.engine.fetch(sa.select(person.c.person_id)).column(0).to_pylist())
        return [
            Explanation(
                person_id=number,
                known=number in known,
                rows=tuple(facts.spans(planned.cohort, number)),
                fates=fates.of(number, periods.get(number, [])),
                almost=tuple(
                    AlmostEntry(outline.part, near)
                    for outline in outlines.entry
                    if (near := findings.almost(outline, number))
                ),
            )
            for number in dict.fromkeys(persons)
        ]


def _nodes(outlines: Outlines) -> Iterator[Node]:
    """Nodes whose rows an explanation reads."""
    planned = outlines.plan
    yield from (planned.cohort, planned.exit, planned.included, planned.entry, planned.qualified)
    if isinstance(planned.qualified, Qualified):
        yield planned.qualified.group
    if planned.exit.eras is not None:
        yield planned.exit.eras
    yield from planned.exit.censoring
    trees: list[Outline] = [outline for _, outline in outlines.rules]
    trees += [outlines.additional] if outlines.additional is not None else []
    yield from chain.from_iterable(tree.nodes() for tree in (*trees, *outlines.entry))
    yield from (node for _, node in planned.rules)
    timed = _timed(outlines)
    for events in _event_sets(outlines):
        if events.nested is not None:
            yield events.nested.node.index
        if events.relaxed.own in timed and events.relaxed.times is not None:
            yield events.relaxed.times


def _timed(outlines: Outlines) -> set[Node]:
    """Event sets whose times of day the definition reads."""
    waiting: list[Node] = [outlines.plan.cohort]
    seen: set[Node] = set()
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting.extend(node.inputs)
    return {node.events for node in seen if isinstance(node, EventTimes)}


def _event_sets(outlines: Outlines) -> Iterator[EventsOutline]:
    """Every criterion of a definition, nested ones included."""
    waiting: list[Outline | EventsOutline | None] = [*outlines.entry, outlines.additional]
    waiting += [outline for _, outline in outlines.rules]
    while waiting:
        outline = waiting.pop()
        if isinstance(outline, EventsOutline):
            yield outline
            waiting.append(outline.nested)
        elif isinstance(outline, CountOutline):
            waiting.append(outline.events)
        elif isinstance(outline, GroupOutline):
            waiting.extend(outline.members)
