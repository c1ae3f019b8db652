"""The tables of the OMOP CDM as data, and as SQLAlchemy tables.

The field list of a CDM version is a CSV file beside this module, so that a new version is a new file. Queries are
written against the SQLAlchemy tables; nothing else in the project spells out a CDM column type.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import sqlalchemy as sa

CDM_SCHEMA = "cdm"
"""Schema name under which every engine exposes the CDM tables."""

ETL_SCHEMA = "etl"
"""Schema name under which a published CDM keeps the account of the run that made it."""

_SIMPLE_TYPES: dict[str, type[sa.types.TypeEngine]] = {
    "bigint": sa.BigInteger,
    "integer": sa.Integer,
    "double": sa.Double,
    "date": sa.Date,
    "timestamp": sa.DateTime,
    "text": sa.Text,
}


@dataclass(frozen=True)
class Field:
    """One field of a CDM table, as the standard describes it.

    Attributes
    ----------
    table, name : str
        Lower-case names of the standard.
    type : str
        ``bigint``, ``integer``, ``double``, ``date``, ``timestamp``, ``text`` or ``varchar(n)``. Identifiers are
        64-bit whatever the standard says, because hashed identifiers need the room.
    required : bool
        Null is not allowed.
    key : bool
        Part of what identifies a row.
    references : str
        ``table.field`` that the value must exist in, or an empty string.
    domain : str
        Domain of the concept that the field holds, or an empty string.
    """

    table: str
    name: str
    type: str
    required: bool
    key: bool
    references: str
    domain: str

    @property
    def max_length(self) -> int | None:
        """Characters that fit, or None where the type has no limit."""
        return int(self.type[8:-1]) if self.type.startswith("varchar(") else None

    def sql_type(self) -> sa.types.TypeEngine:
        """SQLAlchemy type of the field."""
        if self.max_length is not None:
            return sa.String(self.max_length)
        return _SIMPLE_TYPES[self.type]()


@dataclass(frozen=True)
class CdmVersion:
    """All fields of one CDM version, and the SQLAlchemy tables made of them.

    Examples
    --------
    >>> cdm = cdm_version("5.4")
    >>> len(cdm.tables), cdm.tables["person"].c.person_id.type
    (39, BigInteger())
    >>> [field.name for field in cdm.fields["death"] if field.required]
    ['person_id', 'death_date']
    """

    version: str
    fields: dict[str, tuple[Field, ...]]
    metadata: sa.MetaData

    @property
    def tables(self) -> dict[str, sa.Table]:
        """Table name to SQLAlchemy table."""
        return {table.name: table for table in self.metadata.tables.values()}

    def __getitem__(self, table: str) -> sa.Table:
        return self.metadata.tables[f"{CDM_SCHEMA}.{table}"]


@lru_cache
def cdm_version(version: str = "5.4") -> CdmVersion:
    """Read the field list of a CDM version.

    Parameters
    ----------
    version : str
        Version of the standard; a file ``fields_v<version>.csv`` must exist beside this module.

    Returns
    -------
    CdmVersion
        The fields and tables, shared by all callers.

    Raises
    ------
    ValueError
        The version has no field list.
    """
    source = resources.files(__package__).joinpath(f"fields_v{version.replace('.', '_')}.csv")
    if not source.is_file():
        raise ValueError(f"OMOP CDM version {version!r} is not known here; versions with a field list: 5.4")
    fields: dict[str, list[Field]] = {}
    with source.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            fields.setdefault(row["table"], []).append(
                Field(
                    table=row["table"],
                    name=row["field"],
                    type=row["type"],
                    required=row["required"] == "yes",
                    key=row["key"] == "yes",
                    references=row["references"],
                    domain=row["domain"],
                )
            )
    metadata = sa.MetaData(schema=CDM_SCHEMA)
    for table, columns in fields.items():
        sa.Table(
            table,
            metadata,
            *(sa.Column(f.name, f.sql_type(), nullable=not f.required, quote=f.name == "offset") for f in columns),
        )
    return CdmVersion(version, {table: tuple(columns) for table, columns in fields.items()}, metadata)
