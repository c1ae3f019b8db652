"""Put a folder of Parquet files into a schema of a PostgreSQL database, types as the engine reads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from omop_etl.cdm.engines.postgres import PostgresEngine


def load_folder(folder: Path, address: str, schema: str) -> str:
    """Load every table and return the address of the CDM."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"')
    with closing(PostgresEngine(address, schema)) as engine:
        for file in sorted(folder.glob("*.parquet")):
            table = pq.read_table(file)
            engine.put(f'"{schema}"."{file.stem.lower()}"', table.cast(pa.schema(_plain(table.schema))))
    return f"{address}?schema={schema}"


def _plain(schema: pa.Schema) -> Iterator[pa.Field]:
    for field in schema:
        kind = field.type
        if pa.types.is_integer(kind):
            kind = pa.int64()
        elif pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            kind = pa.float64()
        elif pa.types.is_timestamp(kind):
            kind = pa.timestamp("us")
        elif not pa.types.is_date(kind):
            kind = pa.string()
        yield pa.field(field.name, kind)
