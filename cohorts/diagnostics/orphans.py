"""Concepts that the data hold, stand beside those of a concept set in the hierarchy, and are not in it."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from cohorts.diagnostics.index_events import records_of
from cohorts.engine.domains import DOMAINS
from cohorts.engine.tables import CODES
from cohorts.generate import GeneratedCohorts


def orphan_concepts(made: GeneratedCohorts, name: str) -> pd.DataFrame:
    """Find recorded concepts that an entry criterion may have forgotten.

    A concept is an orphan if it shares a broader concept with one of the set and is not in the set itself, and records
    of the same kind have it.

    Parameters
    ----------
    made : GeneratedCohorts
        Generated cohorts.
    name : str
        One of them.

    Returns
    -------
    pandas.DataFrame
        ``domain``, ``concept_id``, ``shared`` (a broader concept that both stand under), ``records``, ``persons``; the
        most frequent first.
    """
    evaluator, cdm = made.evaluator, made.evaluator.cdm
    ancestor = cdm.table("concept_ancestor", ["ancestor_concept_id", "descendant_concept_id"])
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
        near = (
            sa.select(
                narrower.c.descendant_concept_id.label("concept_id"),
                sa.func.max(narrower.c.ancestor_concept_id).label("shared"),
            )
            .join(broader, broader.c.ancestor_concept_id == narrower.c.ancestor_concept_id)
            .where(
                broader.c.descendant_concept_id.in_(of_set),
                broader.c.ancestor_concept_id.not_in(of_set),
                narrower.c.descendant_concept_id.not_in(of_set),
            )
            .group_by(narrower.c.descendant_concept_id)
            .subquery("near")
        )
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
