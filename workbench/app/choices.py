"""Labels of choices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TypeVar

Code = TypeVar("Code")


def distinct(labels: Mapping[Code, str]) -> dict[Code, str]:
    """Tell choices of the same label apart by their codes: Streamlit takes equal labels for one choice.

    Examples
    --------
    >>> distinct({"a1": "New cohort", "b2": "New cohort", "c3": "NSCLC"})
    {'a1': 'New cohort (a1)', 'b2': 'New cohort (b2)', 'c3': 'NSCLC'}
    """
    often = Counter(labels.values())
    return {code: f"{label} ({str(code)[-4:]})" if often[label] > 1 else label for code, label in labels.items()}
