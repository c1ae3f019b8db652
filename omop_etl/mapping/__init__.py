"""The mapping document and its runner: files of a hospital to CDM rows, by data instead of code."""

from omop_etl.mapping.document import MappingDocument
from omop_etl.mapping.reading import (
    library_mapping,
    library_names,
    mapping_from_text,
    mapping_hash,
    mapping_schema,
    read_mapping,
)
from omop_etl.mapping.scope import MappingError

__all__ = [
    "MappingDocument",
    "MappingError",
    "library_mapping",
    "library_names",
    "mapping_from_text",
    "mapping_hash",
    "mapping_schema",
    "read_mapping",
]
