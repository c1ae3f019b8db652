"""From the cells of a patient list to identifiers and dates; each function says which cells break which rule."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from omop_etl.sources.gate.value_rules import RESIDENT_ID

Broken = dict[str, pa.Array]
"""Rule to a mask of the cells that break it."""

EXACT_DIGITS: Final = 10**15
"""From this number on Excel has rounded what was typed; a double is exact a little further."""

_WEIGHTS: Final = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK_DIGITS: Final = np.array(list("10X98765432"))
_BY_CHANCE: Final = 0.001
"""More than the share of random numbers of eighteen digits that look like one of an identity card."""
_LARGEST: Final = str(2**63 - 1)
_DATE: Final = re.compile(
    r"(?P<y>\d{4})(?:-(?P<m1>\d{1,2})-(?P<d1>\d{1,2})|/(?P<m2>\d{1,2})/(?P<d2>\d{1,2})|\.(?P<m3>\d{1,2})\.(?P<d3>\d{1,2})"
    r"|年(?P<m4>\d{1,2})月(?P<d4>\d{1,2})日|(?P<m5>\d{2})(?P<d5>\d{2}))"
    r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_ROUNDED: Final = r"^[+-]?\d+(\.\d+)?[eE]\+\d+$"
_FORMULA: Final = r"^(=|#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)$)"


def identifiers(cells: pa.Array) -> tuple[pa.Array, Broken]:
    """Trim identifiers, and find those that are missing, rounded, the text of a formula, or identify people."""
    text = pc.utf8_trim_whitespace(pc.utf8_normalize(pc.fill_null(cells, ""), form="NFKC"))
    return text, {
        "missing": pc.equal(text, ""),
        "digits lost": pc.match_substring_regex(text, _ROUNDED),
        "formula": pc.match_substring_regex(text, _FORMULA),
        "identity number": identity_numbers(text),
    }


def identity_numbers(text: pa.Array) -> pa.Array:
    """Find numbers of resident identity cards (GB 11643-1999), unless there are no more than chance brings about.

    Examples
    --------
    >>> identity_numbers(pa.array(["11010519491231002X", "110105194912310021", "P01"])).to_pylist()
    [True, False, False]
    """
    upper = pc.utf8_upper(text)
    shaped = pc.match_substring_regex(upper, f"^{RESIDENT_ID}$")
    marks = np.array(upper.filter(shaped).to_pylist(), dtype="U18").view("U1").reshape(-1, 18)
    found = np.zeros(len(text), bool)
    expected = _CHECK_DIGITS[marks[:, :17].astype(np.int64) @ _WEIGHTS % 11]
    found[np.flatnonzero(shaped.to_numpy(zero_copy_only=False))] = expected == marks[:, 17]
    return pa.array(found & (found.sum() > _BY_CHANCE * len(text)))


def whole_numbers(text: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Read identifiers as numbers; the mask says which are none.

    Examples
    --------
    >>> numbers, bad = whole_numbers(pa.array(["12", "012.0", "P12", "8985915117830329119", "9985915117830329119"]))
    >>> numbers.to_pylist(), bad.to_pylist()
    ([12, 12, None, 8985915117830329119, None], [False, False, True, False, True])
    """
    bare = pc.replace_substring_regex(pc.replace_substring_regex(text, r"\.0+$", ""), r"^0+(\d)", r"\1")
    fits = pc.or_(pc.less(pc.utf8_length(bare), len(_LARGEST)), pc.less_equal(bare, _LARGEST))
    good = pc.and_(pc.match_substring_regex(bare, r"^\d{1,19}$"), fits)
    return pc.if_else(good, bare, None).cast(pa.int64()), pc.invert(good)


def days(cells: pa.Array) -> tuple[pa.Array, Broken]:
    """Read dates, a time of day left out; an empty cell is none.

    Examples
    --------
    >>> read, broken = days(pa.array(["2024-03-15", "2024年3月5日", "20240315 08:00", "", "15.3.24", "2024-02-30"]))
    >>> [None if day is None else day.isoformat() for day in read.to_pylist()]
    ['2024-03-15', '2024-03-05', '2024-03-15', None, None, None]
    >>> broken["no date"].to_pylist()
    [False, False, False, False, True, True]
    """
    text = pc.utf8_trim_whitespace(pc.utf8_normalize(pc.fill_null(cells, ""), form="NFKC"))
    coded = pc.dictionary_encode(text)
    read = pa.array([_day(value) for value in coded.dictionary.to_pylist()], pa.date32())
    found = read.take(coded.indices)
    formula = pc.match_substring_regex(text, _FORMULA)
    no_date = pc.and_(pc.is_null(found), pc.and_not(pc.not_equal(text, ""), formula))
    return found, {"no date": no_date, "formula": formula}


def _day(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) for part in match.groups() if part is not None)
    try:
        return date(year, month, day)
    except ValueError:
        return None
