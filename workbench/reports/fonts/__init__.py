"""The font that every export uses, so that Chinese shows on a machine that has no Chinese font."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
FAMILY: Final = "RWE Sans SC"
WEIGHTS: Final = {"RWESansSC-Regular.ttf": 400, "RWESansSC-Bold.ttf": 700}
"""The files of the font, with their weights."""

SYSTEM_FONTS: Final = "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC'"
"""Chinese fonts that a machine may have of its own."""

WEB_STACK: Final = f"'{FAMILY}', {SYSTEM_FONTS}, sans-serif"
"""What a browser may use instead, where the font is not embedded."""


@cache
def register_for_charts() -> None:
    """Make the font known to the renderer of Vega-Lite charts."""
    import vl_convert

    vl_convert.register_font_directory(str(FOLDER))


@cache
def register_for_matplotlib() -> None:
    """Make the font known to matplotlib and embed it as TrueType, so that text in a PDF can be selected."""
    import matplotlib
    from matplotlib import font_manager

    for file in FOLDER.glob("*.ttf"):
        font_manager.fontManager.addfont(str(file))
    matplotlib.rcParams["pdf.fonttype"] = 42
    matplotlib.rcParams["font.family"] = [FAMILY]
