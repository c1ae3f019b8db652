"""What changed between two versions of a definition, in people."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from cohorts import CohortDefinition, Evaluator
from cohorts.engine.evaluator import Progress
from cohorts.engine.plan import plan
from cohorts.engine.tables import SPANS
from workbench.access import DisclosurePolicy, protect_chain


@dataclass(frozen=True)
class People:
    """Persons of two versions, as they may be shown.

    Attributes
    ----------
    before, after : str
        Persons of each version.
    shared, entered, left : str
        Persons of both, of the new one only, and of the old one only; where one of them is small, none is shown.
    """

    before: str
    after: str
    shared: str
    entered: str
    left: str

    @classmethod
    def of(cls, shared: int, entered: int, left: int, policy: DisclosurePolicy) -> People:
        """Show counts so that no small one follows from them.

        Examples
        --------
        >>> People.of(100, 20, 30, DisclosurePolicy())
        People(before='130', after='120', shared='100', entered='20', left='30')
        >>> People.of(100, 20, 3, DisclosurePolicy())
        People(before='103', after='120', shared='…', entered='…', left='…')
        """
        before, after = shared + left, shared + entered
        if not any(policy.is_small(count) for count in (shared, entered, left)):
            return cls(f"{before:,}", f"{after:,}", f"{shared:,}", f"{entered:,}", f"{left:,}")
        larger, smaller = protect_chain(sorted((before, after), reverse=True), policy)
        shown = (str(larger), str(smaller)) if before >= after else (str(smaller), str(larger))
        return cls(*shown, "…", "…", "…")


def people_between(
    old: CohortDefinition,
    new: CohortDefinition,
    evaluator: Evaluator,
    policy: DisclosurePolicy,
    *,
    progress: Progress | None = None,
) -> People:
    """Count who is in both versions, who entered and who left.

    Parameters
    ----------
    old, new : CohortDefinition
        The two versions.
    evaluator : Evaluator
        Of the CDM.
    policy : DisclosurePolicy
        The rule on small counts.
    progress : callable, optional
        Called with the number of steps done and of all.

    Returns
    -------
    People
        The counts, protected.
    """
    cohorts = [plan(definition).cohort for definition in (old, new)]
    evaluator.evaluate(cohorts, progress)
    earlier, later = (evaluator.number(cohort) for cohort in cohorts)
    of = (
        sa.select(
            SPANS.c.person_id,
            sa.func.max(sa.case((SPANS.c.node == earlier, 1), else_=0)).label("before"),
            sa.func.max(sa.case((SPANS.c.node == later, 1), else_=0)).label("after"),
        )
        .where(SPANS.c.node.in_([earlier, later]))
        .group_by(SPANS.c.person_id)
        .subquery("persons_of_both")
    )
    counts = [
        sa.func.coalesce(sa.func.sum(sa.case((sa.and_(of.c.before == b, of.c.after == a), 1), else_=0)), 0).label(name)
        for name, b, a in (("shared", 1, 1), ("entered", 0, 1), ("gone", 1, 0))
    ]
    row = evaluator.fetch(sa.select(*counts)).to_pylist()[0]
    return People.of(int(row["shared"]), int(row["entered"]), int(row["gone"]), policy)
