"""A small library of phenotypes in the specialties of the sample data, each a document with what it rests on.

Examples
--------
>>> phenotype("type_2_diabetes").definition().name
'Type 2 diabetes'
>>> len(phenotypes()) >= 12
True
"""

from cohorts.library.catalogue import phenotype, phenotypes
from cohorts.library.phenotype import Phenotype, Specialty

__all__ = ["Phenotype", "Specialty", "phenotype", "phenotypes"]
