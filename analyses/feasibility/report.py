"""A feasibility calculation: funnel, effect of each rule, eligible per month, recruitment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from analyses.feasibility.eligibility import Eligibility, checked_masks, eligibility_of
from analyses.feasibility.funnel import funnel, nearest_relaxations, rule_effects
from analyses.feasibility.monthly import eligible_per_month
from analyses.feasibility.recruitment import Recruitment, RecruitmentAssumptions, project_recruitment
from analyses.inputs import IntArray, Rows
from analyses.notes import Note
from analyses.result import Result
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class Feasibility(Result):
    """Whether a trial can be filled here, how fast, and which rule costs most.

    Attributes
    ----------
    eligibility : Eligibility
        Answers for any subset of the rules.
    funnel : pandas.DataFrame
        Events and persons left after each rule, see `analyses.feasibility.funnel.funnel`.
    rules : pandas.DataFrame
        What each rule costs, see `rule_effects`.
    relaxations : pandas.DataFrame
        Smallest sets of rules to drop so that somebody is eligible, see `nearest_relaxations`; empty where somebody is.
    monthly : pandas.DataFrame
        Newly eligible persons per month, see `eligible_per_month`.
    recruitment : Recruitment or None
        Projection, where assumptions were given and somebody is eligible.
    """

    method: ClassVar[str] = "feasibility"

    eligibility: Eligibility
    funnel: pd.DataFrame
    rules: pd.DataFrame
    relaxations: pd.DataFrame
    monthly: pd.DataFrame
    recruitment: Recruitment | None

    @property
    def table(self) -> pd.DataFrame:
        """The funnel."""
        return self.funnel

    @property
    def eligible_persons(self) -> int:
        """Persons who meet all rules at one of their events."""
        return int(self.funnel["persons"].iloc[-1])

    @property
    def eligible_events(self) -> int:
        """Events that meet all rules."""
        return int(self.funnel["events"].iloc[-1])

    def tables(self) -> dict[str, pd.DataFrame]:
        """Name funnel, rules, relaxations, months and, where there is one, the projection."""
        found = {
            "table": self.funnel,
            "rules": self.rules,
            "relaxations": self.relaxations,
            "monthly": self.monthly,
        }
        if self.recruitment is not None:
            found["months_to_target"] = self.recruitment.months_to_target
            found["recruitment"] = self.recruitment.table
        return found

    def summary(self) -> str:
        """Say the funnel and what each rule costs."""
        lines = ["Feasibility", self.funnel.drop(columns=["step", "kind"]).to_string(index=False)]
        if len(self.rules):
            shown = self.rules[["name", "met_persons", "gain_persons", "loss_persons"]]
            lines.append(shown.to_string(index=False, float_format="{:.1f}".format))
        if len(self.relaxations):
            lines.append(self.relaxations.to_string(index=False))
        if self.recruitment is not None:
            months = self.recruitment.months_to_target.iloc[0]
            lines.append(f"months to target: P10 {months['p10']}, P50 {months['p50']}, P90 {months['p90']}")
        return "\n".join([*lines, *self._closing_lines()])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the funnel."""
        from analyses.plots import funnel_chart

        return funnel_chart(self.funnel, labels)


def feasibility(
    masks: Any,
    rules: Sequence[str],
    *,
    active: Sequence[int | str] | None = None,
    assumptions: RecruitmentAssumptions | None = None,
    since: date | None = None,
    until: date | None = None,
    entry_name: str = "Entry events",
) -> Feasibility:
    """Calculate feasibility from the rule masks of a cohort.

    Parameters
    ----------
    masks : pandas.DataFrame or pyarrow.Table
        Columns ``person_id, event_id, start_date, mask``: a row per entry event, bit i of the mask says that rule i
        is met.
    rules : sequence of str
        Names of the rules, in the order of the bits.
    active : sequence of int or str, optional
        Rules to apply, by position (from 0) or name, in their order; all by default. Nothing is asked of the database
        again when a rule is dropped.
    assumptions : RecruitmentAssumptions, optional
        What a projection of recruitment shall assume; without them there is none.
    since, until : datetime.date, optional
        First and last day of the data; by default those of the entry events.
    entry_name : str
        Name of the funnel's first step.

    Returns
    -------
    Feasibility
        Tables, and answers for any subset of the rules.

    Raises
    ------
    UsageError
        A column is missing, or an active rule does not exist or is named ambiguously.
    CannotAnswerError
        There are no events, or a mask has bits beyond the rules.

    Examples
    --------
    >>> masks = {
    ...     "person_id": [1, 2, 3, 4],
    ...     "event_id": [1, 2, 3, 4],
    ...     "start_date": ["2024-01-05", "2024-01-20", "2024-03-03", "2024-03-31"],
    ...     "mask": [0b11, 0b11, 0b01, 0b00],
    ... }
    >>> result = feasibility(masks, ["adult", "EGFR mutation"])
    >>> result.eligible_persons, result.rules[["name", "gain_persons", "loss_persons"]].values.tolist()
    (2, [['adult', 0, 0.5], ['EGFR mutation', 1, 1.5]])
    >>> feasibility(masks, ["adult", "EGFR mutation"], active=["adult"]).eligible_persons
    3
    """
    frame = checked_masks(masks, rules)
    positions = _positions(rules, range(len(rules)) if active is None else active)
    applied = [rules[position] for position in positions]
    frame = frame.assign(mask=_bits_of(frame["mask"].to_numpy(dtype=np.int64), positions))
    eligibility = eligibility_of(frame, applied)
    steps = funnel(eligibility, entry_name)
    monthly = eligible_per_month(frame, applied, since=since, until=until)
    recruitment, notes = _projection(monthly, assumptions)
    asked = {
        "rules": list(rules),
        "active": positions,
        "since": since,
        "until": until,
        "assumptions": None if assumptions is None else assumptions.model_dump(),
    }
    return Feasibility(
        rows=Rows(len(frame), len(frame)),
        settings=asked,
        notes=notes,
        eligibility=eligibility,
        funnel=steps,
        rules=rule_effects(eligibility),
        relaxations=nearest_relaxations(eligibility),
        monthly=monthly,
        recruitment=recruitment,
    )


def _positions(rules: Sequence[str], active: Sequence[int | str]) -> list[int]:
    """Positions of the active rules, which are given by position or by a name that occurs once."""
    found = []
    for rule in active:
        at = [rule] if isinstance(rule, int) else [number for number, name in enumerate(rules) if name == rule]
        if len(at) != 1 or not 0 <= at[0] < len(rules):
            raise UsageError(
                "{rule} is the name or position of {found} rules",
                todo="name a rule that exists, by its position (from 0) where several have its name",
                rule=rule,
                found=0 if isinstance(rule, int) else len(at),
            )
        found += at
    return found


def _bits_of(mask: IntArray, positions: Sequence[int]) -> IntArray:
    """Masks of the active rules alone, in their order."""
    bits = np.zeros_like(mask)
    for bit, position in enumerate(positions):
        bits |= ((mask >> position) & 1) << bit
    return bits


def _projection(
    monthly: pd.DataFrame, assumptions: RecruitmentAssumptions | None
) -> tuple[Recruitment | None, tuple[Note, ...]]:
    if assumptions is None:
        return None, ()
    try:
        return project_recruitment(monthly, assumptions), ()
    except CannotAnswerError as refusal:
        return None, (Note(refusal.what, code="no_projection", **refusal.values),)
