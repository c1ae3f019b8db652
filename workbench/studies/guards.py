"""Warnings that travel with a result into every page and report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from workbench.access import DisclosurePolicy, protect_chain
from workbench.locales import Translator, mark
from workbench.studies.survival import EXPOSURE, StudyResult

_EVENTS_PER_VARIABLE: Final = 10
_IMBALANCE: Final = 0.1
_SMALL_P: Final = 0.05

_WORDS: Final = {
    "few_events": mark(
        "Only {ratio} events for each coefficient of the adjusted model (fewer than {wanted}): its estimates are "
        "unstable."
    ),
    "not_proportional": mark(
        "The hazard ratio of the groups changes over time (test of proportional hazards, p = {p}): read it as an "
        "average over the follow-up, and look at the curves."
    ),
    "imbalanced": mark(
        "{number} of {all} baseline characteristics differ between the groups (standardised mean difference above "
        "0.1): the crude comparison is confounded."
    ),
    "left_out": mark("{rows} persons lack a covariate and are not in the adjusted model."),
    "unadjusted": mark("No covariate is adjusted for: differences between the groups may come from confounding."),
}


@dataclass(frozen=True)
class Guard:
    """A warning.

    Attributes
    ----------
    code : str
        Name of it.
    values : dict
        Values of its words.
    """

    code: str
    values: dict[str, object] = field(default_factory=dict)

    def text(self, t: Translator) -> str:
        """Say it."""
        return t(_WORDS[self.code], **self.values)


def guards_of(result: StudyResult, policy: DisclosurePolicy) -> list[Guard]:
    """Look for what a reader of a study must be warned of.

    Parameters
    ----------
    result : StudyResult
        What was found.
    policy : DisclosurePolicy
        The rule on small counts.

    Returns
    -------
    list of Guard
        Few events per coefficient (Peduzzi and others, 1995: at least 10), hazards that are not proportional,
        imbalance at baseline (Austin, 2009), persons left out, no adjustment.
    """
    found: list[Guard] = []
    if not result.compares:
        return found
    adjusted = result.adjusted
    if adjusted is None:
        found.append(Guard("unadjusted"))
    else:
        ratio = adjusted.events / len(adjusted.table)
        if ratio < _EVENTS_PER_VARIABLE:
            found.append(Guard("few_events", {"ratio": f"{ratio:.1f}", "wanted": _EVENTS_PER_VARIABLE}))
        everybody, used = protect_chain([adjusted.rows.given, adjusted.rows.used], policy, anchor=0)
        if adjusted.rows.used < adjusted.rows.given:
            found.append(Guard("left_out", {"rows": str(everybody.minus(used))}))
    if result.proportionality is not None:
        tests = result.proportionality.table.set_index("term")["p"]
        p = float(tests.get(EXPOSURE, 1.0))
        if p < _SMALL_P:
            found.append(Guard("not_proportional", {"p": f"{p:.3f}" if p >= 0.001 else "<0.001"}))
    if result.table_one is not None and len(result.table_one.differences):
        largest = result.table_one.max_smd["smd"].abs()
        different = int((largest > _IMBALANCE).sum())
        if different:
            found.append(Guard("imbalanced", {"number": different, "all": len(largest)}))
    return found
