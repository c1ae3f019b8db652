"""Table 1 as it may be shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analyses.describe import TableOne
from workbench.access import DisclosurePolicy, protect_parts


@dataclass(frozen=True)
class Characteristic:
    """A line of Table 1.

    Attributes
    ----------
    variable : str
        Column of the dataset.
    kind : str
        Kind of the variable: number, binary or category.
    level : str
        Level of a category; empty for a number and for the one level shown of a yes-or-no variable.
    texts : tuple of str
        ``mean (sd)`` or ``count (percent)``, one for each group.
    smd : float, optional
        Largest standardised mean difference of any two groups, on the first line of a variable.
    """

    variable: str
    kind: str
    level: str
    texts: tuple[str, ...]
    smd: float | None


def protect_characteristics(table: TableOne | None, policy: DisclosurePolicy) -> list[Characteristic]:
    """Write Table 1 so that no small count can be read or worked out from it.

    Parameters
    ----------
    table : TableOne, optional
        The exact table.
    policy : DisclosurePolicy
        The rule on small counts.

    Returns
    -------
    list of Characteristic
        One for each number, yes-or-no variable, and level.
    """
    if table is None:
        return []
    smd = table.max_smd.set_index("variable")["smd"] if len(table.differences) else pd.Series(dtype=float)
    lines: list[Characteristic] = []
    for variable, rows in table.table.groupby("variable", sort=False):
        difference = float(smd[variable]) if variable in smd.index else None
        kind = str(rows["kind"].iloc[0])
        if kind == "number":
            texts = tuple(f"{row.mean:.1f} ({row.sd:.1f})" for row in rows[["mean", "sd"]].itertuples(index=False))
            lines.append(Characteristic(str(variable), kind, "", texts, difference))
            continue
        written = {group: _levels(part, policy) for group, part in rows.groupby("group", sort=False)}
        levels = list(dict.fromkeys(rows["level"].astype(str)))
        for position, level in enumerate(levels[1:] if kind == "binary" else levels):
            lines.append(
                Characteristic(
                    variable=str(variable),
                    kind=kind,
                    level="" if kind == "binary" and set(levels) <= {"0", "1"} else level,
                    texts=tuple(of_group[level] for of_group in written.values()),
                    smd=difference if position == 0 else None,
                )
            )
    return lines


def _levels(rows: pd.DataFrame, policy: DisclosurePolicy) -> dict[str, str]:
    """Write the counts of the levels in one group; together with those without a value they add up to the group."""
    counts = [int(count) for count in rows["count"].fillna(0)]
    protected = protect_parts([*counts, int(rows["missing"].iloc[0])], policy)
    if protected is None:
        return dict.fromkeys(rows["level"].astype(str), "–")
    texts = {}
    for level, percent, count, text in zip(
        rows["level"].astype(str), rows["percent"], protected.counts, protected.texts, strict=False
    ):
        texts[level] = text if count is None or np.isnan(percent) else f"{text} ({percent:.1f}%)"
    return texts
