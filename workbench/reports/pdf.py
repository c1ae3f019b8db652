"""A report as PDF/A, set by Typst."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import typst

from workbench.locales import translator
from workbench.reports.charts import render_chart
from workbench.reports.fonts import FAMILY
from workbench.reports.fonts import FOLDER as FONTS
from workbench.reports.model import Block, Figure, ReportModel, Table

_TEMPLATE: Final = Path(__file__).parent / "report.typ"
_STANDARD: Final = "a-2b"


def to_pdf(report: ReportModel) -> bytes:
    """Render a report as PDF/A-2b with the shipped font embedded.

    Texts reach the template as data, never as markup.

    Parameters
    ----------
    report : ReportModel
        What to say.

    Returns
    -------
    bytes
        A ``.pdf`` file.
    """
    with tempfile.TemporaryDirectory(prefix="rwe-report-") as name:
        folder = Path(name)
        (folder / "data.json").write_text(json.dumps(_data(report, folder), ensure_ascii=False), "utf-8")
        source = folder / "report.typ"
        source.write_bytes(_TEMPLATE.read_bytes())
        return bytes(
            typst.compile(
                str(source),
                root=name,
                font_paths=[str(FONTS)],
                ignore_system_fonts=True,
                pdf_standards=[_STANDARD],
                timestamp=report.provenance.created.astimezone(UTC).replace(microsecond=0),
            )
        )


def _data(report: ReportModel, folder: Path) -> dict[str, Any]:
    t = translator(report.language)
    return {
        "title": report.title,
        "subtitle": report.subtitle,
        "language": report.language,
        "region": "CN" if report.language == "zh" else "GB",
        "font": FAMILY,
        "software": report.provenance.software,
        "snapshot": report.provenance.snapshot,
        "keywords": [report.provenance.snapshot, report.provenance.document_hash],
        "page": t("Page {n} of {all}"),
        "headlines": [headline.model_dump() for headline in report.headlines],
        "abreast": report.headlines_abreast,
        "sections": [
            {
                "title": section.title,
                "blocks": [
                    _block(block, folder, f"{number}-{position}") for position, block in enumerate(section.blocks)
                ],
            }
            for number, section in report.pages(t)
        ],
    }


def _block(block: Block, folder: Path, name: str) -> dict[str, Any]:
    if isinstance(block, Figure):
        file = folder / f"{name}.svg"
        file.write_bytes(render_chart(block.chart, "svg"))
        return {**block.model_dump(exclude={"chart"}), "file": file.name}
    if isinstance(block, Table):
        return {
            **block.model_dump(include={"kind", "caption", "note", "emphasis"}),
            "head": [column.name for column in block.columns],
            "numeric": [column.numeric for column in block.columns],
            "rows": block.texts(),
            "weights": block.weights(),
        }
    return block.model_dump()
