"""The table of units, and what a substance adds to it: `omop_etl.units.build` makes the table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from omop_etl.packaged import packaged_rows

UNIT_VOCABULARIES: Final = ("UCUM", "RWE Local")
"""Vocabularies whose units have a code of UCUM as their concept code."""

_MASS, _SUBSTANCE, _EQUIVALENTS = "mass/length3", "substance/length3", "equivalents/length3"

_HBA1C: Final = (3004410, 40762352)
"""Measurements of HbA1c: NGSP % = 0.09148 · IFCC mmol/mol + 2.152, the master equation (https://ngsp.org/ifcc.asp)."""


class UnitSize(NamedTuple):
    """How large a unit is: a value is ``value * size + zero`` in the base unit of its kind.

    Attributes
    ----------
    code : str
        UCUM code.
    kind : str
        Units of one kind can be converted into each other.
    size, zero : float
        Base units of the kind that one of this unit is, and where its zero lies.
    measured : int
        Concept of the measurement for which alone that holds; 0 for all.
    """

    code: str
    kind: str
    size: float
    zero: float = 0.0
    measured: int = 0


@lru_cache
def unit_sizes() -> tuple[UnitSize, ...]:
    """Sizes of all units known, and of those that a measured substance makes a unit of another kind.

    Returns
    -------
    tuple of UnitSize
        First the sizes that hold for all measurements. A concentration of mass is one of substance where the molar mass
        is known, one of charge where the charge is: ``substances.csv`` has the measurements, the formulas, and molar
        masses from IUPAC's abridged standard atomic weights (https://ciaaw.org/abridged-atomic-weights.htm).

    Examples
    --------
    >>> sizes = {(unit.code, unit.measured): unit for unit in unit_sizes()}
    >>> sizes["mg/dL", 0][1:4]
    ('mass/length3', 0.01, 0.0)
    >>> sizes["mg/dL", 3013826].kind, round(sizes["mg/dL", 3013826].size, 4)
    ('substance/length3', 0.0555)
    """
    rows = packaged_rows("omop_etl.units", "ucum.csv")
    everywhere = [UnitSize(row["code"], row["kind"], float(row["size"]), float(row["zero"])) for row in rows]
    return (*everywhere, *_of_substances(everywhere), *_of_hba1c(everywhere))


def _of_substances(units: list[UnitSize]) -> Iterator[UnitSize]:
    for row in packaged_rows("omop_etl.units", "substances.csv"):
        measured, charge = int(row["measured"]), float(row["charge"] or 0)
        for unit in units:
            if unit.kind == _MASS:
                yield UnitSize(unit.code, _SUBSTANCE, unit.size * 1000 / float(row["g_per_mol"]), 0.0, measured)
            if unit.kind == _EQUIVALENTS and charge:
                yield UnitSize(unit.code, _SUBSTANCE, unit.size / charge, 0.0, measured)


def _of_hba1c(units: list[UnitSize]) -> Iterator[UnitSize]:
    shares = [unit for unit in units if unit.kind == "substance/substance"]
    for measured in _HBA1C:
        yield from (UnitSize(unit.code, "1", unit.size * 0.9148, 0.02152, measured) for unit in shares)
