"""Which records brought persons in: by concept and by source code."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import sqlalchemy as sa

from cohorts.diagnostics.rows import persons, rows_of
from cohorts.engine.domains import DOMAINS
from cohorts.engine.nodes import AnyEvents, Events, FilteredEvents
from cohorts.engine.tables import EVENTS
from cohorts.generate import GeneratedCohorts


def index_events(made: GeneratedCohorts, name: str) -> pd.DataFrame:
    """Break the entry events of a cohort down by concept and by the source code behind it.

    Parameters
    ----------
    made : GeneratedCohorts
        Generated cohorts.
    name : str
        One of them.

    Returns
    -------
    pandas.DataFrame
        ``domain`` (kind of the criterion), ``concept_id``, ``source_concept_id`` and ``source_value`` (missing where
        the records have none), ``events``, ``persons``; the most frequent first. An entry criterion that merges
        records has no concept and is left out.
    """
    frames = [made.evaluator.fetch(query).to_pandas().assign(domain=domain) for domain, query in _queries(made, name)]
    columns = ["domain", "concept_id", "source_concept_id", "source_value", "events", "persons"]
    if not frames:
        return pd.DataFrame(columns=columns)
    found = pd.concat([frame.astype({"source_value": "object"}) for frame in frames], ignore_index=True)
    order = ["events", "concept_id", "source_value"]
    return found[columns].sort_values(order, ascending=[False, True, True], ignore_index=True)


def _queries(made: GeneratedCohorts, name: str) -> Iterator[tuple[str, sa.Select[tuple[int]]]]:
    rows, cdm = rows_of(made, name), made.evaluator.cdm
    for node in made.plan(name).entry_events:
        events = records_of(node)
        domain = DOMAINS[events.domain] if events else None
        if events is None or domain is None or domain.concept is None or domain.custom_records is not None:
            continue
        table = cdm.table(domain.table, [domain.key, domain.concept])
        stem = domain.concept.removesuffix("_concept_id")
        have = cdm.tables[domain.table]
        source = [
            table.c[column].label(label) if column in have else sa.cast(sa.null(), kind).label(label)
            for column, label, kind in (
                (f"{stem}_source_concept_id", "source_concept_id", sa.BigInteger),
                (f"{stem}_source_value", "source_value", sa.Text),
            )
        ]
        yield (
            events.domain,
            sa.select(
                table.c[domain.concept].label("concept_id"),
                *source,
                sa.func.count().label("events"),
                persons(rows.c.person_id),
            )
            .join(EVENTS, sa.and_(EVENTS.c.person_id == rows.c.person_id, EVENTS.c.start_date == rows.c.start_date))
            .join(table, table.c[domain.key] == EVENTS.c.event_id)
            .where(EVENTS.c.node == made.evaluator.number(node))
            .group_by(*(sa.literal_column(str(position)) for position in (1, 2, 3))),
        )


def records_of(node: AnyEvents) -> Events | None:
    """Give the records that events are made of; none where they are merged spans."""
    while isinstance(node, FilteredEvents):
        node = node.events
    return node if isinstance(node, Events) else None
