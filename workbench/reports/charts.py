"""Render a chart to a file format, without a browser and without a network."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final, Literal

import vl_convert

from workbench.reports.fonts import FAMILY, WEB_STACK, register_for_charts

ImageFormat = Literal["png", "svg", "pdf"]
_SCALE: Final = 3.0
_REMEMBERED: Final = 64


def render_chart(chart: dict[str, Any], form: ImageFormat) -> bytes:
    """Draw a Vega-Lite chart in the shipped font.

    Parameters
    ----------
    chart : dict
        A specification with its data inside.
    form : {"png", "svg", "pdf"}
        What to draw; a PNG has three pixels for each point of the chart.

    Returns
    -------
    bytes
        The file.

    Examples
    --------
    >>> render_chart({"mark": "bar", "data": {"values": [{"a": 1}]}, "encoding": {"x": {"field": "a"}}}, "svg")[:4]
    b'<svg'
    """
    return _rendered(json.dumps(with_font(chart, FAMILY)), form)


@lru_cache(maxsize=_REMEMBERED)
def _rendered(specification: str, form: ImageFormat) -> bytes:
    """Draw a specification; the same figure stands in several formats of a report and among its files."""
    register_for_charts()
    if form == "svg":
        return str(vl_convert.vegalite_to_svg(specification)).encode()
    if form == "pdf":
        return bytes(vl_convert.vegalite_to_pdf(specification))
    return bytes(vl_convert.vegalite_to_png(specification, scale=_SCALE))


def web_svg(chart: dict[str, Any]) -> str:
    """Draw a chart as SVG for a page whose reader may not have the font."""
    return render_chart(chart, "svg").decode().replace(f'font-family="{FAMILY}"', f'font-family="{WEB_STACK}"')


def with_font(chart: dict[str, Any], family: str) -> dict[str, Any]:
    """Give a chart one font for all its text."""
    return {**chart, "config": {**chart.get("config", {}), "font": family}}
