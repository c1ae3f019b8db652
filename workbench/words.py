"""Names that the pages, the command line and the reports share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from workbench.locales import mark

Say = Callable[..., str]

_STEPS: Final = {
    "entry": mark("Entry event"),
    "observation": mark("Observed long enough"),
    "entry_limit": mark("One entry event per person"),
    "additional": mark("Restriction of the entry event"),
    "qualified_limit": mark("One restricted entry event per person"),
    "expression_limit": mark("One event per person after all criteria"),
    "exit": mark("Follow-up after the index date"),
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
