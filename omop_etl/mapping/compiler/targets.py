"""The CDM tables as a mapping sees them: which fields hold the concept, and how work tables are declared."""

from __future__ import annotations

from dataclasses import dataclass

from omop_etl.cdm.schema import CdmVersion, Field, cdm_version
from omop_etl.mapping.document import MappingDocument
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import NUMERIC, Sql, quoted

OUT = "out"
"""Name under which the CDM in the making is attached to the working database."""

_CONCEPT_FIELDS = {
    "visit_occurrence": ("visit_concept_id", "visit_source_concept_id"),
    "condition_occurrence": ("condition_concept_id", "condition_source_concept_id"),
    "drug_exposure": ("drug_concept_id", "drug_source_concept_id"),
    "procedure_occurrence": ("procedure_concept_id", "procedure_source_concept_id"),
    "device_exposure": ("device_concept_id", "device_source_concept_id"),
    "measurement": ("measurement_concept_id", "measurement_source_concept_id"),
    "observation": ("observation_concept_id", "observation_source_concept_id"),
    "death": ("cause_concept_id", "cause_source_concept_id"),
}
_DUCKDB_TYPES = {"integer": "INTEGER", "bigint": "BIGINT", "double": "DOUBLE", "date": "DATE", "timestamp": "TIMESTAMP"}
_ACCEPTED = {
    "BIGINT": ("integer",),
    "INTEGER": ("integer",),
    "DOUBLE": NUMERIC,
    "DATE": ("date", "datetime"),
    "TIMESTAMP": ("date", "datetime"),
}
REFERENCE_TABLES = frozenset({"location", "care_site", "provider"})
"""Tables whose rows are shared by many source rows; loading one does not count as loading a source row."""

NOT_LOADED = frozenset({"observation_period", "drug_era", "condition_era", "dose_era", "cdm_source"})
"""Tables that are derived, never mapped."""


@dataclass(frozen=True)
class Target:
    """One CDM table.

    Attributes
    ----------
    table : str
        Its name.
    fields : tuple of Field
        Its fields, in the order of the standard.
    """

    table: str
    fields: tuple[Field, ...]

    @property
    def identifier(self) -> str | None:
        """Field that holds a number of the row's own, if there is one."""
        own = f"{self.table}_id"
        return own if any(field.name == own and field.key for field in self.fields) else None

    @property
    def concept_fields(self) -> tuple[str, str] | None:
        """Fields of the standard concept and of the source concept."""
        return _CONCEPT_FIELDS.get(self.table)

    def has(self, name: str) -> bool:
        """Whether the table has a field of this name."""
        return any(field.name == name for field in self.fields)

    def declaration(self) -> str:
        """Columns of the table, as SQL."""
        return ", ".join(f"{quoted(field.name)} {duckdb_type(field)}" for field in self.fields)

    def cast(self, name: str, value: Sql, scope: Scope) -> str:
        """Value cast to the type of a field.

        Raises
        ------
        MappingError
            The table has no such field, or the value's type does not fit it.
        """
        field = next((field for field in self.fields if field.name == name), None)
        if field is None:
            known = ", ".join(f.name for f in self.fields)
            raise scope.error("{table} has no field {field}; it has {known}", table=self.table, field=name, known=known)
        kind = duckdb_type(field)
        if kind != "VARCHAR":
            scope.expect(value, *_ACCEPTED[kind])
        return f"CAST({value.text} AS {kind})"


def target_of(table: str, scope: Scope, version: str = "5.4") -> Target:
    """Find the CDM table that an emit is for.

    Raises
    ------
    MappingError
        The CDM has no such table, or it is derived and not mapped.
    """
    cdm: CdmVersion = cdm_version(version)
    if table not in cdm.fields:
        raise scope.error("the CDM has no table {table}", table=table)
    if table in NOT_LOADED:
        raise scope.error("{table} is derived from the other tables and cannot be mapped", table=table)
    return Target(table, cdm.fields[table])


def direct_tables(mapping: MappingDocument) -> frozenset[str]:
    """Tables whose rows can go straight into the CDM: no other row is linked to them, replaces them or is compared."""
    held_back = {"person", "visit_occurrence", "death", *REFERENCE_TABLES, *(r.table for r in mapping.resolve)}
    keyed = {emit.table for file in mapping.files for emit in file.emits if emit.key}
    return frozenset({emit.table for file in mapping.files for emit in file.emits} - held_back - keyed)


def duckdb_type(field: Field) -> str:
    """Type of a field in the working database; text there has no limit of length."""
    return _DUCKDB_TYPES.get(field.type, "VARCHAR")
