"""The truth beside the extract: persons, defects, effects and the dictionary."""
