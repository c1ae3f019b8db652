"""Death, observation and payer periods, regions of residence, and episodes."""

from __future__ import annotations

import sqlalchemy as sa

from cohorts.engine.domains.base import (
    AGES,
    COUNTED,
    GENDER,
    PERSON,
    STARTS,
    Attribute,
    Domain,
    column,
    concepts,
    next_day,
)
from cohorts.engine.domains.locations import FAR_FUTURE, LOCATION_HISTORY, REGION, require_locations
from cohorts.engine.domains.targets import Target, concept, whole
from omop_etl.cdm import Cdm

_PAYER_CONCEPTS = ("payer", "plan", "sponsor", "stop_reason")

DEATH = Domain(
    table="death",
    key="person_id",
    concept="cause_concept_id",
    source_concept=("death_source_concept", "cause_source_concept_id"),
    start=column("death_date"),
    end=next_day("death_date"),
    date_columns=("death_date",),
    visit=None,
    attributes={**STARTS, **concepts("death_type", "type", exclude=True), **PERSON},
    own_targets={
        "type": concept("death_type_concept_id"),
        "concept": Target(
            sa.BigInteger, lambda rows: sa.func.coalesce(rows.own("cause_concept_id"), 0), ("cause_concept_id",)
        ),
    },
    count_columns={**COUNTED, "DOMAIN_CONCEPT": "concept", "DURATION": "one day"},
)

OBSERVATION_PERIOD = Domain(
    table="observation_period",
    key="observation_period_id",
    concept=None,
    start=column("observation_period_start_date"),
    end=column("observation_period_end_date"),
    date_columns=("observation_period_start_date", "observation_period_end_date"),
    visit=None,
    attributes={
        "period_start_date": Attribute("date", "start"),
        "period_end_date": Attribute("date", "end"),
        **concepts("period_type", "type"),
        "period_length": Attribute("integer", "duration"),
        **AGES,
    },
    own_targets={"type": concept("period_type_concept_id")},
    count_columns={**COUNTED, "DOMAIN_CONCEPT": "type", "DURATION": "duration"},
)

PAYER_PLAN_PERIOD = Domain(
    table="payer_plan_period",
    key="payer_plan_period_id",
    concept=None,
    start=column("payer_plan_period_start_date"),
    end=column("payer_plan_period_end_date"),
    date_columns=("payer_plan_period_start_date", "payer_plan_period_end_date"),
    visit=None,
    attributes={
        "period_start_date": Attribute("date", "start"),
        "period_end_date": Attribute("date", "end"),
        "period_length": Attribute("integer", "duration"),
        **AGES,
        **GENDER,
        **{f"{name}_concept": Attribute("codeset", name) for name in _PAYER_CONCEPTS},
        **{f"{name}_source_concept": Attribute("codeset", f"{name} source") for name in _PAYER_CONCEPTS},
    },
    own_targets={
        **{name: concept(f"{name}_concept_id") for name in _PAYER_CONCEPTS},
        **{f"{name} source": concept(f"{name}_source_concept_id") for name in _PAYER_CONCEPTS},
    },
    count_columns={**COUNTED, "DOMAIN_CONCEPT": "payer", "DURATION": "duration"},
)


def _residences(cdm: Cdm) -> sa.FromClause:
    require_locations(cdm)
    history, region = LOCATION_HISTORY, REGION
    return (
        sa.select(
            history.c.location_history_id,
            history.c.entity_id.label("person_id"),
            region.c.region_concept_id,
            history.c.start_date,
            sa.func.coalesce(history.c.end_date, sa.literal(FAR_FUTURE, sa.Date)).label("end_date"),
        )
        .join(region, region.c.location_id == history.c.location_id)
        .where(history.c.domain_id == "PERSON")
        .subquery("residences")
    )


LOCATION_REGION = Domain(
    table="location_history",
    key="location_history_id",
    concept="region_concept_id",
    start=column("start_date"),
    end=column("end_date"),
    date_columns=("start_date", "end_date"),
    visit=None,
    custom_records=_residences,
    own_targets={"concept": concept("region_concept_id")},
    count_columns={**COUNTED, "DOMAIN_CONCEPT": "concept"},
)

EPISODE = Domain(
    table="episode",
    key="episode_id",
    concept="episode_concept_id",
    start=column("episode_start_date"),
    end=column("episode_end_date"),
    date_columns=("episode_start_date", "episode_end_date"),
    visit=None,
    attributes={
        "episode_start_date": Attribute("date", "start"),
        "episode_end_date": Attribute("date", "end"),
        "episode_number": Attribute("integer", "number"),
        "age": PERSON["age"],
        "gender_cs": PERSON["gender_cs"],
        "episode_object_concept_cs": Attribute("selection", "object"),
        "episode_type_cs": Attribute("selection", "type"),
    },
    own_targets={
        "number": whole("episode_number"),
        "object": concept("episode_object_concept_id"),
        "type": concept("episode_type_concept_id"),
        "concept": concept("episode_concept_id"),
    },
    count_columns={**COUNTED, "DOMAIN_CONCEPT": "concept", "DURATION": "duration"},
)
