"""Tests of a difference between groups in one variable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats

from analyses.describe.variables import Variable, variable_of
from analyses.inputs import Factor, IntArray, as_frame, factor, require_column, select_rows
from analyses.options import require_known
from analyses.survival.logrank import refuse_single_group
from omop_etl.errors import UsageError

GroupTest = Literal["auto", "welch", "t", "anova", "wilcoxon", "kruskal", "chi2", "fisher"]
"""Tests; ``auto`` takes Welch's or the analysis of variance for numbers and chi-square for the rest."""


@dataclass(frozen=True)
class GroupComparison:
    """Test of a difference between groups.

    Attributes
    ----------
    variable, test : str
        What was compared, and how.
    statistic, df, p : float
        Test statistic, degrees of freedom (undefined where it has none), p-value.
    rows : int
        Rows with a value.
    """

    variable: str
    test: str
    statistic: float
    df: float
    p: float
    rows: int


def compare_groups(
    data: Any, *, variable: str, group: str, test: GroupTest = "auto", correct: bool = True, categorical: bool = False
) -> GroupComparison:
    """Test whether groups differ in a variable.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person; rows without a value of the variable do not count.
    variable, group : str
        Columns.
    test : str
        ``welch`` or ``t`` (two groups), ``anova``, ``wilcoxon`` (two groups), ``kruskal``, ``chi2``, ``fisher`` (two by
        two), or ``auto``.
    correct : bool
        Continuity correction of ``wilcoxon`` and, for two by two tables, of ``chi2``.
    categorical : bool
        Take a numeric variable as categories.

    Returns
    -------
    GroupComparison
        The test; numbers and defaults are those of R's ``t.test``, ``aov``, ``wilcox.test`` (normal approximation),
        ``kruskal.test``, ``chisq.test`` and ``fisher.test``.

    Raises
    ------
    UsageError
        The test is unknown or does not fit the variable or the number of groups.
    CannotAnswerError
        There is one group only.

    Examples
    --------
    >>> data = {"age": [61, 70, 58, 66, 49, 52], "arm": list("aaabbb")}
    >>> found = compare_groups(data, variable="age", group="arm")
    >>> found.test, round(found.p, 4)
    ('welch', 0.3206)
    """
    frame, _ = select_rows(as_frame(data), [group])
    require_column(frame, variable)
    groups = factor(frame, group)
    refuse_single_group(groups, group)
    column = variable_of(frame, variable, [variable] if categorical else [])
    return compared(column, groups, test, correct=correct)


def compared(variable: Variable, groups: Factor, test: GroupTest, *, correct: bool = True) -> GroupComparison:
    """Test whether groups differ in a variable that has been read already; see `compare_groups`."""
    chosen = _chosen(variable, groups, test)
    rows = int((~variable.missing).sum())
    if chosen in ("chi2", "fisher"):
        statistic, df, p = _of_table(_table(variable, groups), chosen, correct)
    else:
        statistic, df, p = _of_numbers(variable, groups, chosen, correct)
    return GroupComparison(variable.name, chosen, float(statistic), float(df), float(p), rows)


def _chosen(variable: Variable, groups: Factor, test: GroupTest) -> str:
    require_known("test", test, GroupTest)
    if test == "auto":
        if variable.kind != "number":
            return "chi2"
        return "welch" if len(groups) == 2 else "anova"
    if test in ("welch", "t", "wilcoxon") and len(groups) != 2:
        raise UsageError(
            'test="{test}" compares two groups, not {groups}',
            todo='use "anova" or "kruskal"',
            test=test,
            groups=len(groups),
        )
    if test == "fisher" and (len(groups) != 2 or len(variable.levels) != 2):
        raise UsageError('test="fisher" is for tables of two by two', todo='use "chi2"')
    return test


def _of_numbers(variable: Variable, groups: Factor, test: str, correct: bool) -> tuple[float, float, float]:
    present = ~variable.missing
    parts = [variable.values[present & (groups.codes == code)].astype(float) for code in range(len(groups))]
    if test in ("welch", "t"):
        found = stats.ttest_ind(*parts, equal_var=test == "t")
        return found.statistic, found.df, found.pvalue
    if test == "anova":
        found = stats.f_oneway(*parts)
        return found.statistic, len(parts) - 1, found.pvalue
    if test == "wilcoxon":
        found = stats.mannwhitneyu(*parts, use_continuity=correct, method="asymptotic")
        return found.statistic, np.nan, found.pvalue
    found = stats.kruskal(*parts)
    return found.statistic, len(parts) - 1, found.pvalue


def _table(variable: Variable, groups: Factor) -> IntArray:
    present = ~variable.missing
    levels = len(variable.levels)
    cells = np.bincount(
        groups.codes[present] * levels + variable.values[present].astype(np.int64), minlength=len(groups) * levels
    ).reshape(len(groups), levels)
    return cells[cells.sum(axis=1) > 0][:, cells.sum(axis=0) > 0]


def _of_table(table: IntArray, test: str, correct: bool) -> tuple[float, float, float]:
    if min(table.shape) < 2:
        return np.nan, np.nan, np.nan
    if test == "fisher":
        found = stats.fisher_exact(table)
        return found.statistic, np.nan, found.pvalue
    found = stats.chi2_contingency(table, correction=correct)
    return found.statistic, found.dof, found.pvalue
