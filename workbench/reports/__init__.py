"""Reports: one model of what is said, and its renderers."""

from workbench.reports.model import (
    Column,
    Facts,
    Figure,
    Headline,
    Items,
    Paragraph,
    Provenance,
    ReportModel,
    Section,
    Table,
)
from workbench.reports.render import FORMATS, ReportFormat, render, write

__all__ = [
    "FORMATS",
    "Column",
    "Facts",
    "Figure",
    "Headline",
    "Items",
    "Paragraph",
    "Provenance",
    "ReportFormat",
    "ReportModel",
    "Section",
    "Table",
    "render",
    "write",
]
