"""Other cohorts that a criterion of the draft may refer to."""

from __future__ import annotations

from cohorts.definition import NamedCohort
from workbench.app.cohort.draft import current_draft, saved_definition, saved_drafts
from workbench.locales import Translator


def cohorts_to_choose(t: Translator, chosen: NamedCohort | None) -> dict[int | str, str]:
    """List the cohorts that a criterion can name: those that the draft holds, by id, and the saved ones, by draft.

    A saved cohort is copied into the draft, so that the draft stands alone and what is changed in the other one later
    does not change it. The draft itself is not offered.
    """
    draft = current_draft()
    offered: dict[int | str, str] = {
        cohort.id: t("{name} (copy in this definition)", name=cohort.name or cohort.id) for cohort in _held(chosen)
    }
    offered |= {key: name for key, name in saved_drafts().items() if draft is None or key != draft.draft_id}
    return offered


def cohort_of(choice: int | str | None, chosen: NamedCohort | None) -> NamedCohort | None:
    """Give the cohort that was chosen: the copy that the draft holds, or a new one under an id of its own."""
    held = {cohort.id: cohort for cohort in _held(chosen)}
    if choice is None or isinstance(choice, int):
        return None if choice is None else held.get(choice)
    other = saved_definition(choice)
    if other is None:
        return None
    for known in held.values():
        if (known.expression, known.semantics) == (other.expression, other.semantics):
            return known
    free = max(held, default=-1) + 1 + list(saved_drafts()).index(choice)
    return NamedCohort(id=free, name=other.name, semantics=other.semantics, expression=other.expression)


def _held(chosen: NamedCohort | None) -> list[NamedCohort]:
    draft = current_draft()
    held = list((draft.definition.expression.cohorts or []) if draft is not None else [])
    return held if chosen is None or chosen.id in [cohort.id for cohort in held] else [*held, chosen]
