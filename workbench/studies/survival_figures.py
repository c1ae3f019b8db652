"""Figures of a study, with words in the reader's language."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analyses.plots import (
    Labels,
    forest_chart,
    journal_survival_figure,
    love_chart,
    risk_table_chart,
    survival_chart,
    survival_curve_chart,
)
from workbench.locales import Translator
from workbench.studies.figures import figure_labels
from workbench.studies.survival_view import StudyView
from workbench.studies.survival_words import coefficient_name


def curves_figure(t: Translator, view: StudyView) -> Any:
    """Draw the curves over the numbers at risk, for a file."""
    return survival_chart(_curves(view), _labels(t, view), times=_times(view), at_risk=view.risk)


def curve_on_page(t: Translator, view: StudyView) -> Any:
    """Draw the curves alone, as wide as their place on a page."""
    return survival_curve_chart(_curves(view), _labels(t, view), times=_times(view))


def risk_on_page(t: Translator, view: StudyView) -> Any:
    """Draw the numbers at risk alone, lined up with `curve_on_page`."""
    return risk_table_chart(_curves(view), _labels(t, view), times=_times(view), at_risk=view.risk)


def journal_figure(t: Translator, view: StudyView) -> Any:
    """Draw the curves with matplotlib, as journals want them."""
    return journal_survival_figure(_curves(view), _labels(t, view), times=_times(view), at_risk=view.risk)


def ratios_figure(t: Translator, view: StudyView) -> Any:
    """Draw the crude and the adjusted hazard ratios."""
    return forest_chart(ratios_table(t, view), figure_labels(t))


def balance_figure(t: Translator, view: StudyView) -> Any:
    """Draw the differences between the groups at baseline."""
    assert view.differences is not None
    return love_chart(largest_differences(view.differences), _labels(t, view))


def largest_differences(differences: pd.DataFrame) -> pd.DataFrame:
    """Take the largest absolute difference of any two groups, per variable: columns ``variable, smd``."""
    sized = differences.assign(smd=differences["smd"].abs())
    return sized.groupby("variable", sort=False)["smd"].max().reset_index()


def ratios_table(t: Translator, view: StudyView) -> pd.DataFrame:
    """List the exposure, crude and adjusted, and the covariates of the adjusted model, by names for a reader."""
    study, rows = view.study, []
    if view.crude is not None:
        crude = view.crude.exposure
        rows.append(crude.to_dict() | {"name": t("{name}, crude", name=coefficient_name(t, study, crude))})
    if view.adjusted is not None:
        for position, (_, row) in enumerate(view.adjusted.table.iterrows()):
            name = coefficient_name(t, study, row)
            rows.append(row.to_dict() | {"name": name if position else t("{name}, adjusted", name=name)})
    return pd.DataFrame(rows)


def _curves(view: StudyView) -> Any:
    assert view.curves is not None
    return view.curves


def _times(view: StudyView) -> list[float]:
    return sorted(set(view.risk["time"].tolist()))


def _labels(t: Translator, view: StudyView) -> Labels:
    study = view.study
    names = {group.name: study.label(group.name, t.language) for group in view.groups}
    names |= {covariate.name: study.label(covariate.name, t.language) for covariate in study.dataset.covariates}
    return figure_labels(t, names | {"all": t("All persons")})
