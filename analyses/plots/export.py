"""Charts as files: PNG, SVG and PDF without a browser and without a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from omop_etl.errors import UsageError

FORMATS = ("png", "svg", "pdf")
"""Formats of exported figures."""


def register_fonts(folder: Path) -> None:
    """Let exported figures use the fonts of a folder, beside those of the system.

    Parameters
    ----------
    folder : pathlib.Path
        Folder with TrueType or OpenType files. A PDF embeds what it uses.
    """
    vl_convert.register_font_directory(str(folder))


def figure_bytes(chart: Any, format: str = "png", *, scale: float = 2.0) -> bytes:
    """Draw a chart.

    Parameters
    ----------
    chart : altair chart
        A finished chart.
    format : {"png", "svg", "pdf"}
        Format of the file.
    scale : float
        Pixels per point of a PNG; 2 gives about 200 dots per inch at the usual size.

    Returns
    -------
    bytes
        Content of the file.

    Raises
    ------
    UsageError
        The format is not one of these.
    """
    if format not in FORMATS:
        raise UsageError(
            "figures cannot be written as {format}",
            todo="use one of: {known}",
            format=format,
            known=", ".join(FORMATS),
        )
    with alt.data_transformers.disable_max_rows():
        spec = json.dumps(chart.to_dict())
    if format == "svg":
        return str(vl_convert.vegalite_to_svg(spec)).encode("utf-8")
    if format == "pdf":
        return bytes(vl_convert.vegalite_to_pdf(spec))
    return bytes(vl_convert.vegalite_to_png(spec, scale=scale, ppi=72))


def save_figure(chart: Any, path: Path, *, scale: float = 2.0) -> Path:
    """Write a chart to a file whose suffix names the format.

    Parameters
    ----------
    chart : altair chart
        A finished chart.
    path : pathlib.Path
        Ends in ``.png``, ``.svg`` or ``.pdf``.
    scale : float
        Pixels per point of a PNG.

    Returns
    -------
    pathlib.Path
        `path`.
    """
    path.write_bytes(figure_bytes(chart, path.suffix.lower().lstrip("."), scale=scale))
    return path
