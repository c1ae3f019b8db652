"""Tables of the schema ``etl`` in a published CDM."""

from __future__ import annotations

import sqlalchemy as sa

from omop_etl.cdm.schema import ETL_SCHEMA

_METADATA = sa.MetaData(schema=ETL_SCHEMA)

SOURCE_FILE = sa.Table(
    "source_file",
    _METADATA,
    sa.Column("file_id", sa.Integer),
    sa.Column("file", sa.Text),
    sa.Column("encoding", sa.Text),
    sa.Column("bom", sa.Boolean),
    sa.Column("delimiter", sa.Text),
    sa.Column("sha256", sa.Text),
    sa.Column("rows_read", sa.BigInteger),
    sa.Column("loaded", sa.BigInteger),
    sa.Column("merged", sa.BigInteger),
    sa.Column("rejected", sa.BigInteger),
)
"""One row per source file; ``loaded + merged + rejected = rows_read``."""

DISPOSITION = sa.Table(
    "disposition",
    _METADATA,
    sa.Column("file_id", sa.Integer),
    sa.Column("line", sa.BigInteger),
    sa.Column("outcome", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("column", sa.Text),
    sa.Column("detail", sa.Text),
)
"""One row per source row that is not loaded."""

ISSUE = sa.Table(
    "issue",
    _METADATA,
    sa.Column("file_id", sa.Integer),
    sa.Column("line", sa.BigInteger),
    sa.Column("column", sa.Text),
    sa.Column("rule", sa.Text),
    sa.Column("action", sa.Text),
)
"""One row per cell of a loaded source row that is odd."""

LINEAGE = sa.Table(
    "lineage",
    _METADATA,
    sa.Column("cdm_table", sa.Text),
    sa.Column("cdm_id", sa.BigInteger),
    sa.Column("file_id", sa.Integer),
    sa.Column("line", sa.BigInteger),
)
"""One row per CDM row; of a death, the person's identifier."""

STEM_SOURCE = sa.Table(
    "stem_source",
    _METADATA,
    sa.Column("cdm_table", sa.Text),
    sa.Column("cdm_id", sa.BigInteger),
    sa.Column("field", sa.Text),
    sa.Column("value", sa.Text),
)
"""Full text of values that are too long for their CDM field, which ends in an ellipsis."""

CONCEPT_COUNT = sa.Table(
    "concept_count",
    _METADATA,
    sa.Column("concept_id", sa.BigInteger),
    sa.Column("records", sa.BigInteger),
    sa.Column("persons", sa.BigInteger),
    sa.Column("descendant_records", sa.BigInteger),
    sa.Column("descendant_persons", sa.BigInteger),
)
"""Records and persons per concept, by itself and with its descendants."""

QUALITY = sa.Table(
    "quality",
    _METADATA,
    sa.Column("check_name", sa.Text),
    sa.Column("category", sa.Text),
    sa.Column("cdm_table", sa.Text),
    sa.Column("cdm_field", sa.Text),
    sa.Column("rows_checked", sa.BigInteger),
    sa.Column("rows_failed", sa.BigInteger),
    sa.Column("threshold_percent", sa.Double),
    sa.Column("status", sa.Text),
    sa.Column("fatal", sa.Boolean),
)
"""Results of the quality checks."""

RUN = sa.Table(
    "run",
    _METADATA,
    sa.Column("snapshot", sa.Text),
    sa.Column("mapping", sa.Text),
    sa.Column("mapping_hash", sa.Text),
    sa.Column("vocabulary_version", sa.Text),
    sa.Column("started_at", sa.DateTime),
    sa.Column("finished_at", sa.DateTime),
    sa.Column("software_version", sa.Text),
)
"""One row: the run that made this CDM."""

_TYPES = {
    sa.Integer: "INTEGER",
    sa.BigInteger: "BIGINT",
    sa.Double: "DOUBLE",
    sa.Boolean: "BOOLEAN",
    sa.DateTime: "TIMESTAMP",
    sa.Text: "VARCHAR",
}


def declarations(database: str) -> list[str]:
    """Statements that make the schema and its empty tables in an attached database."""
    statements = [f"CREATE SCHEMA {database}.{ETL_SCHEMA}"]
    for table in _METADATA.sorted_tables:
        columns = ", ".join(f'"{column.name}" {_TYPES[type(column.type)]}' for column in table.columns)
        statements.append(f"CREATE TABLE {database}.{ETL_SCHEMA}.{table.name} ({columns})")
    return statements
