"""Run a protocol on a CDM, and show what came out as far as the rule on small counts allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from analyses.feasibility import Eligibility, Feasibility, Recruitment, feasibility
from cohorts import CohortDefinition, Evaluator, generate
from cohorts.engine.evaluator import Progress
from omop_etl.cdm import Cdm
from omop_etl.errors import CannotAnswerError
from workbench.access import DisclosurePolicy, Shown, WhatIf
from workbench.counts import BEFORE_RULES, StepCount
from workbench.studies.periods import Periods, protect_monthly
from workbench.studies.protocol import Protocol

_RATE_STEP: Final = 3.0


@dataclass(frozen=True)
class Screening:
    """What a cohort definition found on a snapshot: everything that feasibility is computed from.

    Attributes
    ----------
    definition : CohortDefinition
        What was asked.
    snapshot : str
        Of what.
    attrition : pandas.DataFrame
        Events and persons after each step.
    masks : pandas.DataFrame
        Which rules each event meets; holds persons and stays on this machine.
    rules : tuple of str
        Names of the rules, in the order of the masks' bits.
    until : datetime.date, optional
        Last day of the data.
    """

    definition: CohortDefinition
    snapshot: str
    attrition: pd.DataFrame
    masks: pd.DataFrame
    rules: tuple[str, ...]
    until: date | None


@dataclass(frozen=True)
class RuleEffect:
    """What one rule costs.

    Attributes
    ----------
    name : str
        Of the rule.
    met : Shown
        Persons who meet it, whatever the other rules.
    without : Shown
        Persons who are eligible if it is dropped.
    gain : Shown
        How many more that is.
    share_of_loss : float, optional
        Its share of all who are lost, whatever the order of the rules, rounded so that a step stands for no fewer
        persons than may be shown; none where that leaves nothing to say.
    """

    name: str
    met: Shown
    without: Shown
    gain: Shown
    share_of_loss: float | None


@dataclass(frozen=True)
class FeasibilityView:
    """A feasibility calculation as it may be shown.

    Attributes
    ----------
    steps : list of StepCount
        The funnel, from the unrestricted entry event to the last rule that is applied.
    entered, eligible : Shown
        Persons before and after the rules.
    rules : list of RuleEffect
        What each applied rule costs.
    periods : Periods, optional
        Newly eligible persons over time; none where some rules are left out or where too few are eligible.
    rate : float, optional
        Newly eligible per month in the months looked at, rounded.
    recruitment : Recruitment, optional
        The projection.
    first_zero : str
        Name of the rule that leaves nobody; empty where somebody is left.
    relaxations : list of (tuple of str, Shown)
        Smallest sets of rules to drop so that somebody is eligible, and how many then are.
    complete : bool
        Whether all rules of the protocol are applied.
    """

    steps: list[StepCount]
    entered: Shown
    eligible: Shown
    rules: list[RuleEffect]
    periods: Periods | None
    rate: float | None
    recruitment: Recruitment | None
    first_zero: str
    relaxations: list[tuple[tuple[str, ...], Shown]]
    complete: bool


def screen(
    definition: CohortDefinition,
    cdm: Cdm,
    *,
    evaluator: Evaluator | None = None,
    until: date | None = None,
    progress: Progress | None = None,
) -> Screening:
    """Find the entry events of a cohort definition and which rules each meets.

    Parameters
    ----------
    definition : CohortDefinition
        The definition.
    cdm : Cdm
        The CDM.
    evaluator : Evaluator, optional
        One that has been used on this CDM before.
    until : datetime.date, optional
        Last day of the data, for the last complete month.
    progress : callable, optional
        Called with the number of steps of the evaluation done and of all.

    Returns
    -------
    Screening
        Attrition and rule masks.

    Raises
    ------
    CannotAnswerError
        Nobody has the entry event.
    """
    made = generate({definition.name: definition}, cdm, evaluator=evaluator, progress=progress)
    masks = made.masks(definition.name)
    if masks.empty:
        raise CannotAnswerError(
            "nobody in this data has the entry event of {name}",
            todo="look at its concept set on the cohort page: are its concepts used in this data?",
            name=definition.name,
        )
    return Screening(
        definition, cdm.snapshot, made.attrition(definition.name), masks, tuple(made.rules(definition.name)), until
    )


def view(
    screening: Screening,
    protocol: Protocol,
    policy: DisclosurePolicy,
    *,
    active: Sequence[int] | None = None,
) -> FeasibilityView:
    """Compute feasibility from a screening, and protect it.

    Parameters
    ----------
    screening : Screening
        What was found.
    protocol : Protocol
        Whose assumptions to use.
    policy : DisclosurePolicy
        The rule on small counts.
    active : sequence of int, optional
        Positions of the rules to apply; all by default. Nothing is asked of the database.

    Returns
    -------
    FeasibilityView
        What may be shown.
    """
    applied = list(range(len(screening.rules))) if active is None else sorted(active)
    complete = len(applied) == len(screening.rules)
    result = feasibility(
        screening.masks, screening.rules, active=applied, assumptions=protocol.assumptions, until=screening.until
    )
    whole = feasibility(screening.masks, screening.rules).eligibility
    persons = _WhatIfs(screening, whole, policy, "persons")
    events = _WhatIfs(screening, whole, policy, "events")
    steps = _steps(screening, applied, persons, events)
    eligible = steps[-1].persons
    enough = eligible.high >= policy.threshold
    return FeasibilityView(
        steps=steps,
        entered=persons.kept([]),
        eligible=eligible,
        rules=_effects(screening, result, applied, persons, policy),
        periods=protect_monthly(result.monthly, policy) if complete and enough else None,
        rate=_rounded_rate(result.recruitment) if enough else None,
        recruitment=result.recruitment if enough else None,
        first_zero=next((step.rule for step in steps if step.kind == "rule" and step.persons.high == 0), ""),
        relaxations=_relaxations(result, applied, persons, screening.rules),
        complete=complete,
    )


class _WhatIfs:
    """Persons or events of any choice of rules, as they may be shown beside the funnel of all rules."""

    def __init__(self, screening: Screening, whole: Eligibility, policy: DisclosurePolicy, counted: str) -> None:
        rules = range(len(screening.rules))
        prefixes = np.array([(1 << step) - 1 for step in (*rules, len(rules))], dtype=np.int64)
        self._count = whole.persons_of if counted == "persons" else whole.events_of
        attrition = screening.attrition
        before = attrition.loc[attrition["kind"].isin(BEFORE_RULES), counted].tolist()
        after = attrition.loc[~attrition["kind"].isin((*BEFORE_RULES, "rule")), counted].tolist()
        funnel = [int(count) for count in self._count(prefixes)]
        self.what_if = WhatIf(funnel, policy, before=before[:-1], after=after)

    def kept(self, rules: Sequence[int]) -> Shown:
        return self.what_if.kept(set(rules), self.exact(rules))

    def gain(self, rules: Sequence[int]) -> Shown:
        return self.what_if.gain(set(rules), self.exact(rules))

    def exact(self, rules: Sequence[int]) -> int:
        mask = sum(1 << rule for rule in rules)
        return int(self._count(np.array([mask], dtype=np.int64))[0])


def _steps(screening: Screening, applied: list[int], persons: _WhatIfs, events: _WhatIfs) -> list[StepCount]:
    kinds = [kind for kind in screening.attrition["kind"] if kind in BEFORE_RULES]
    shown_persons = [*persons.what_if.before, *(persons.kept(applied[:n]) for n in range(len(applied) + 1))]
    shown_events = [*events.what_if.before, *(events.kept(applied[:n]) for n in range(len(applied) + 1))]
    names = [*((kind, "") for kind in kinds), *(("rule", screening.rules[rule]) for rule in applied)]
    lost = [Shown.exactly(0), *(a.minus(b) for a, b in pairwise(shown_persons))]
    return [
        StepCount(kind, rule, e, p, gone)
        for (kind, rule), e, p, gone in zip(names, shown_events, shown_persons, lost, strict=True)
    ]


def _effects(
    screening: Screening, result: Feasibility, applied: list[int], persons: _WhatIfs, policy: DisclosurePolicy
) -> list[RuleEffect]:
    lost = int(result.funnel["persons"].iloc[0]) - result.eligible_persons
    effects = []
    for position, rule in enumerate(applied):
        others = [other for other in applied if other != rule]
        loss = float(result.rules["loss_persons"].iloc[position])
        without = persons.kept(others)
        gain = persons.gain(others) if len(applied) == len(screening.rules) else without.minus(persons.kept(applied))
        effects.append(
            RuleEffect(screening.rules[rule], persons.kept([rule]), without, gain, _rounded_share(loss, lost, policy))
        )
    return effects


def _rounded_share(loss: float, lost: int, policy: DisclosurePolicy) -> float | None:
    """Round a share of all lost to whole percents, and to steps of at least as many persons as may be shown."""
    if lost < 2 * policy.threshold:
        return None
    step = max(0.01, math.ceil(100 * policy.threshold / lost) / 100) if policy.threshold > 1 else 0.001
    return round(loss / lost / step) * step


def _rounded_rate(recruitment: Recruitment | None) -> float | None:
    """Round a monthly rate so coarsely that the number of persons behind it cannot be worked out."""
    if recruitment is None:
        return None
    rate = recruitment.eligible_per_month
    return float(round(rate)) if rate >= _RATE_STEP else round(2 * rate) / 2


def _relaxations(
    result: Feasibility, applied: list[int], persons: _WhatIfs, rules: tuple[str, ...]
) -> list[tuple[tuple[str, ...], Shown]]:
    found = []
    for dropped in result.relaxations["dropped"]:
        kept = [rule for rule in applied if rules[rule] not in dropped]
        found.append((tuple(dropped), persons.kept(kept)))
    return found
