"""What is said about diagnostics: how to read them, and why some are not shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workbench.access import DisclosurePolicy
from workbench.diagnostics.view import CohortView, Withheld
from workbench.locales import Translator, mark

Labels = Mapping[int, str]
"""Names of concepts in the reader's language."""

_WITHHELD: Final[dict[Withheld, str]] = {
    "empty": mark("Nobody is in this cohort, so there is nothing to look at. Its attrition shows where persons leave."),
    "small": mark("Too few persons are in this cohort for its diagnostics to be shown."),
    "steps": mark(
        "Few persons leave between the last criterion and the rows of this cohort. Its diagnostics would give them "
        "away by subtraction, so they are not shown."
    ),
    "alike": mark(
        "Few persons set this cohort apart from {other}. Its diagnostics would give them away by subtraction, so they "
        "are not shown."
    ),
    "nested": mark(
        "This cohort lies within {other}, or that one in it, wholly or but for few persons. The differences between "
        "their tables would be about small groups, so only those of the other one are shown."
    ),
}

_NOTES: Final = {
    "index_events": mark(
        "The records that brought persons in, by concept and by the code in the source. A concept or code that you "
        "did not expect here is a reason to look at the concept set again. Codes of few persons stand together."
    ),
    "orphan_concepts": mark(
        "Recorded concepts that stand near those of the entry event in the hierarchy and are not in its concept set. "
        "Check whether some of them belong there. Counts are of the whole data."
    ),
    "visit_context": mark(
        "Visits in the 30 days before and after the index date, and those around it. Persons can have several kinds "
        "of visits, so the numbers need not add up."
    ),
    "time_in_cohort": mark(
        "This share of the rows of the cohort lasts so many days or fewer. Shares with few rows on either side are "
        "left out."
    ),
    "compare_with_matched": mark(
        "Diagnoses and drugs recorded in the year before the index date, beside persons of the same birth year and "
        "sex who are observed on that date and are not in the cohort. SMD: standardised mean difference; above 0.1 "
        "is usually taken as a difference."
    ),
}

_RATES: Final = mark(
    "First entries of persons. A person is at risk from the start of observation until its end or the first entry."
)
_RATES_LATER: Final = mark(
    "First entries of persons. A person is at risk from {days} days after the start of observation until its end or "
    "the first entry."
)


def withheld_text(t: Translator, cohort: CohortView) -> str:
    """Say why nothing is shown of a cohort."""
    return t(_WITHHELD[cohort.withheld], other=cohort.beside) if cohort.withheld else ""


def note_of(t: Translator, cohort: CohortView, name: str) -> str:
    """Say how to read a diagnostic."""
    if name == "incidence":
        return t(_RATES_LATER, days=cohort.washout) if cohort.washout else t(_RATES)
    return t(_NOTES[name])


def matched_text(t: Translator, cohort: CohortView, policy: DisclosurePolicy) -> str:
    """Say how large the groups of the comparison are, and what is left out."""
    about = cohort.tables["compare_with_matched"].attrs
    if about["withheld"]:
        return t("Nearly every person found a match, and the cohort is too small to show the comparison safely.")
    said = [
        t(
            "{members} persons of the cohort, {matched} matched persons.",
            members=cohort.persons,
            matched=about["matched"],
        )
    ]
    if about["unlisted"]:
        said.append(
            t(
                "{concepts} concepts are left out because fewer than {threshold} persons of either group have them.",
                concepts=about["unlisted"],
                threshold=policy.threshold,
            )
        )
    return t.join(said)
