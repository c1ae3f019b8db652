"""Concepts of covariates: those named, those below them, without those excluded."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from analyses.dataset.spec import Records
from analyses.dataset.workspace import Workspace
from omop_etl.cdm.engines.base import scratch_table


def resolve_concepts(workspace: Workspace, covariates: Sequence[Records]) -> None:
    """Fill the working table of concepts, one row per covariate and concept.

    Parameters
    ----------
    workspace : Workspace
        Working tables.
    covariates : sequence of Records
        Covariates; their positions are their numbers.
    """
    picked = scratch_table(
        f"{workspace.concepts.name}_picked",
        sa.Column("covariate", sa.Integer),
        sa.Column("concept_id", sa.BigInteger),
        sa.Column("excluded", sa.Boolean),
        sa.Column("descendants", sa.Boolean),
    )
    rows = [
        (number, concept, excluded, covariate.concepts.descendants)
        for number, covariate in enumerate(covariates)
        for excluded, concepts in ((False, covariate.concepts.include), (True, covariate.concepts.exclude))
        for concept in concepts
    ]
    workspace.load(picked, pa.Table.from_pandas(pd.DataFrame(rows, columns=list(picked.columns.keys()))))
    found = sa.select(picked.c.covariate, picked.c.concept_id, picked.c.excluded)
    if any(covariate.concepts.descendants for covariate in covariates):
        names = ["ancestor_concept_id", "descendant_concept_id"]
        ancestor = workspace.cdm.table("concept_ancestor", names)
        below = sa.select(picked.c.covariate, ancestor.c.descendant_concept_id, picked.c.excluded).join(
            ancestor, ancestor.c.ancestor_concept_id == picked.c.concept_id
        )
        expanded = sa.union(found, below.where(picked.c.descendants)).subquery()
    else:
        expanded = found.subquery()
    wanted = sa.select(expanded.c.covariate, expanded.c.concept_id)
    kept = sa.except_(wanted.where(sa.not_(expanded.c.excluded)), wanted.where(expanded.c.excluded))
    workspace.create_as(workspace.concepts, kept)


def concept_names(workspace: Workspace, concepts: Sequence[int]) -> dict[int, str]:
    """Look up names of concepts; those that the vocabulary lacks are named by their number."""
    wanted = scratch_table(f"{workspace.concepts.name}_named", sa.Column("concept_id", sa.BigInteger))
    workspace.load(wanted, pa.table({"concept_id": pa.array(sorted(set(concepts)), type=pa.int64())}))
    concept = workspace.cdm.table("concept", ["concept_id", "concept_name"])
    query = sa.select(wanted.c.concept_id, concept.c.concept_name).outerjoin(
        concept, concept.c.concept_id == wanted.c.concept_id
    )
    found = workspace.fetch(query)
    names = found["concept_name"].where(found["concept_name"].notna(), found["concept_id"].astype(str))
    return dict(zip(found["concept_id"].tolist(), names.tolist(), strict=True))
