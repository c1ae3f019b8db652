"""Explanations of persons in words, in both languages."""

from workbench.explanations.lines import Line, explanation_lines
from workbench.explanations.run import Explained, explain_persons

__all__ = ["Explained", "Line", "explain_persons", "explanation_lines"]
