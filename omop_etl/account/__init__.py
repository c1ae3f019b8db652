"""The account of a run: what became of every source row, and where every CDM row came from."""

from omop_etl.account.reading import (
    Account,
    FileAccount,
    fate_of_line,
    read_account,
    source_lines_of,
    unmapped_terms,
)

__all__ = ["Account", "FileAccount", "fate_of_line", "read_account", "source_lines_of", "unmapped_terms"]
