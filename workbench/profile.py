"""What a CDM holds: sizes, span, and how much of it found a concept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa

from omop_etl.cdm import Cdm

_CLINICAL: Final = {
    "visit_occurrence": "visit_concept_id",
    "condition_occurrence": "condition_concept_id",
    "drug_exposure": "drug_concept_id",
    "procedure_occurrence": "procedure_concept_id",
    "device_exposure": "device_concept_id",
    "measurement": "measurement_concept_id",
    "observation": "observation_concept_id",
}
_OTHERS: Final = ("person", "observation_period", "note", "death", "location", "care_site", "condition_era", "drug_era")
_VOCABULARY_ROW: Final = "None"


@dataclass(frozen=True)
class TableSize:
    """Rows of one CDM table.

    Attributes
    ----------
    table : str
        Its name.
    rows : int
        How many.
    mapped : int, optional
        How many of them have a concept; none for tables without one.
    """

    table: str
    rows: int
    mapped: int | None = None


@dataclass(frozen=True)
class DataProfile:
    """What a CDM holds.

    Attributes
    ----------
    snapshot, source, vocabulary, version : str
        Its name, where it comes from, its vocabulary and the version of the CDM.
    persons : int
        How many.
    first_day, last_day : datetime.date, optional
        Span of the observation periods.
    tables : tuple of TableSize
        Those that exist.
    """

    snapshot: str
    source: str
    vocabulary: str
    version: str
    persons: int
    first_day: date | None
    last_day: date | None
    tables: tuple[TableSize, ...]

    @property
    def records(self) -> int:
        """Clinical records, over all tables that have concepts."""
        return sum(size.rows for size in self.tables if size.mapped is not None)

    @property
    def mapped_share(self) -> float | None:
        """Share of the clinical records that have a concept; none without records."""
        mapped = sum(size.mapped for size in self.tables if size.mapped is not None)
        return mapped / self.records if self.records else None


def profile_of(cdm: Cdm) -> DataProfile:
    """Look at a CDM as a whole.

    Parameters
    ----------
    cdm : Cdm
        The CDM.

    Returns
    -------
    DataProfile
        Counts of rows; none is of a group of persons smaller than all of them.
    """
    first_day, last_day = _span(cdm)
    source = _only_row(cdm, "cdm_source")
    return DataProfile(
        snapshot=cdm.snapshot,
        source=str(source.get("cdm_source_name") or ""),
        vocabulary=str(source.get("vocabulary_version") or _vocabulary_version(cdm)),
        version=str(source.get("cdm_version") or ""),
        persons=_rows(cdm, "person"),
        first_day=first_day,
        last_day=last_day,
        tables=tuple(_sizes(cdm)),
    )


def _sizes(cdm: Cdm) -> list[TableSize]:
    sizes = [TableSize(name, _rows(cdm, name)) for name in _OTHERS if name in cdm.tables]
    for name, column in _CLINICAL.items():
        if name in cdm.tables:
            table = cdm.table(name, [column])
            mapped = sa.func.sum(sa.case((table.c[column] != 0, 1), else_=0))
            row = cdm.engine.fetch(sa.select(sa.func.count().label("rows"), mapped.label("mapped")).select_from(table))
            counted = row.to_pylist()[0]
            sizes.append(TableSize(name, int(counted["rows"]), int(counted["mapped"] or 0)))
    return sizes


def _rows(cdm: Cdm, name: str) -> int:
    return int(cdm.engine.scalar(sa.select(sa.func.count()).select_from(cdm.table(name))))


def _span(cdm: Cdm) -> tuple[date | None, date | None]:
    if "observation_period" not in cdm.tables:
        return None, None
    period = cdm.table("observation_period")
    ends = sa.select(
        sa.func.min(period.c.observation_period_start_date).label("first"),
        sa.func.max(period.c.observation_period_end_date).label("last"),
    )
    row = cdm.engine.fetch(ends).to_pylist()[0]
    return row["first"], row["last"]


def _only_row(cdm: Cdm, name: str) -> dict[str, object]:
    if name not in cdm.tables:
        return {}
    table = cdm.table(name)
    present = [column for column in table.columns if column.name in cdm.tables[name]]
    rows = cdm.engine.fetch(sa.select(*present).limit(1)).to_pylist()
    return rows[0] if rows else {}


def _vocabulary_version(cdm: Cdm) -> str:
    """Version that a vocabulary from Athena keeps in the row of the vocabulary ``None``."""
    if "vocabulary" not in cdm.tables or "vocabulary_version" not in cdm.tables["vocabulary"]:
        return ""
    table = cdm.table("vocabulary")
    rows = cdm.engine.fetch(
        sa.select(table.c.vocabulary_version).where(table.c.vocabulary_id == _VOCABULARY_ROW)
    ).to_pylist()
    return str(rows[0]["vocabulary_version"] or "") if rows else ""
