"""The vocabulary: a starter set that ships with the package, and search over whatever a CDM holds."""

from omop_etl.vocabulary.search import FoundConcept, chinese_names, search_concepts
from omop_etl.vocabulary.starter import STARTER_VERSION, starter_tables

__all__ = ["STARTER_VERSION", "FoundConcept", "chinese_names", "search_concepts", "starter_tables"]
