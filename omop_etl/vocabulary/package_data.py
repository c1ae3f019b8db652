"""The CSV files of the starter vocabulary."""

from __future__ import annotations

from functools import lru_cache

from omop_etl.packaged import packaged_rows


@lru_cache
def rows_of(name: str) -> tuple[dict[str, str], ...]:
    """Rows of a data file, by column name.

    Parameters
    ----------
    name : str
        File name without its suffix.

    Returns
    -------
    tuple of dict
        One per line, in the order of the file.

    Examples
    --------
    >>> rows_of("domains")[0]
    {'domain_id': 'Condition', 'domain_name': 'Condition', 'domain_concept_id': '19'}
    """
    return tuple(packaged_rows("omop_etl.vocabulary", "data", f"{name}.csv"))


def listed(cell: str) -> list[str]:
    """Items of a cell that holds several, separated by ``|``."""
    return [item for item in cell.split("|") if item]
