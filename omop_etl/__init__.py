"""Hospital data to OMOP CDM: sources, mapping, vocabulary, derived tables and quality."""
