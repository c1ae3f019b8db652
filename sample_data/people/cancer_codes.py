"""Codes of lung cancer: histology and driver mutation."""

from __future__ import annotations

HISTOLOGIES = ("adenocarcinoma", "squamous", "small_cell", "large_cell")
ADENO, SQUAMOUS, SMALL_CELL, LARGE_CELL = range(4)

MUTATIONS = ("wild_type", "EGFR_19del", "EGFR_L858R", "EGFR_uncommon", "ALK", "KRAS", "not_tested")
WILD, DEL19, L858R, UNCOMMON, ALK, KRAS, NOT_TESTED = range(7)
EGFR_MUTATIONS = (DEL19, L858R, UNCOMMON)
SENSITISING_MUTATIONS = (DEL19, L858R)
