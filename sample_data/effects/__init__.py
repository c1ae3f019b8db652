"""The planted effects: what an analysis of the extract should find, and how far it gets without adjustment."""
