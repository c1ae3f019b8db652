"""The effect that the sample data were made with, to hold an estimate against."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from omop_etl.errors import RweError

_FILE: Final = Path("extract") / "truth" / "effects.json"


@dataclass(frozen=True)
class Planted:
    """A planted effect.

    Attributes
    ----------
    key : str
        Name of the comparison.
    hazard_ratio : float
        The true conditional hazard ratio.
    """

    key: str
    hazard_ratio: float

    def within(self, lower: float, upper: float) -> bool:
        """Tell whether an interval holds the true value."""
        return lower <= self.hazard_ratio <= upper


def planted_beside(cdm_url: str, key: str) -> Planted | None:
    """Look the planted effect of a comparison up, where the sample extract lies beside its CDM.

    Parameters
    ----------
    cdm_url : str
        Address of a CDM file; the extract is the folder ``extract`` beside it.
    key : str
        Name of the comparison; empty for a study of real data.

    Returns
    -------
    Planted or None
        None where there is no such extract.

    Raises
    ------
    RweError
        The file with the truth does not have the comparison.
    """
    scheme, _, path = cdm_url.partition(":///")
    file = Path(path).parent / _FILE
    if not key or scheme != "duckdb" or not file.is_file():
        return None
    comparisons = json.loads(file.read_text("utf-8"))["comparisons"]
    found = next((item for item in comparisons if item["key"] == key), None)
    if found is None:
        raise RweError(
            "{file} has no planted comparison {key}",
            todo="make the sample extract again, or leave `planted` out of the study",
            file=file.name,
            key=key,
        )
    return Planted(key, float(found["true_hazard_ratio"]))
