"""The words of a figure, given by the caller so that they can be of any language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Labels:
    """Words and typeface of a figure.

    Attributes
    ----------
    title : str
        Title of the figure; none if empty.
    names : mapping
        What groups, rules, covariates and steps are called in the figure; where one is missing it is shown as it is.
    font : str
        Font family, or several separated by commas; the reader's default if empty.
    time, survival, at_risk, group : str
        Survival curves: axes, heading of the risk table, heading of the legend.
    estimate, interval, not_estimable, favours_low, favours_high : str
        Forest plots: axis, heading of the numbers, what stands for missing numbers, what lies on each side of 1.
    smd, before, after : str
        Balance: axis and the two states.
    persons, events, month, rule, gain, lost_only : str
        Feasibility: axes and series.
    enrolled, target, likely_range : str
        Recruitment: axis, target line, band.
    incidence : str
        Competing events: axis.
    observed, expected, p_value, coefficient : str
        Tests: axes.

    Examples
    --------
    >>> labels = Labels(time="随访时间（月）", names={"a": "奥希替尼"})
    >>> labels.of("a"), labels.of("b")
    ('奥希替尼', 'b')
    """

    title: str = ""
    names: Mapping[Any, str] = field(default_factory=dict)
    font: str = ""
    time: str = "Time"
    survival: str = "Survival probability"
    at_risk: str = "Number at risk"
    group: str = "Group"
    estimate: str = "Hazard ratio"
    interval: str = "Hazard ratio (95% CI)"
    not_estimable: str = "not estimable"
    favours_low: str = ""
    favours_high: str = ""
    smd: str = "Standardised mean difference"
    before: str = "Before"
    after: str = "After"
    persons: str = "Persons"
    events: str = "Events"
    month: str = "Month"
    rule: str = "Rule"
    gain: str = "Gained if this rule is dropped"
    lost_only: str = "Lost only because of this rule"
    enrolled: str = "Persons enrolled"
    target: str = "Target"
    likely_range: str = "P10 to P90"
    incidence: str = "Cumulative incidence"
    observed: str = "Observed"
    expected: str = "Expected"
    p_value: str = "p-value"
    coefficient: str = "Log hazard ratio"

    def of(self, value: Any) -> str:
        """Say what a group, a rule or a covariate is called."""
        return str(self.names.get(value, value))
