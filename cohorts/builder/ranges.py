"""Comparisons with numbers, by the words that people use for them."""

from __future__ import annotations

from cohorts.definition import NumericRange
from omop_etl.errors import UsageError


def number_range(
    above: float | None = None, at_least: float | None = None, below: float | None = None, at_most: float | None = None
) -> NumericRange:
    """Write bounds as a comparison.

    Parameters
    ----------
    above, at_least, below, at_most : float, optional
        One bound; or `at_least` and `at_most`, which both count.

    Returns
    -------
    NumericRange
        The comparison.

    Raises
    ------
    UsageError
        No bound, or two that one comparison cannot hold.

    Examples
    --------
    >>> number_range(at_least=18, at_most=80).to_json()
    {'Value': 18, 'Op': 'bt', 'Extent': 80}
    >>> number_range(below=60).to_json()
    {'Value': 60, 'Op': 'lt'}
    """
    if at_least is not None and at_most is not None and above is None and below is None:
        return NumericRange(value=at_least, op="bt", extent=at_most)
    given = [
        (op, value)
        for op, value in (("gt", above), ("gte", at_least), ("lt", below), ("lte", at_most))
        if value is not None
    ]
    if len(given) != 1:
        raise UsageError(
            "{count} bounds do not make one comparison",
            todo="give one of above, at_least, below and at_most, or at_least and at_most together",
            count=len(given),
        )
    op, value = given[0]
    return NumericRange(value=value, op=op)
