"""All phenotypes, by name."""

from __future__ import annotations

from functools import cache

from cohorts.library import diabetes, heart_kidney, lung_cancer
from cohorts.library.phenotype import Phenotype
from omop_etl.errors import UsageError


@cache
def phenotypes() -> dict[str, Phenotype]:
    """Give every phenotype by its name, those of a specialty together."""
    every = (*lung_cancer.PHENOTYPES, *diabetes.PHENOTYPES, *heart_kidney.PHENOTYPES)
    return {known.name: known for known in every}


def phenotype(name: str) -> Phenotype:
    """Give one phenotype.

    Raises
    ------
    UsageError
        There is none of that name.
    """
    known = phenotypes()
    if name not in known:
        raise UsageError(
            "there is no phenotype {name}", todo="use one of: {known}", name=name, known=", ".join(sorted(known))
        )
    return known[name]
