"""Defects of laboratory results: limits, units, slips of the point, missing results, reports issued again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.defects.log import DefectLog
from sample_data.defects.rates import CLEANED, FLAGGED, MERGED, RATES, REJECTED
from sample_data.files.laboratory import PRELIMINARY, spell_values
from sample_data.table import FileTable

Rows = NDArray[np.int64]

_NO_RESULT = ("见报告", "标本溶血", "标本量不足")
_SHARE_CORRECTED = 0.3
_WELL_BEYOND = 1.15
_SHARE_WIDE_SIGNS = 0.2
_NEAR_LOWER_LIMIT, _NEAR_UPPER_LIMIT = 6.0, 0.2


def issue_again(table: FileTable, log: DefectLog, rng: np.random.Generator) -> None:
    """Issue some reports a second time; the first version becomes preliminary and may hold other values."""
    report = table.facts["report"]
    reports = int(report.max(initial=-1)) + 1
    untouched = np.ones(reports, np.bool_)
    untouched[report[table.taken]] = False
    chance = RATES["reissued_report"] * reports / max(int(untouched.sum()), 1)
    again = untouched & (rng.random(reports) < chance)
    log.count("reissued_report", table, reports, int(again.sum()))
    rows = np.flatnonzero(again[report])
    copies = table.repeat(rows)
    delay = rng.integers(3600, 48 * 3600, reports)[report[rows]]
    table.change("报告时间", copies, table.text.moments(table.facts["reported"][rows] + delay, "iso", "second"))
    table.change_texts("审核状态", rows, [PRELIMINARY] * len(rows))
    numeric = ~np.isnan(table.facts["value"][rows])
    wrong = rows[numeric & (rng.random(len(rows)) < _SHARE_CORRECTED)]
    values = table.facts["value"][wrong] * rng.uniform(1.05, 1.25, len(wrong))
    high = catalog.table("tests").numbers("possible_high")[table.facts["test"][wrong]]
    table.change("结果", wrong, spell_values(table.text, table.facts["test"][wrong], np.minimum(values, high * 0.95)))
    log.add("reissued_report", table, rows, "", MERGED)


def lose_results(table: FileTable, log: DefectLog, rng: np.random.Generator) -> None:
    """Put a remark where the result should be."""
    rows = log.draw("no_result", table, rng)
    table.change_texts("结果", rows, [str(text) for text in rng.choice(_NO_RESULT, len(rows))])
    table.change_texts("异常标志", rows, [""] * len(rows))
    log.add("no_result", table, rows, "结果", REJECTED)


def slip_points(table: FileTable, log: DefectLog, rng: np.random.Generator) -> None:
    """Move the decimal point of some results so far that the value is impossible."""
    tests = catalog.table("tests")
    slips = tests.numbers("slip")[table.facts["test"]]
    beyond = table.facts["value"] * slips > tests.numbers("possible_high")[table.facts["test"]] * _WELL_BEYOND
    rows = log.draw("impossible_value", table, rng, beyond)
    test = table.facts["test"][rows]
    table.change("结果", rows, spell_values(table.text, test, table.facts["value"][rows] * slips[rows]))
    log.add("impossible_value", table, rows, "结果", FLAGGED)


def bound_results(table: FileTable, log: DefectLog, rng: np.random.Generator) -> None:
    """Report values near the limits of detection as below or above them."""
    tests = catalog.table("tests")
    test, value = table.facts["test"], table.facts["value"]
    lower, upper = tests.numbers("lower_limit")[test], tests.numbers("upper_limit")[test]
    below = value < lower * _NEAR_LOWER_LIMIT
    above = value > upper * _NEAR_UPPER_LIMIT
    rows = log.draw("bounded_result", table, rng, below | above)
    wide = rng.random(len(rows)) < _SHARE_WIDE_SIGNS
    limits = zip(
        below[rows].tolist(),
        wide.tolist(),
        (tests["lower_limit"][row] for row in test[rows].tolist()),
        (tests["upper_limit"][row] for row in test[rows].tolist()),
        strict=True,
    )
    texts = [
        f"{'＜' if is_wide else '<'}{low}" if is_below else f"{'＞' if is_wide else '>'}{high}"
        for is_below, is_wide, low, high in limits
    ]
    table.change_texts("结果", rows, texts)
    log.add("bounded_result", table, rows, "结果", CLEANED)


def vary_units(table: FileTable, log: DefectLog, rng: np.random.Generator) -> None:
    """Spell some units differently."""
    variants = catalog.table("tests").lists("unit_variants")
    has_variants = np.array([len(options) > 0 for options in variants])[table.facts["test"]]
    rows = log.draw("unit_variant", table, rng, has_variants)
    options = [variants[test] for test in table.facts["test"][rows].tolist()]
    draws = rng.random(len(rows)).tolist()
    texts = [choice[int(draw * len(choice))] for choice, draw in zip(options, draws, strict=True)]
    table.change_texts("单位", rows, texts)
    log.add("unit_variant", table, rows, "单位", CLEANED)


def convert_units(table: FileTable, log: DefectLog, rng: np.random.Generator) -> None:
    """Report some results in another unit, with value and reference range converted."""
    tests = catalog.table("tests")
    test, value = table.facts["test"], table.facts["value"]
    factors = tests.numbers("other_factor")[test]
    convertible = ~np.isnan(factors)
    rows = log.draw("unit_other", table, rng, convertible, convertible)
    results, units, ranges = [], [], []
    for position, factor, number in zip(test[rows].tolist(), factors[rows].tolist(), value[rows].tolist(), strict=True):
        decimals = 2 if factor < 1 else 0
        low, high = float(tests["low"][position]) * factor, float(tests["high"][position]) * factor
        results.append(f"{number * factor:.{decimals}f}")
        units.append(tests["other_unit"][position])
        ranges.append(f"{low:.{decimals}f}-{high:.{decimals}f}")
    table.change_texts("结果", rows, results)
    table.change_texts("单位", rows, units)
    table.change_texts("参考范围", rows, ranges)
    log.add("unit_other", table, rows, "单位", CLEANED)
