"""Attributes of the parts of a cohort expression."""

from __future__ import annotations


def says_something(value: object) -> bool:
    """Tell whether an attribute asks for anything: the number 0 does, a flag that is not set does not.

    Examples
    --------
    >>> says_something(0), says_something(False), says_something([])
    (True, False, False)
    """
    return value is not None and value is not False and value != []
