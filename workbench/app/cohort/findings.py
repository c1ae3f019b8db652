"""What the checks of a definition find, beside the card concerned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import streamlit as st

from cohorts.lint import SEVERITIES, Problem
from workbench.locales import Translator
from workbench.words import severity_name

_ICONS: Final = {"critical": ":material/error:", "warning": ":material/warning:", "info": ":material/info:"}
_COLOURS: Final = {"critical": "red", "warning": "orange", "info": "gray"}
_ENTRY: Final = ("PrimaryCriteria", "AdditionalCriteria", "QualifiedLimit")


def of_entry(problems: Iterable[Problem]) -> list[Problem]:
    """Those that concern the entry event."""
    return [problem for problem in problems if problem.path.startswith(_ENTRY)]


def of_rule(problems: Iterable[Problem], position: int) -> list[Problem]:
    """Those that concern one rule."""
    return [problem for problem in problems if problem.path.split(".", 1)[0] == f"InclusionRules[{position}]"]


def of_the_rest(problems: Iterable[Problem]) -> list[Problem]:
    """Those that concern neither the entry event nor a rule: concept sets, limits, exit."""
    return [problem for problem in problems if not problem.path.startswith((*_ENTRY, "InclusionRules["))]


def show_problems(t: Translator, problems: list[Problem], name: str) -> None:
    """Show findings behind a line that says how many there are and how grave; nothing where there are none."""
    if not problems:
        return
    counted = Counter(problem.severity for problem in problems)
    gravest = next(severity for severity in SEVERITIES if counted[severity])
    told = "  ·  ".join(f"{severity_name(t, s)} {counted[s]}" for s in SEVERITIES if counted[s])
    with st.expander(t("Checks: {findings}", findings=told), icon=_ICONS[gravest], key=f"checks-{name}"):
        for problem in problems:
            what, todo = problem.message(t), problem.advice(t)
            st.markdown(f":{_COLOURS[problem.severity]}[**{severity_name(t, problem.severity)}**] {_safe(what)}")
            advice = t("{name}: {condition}", name=t("what to do"), condition=_safe(todo))
            st.markdown(f":gray[{advice}]")


def _safe(text: str) -> str:
    """Keep names in a message from being read as Markdown."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]$<>:#" else sign for sign in text)
