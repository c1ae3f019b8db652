"""Cohort definitions in words, in both languages."""

from workbench.sentences.narrator import Narrator

__all__ = ["Narrator"]
