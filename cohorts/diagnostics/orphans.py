"""Concepts that the data hold, stand beside those of a concept set in the hierarchy, and are not in it."""

from __future__ import annotations

from typing import Final

import pandas as pd
import sqlalchemy as sa

from cohorts.diagnostics.index_events import records_of
from cohorts.engine.domains import DOMAINS
from cohorts.engine.tables import CODES
from cohorts.generate import GeneratedCohorts

NEAR: Final = 2
"""Levels of the hierarchy within which a shared broader concept is near: that of siblings and of their children."""


def orphan_concepts(made: GeneratedCohorts, name: str, *, levels: int = NEAR) -> pd.DataFrame:
    """Find recorded concepts that an entry criterion may have forgotten.

    A concept is an orphan if it stands near one of the set under a broader concept, is not in the set itself, and
    records of the same kind have it. Near is what few levels separate from the broader concept: at the root of a
    vocabulary all its concepts meet.

    Parameters
    ----------
    made : GeneratedCohorts
        Generated cohorts.
    name : str
        One of them.
    levels : int
        Levels that may separate each of the two from the broader concept (``min_levels_of_separation``); 1 finds
        siblings only.

    Returns
    -------
    pandas.DataFrame
        ``domain``, ``concept_id``, ``shared`` (the nearest broader concept that both stand under), ``records``,
        ``persons``; the most frequent first.
    """
    evaluator, cdm = made.evaluator, made.evaluator.cdm
    ancestor = cdm.table(
        "concept_ancestor", ["ancestor_concept_id", "descendant_concept_id", "min_levels_of_separation"]
    )
    broader, narrower = ancestor.alias("broader"), ancestor.alias("narrower")
    frames = []
    for node in made.plan(name).entry_events:
        events = records_of(node)
        if events is None or events.codes is None:
            continue
        domain = DOMAINS[events.domain]
        if domain.concept is None or domain.custom_records is not None:
            continue
        table = cdm.table(domain.table, ["person_id", domain.concept])
        of_set = sa.select(CODES.c.concept_id).where(CODES.c.node == evaluator.number(events.codes))
        between = narrower.c.min_levels_of_separation + broader.c.min_levels_of_separation
        nearest = sa.func.row_number().over(
            partition_by=narrower.c.descendant_concept_id, order_by=(between, narrower.c.ancestor_concept_id)
        )
        related = (
            sa.select(
                narrower.c.descendant_concept_id.label("concept_id"),
                narrower.c.ancestor_concept_id.label("shared"),
                nearest.label("nearness"),
            )
            .join(broader, broader.c.ancestor_concept_id == narrower.c.ancestor_concept_id)
            .where(
                broader.c.min_levels_of_separation.between(1, levels),
                narrower.c.min_levels_of_separation.between(1, levels),
                broader.c.descendant_concept_id.in_(of_set),
                broader.c.ancestor_concept_id.not_in(of_set),
                narrower.c.descendant_concept_id.not_in(of_set),
            )
            .subquery("related")
        )
        near = sa.select(related.c.concept_id, related.c.shared).where(related.c.nearness == 1).subquery("near")
        query = (
            sa.select(
                near.c.concept_id,
                near.c.shared,
                sa.func.count().label("records"),
                sa.func.count(sa.distinct(table.c.person_id)).label("persons"),
            )
            .join(table, table.c[domain.concept] == near.c.concept_id)
            .group_by(near.c.concept_id, near.c.shared)
        )
        frames.append(evaluator.fetch(query).to_pandas().assign(domain=events.domain))
    columns = ["domain", "concept_id", "shared", "records", "persons"]
    if not frames:
        return pd.DataFrame(columns=columns)
    found = pd.concat(frames, ignore_index=True)[columns].drop_duplicates(["domain", "concept_id"])
    return found.sort_values(["records", "concept_id"], ascending=[False, True], ignore_index=True)
