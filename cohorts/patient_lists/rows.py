"""The rows of a patient list: who, and from when to when."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

ROW_SCHEMA = pa.schema(
    [
        ("person_id", pa.int64()),
        ("person_source_value", pa.string()),
        ("start_date", pa.date32()),
        ("end_date", pa.date32()),
    ]
)
"""Columns of the rows: a person is named by one of the first two, and either date may be missing."""


@dataclass(frozen=True)
class PatientRows:
    """A patient list that has been read; it never shows a row when it is printed.

    Attributes
    ----------
    file : str
        Name of the file, without its folder.
    sha256 : str
        Digest of the file's bytes.
    table : pyarrow.Table
        The rows, with the columns of `ROW_SCHEMA`.
    """

    file: str
    sha256: str
    table: pa.Table = field(repr=False, compare=False)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.table.num_rows)

    @property
    def identified_by(self) -> str:
        """Column of the table PERSON that the list names persons by."""
        return "person_id" if self.table.column("person_source_value").null_count else "person_source_value"

    @cached_property
    def persons(self) -> int:
        """How many persons the list names."""
        return int(pc.count_distinct(self.table.column(self.identified_by), mode="only_valid").as_py())

    @cached_property
    def repeated(self) -> int:
        """How many rows say just what an earlier row has said; they count once."""
        return self.rows - int(self.table.group_by(ROW_SCHEMA.names).aggregate([]).num_rows)

    @property
    def dated(self) -> bool:
        """Whether any row has a date."""
        return bool(self.table.column("start_date").null_count < self.rows)
