"""Other cohorts that a criterion of the draft may refer to."""

from __future__ import annotations

from cohorts.definition import NamedCohort
from workbench.app.cohort.draft import current_draft, saved_definition, saved_drafts


def cohorts_to_choose(chosen: NamedCohort | None) -> list[NamedCohort]:
    """List the cohorts that a criterion can name: the one it names, those of the draft, and the saved ones.

    A saved cohort is copied into the draft with an id of its own, so that the draft stands alone and what is changed in
    the other one later does not change it. The draft itself is not offered, nor is one in which nobody can enter.
    """
    draft = current_draft()
    inside = (draft.definition.expression.cohorts or []) if draft is not None else []
    known = {cohort.id: cohort for cohort in ([chosen] if chosen is not None else []) + inside}
    free = max(known, default=-1) + 1
    for number, draft_id in enumerate(saved_drafts()):
        other = saved_definition(draft_id)
        if other is None or (draft is not None and draft_id == draft.draft_id):
            continue
        same = any(c.expression == other.expression and c.semantics == other.semantics for c in known.values())
        if other.expression.primary_criteria.criteria_list and not same:
            known[free + number] = NamedCohort(
                id=free + number, name=other.name, semantics=other.semantics, expression=other.expression
            )
    return list(known.values())
