"""Figures of diagnostics, with words in the reader's language."""

from __future__ import annotations

from typing import Any, Final

import altair as alt
import pandas as pd

from analyses.plots.theme import INK, PALETTE, PLOT_WIDTH, styled
from workbench.diagnostics.view import CohortView
from workbench.diagnostics.words import Labels
from workbench.locales import Translator
from workbench.studies.figures import figure_labels, periods_figure
from workbench.studies.periods import Periods

MOST_COMPARED: Final = 12
"""Concepts in the figure of the comparison."""

_ROW: Final = 24
_SMALL: Final = 0.1
_TICKS: Final = 8


def entries_figure(t: Translator, cohort: CohortView) -> Any | None:
    """Draw new entries over time; none where they cannot be shown."""
    frame = cohort.tables["incidence"]
    for unit in ("month", "quarter", "year"):
        part = frame[frame["by"] == unit]
        if part.empty:
            continue
        cells = part["entries"].tolist()
        return periods_figure(
            t,
            Periods(
                unit=unit,
                names=tuple(part["group"]),
                starts=(),
                counts=tuple(cell if isinstance(cell, int) else None for cell in cells),
                texts=tuple(f"{cell:,}" if isinstance(cell, int) else cell for cell in cells),
            ),
        )
    return None


def comparison_figure(t: Translator, cohort: CohortView, labels: Labels) -> Any | None:
    """Draw the concepts that set a cohort apart most, a point for either group; none where there are none."""
    frame = cohort.tables["compare_with_matched"]
    frame = frame[frame["smd"].abs() >= _SMALL].dropna(subset=["cohort_share", "matched_share"]).head(MOST_COMPARED)
    if frame.empty:
        return None
    names = pd.Series([labels.get(int(n), str(int(n))) for n in frame["concept_id"]], index=frame.index)
    frame = frame[["cohort_share", "matched_share"]].assign(name=_told_apart(names))
    groups = {"cohort_share": t("Cohort"), "matched_share": t("Matched persons")}
    points = frame.melt("name", var_name="group", value_name="share").replace({"group": groups})
    y = alt.Y("name:N", sort=frame["name"].tolist(), title=None, axis=alt.Axis(labelLimit=260, grid=True))
    axis: dict[str, Any] = {"title": t("Share of the persons"), "axis": alt.Axis(format="%", tickCount=_TICKS)}
    between = (
        alt.Chart(frame)
        .mark_rule(color="#B8B8B8", strokeWidth=2)
        .encode(x=alt.X("cohort_share:Q", **axis), x2="matched_share:Q", y=y)
    )
    scale = alt.Scale(domain=list(groups.values()), range=[PALETTE[0], PALETTE[1]])
    shapes = alt.Scale(domain=list(groups.values()), range=["circle", "diamond"])
    legend = alt.Legend(orient="top", title=None, labelColor=INK)
    dots = (
        alt.Chart(points)
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            x=alt.X("share:Q", **axis),
            y=y,
            color=alt.Color("group:N", scale=scale, legend=legend),
            shape=alt.Shape("group:N", scale=shapes, legend=legend),
        )
    )
    drawn = alt.layer(between, dots).properties(width=PLOT_WIDTH, height=_ROW * len(frame))
    return styled(drawn, figure_labels(t))


def _told_apart(names: pd.Series) -> pd.Series:
    """Number names that several concepts have, so that each keeps a line of its own."""
    again = names.groupby(names).cumcount()
    return names.where(again == 0, names + " (" + (again + 1).astype(str) + ")")
