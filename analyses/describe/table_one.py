"""Table 1: the characteristics of the groups of a study."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from analyses.describe.group_tests import GroupTest, compared
from analyses.describe.smd import pairwise_smd
from analyses.describe.variables import Variable, variable_of
from analyses.inputs import BoolArray, Factor, as_frame, factor, require_column, select_rows
from analyses.result import Result
from omop_etl.errors import UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

OVERALL = "all"
"""Group that stands for all rows."""

MISSING = "(missing)"
"""Level that stands for missing values in the printed table."""

_NUMBERS = ["mean", "sd", "median", "q1", "q3", "min", "max"]


@dataclass(frozen=True, kw_only=True)
class TableOne(Result):
    """Characteristics of groups.

    Attributes
    ----------
    characteristics : pandas.DataFrame
        One row per variable, level and group: ``variable, kind, level, group, rows, missing, count, percent, mean, sd,
        median, q1, q3, min, max``. ``rows`` are the rows of the group, ``missing`` those without a value;
        percentages are of those with one.
    differences : pandas.DataFrame
        Standardised mean differences of every pair of groups: ``variable, a, b, smd``.
    group_tests : pandas.DataFrame
        Tests, where they were asked for: ``variable, test, statistic, df, p, rows``.
    """

    method: ClassVar[str] = "table_one"

    characteristics: pd.DataFrame
    differences: pd.DataFrame
    group_tests: pd.DataFrame

    @property
    def table(self) -> pd.DataFrame:
        """One row per variable, level and group."""
        return self.characteristics

    @property
    def max_smd(self) -> pd.DataFrame:
        """Largest absolute difference of any two groups, per variable: ``variable, smd``."""
        order = self.differences["variable"].drop_duplicates()
        largest = self.differences.assign(smd=self.differences["smd"].abs()).groupby("variable")["smd"].max()
        return largest.reindex(order).rename_axis("variable").reset_index()

    def display(self, digits: int = 1) -> pd.DataFrame:
        """Arrange the table as it is printed.

        Parameters
        ----------
        digits : int
            Decimals of numbers and percentages.

        Returns
        -------
        pandas.DataFrame
            Rows are variables and levels, columns ``variable, level`` and one per group; then ``smd`` and ``p``
            where they exist. Numbers are ``mean (sd)``, or ``median [q1, q3]`` where they were named as not normal;
            levels are ``count (percent)``; a binary variable has the row of its second level only.
        """
        printed = _printed(self.characteristics, set(self.settings["nonnormal"]), digits)
        names = printed["variable"]
        if len(self.differences):
            printed["smd"] = _at_first(names, self.max_smd.set_index("variable")["smd"], "{:.3f}")
        if len(self.group_tests):
            printed["p"] = _at_first(names, self.group_tests.set_index("variable")["p"], "{:.3g}")
        return printed

    def tables(self) -> dict[str, pd.DataFrame]:
        """Name characteristics, differences and tests."""
        return {"table": self.table, "smd": self.differences, "tests": self.group_tests}

    def summary(self) -> str:
        """Print the table."""
        return "\n".join(["Characteristics", self.display().to_string(index=False), *self._closing_lines()])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the largest standardised mean difference of every variable."""
        from analyses.plots import love_chart

        return love_chart(self.max_smd, labels)


def table_one(
    data: Any,
    group: str | None = None,
    variables: Sequence[str] | None = None,
    *,
    categorical: Collection[str] = (),
    nonnormal: Collection[str] = (),
    tests: bool = False,
    overall: bool = True,
) -> TableOne:
    """Describe the rows of a table, by group.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    group : str, optional
        Column of the groups; all rows are one group without it.
    variables : sequence of str, optional
        Columns to describe, in order; by default all but `group`.
    categorical : collection of str
        Numeric columns to take as categories.
    nonnormal : collection of str
        Numeric columns to print as median and quartiles, and to test by ranks.
    tests : bool
        Test every variable for a difference between the groups.
    overall : bool
        Describe all rows together, too.

    Returns
    -------
    TableOne
        Characteristics, standardised mean differences, tests.

    Raises
    ------
    UsageError
        A column does not exist.
    CannotAnswerError
        The group is missing in some rows, or a column has infinite values or dates.

    Notes
    -----
    Quartiles by linear interpolation (type 7 of Hyndman and Fan, 1996). Missing values are counted and do not enter any
    other number. For differences see `analyses.describe.smd`, for tests `analyses.describe.group_tests`.

    Examples
    --------
    >>> data = {"age": [61, 70, 58, 66], "stage": ["IV", "III", "IV", None], "arm": ["a", "a", "b", "b"]}
    >>> result = table_one(data, group="arm")
    >>> result.display()
      variable      level         all           a           b    smd
    0      age       None  63.8 (5.3)  65.5 (6.4)  62.0 (5.7)  0.581
    1    stage         IV   2 (66.7%)   1 (50.0%)  1 (100.0%)  1.414
    2    stage  (missing)   1 (25.0%)    0 (0.0%)   1 (50.0%)
    """
    frame = as_frame(data)
    names = [name for name in frame.columns if name != group] if variables is None else list(variables)
    if not names:
        raise UsageError("there is no variable to describe", todo="name one or more columns")
    checked, rows = select_rows(frame, [group] if group else [])
    for name in names:
        require_column(frame, name)
    columns = [variable_of(checked, name, categorical) for name in names]
    groups = factor(checked, group) if group else None
    asked = {
        "group": group,
        "variables": names,
        "categorical": sorted(categorical),
        "nonnormal": sorted(nonnormal),
        "tests": tests,
        "overall": overall,
    }
    return TableOne(
        rows=rows,
        settings=asked,
        characteristics=_characteristics(columns, groups, overall),
        differences=pairwise_smd(columns, groups) if groups is not None else _no_differences(),
        group_tests=_tests(columns, groups if tests else None, nonnormal),
    )


