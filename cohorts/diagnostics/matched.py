"""How a cohort differs from persons of the same age and sex who are not in it."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import sqlalchemy as sa

from cohorts.diagnostics.rows import first_of
from cohorts.engine.domains import DOMAINS
from cohorts.generate import GeneratedCohorts
from omop_etl.cdm.dates import add_days

KINDS: Final = ("ConditionOccurrence", "DrugExposure")


def compare_with_matched(
    made: GeneratedCohorts, name: str, *, days: int = 365, per_person: int = 1, least: float = 0.01
) -> pd.DataFrame:
    """Compare what a cohort had recorded before its index dates with what matched persons had.

    For every person of the cohort persons are taken who are not in it, were born in the same year, have the same sex
    and are observed on the index date; where there are more than `per_person`, those whose numbers follow next after
    the person's own, in a circle, so that the choice is the same every time.

    Parameters
    ----------
    made : GeneratedCohorts
        Generated cohorts.
    name : str
        One of them.
    days : int
        Length of the window that ends on the day before the index date.
    per_person : int
        Matched persons for every person of the cohort.
    least : float
        Share of either group that must have a concept for it to be listed.

    Returns
    -------
    pandas.DataFrame
        ``domain``, ``concept_id``, ``cohort`` and ``matched`` (persons), ``cohort_share``, ``matched_share``, ``smd``
        (standardised difference of the two shares); the largest difference first. The sizes of the groups are in
        ``attrs["cohort"]`` and ``attrs["matched"]``.
    """
    evaluator, cdm = made.evaluator, made.evaluator.cdm
    groups = _groups(made, name, per_person)
    sizes_query = sa.select(groups.c.side, sa.func.count().label("persons")).group_by(groups.c.side)
    sizes = {row["side"]: row["persons"] for row in evaluator.fetch(sizes_query).to_pylist()}
    frames = []
    for kind in KINDS:
        domain = DOMAINS[kind]
        assert domain.concept is not None
        start = domain.date_columns[0]
        table = cdm.table(domain.table, ["person_id", domain.concept, start])
        before = sa.and_(
            table.c.person_id == groups.c.person_id,
            table.c[start] < groups.c.index_date,
            table.c[start] >= add_days(groups.c.index_date, sa.literal(-days)),
        )
        who = (groups.c.side, groups.c.case_id, groups.c.ordinal, table.c[domain.concept].label("concept_id"))
        having = sa.select(*who).select_from(groups).join(table, before).distinct().subquery("having_it")
        group = (having.c.side, having.c.concept_id)
        query = sa.select(*group, sa.func.count().label("persons")).group_by(*group)
        frames.append(evaluator.fetch(query).to_pandas().assign(domain=kind))
    return _differences(pd.concat(frames, ignore_index=True), sizes, least)


def _groups(made: GeneratedCohorts, name: str, per_person: int) -> sa.Subquery:
    """Both groups: ``side``, ``case_id`` and ``ordinal`` (which member it is), ``person_id``, ``index_date``."""
    cdm = made.evaluator.cdm
    case = first_of(made, name)
    of_case = cdm.table("person", ["person_id", "gender_concept_id", "year_of_birth"]).alias("of_case")
    other = cdm.table("person").alias("other")
    period = cdm.table(
        "observation_period", ["person_id", "observation_period_start_date", "observation_period_end_date"]
    )
    member = first_of(made, name).alias("member")
    later = sa.case((other.c.person_id > case.c.person_id, 0), else_=1)
    order = sa.func.row_number().over(partition_by=case.c.person_id, order_by=(later, other.c.person_id))
    candidates = (
        sa.select(
            case.c.person_id.label("case_id"),
            other.c.person_id,
            case.c.start_date.label("index_date"),
            order.label("ordinal"),
        )
        .select_from(case)
        .join(of_case, of_case.c.person_id == case.c.person_id)
        .join(
            other,
            sa.and_(
                other.c.gender_concept_id == of_case.c.gender_concept_id,
                other.c.year_of_birth == of_case.c.year_of_birth,
            ),
        )
        .join(
            period,
            sa.and_(
                period.c.person_id == other.c.person_id,
                period.c.observation_period_start_date <= case.c.start_date,
                period.c.observation_period_end_date >= case.c.start_date,
            ),
        )
        .join(member, member.c.person_id == other.c.person_id, isouter=True)
        .where(member.c.person_id.is_(None))
        .subquery("candidates")
    )
    matched = sa.select(
        sa.literal("matched").label("side"),
        candidates.c.case_id,
        candidates.c.ordinal,
        candidates.c.person_id,
        candidates.c.index_date,
    ).where(candidates.c.ordinal <= per_person)
    cases = sa.select(
        sa.literal("cohort").label("side"),
        case.c.person_id.label("case_id"),
        sa.literal(0).label("ordinal"),
        case.c.person_id,
        case.c.start_date.label("index_date"),
    )
    return sa.union_all(cases, matched).subquery("groups")


def _differences(counted: pd.DataFrame, sizes: dict[str, int], least: float) -> pd.DataFrame:
    wide = counted.pivot_table(index=["domain", "concept_id"], columns="side", values="persons", fill_value=0)
    wide = wide.reindex(columns=["cohort", "matched"], fill_value=0).reset_index()
    wide.columns.name = None
    for side in ("cohort", "matched"):
        wide[side] = wide[side].astype(int)
        wide[f"{side}_share"] = wide[side] / max(sizes.get(side, 0), 1)
    a, b = wide["cohort_share"], wide["matched_share"]
    spread = np.sqrt((a * (1 - a) + b * (1 - b)) / 2)
    wide["smd"] = np.divide(a - b, spread, out=np.full(len(wide), np.nan), where=spread > 0)
    kept = wide[(a >= least) | (b >= least)]
    order = kept["smd"].abs().sort_values(ascending=False, kind="stable").index
    found = kept.loc[order].reset_index(drop=True)
    found.attrs |= {"cohort": sizes.get("cohort", 0), "matched": sizes.get("matched", 0)}
    return found
