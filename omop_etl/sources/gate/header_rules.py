"""Columns that identify people by their very name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from omop_etl.packaged import packaged_rows
from omop_etl.sources.gate.findings import Finding


@lru_cache
def _rules() -> tuple[tuple[str, re.Pattern[str]], ...]:
    rows = packaged_rows("omop_etl.sources.gate", "header_rules.csv")
    return tuple((row["rule"], re.compile(row["pattern"], re.IGNORECASE)) for row in rows)


def header_findings(file: str, header: Sequence[str], filled: Iterable[str]) -> list[Finding]:
    """Find columns that are named as identifiers.

    Parameters
    ----------
    file : str
        Name of the file.
    header : sequence of str
        Its columns.
    filled : iterable of str
        Columns that hold anything; an identifier column that was emptied does not identify anybody.

    Returns
    -------
    list of Finding
        One per column.

    Examples
    --------
    >>> header = ["患者姓名", "单位", "sfzhm", "检验项目"]
    >>> [finding.rule for finding in header_findings("a.csv", header, filled=header)]
    ['name', 'identity_number']
    """
    holding = set(filled)
    found = []
    for column in header:
        rule = next((name for name, pattern in _rules() if pattern.fullmatch(column.strip())), None)
        if rule is not None and column in holding:
            found.append(Finding(file, column, rule, 1, 0))
    return found
