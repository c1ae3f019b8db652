"""Regions of locations over time: tables that some CDMs have beside those of v5.4."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from omop_etl.cdm import CDM_SCHEMA, Cdm

FAR_FUTURE = date(2099, 12, 31)
"""Stands for an end that is not known."""

LOCATION_HISTORY = sa.table(
    "location_history",
    sa.column("location_history_id", sa.BigInteger),
    sa.column("location_id", sa.BigInteger),
    sa.column("domain_id", sa.Text),
    sa.column("entity_id", sa.BigInteger),
    sa.column("start_date", sa.Date),
    sa.column("end_date", sa.Date),
    schema=CDM_SCHEMA,
)

REGION = sa.table(
    "location",
    sa.column("location_id", sa.BigInteger),
    sa.column("region_concept_id", sa.BigInteger),
    schema=CDM_SCHEMA,
)


def require_locations(cdm: Cdm) -> None:
    """Make sure that this CDM has the history and the regions of locations."""
    cdm.require("location_history", [column.name for column in LOCATION_HISTORY.c])
    cdm.require("location", ["region_concept_id"])
