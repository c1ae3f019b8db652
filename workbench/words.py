"""Names that the pages, the command line and the reports share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from workbench.locales import mark

Say = Callable[..., str]

_STEPS: Final = {
    "entry": mark("Entry event"),
    "within_observation": mark("In an observation period"),
    "observation": mark("Observed long enough"),
    "entry_limit": mark("One entry event per person"),
    "additional": mark("Restriction of the entry event"),
    "qualified_limit": mark("One restricted entry event per person"),
    "expression_limit": mark("One event per person after all criteria"),
    "exit": mark("Follow-up after the index date"),
    "merged": mark("Overlapping spans merged"),
    "rows": mark("Rows of the cohort, overlapping ones merged"),
}


def step_name(t: Say, kind: str, name: str) -> str:
    """Name a step of an attrition.

    Parameters
    ----------
    t : callable
        Translates a message.
    kind, name : str
        The step's kind and, for a rule, its name, as in the attrition of a cohort.

    Returns
    -------
    str
        A rule goes by its own name.
    """
    if kind == "rule":
        return name or t("Unnamed criterion")
    return t(_STEPS[kind])


_ACCOUNT: Final = {
    "superseded": mark("an older version of a report that was issued again"),
    "duplicate": mark("an exact copy of another row"),
    "refunded": mark("a prescription that was refunded"),
    "same_diagnosis": mark("the same diagnosis of the same visit"),
    "same_procedure": mark("the same procedure of the same visit and day"),
    "request_of_report": mark("a request whose result stands in the reports"),
    "index": mark("a link between a patient's numbers, used to join the files"),
    "second_death": mark("another date of death than the one kept"),
    "cancelled": mark("an order that was cancelled or refused"),
    "not_clinical": mark("nothing clinical (meals, nursing, skin tests)"),
    "invalid_date": mark("a date that does not exist"),
    "sentinel_date": mark("a date that stands for none"),
    "outside_visit": mark("a time outside the stay"),
    "impossible_value": mark("a value that no living person has"),
    "no_result": mark("no result (sample spoiled, see report)"),
    "text_in_number": mark("a text in the place of a number"),
    "unknown_person": mark("a patient who is not in the patient file"),
    "damaged_identifier": mark("an identifier damaged by a spreadsheet"),
    "person_without_birth": mark("a patient without a date of birth"),
    "impossible_birth": mark("a date of birth that no patient can have"),
    "person_without_sex": mark("a patient without a sex"),
    "activity_after_death": mark("a death before later activity"),
    "malformed_row": mark("a row with too few or too many fields"),
    "orphan_visit": mark("a visit that no file has"),
    "unmapped": mark("a code without a concept"),
    "suspected": mark("a diagnosis that is only suspected"),
}


def account_word(t: Say, name: str) -> str:
    """Say a reason or rule of the account of a load; one that is new here goes by its own name."""
    return f"{t(_ACCOUNT[name])} ({name})" if name in _ACCOUNT else name


_SEVERITIES: Final = {"critical": mark("Critical"), "warning": mark("Warning"), "info": mark("Worth a look")}


def severity_name(t: Say, severity: str) -> str:
    """Name how grave a finding in a definition is."""
    return t(_SEVERITIES[severity])
