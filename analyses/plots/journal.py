"""Survival curves as journals want them: matplotlib, vector fonts, a risk table of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analyses.plots.labels import Labels
from analyses.plots.survival import last_time, risk_numbers, round_times, step_points
from analyses.plots.theme import DASHES, INK, PALETTE

if TYPE_CHECKING:
    from analyses.survival.kaplan_meier import KaplanMeier

_INCHES_PER_ROW = 0.24


def register_journal_fonts(folder: Path) -> list[str]:
    """Let matplotlib use the fonts of a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Folder with TrueType or OpenType files.

    Returns
    -------
    list of str
        Names of the families found, to be used as `Labels.font`.
    """
    from matplotlib import font_manager

    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in (".ttf", ".otf"))
    for file in files:
        font_manager.fontManager.addfont(str(file))
    return sorted({str(font_manager.FontProperties(fname=str(file)).get_name()) for file in files})


def journal_survival_figure(
    km: KaplanMeier,
    labels: Labels | None = None,
    *,
    times: Sequence[float] | None = None,
    at_risk: pd.DataFrame | None = None,
    band: bool = True,
    width_mm: float = 120,
    height_mm: float = 95,
) -> Any:
    """Draw curves over the numbers at risk with matplotlib.

    Parameters
    ----------
    km : KaplanMeier
        The curves.
    labels : Labels, optional
        Words of the figure.
    times : sequence of float, optional
        Times at which numbers at risk are given.
    at_risk : pandas.DataFrame, optional
        Numbers at risk to show instead of the exact ones: columns ``group, time, n_risk``.
    band : bool
        Draw the confidence limits.
    width_mm, height_mm : float
        Size of the figure in millimetres, without the rows of the risk table.

    Returns
    -------
    matplotlib.figure.Figure
        Write it with `save_journal_figure`.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    words = labels or Labels()
    marks = list(times) if times is not None else round_times(last_time(km))
    rows = len(km.curves)
    with mpl.rc_context(_style(words)):
        table_inches = _INCHES_PER_ROW * (rows + 1.2)
        figure = Figure(figsize=(width_mm / 25.4, height_mm / 25.4 + table_inches), layout="constrained")
        FigureCanvasAgg(figure)
        axes, table = figure.subplots(
            2, 1, sharex=True, gridspec_kw={"height_ratios": [height_mm / 25.4, table_inches]}
        )
        _draw_curves(axes, km, words, marks, band=band)
        _draw_table(table, km, words, marks, risk_numbers(km, marks) if at_risk is None else at_risk)
        if words.title:
            axes.set_title(words.title, loc="left")
    return figure


def save_journal_figure(figure: Any, path: Path, labels: Labels | None = None, *, dots_per_inch: int = 600) -> Path:
    """Write a journal figure; in PDF and EPS text stays text, its font embedded.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    path : pathlib.Path
        Ends in ``.pdf``, ``.eps``, ``.svg``, ``.tiff`` or ``.png``.
    labels : Labels, optional
        The words that the figure was made with, for their font.
    dots_per_inch : int
        Resolution of TIFF and PNG.

    Returns
    -------
    pathlib.Path
        `path`.
    """
    import matplotlib as mpl

    with mpl.rc_context(_style(labels or Labels())):
        figure.savefig(path, dpi=dots_per_inch)
    return path


def _style(labels: Labels) -> dict[Any, Any]:
    style: dict[Any, Any] = {
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
        "svg.fonttype": "none",
        "axes.unicode_minus": False,
        "font.size": 9,
        "text.color": INK,
    }
    if labels.font:
        style["font.family"] = [family.strip() for family in labels.font.split(",")]
    return style


def _draw_curves(axes: Any, km: KaplanMeier, labels: Labels, times: list[float], *, band: bool) -> None:
    points = step_points(km, labels)
    for number, curve in enumerate(km.curves):
        name, colour = labels.of(curve.group), PALETTE[number % len(PALETTE)]
        steps = points[points["group"] == name]
        dash = (0, DASHES[number % len(DASHES)]) if number else "solid"
        axes.step(
            steps["time"], steps["survival"], where="post", color=colour, linestyle=dash, linewidth=1.4, label=name
        )
        if band:
            defined = steps.dropna(subset=["lower", "upper"])
            axes.fill_between(
                defined["time"], defined["lower"], defined["upper"], step="post", color=colour, alpha=0.15, linewidth=0
            )
    axes.set_ylim(0, 1.01)
    axes.set_xlim(min(times[0], *(curve.origin for curve in km.curves)), max(times[-1], last_time(km)) * 1.01)
    axes.set_xticks(times)
    axes.set_ylabel(labels.survival)
    axes.set_xlabel(labels.time)
    axes.tick_params(labelbottom=True)
    axes.spines[["top", "right"]].set_visible(False)
    if len(km.curves) > 1:
        axes.legend(frameon=False, title=labels.group, loc="best")


def _draw_table(axes: Any, km: KaplanMeier, labels: Labels, times: list[float], numbers: pd.DataFrame) -> None:
    groups = [curve.group for curve in km.curves]
    for row, group in enumerate(groups):
        own = numbers[numbers["group"] == group]
        for time, count in zip(own["time"], own["n_risk"], strict=True):
            text = count if isinstance(count, str) else f"{count:.0f}"
            axes.text(time, row, text, ha="center", va="center", fontsize=8)
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.set_yticks(np.arange(len(groups)), [labels.of(group) for group in groups])
    for tick, number in zip(axes.get_yticklabels(), range(len(groups)), strict=True):
        tick.set_color(PALETTE[number % len(PALETTE)])
    axes.set_title(labels.at_risk, loc="left", fontsize=9)
    axes.tick_params(length=0, labelbottom=False)
    axes.tick_params(axis="y", pad=14)
    axes.spines[:].set_visible(False)
