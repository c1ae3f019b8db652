"""Generate cohorts: definitions in, rows and attrition out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from cohorts.attrition import attrition_of
from cohorts.collection_pause import collection_paused
from cohorts.definition import CohortDefinition
from cohorts.engine.evaluator import Evaluator, Progress
from cohorts.engine.nodes import Node
from cohorts.engine.plan import Plan, plan
from cohorts.engine.tables import INDEX, MASKED, SPANS
from cohorts.stats_tables import StatsTables, stats_tables
from omop_etl.cdm import Cdm
from omop_etl.cdm.engines.base import scratch_table
from omop_etl.errors import CannotAnswerError, RweError

_WANTED = scratch_table("wanted", sa.Column("node", sa.BigInteger), sa.Column("cohort_definition_id", sa.BigInteger))

ROW_SCHEMA = pa.schema(
    [
        ("cohort_definition_id", pa.int64()),
        ("cohort_name", pa.string()),
        ("subject_id", pa.int64()),
        ("cohort_start_date", pa.date32()),
        ("cohort_end_date", pa.date32()),
    ]
)
"""Columns of the rows of cohorts."""


@dataclass
class GeneratedCohorts:
    """Cohorts generated together on one CDM.

    Attributes
    ----------
    definitions : dict
        The definitions by name; their order gives ``cohort_definition_id``, from 1.
    refused : dict
        Why a definition was not generated, by name.
    """

    definitions: dict[str, CohortDefinition]
    refused: dict[str, RweError]
    evaluator: Evaluator = field(repr=False)
    plans: dict[str, Plan] = field(repr=False)

    @property
    def rows(self) -> pa.Table:
        """Rows of all cohorts: `ROW_SCHEMA`, ordered by definition, person and date."""
        names, numbers = list(self.definitions), self._numbers
        if not numbers:
            return ROW_SCHEMA.empty_table()
        found = self._fetch_rows({number: self.plans[name].cohort for name, number in numbers.items()})
        ids = found.column("cohort_definition_id").combine_chunks()
        labels = pa.array(["", *names]).take(ids)
        return found.add_column(1, "cohort_name", labels).cast(ROW_SCHEMA)

    def persons(self, name: str) -> int:
        """Return how many persons the cohort holds."""
        node = self.plan(name).cohort
        counted = sa.func.count(sa.distinct(SPANS.c.person_id))
        return int(self.evaluator.scalar(sa.select(counted).where(SPANS.c.node == self.evaluator.number(node))))

    def attrition(self, name: str) -> pd.DataFrame:
        """Events and persons left after each step.

        Parameters
        ----------
        name : str
            Name of the definition.

        Returns
        -------
        pandas.DataFrame
            A row a step: ``step`` (from 0), ``kind`` (``entry``, ``within_observation``, ``observation``,
            ``entry_limit``, ``additional``, ``qualified_limit``, ``rule``, ``expression_limit``, ``exit``, ``merged``,
            ``rows``), ``name`` (of a rule), ``events``, ``persons``, ``excluded_events``, ``excluded_persons``. A step
            that the definition does not have is left out: ``within_observation`` comes with days of observation before
            or after the entry event, ``merged`` with a window of dates that the last step clips the rows to. From
            ``merged``, or else in ``rows``, the events are spans after merging.
        """
        return attrition_of(self.plan(name), self.evaluator)

    def masks(self, name: str) -> pd.DataFrame:
        """Which rules each qualified event meets.

        Parameters
        ----------
        name : str
            Name of the definition.

        Returns
        -------
        pandas.DataFrame
            A row a qualified event: ``person_id``, ``event_id``, ``start_date`` (datetime64) and ``mask``, in which bit
            i says that rule i (from 0) is met; without rules the mask is 0.
        """
        planned, number = self.plan(name), self.evaluator.number
        event = (INDEX.c.person_id, INDEX.c.event_id, INDEX.c.start_date)
        of_index = INDEX.c.node == number(planned.qualified)
        if planned.masked is None:
            query = sa.select(*event, sa.literal(0).label("mask")).where(of_index)
        else:
            same = sa.and_(
                MASKED.c.node == number(planned.masked),
                MASKED.c.person_id == INDEX.c.person_id,
                MASKED.c.event_id == INDEX.c.event_id,
            )
            query = sa.select(*event, MASKED.c.mask).join(MASKED, same).where(of_index)
        frame = self.evaluator.fetch(query.order_by(INDEX.c.person_id, INDEX.c.event_id)).to_pandas()
        return frame.astype({"mask": "int64", "start_date": "datetime64[s]"})

    def stats_tables(self) -> StatsTables:
        """OHDSI's attrition tables of all cohorts.

        Returns
        -------
        StatsTables
            ``cohort_inclusion``, ``cohort_inclusion_result``, ``cohort_inclusion_stats``, ``cohort_summary_stats`` and
            ``cohort_censor_stats``, with OHDSI's columns; the definitions have the numbers that they have in `rows`.
        """
        return stats_tables(
            {number: self.definitions[name] for name, number in self._numbers.items()},
            {number: self.plans[name] for name, number in self._numbers.items()},
            self.evaluator,
        )

    @property
    def _numbers(self) -> dict[str, int]:
        """Number of each definition that was generated."""
        return {name: position for position, name in enumerate(self.definitions, start=1) if name in self.plans}

    def rules(self, name: str) -> list[str]:
        """Names of the rules, in the order of the mask's bits."""
        return [rule for rule, _ in self.plan(name).rules]

    def plan(self, name: str) -> Plan:
        """Plan of a cohort that was generated; raises the reason of one that was refused."""
        if name in self.refused:
            raise self.refused[name]
        return self.plans[name]

    def _fetch_rows(self, cohorts: dict[int, Node]) -> pa.Table:
        evaluator = self.evaluator
        wanted = {
            "node": [evaluator.number(node) for node in cohorts.values()],
            "cohort_definition_id": list(cohorts),
        }
        query = (
            sa.select(
                _WANTED.c.cohort_definition_id,
                SPANS.c.person_id.label("subject_id"),
                SPANS.c.start_date.label("cohort_start_date"),
                SPANS.c.end_date.label("cohort_end_date"),
            )
            .join(SPANS, SPANS.c.node == _WANTED.c.node)
            .order_by(_WANTED.c.cohort_definition_id, SPANS.c.person_id, SPANS.c.start_date)
        )
        return evaluator.fetch_with(_WANTED, pa.table(wanted), query)


