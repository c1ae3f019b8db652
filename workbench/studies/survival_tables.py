"""The tables of a study's result bundle: numbers in full precision, counts as far as they may be shown."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from workbench.studies.survival_view import StudyView


def study_tables(view: StudyView) -> dict[str, pd.DataFrame]:
    """Collect the tables of a study.

    Parameters
    ----------
    view : StudyView
        What may be shown.

    Returns
    -------
    dict of str to pandas.DataFrame
        By name of the file, without suffix.
    """
    tables = {
        "account": pd.DataFrame([(step, str(persons)) for step, persons in view.account], columns=["step", "persons"]),
        "groups": _groups(view),
        "number_at_risk": view.risk,
        "baseline": _baseline(view),
        **{f"attrition_{name}": _attrition(view, name) for name in view.attritions},
    }
    if view.curves is not None:
        tables["survival"] = _survival(view)
    if view.logrank is not None:
        tables["logrank"] = pd.DataFrame([asdict(view.logrank)])
    for name, model in (("cox_crude", view.crude), ("cox_adjusted", view.adjusted)):
        if model is not None:
            tables[name] = model.table
    if view.proportionality is not None:
        tables["proportional_hazards"] = view.proportionality
    if view.differences is not None:
        tables["standardised_differences"] = view.differences
    if view.end_reasons is not None:
        tables["end_of_follow_up"] = view.end_reasons
    return tables


def _groups(view: StudyView) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "group": group.name,
                "persons": str(group.persons),
                "events": str(group.events),
                "median_months": group.median,
                "median_lower": group.lower,
                "median_upper": group.upper,
                "median_follow_up_months": group.follow_up,
            }
            for group in view.groups
        ]
    )


def _baseline(view: StudyView) -> pd.DataFrame:
    names = [group.name for group in view.groups]
    rows = [
        {"variable": line.variable, "level": line.level, **dict(zip(names, line.texts, strict=True)), "smd": line.smd}
        for line in view.characteristics
    ]
    return pd.DataFrame(rows, columns=["variable", "level", *names, "smd"])


def _attrition(view: StudyView, name: str) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"kind": step.kind, "rule": step.rule, "events": str(step.events), "persons": str(step.persons)}
            for step in view.attritions[name]
        ]
    )


def _survival(view: StudyView) -> pd.DataFrame:
    """Give each curve month by month: its own steps are the days of single persons."""
    assert view.curves is not None
    parts = []
    for curve in view.curves.curves:
        last = int(curve.time[-1]) if len(curve.time) else 0
        found = curve.at(pd.Series(range(last + 1), dtype=float).to_numpy())
        parts.append(found[["group", "time", "survival", "lower", "upper"]])
    return pd.concat(parts, ignore_index=True)
