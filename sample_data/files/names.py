"""Names that clinicians write for a diagnosis: the usual one, or another."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.cells import Cells, Encoder

_SHARE_USUAL = 0.65


@cache
def _names() -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int64]]:
    conditions = catalog.table("conditions")
    flat: list[str] = []
    starts, counts = [], []
    for name, others in zip(conditions["name"], conditions.lists("other_names"), strict=True):
        starts.append(len(flat))
        counts.append(len(others))
        flat.extend((name, *others))
    return tuple(flat), np.array(starts), np.array(counts)


def diagnosis_names(text: Encoder, condition: NDArray[np.int64], draw: NDArray[np.float64]) -> Cells:
    """Write a name for each condition; `draw` (uniform numbers) decides which."""
    flat, starts, counts = _names()
    other = np.maximum(draw - _SHARE_USUAL, 0.0) / (1.0 - _SHARE_USUAL) * counts[condition]
    chosen = np.where(draw < _SHARE_USUAL, 0, 1 + np.minimum(other.astype(np.int64), counts[condition] - 1))
    return text.pick(flat, starts[condition] + np.where(counts[condition] == 0, 0, chosen))