def generate(
    definitions: Mapping[str, CohortDefinition],
    cdm: Cdm,
    *,
    strict: bool = True,
    evaluator: Evaluator | None = None,
    progress: Progress | None = None,
) -> GeneratedCohorts:
    """Generate cohorts together, sharing the work that they have in common.

    Parameters
    ----------
    definitions : mapping of str to CohortDefinition
        The definitions by name.
    cdm : Cdm
        The CDM to generate them on.
    strict : bool
        Raise on the first definition that has to be refused; otherwise it is named in ``refused`` and the others are
        generated.
    evaluator : Evaluator, optional
        One that has been used on this CDM before: what it has evaluated is not evaluated again.
    progress : callable, optional
        Called with the number of steps done and of all.

    Returns
    -------
    GeneratedCohorts
        Rows, attrition and rule masks.

    Raises
    ------
    RweError
        A definition is refused and `strict` is set.
    CannotAnswerError
        The CDM has no persons or no vocabulary.
    """
    _require_content(cdm)
    evaluator = evaluator or Evaluator(cdm)
    with collection_paused():
        plans, refused = _planned(definitions, evaluator, strict=strict)
        evaluator.evaluate([planned.cohort for planned in plans.values()], progress)
    return GeneratedCohorts(dict(definitions), refused, evaluator, plans)


def _planned(
    definitions: Mapping[str, CohortDefinition], evaluator: Evaluator, *, strict: bool
) -> tuple[dict[str, Plan], dict[str, RweError]]:
    plans: dict[str, Plan] = {}
    refused: dict[str, RweError] = {}
    for name, definition in definitions.items():
        try:
            planned = plan(definition)
            evaluator.prepare([planned.cohort])
        except RweError as error:
            if strict:
                raise
            refused[name] = error
        else:
            plans[name] = planned
    return plans, refused


def _require_content(cdm: Cdm) -> None:
    for name, todo in (
        ("person", "load data first, for example with `rwe etl run`"),
        ("observation_period", "derive observation periods; without them nobody can enter a cohort"),
        ("concept", "load a vocabulary; without one no concept set can be resolved"),
    ):
        table = cdm.table(name)
        if not cdm.engine.scalar(sa.select(sa.exists(sa.select(sa.literal(1)).select_from(table)))):
            raise CannotAnswerError("table {table} of this CDM is empty", todo=todo, table=name)
