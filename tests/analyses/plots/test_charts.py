"""Figures: what is drawn equals the numbers, arms differ by dash and colour, words and fonts come from the caller."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_lung

from analyses.describe import table_one
from analyses.plots import (
    Labels,
    figure_bytes,
    forest_chart,
    funnel_chart,
    journal_survival_figure,
    love_chart,
    monthly_chart,
    recruitment_chart,
    risk_table_chart,
    round_times,
    rule_effects_chart,
    save_figure,
    save_journal_figure,
    survival_chart,
    survival_curve_chart,
)
from analyses.plots.survival import step_points
from analyses.survival import KaplanMeier, cox, kaplan_meier, logrank, pairwise_logrank
from omop_etl.errors import UsageError

CHINESE = Labels(
    title="总生存期",
    time="随访时间（天）",
    survival="生存概率",
    at_risk="风险人数",
    group="性别",
    names={1: "男", 2: "女"},
)


@pytest.fixture(scope="module")
def lung() -> pd.DataFrame:
    return load_lung()


@pytest.fixture(scope="module")
def km(lung: pd.DataFrame) -> KaplanMeier:
    return kaplan_meier(lung, duration="time", event="status", group="sex")


def rows(chart: Any, holding: str) -> list[dict[str, Any]]:
    """Rows of all data sets of a chart that have a column."""
    datasets = chart.to_dict()["datasets"].values()
    return [row for rows in datasets for row in rows if holding in row]


def encodings(spec: Any, channel: str) -> list[dict[str, Any]]:
    """All encodings of a channel anywhere in a chart."""
    if isinstance(spec, list):
        return [found for part in spec for found in encodings(part, channel)]
    if not isinstance(spec, dict):
        return []
    own = [spec["encoding"][channel]] if channel in spec.get("encoding", {}) else []
    return own + [found for key, part in spec.items() if key != "datasets" for found in encodings(part, channel)]


def test_curves_start_at_one_and_step_at_events(km: KaplanMeier) -> None:
    points = step_points(km, Labels())
    male = points[points["group"] == "1"]
    assert male.iloc[0][["time", "survival", "lower", "upper"]].tolist() == [0, 1, 1, 1]
    events = km.table[(km.table["group"] == 1) & (km.table["n_event"] > 0)]
    assert set(events["time"]) <= set(male["time"])
    assert male["time"].iloc[-1] == km.table.loc[km.table["group"] == 1, "time"].max()


def test_arms_differ_by_dash_and_by_colour(km: KaplanMeier) -> None:
    spec = survival_chart(km, CHINESE).to_dict()
    for channel in ("color", "strokeDash"):
        scale = encodings(spec, channel)[0]["scale"]
        assert scale["domain"] == ["男", "女"]
        assert len({json.dumps(value) for value in scale["range"]}) == 2


def test_numbers_at_risk_are_those_of_the_curve(km: KaplanMeier) -> None:
    found = rows(survival_chart(km, CHINESE, times=[0, 365, 730]), "n")
    assert [(row["group"], row["n"]) for row in found] == [
        ("男", "138"),
        ("男", "35"),
        ("男", "7"),
        ("女", "90"),
        ("女", "30"),
        ("女", "6"),
    ]


def test_small_numbers_at_risk_can_be_hidden_by_the_caller(km: KaplanMeier) -> None:
    hidden = pd.DataFrame({"group": [1, 1], "time": [0, 730], "n_risk": [138, "<10"]})
    assert [row["n"] for row in rows(risk_table_chart(km, CHINESE, times=[0, 730], at_risk=hidden), "n")] == [
        "138",
        "<10",
    ]


def test_curve_and_table_on_a_screen_line_up(km: KaplanMeier) -> None:
    curve, table = survival_curve_chart(km, CHINESE).to_dict(), risk_table_chart(km, CHINESE).to_dict()
    assert curve["width"] == table["width"] == "container"
    extents = {encodings(spec, "y")[0]["axis"]["minExtent"] for spec in (curve, table)}
    domains = {json.dumps(encodings(spec, "x")[0]["scale"]["domain"]) for spec in (curve, table)}
    assert len(extents) == len(domains) == 1


def test_long_curves_are_thinned_but_keep_their_value(km: KaplanMeier) -> None:
    random = np.random.default_rng(0)
    long = kaplan_meier({"t": random.exponential(size=20_000), "e": np.ones(20_000)}, duration="t", event="e")
    points = step_points(long, Labels())
    assert len(points) < 1300
    at = long.at(points["time"])["survival"]
    assert points["survival"].to_numpy() == pytest.approx(at.to_numpy())


@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_figures_are_exported_with_their_words(km: KaplanMeier, tmp_path: Path, format: str) -> None:
    content = save_figure(survival_chart(km, CHINESE), tmp_path / f"km.{format}").read_bytes()
    assert content.startswith({"png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF"}[format])
    if format == "svg":
        text = content.decode()
        assert all(word in text for word in ("总生存期", "随访时间（天）", "风险人数", "男"))


def test_the_font_of_the_caller_is_used(km: KaplanMeier) -> None:
    spec = survival_chart(km, Labels(font="Noto Sans SC")).to_dict()
    assert spec["config"]["font"] == "Noto Sans SC"


def test_unknown_formats_are_refused(km: KaplanMeier) -> None:
    with pytest.raises(UsageError, match="figures cannot be written as gif"):
        figure_bytes(survival_chart(km), "gif")


def test_forest_names_what_cannot_be_drawn() -> None:
    table = pd.DataFrame(
        {"name": ["age", "site"], "hr": [1.2, np.inf], "hr_lower": [1.0, np.nan], "hr_upper": [1.44, np.nan]}
    )
    chart = forest_chart(table, Labels(names={"age": "年龄"}, not_estimable="无法估计"))
    texts = {row["label"]: row["text"] for row in rows(chart, "text")}
    assert texts == {"年龄": "1.20 (1.00–1.44)", "site": "无法估计"}
    figure_bytes(chart, "svg")


def test_love_plot_is_ordered_by_imbalance_and_shows_absolute_values() -> None:
    table = pd.DataFrame(
        {"variable": ["age", "sex"] * 2, "smd": [0.1, -0.4, 0.02, 0.05], "state": ["before"] * 2 + ["after"] * 2}
    )
    chart = love_chart(table, series="state")
    assert encodings(chart.to_dict(), "y")[0]["sort"] == ["sex", "age"]
    assert min(row["smd"] for row in rows(chart, "series")) == 0.02
    figure_bytes(chart, "svg")


def test_funnel_shows_counts_and_shares_or_the_text_of_the_caller() -> None:
    table = pd.DataFrame({"name": ["Entry", "Adult"], "persons": [200, 50]})
    assert [row["text"] for row in rows(funnel_chart(table), "text")] == ["200  (100%)", "50  (25%)"]
    hidden = funnel_chart(table.assign(text=["200", "<10"]), Labels(names={"Adult": "成人"}))
    assert [(row["step"], row["text"]) for row in rows(hidden, "text")] == [("Entry", "200"), ("1. 成人", "<10")]


@pytest.mark.parametrize(
    "chart",
    [
        lambda lung: rule_effects_chart(pd.DataFrame({"name": ["a", "b"], "gain_persons": [3, 0]})),
        lambda lung: monthly_chart(
            pd.DataFrame({"month": pd.date_range("2020-01-01", periods=40, freq="MS"), "persons": 2})
        ),
        lambda lung: recruitment_chart(pd.DataFrame({"month": [1, 2], "p10": [1, 2], "p50": [2, 4], "p90": [3, 6]}), 5),
        lambda lung: logrank(lung, duration="time", event="status", group="sex").plot(),
        lambda lung: pairwise_logrank(lung.dropna(), duration="time", event="status", group="ph.ecog").plot(),
        lambda lung: cox(lung, duration="time", event="status", covariates=["age", "sex"]).plot(),
        lambda lung: cox(lung, duration="time", event="status", covariates=["age", "sex"]).zph().plot(),
        lambda lung: table_one(lung, group="sex", variables=["age", "ph.ecog"]).plot(),
        lambda lung: kaplan_meier(lung, duration="time", event="status").plot(),
    ],
)
def test_every_result_can_be_drawn(lung: pd.DataFrame, chart: Any) -> None:
    assert b"<svg" in figure_bytes(chart(lung), "svg")


def test_journal_figure_embeds_its_text(km: KaplanMeier, tmp_path: Path) -> None:
    figure = journal_survival_figure(km, Labels(names={1: "Male", 2: "Female"}), times=[0, 365, 730])
    texts = [text.get_text() for text in figure.axes[1].texts]
    assert texts == ["138", "35", "7", "90", "30", "6"]
    assert b"/FontFile2" in save_journal_figure(figure, tmp_path / "km.pdf").read_bytes()
    assert "Female" in save_journal_figure(figure, tmp_path / "km.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(("last", "step"), [(1022, 100), (59, 10), (7.5, 1), (0.9, 0.1), (250, 25), (120, 20)])
def test_round_times_cover_the_follow_up(last: float, step: float) -> None:
    times = round_times(last)
    assert times[1] == pytest.approx(step)
    assert last - step < times[-1] <= last
    assert len(times) <= 12
