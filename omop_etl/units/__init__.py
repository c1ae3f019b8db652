"""Units of UCUM: how large each is, and which can be converted into each other."""

from omop_etl.units.sizes import UNIT_VOCABULARIES, UnitSize, unit_sizes

__all__ = ["UNIT_VOCABULARIES", "UnitSize", "unit_sizes"]
