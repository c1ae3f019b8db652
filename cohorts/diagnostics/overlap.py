"""How many persons two cohorts share, and who enters which first."""

from __future__ import annotations

from itertools import combinations

import pandas as pd
import sqlalchemy as sa

from cohorts.diagnostics.rows import first_of
from cohorts.generate import GeneratedCohorts


def overlap(made: GeneratedCohorts) -> pd.DataFrame:
    """Compare every pair of the cohorts that were generated together.

    Parameters
    ----------
    made : GeneratedCohorts
        Two cohorts or more.

    Returns
    -------
    pandas.DataFrame
        ``first``, ``second`` (names), ``only_first``, ``both``, ``only_second`` (persons), and of those in both
        ``first_before``, ``same_day``, ``second_before`` by their first entries.
    """
    names = [name for name in made.definitions if name not in made.refused]
    rows = [_pair(made, a, b) for a, b in combinations(names, 2)]
    columns = ["first", "second", "only_first", "both", "only_second", "first_before", "same_day", "second_before"]
    return pd.DataFrame(rows, columns=columns)


def _pair(made: GeneratedCohorts, a: str, b: str) -> tuple[object, ...]:
    left, right = first_of(made, a).alias("left_rows"), first_of(made, b).alias("right_rows")

    def count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)

    in_left, in_right = left.c.person_id.is_not(None), right.c.person_id.is_not(None)
    query = sa.select(
        count(sa.and_(in_left, sa.not_(in_right))).label("only_first"),
        count(sa.and_(in_left, in_right)).label("both"),
        count(sa.and_(in_right, sa.not_(in_left))).label("only_second"),
        count(left.c.start_date < right.c.start_date).label("first_before"),
        count(left.c.start_date == right.c.start_date).label("same_day"),
        count(left.c.start_date > right.c.start_date).label("second_before"),
    ).select_from(left.outerjoin(right, left.c.person_id == right.c.person_id, full=True))
    return (a, b, *(int(value) for value in made.evaluator.fetch(query).to_pylist()[0].values()))
