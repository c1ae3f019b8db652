"""Numbers that are compared in a unit: which field of a criterion names it."""

from __future__ import annotations

from cohorts.definition import ConceptSetSelection, Part
from cohorts.engine.domains import DOMAINS


def unit_field(part: Part) -> str:
    """Field with the units that the numbers of a criterion are converted into under exact semantics.

    Parameters
    ----------
    part : Part
        A criterion.

    Returns
    -------
    str
        Name of the field that lists units; its variant with a concept set ends with ``_cs``. Empty where nothing is
        converted: no number is compared, or its units are not given either as a list or as a concept set to be in.

    Examples
    --------
    >>> from cohorts.definition import Concept, Measurement, NumericRange
    >>> unit_field(Measurement(value_as_number=NumericRange(value=7, op="gt"), unit=[Concept(concept_id=8753)]))
    'unit'
    >>> unit_field(Measurement(unit=[Concept(concept_id=8753)]))
    ''
    """
    domain = DOMAINS.get(type(part).__name__)
    attributes = domain.attributes if domain is not None else {}
    field = next((a.unit for name, a in attributes.items() if a.unit and getattr(part, name) is not None), None)
    if field is None:
        return ""
    listed = bool(getattr(part, field))
    chosen: ConceptSetSelection | None = getattr(part, f"{field}_cs")
    of_set = chosen is not None and chosen.codeset_id is not None and not chosen.is_exclusion
    return field if (listed and chosen is None) or (of_set and not listed) else ""
