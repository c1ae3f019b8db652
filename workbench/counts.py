"""The steps of an attrition as they may be shown: the same numbers for a page, the command line and a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from workbench.access import DisclosurePolicy, Shown, protect_chain
from workbench.words import Say, step_name

BEFORE_RULES: Final = ("entry", "within_observation", "observation", "entry_limit", "additional", "qualified_limit")
"""Kinds of the steps before the rules of a definition."""


@dataclass(frozen=True)
class StepCount:
    """What one step leaves.

    Attributes
    ----------
    kind, rule : str
        Kind of the step and, for a rule, its name.
    events, persons : Shown
        What is left after it.
    lost : Shown
        Persons who leave at this step.
    """

    kind: str
    rule: str
    events: Shown
    persons: Shown
    lost: Shown

    def name(self, t: Say) -> str:
        """Name the step in a language."""
        return step_name(t, self.kind, self.rule)


def attrition_counts(
    attrition: pd.DataFrame, policy: DisclosurePolicy, *, analysed: int | None = None
) -> list[StepCount]:
    """Protect an attrition.

    Parameters
    ----------
    attrition : pandas.DataFrame
        As `cohorts.GeneratedCohorts.attrition` gives it.
    policy : DisclosurePolicy
        The rule on small counts.
    analysed : int, optional
        Persons of the cohort who are shown as analysed, so that the steps do not give away how many were left out.

    Returns
    -------
    list of StepCount
        One for each step.
    """
    anchor = _last_rule(attrition)
    events = protect_chain(attrition["events"].tolist(), policy, anchor=anchor)
    counts = attrition["persons"].tolist()
    if analysed is None:
        persons = protect_chain(counts, policy, anchor=anchor)
    else:
        persons = protect_chain([*counts, analysed], policy)[:-1]
    before = persons[:1] + persons[:-1]
    return [
        StepCount(kind, rule, e, p, earlier.minus(p) if position else Shown.exactly(0))
        for position, (kind, rule, e, p, earlier) in enumerate(
            zip(attrition["kind"], attrition["name"], events, persons, before, strict=True)
        )
    ]


def _last_rule(attrition: pd.DataFrame) -> int:
    """Find the step that says who is eligible: the last rule, or where there is none the last step before them."""
    asked = [position for position, kind in enumerate(attrition["kind"]) if kind in ("rule", *BEFORE_RULES)]
    return asked[-1] if asked else -1