def _characteristics(variables: list[Variable], groups: Factor | None, overall: bool) -> pd.DataFrame:
    members: list[tuple[Any, BoolArray]] = []
    if overall or groups is None:
        members.append((OVERALL, np.ones(len(variables[0].values), dtype=bool)))
    if groups is not None:
        members += [(level, groups.codes == code) for code, level in enumerate(groups.levels)]
    rows = [
        row
        for variable in variables
        for level in (variable.levels or (None,))
        for name, member in members
        for row in [_described(variable, level, name, member)]
    ]
    table = pd.DataFrame(rows)
    return table.astype({"level": object, "group": object})


def _described(variable: Variable, level: Any, group: Any, member: BoolArray) -> dict[str, Any]:
    own = variable.values[member & ~variable.missing]
    row: dict[str, Any] = {
        "variable": variable.name,
        "kind": variable.kind,
        "level": level,
        "group": group,
        "rows": int(member.sum()),
        "missing": int((member & variable.missing).sum()),
        "count": np.nan,
        "percent": np.nan,
        **dict.fromkeys(_NUMBERS, np.nan),
    }
    if variable.kind != "number":
        row["count"] = int((own == variable.levels.index(level)).sum())
        row["percent"] = 100 * row["count"] / len(own) if len(own) else np.nan
    elif len(own):
        median, q1, q3 = np.quantile(own, [0.5, 0.25, 0.75])
        spread = float(own.std(ddof=1)) if len(own) > 1 else np.nan
        values = [float(own.mean()), spread, median, q1, q3, own.min(), own.max()]
        row |= dict(zip(_NUMBERS, values, strict=True))
    return row


def _tests(variables: list[Variable], groups: Factor | None, nonnormal: Collection[str]) -> pd.DataFrame:
    columns = ["variable", "test", "statistic", "df", "p", "rows"]
    if groups is None or len(groups) < 2:
        return pd.DataFrame(columns=columns)
    by_ranks: GroupTest = "wilcoxon" if len(groups) == 2 else "kruskal"
    rows = [asdict(compared(v, groups, by_ranks if v.name in nonnormal else "auto")) for v in variables]
    return pd.DataFrame(rows, columns=columns)


def _no_differences() -> pd.DataFrame:
    return pd.DataFrame({"variable": [], "a": [], "b": [], "smd": []}).astype({"smd": float})


def _printed(table: pd.DataFrame, skewed: set[str], digits: int) -> pd.DataFrame:
    """Cells as text, one row per variable and level, then one for missing values where there are any."""
    rows: dict[tuple[Any, Any], dict[Any, str]] = {}
    for (variable, kind), part in table.groupby(["variable", "kind"], sort=False):
        hidden = part["level"].iloc[0] if kind == "binary" else MISSING
        for cell in part.to_dict("records"):
            if kind == "number" or cell["level"] != hidden:
                rows.setdefault((variable, cell["level"]), {})[cell["group"]] = _text(cell, skewed, digits)
        if part["missing"].any():
            counts = part.drop_duplicates("group")
            shares = counts["missing"] / counts["rows"]
            texts = [f"{n} ({share:.{digits}%})" for n, share in zip(counts["missing"], shares, strict=True)]
            rows[(variable, MISSING)] = dict(zip(counts["group"], texts, strict=True))
    keys = pd.DataFrame(list(rows), columns=["variable", "level"]).astype({"level": object})
    return pd.concat([keys, pd.DataFrame(list(rows.values()))], axis=1)


def _text(cell: dict[Any, Any], skewed: set[str], digits: int) -> str:
    if cell["kind"] != "number":
        return "" if np.isnan(cell["percent"]) else f"{cell['count']:.0f} ({cell['percent']:.{digits}f}%)"
    form = f"{{:.{digits}f}}"
    mean, sd, median, q1, q3 = (form.format(cell[name]) for name in ("mean", "sd", "median", "q1", "q3"))
    if np.isnan(cell["mean"]):
        return ""
    return f"{median} [{q1}, {q3}]" if cell["variable"] in skewed else f"{mean} ({sd})"


def _at_first(names: pd.Series, values: pd.Series, form: str) -> list[str]:
    """Values of the variables in the first row of each, empty elsewhere."""
    return [
        form.format(values[name]) if first and not np.isnan(values[name]) else ""
        for name, first in zip(names, ~names.duplicated(), strict=True)
    ]
