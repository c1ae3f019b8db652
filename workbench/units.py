"""Units as people write them: the symbol behind a UCUM code."""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = frozenset({"s", "h", "d", "wk", "mo", "a", "min"})
"""Codes whose letters are not how the unit is written in a sentence."""

_PARTS: Final = (
    (re.compile(r"\[iU\]"), "IU"),
    (re.compile(r"\[U\]"), "U"),
    (re.compile(r"mm\[Hg\]"), "mmHg"),
    (re.compile(r"\bu(?=mol|g|L|U)"), "μ"),
    (re.compile(r"\bCel\b"), "°C"),
    (re.compile(r"[\[\]{}]"), ""),
    (re.compile(r"_"), " "),
)
_SUPERSCRIPT: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def unit_symbol(code: str) -> str:
    """Write a UCUM code as a symbol.

    Parameters
    ----------
    code : str
        For example ``umol/L``.

    Returns
    -------
    str
        The symbol; empty where the name of the unit says it better.

    Examples
    --------
    >>> [unit_symbol(code) for code in ("umol/L", "10*9/L", "mm[Hg]", "mL/min/{1.73_m2}", "[iU]/mL", "%", "a")]
    ['μmol/L', '10⁹/L', 'mmHg', 'mL/min/1.73 m²', 'IU/mL', '%', '']
    """
    if code in _WORDS:
        return ""
    for pattern, text in _PARTS:
        code = pattern.sub(text, code)
    code = re.sub(r"10\*(\d+)", lambda power: "10" + power[1].translate(_SUPERSCRIPT), code)
    return re.sub(r"\bm([23])\b", lambda area: "m" + area[1].translate(_SUPERSCRIPT), code)
