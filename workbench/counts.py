"""The steps of an attrition as they may be shown: the same numbers for a page, the command line and a report."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from workbench.access import DisclosurePolicy, Shown, protect_chain
from workbench.words import Say, step_name


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


def attrition_counts(attrition: pd.DataFrame, policy: DisclosurePolicy) -> list[StepCount]:
    """Protect an attrition.

    Parameters
    ----------
    attrition : pandas.DataFrame
        As `cohorts.GeneratedCohorts.attrition` gives it.
    policy : DisclosurePolicy
        The rule on small counts.

    Returns
    -------
    list of StepCount
        One for each step.
    """
    events = protect_chain(attrition["events"].tolist(), policy)
    persons = protect_chain(attrition["persons"].tolist(), policy)
    before = persons[:1] + persons[:-1]
    return [
        StepCount(kind, rule, e, p, earlier.minus(p) if position else Shown.exactly(0))
        for position, (kind, rule, e, p, earlier) in enumerate(
            zip(attrition["kind"], attrition["name"], events, persons, before, strict=True)
        )
    ]
