"""A report as a Word document that clinicians and sponsors can go on editing."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph as WordParagraph

from workbench.locales import Translator, translator
from workbench.reports import docx_xml as xml
from workbench.reports.charts import render_chart
from workbench.reports.model import Facts, Figure, Items, Paragraph, ReportModel, Table, Tone

_INK: Final = RGBColor(0x1F, 0x29, 0x37)
_ACCENT: Final = RGBColor(0x1F, 0x4E, 0x79)
_SHADES: Final[dict[Tone, str]] = {"finding": "E8F0F7", "warning": "FFF4E5"}
_FONTS: Final = {"zh": ("Times New Roman", "宋体", "黑体"), "en": ("Calibri", "宋体", "黑体")}
_MARGIN_CM: Final = 2.5


def to_docx(report: ReportModel) -> bytes:
    """Render a report as Office Open XML.

    Parameters
    ----------
    report : ReportModel
        What to say.

    Returns
    -------
    bytes
        A ``.docx`` file: real headings, captions with fields that Word renumbers, tables with repeated header rows,
        figures with alternative text, page numbers.
    """
    writer = _Writer(report)
    writer.first_page()
    writer.sections()
    output = BytesIO()
    writer.document.save(output)
    return output.getvalue()


class _Writer:
    def __init__(self, report: ReportModel) -> None:
        self.report = report
        self.t: Translator = translator(report.language)
        self.document: WordDocument = Document()
        self._set_properties()
        self._set_styles()
        self._set_page()

    # -- the document as a whole --------------------------------------------------------------------------------------
    def _set_properties(self) -> None:
        properties = self.document.core_properties
        properties.title = self.report.title
        properties.subject = self.report.subtitle
        properties.author = properties.last_modified_by = self.report.provenance.software
        properties.created = properties.modified = self.report.provenance.created.replace(tzinfo=None)
        properties.comments = f"{self.report.provenance.document_hash} · {self.report.provenance.snapshot}"
        properties.language = "zh-CN" if self.report.language == "zh" else "en-GB"

    def _set_styles(self) -> None:
        latin, body, heading = _FONTS[self.report.language]
        sizes = {"Normal": 10.5, "Title": 24, "Subtitle": 12, "Heading 1": 15, "Heading 2": 12.5, "Caption": 9.5}
        for name, size in sizes.items():
            style = self.document.styles[name]
            titled = name in ("Title", "Heading 1", "Heading 2")
            xml.set_fonts(style.element, latin, heading if titled else body, self.report.language)
            style.font.size = Pt(size)
            style.font.italic = False
            style.font.bold = titled or name == "Caption"
            style.font.color.rgb = _ACCENT if titled else _INK
        paragraphs = self.document.styles["Normal"].paragraph_format
        paragraphs.space_after, paragraphs.line_spacing = Pt(6), 1.25
        self.document.styles["Caption"].paragraph_format.keep_with_next = True
        self.document.styles["Caption"].paragraph_format.space_before = Pt(10)

    def _set_page(self) -> None:
        page = self.document.sections[0]
        page.page_width, page.page_height = Cm(21.0), Cm(29.7)
        page.left_margin = page.right_margin = Cm(_MARGIN_CM)
        page.top_margin = page.bottom_margin = Cm(2.3)
        page.different_first_page_header_footer = True
        head = page.header.paragraphs[0]
        head.text = self.report.title
        head.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        for footer in (page.footer, page.first_page_footer):
            foot = footer.paragraphs[0]
            foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
            foot.add_run(f"{self.report.provenance.software} · {self.report.provenance.snapshot} · ")
            before, _, after = self.t("Page {n} of {all}").partition("{n}")
            between, _, end = after.partition("{all}")
            for text, field in ((before, "PAGE"), (between, "NUMPAGES"), (end, "")):
                foot.add_run(text)
                if field:
                    xml.add_field(foot, field)
        for part in (page.header, page.footer, page.first_page_footer):
            for run in part.paragraphs[0].runs:
                run.font.size = Pt(8.5)
                run.font.color.rgb = RGBColor(0x5B, 0x65, 0x73)

    # -- the parts ----------------------------------------------------------------------------------------------------
    def first_page(self) -> None:
        self.document.add_paragraph(self.report.title, style="Title")
        if self.report.subtitle:
            self.document.add_paragraph(self.report.subtitle, style="Subtitle")
        if self.report.headlines:
            self._headlines()

    def _headlines(self) -> None:
        """Set the numbers to take away in boxes."""
        headlines = self.report.headlines
        abreast = self.report.headlines_abreast
        lines = [headlines[start : start + abreast] for start in range(0, len(headlines), abreast)]
        table = self.document.add_table(rows=len(lines), cols=abreast)
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        for row, line in zip(table.rows, lines, strict=True):
            for cell, headline in zip(row.cells, line, strict=False):
                xml.shade(cell, "F3F6FA")
                cell.paragraphs[0].add_run(headline.label).font.size = Pt(9)
                value = cell.add_paragraph().add_run(headline.value)
                value.font.size, value.font.bold, value.font.color.rgb = Pt(17), True, _ACCENT
                if headline.note:
                    cell.add_paragraph().add_run(headline.note).font.size = Pt(8.5)
                for paragraph in cell.paragraphs:
                    paragraph.paragraph_format.space_after = Pt(1)
        xml.white_gaps(table)
        self.document.add_paragraph()

    def sections(self) -> None:
        for number, section in self.report.pages(self.t):
            self.document.add_heading(f"{number}  {section.title}", level=1)
            for block in section.blocks:
                if isinstance(block, Paragraph):
                    self._paragraph(block)
                elif isinstance(block, Items):
                    self._items(block)
                elif isinstance(block, Facts):
                    self._facts(block)
                elif isinstance(block, Table):
                    self._table(block)
                else:
                    self._figure(block)

    def _paragraph(self, block: Paragraph) -> None:
        paragraph = self.document.add_paragraph()
        run = paragraph.add_run(block.text)
        if block.tone in _SHADES:
            xml.shade(paragraph, _SHADES[block.tone])
            paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Cm(0.2)
        if block.tone == "note":
            run.font.size = Pt(9)

    def _items(self, block: Items) -> None:
        for number, text in enumerate(block.texts, start=1):
            if block.numbered:
                paragraph = self.document.add_paragraph(f"{number}.\t{text}")
                paragraph.paragraph_format.left_indent = Cm(0.8)
                paragraph.paragraph_format.first_line_indent = Cm(-0.8)
                paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(0.8))
            else:
                paragraph = self.document.add_paragraph(text, style="List Bullet")
            paragraph.paragraph_format.space_after = Pt(3)

    def _facts(self, block: Facts) -> None:
        table = self.document.add_table(rows=len(block.facts), cols=2)
        for row, (name, value) in zip(table.rows, block.facts, strict=True):
            _write(row.cells[0].paragraphs[0], name, size=9.5)
            _write(row.cells[1].paragraphs[0], value, size=9.5)
        xml.set_widths(table, [Cm(5.2), Cm(10.8)])
        xml.three_lines(table, header=False)
        self._space()

    def _table(self, block: Table) -> None:
        self._caption(self.t("Table {n}"), "Table", block.caption)
        table = self.document.add_table(rows=1 + len(block.rows), cols=len(block.columns))
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        for cell, column in zip(table.rows[0].cells, block.columns, strict=True):
            _write(cell.paragraphs[0], column.name, size=9.5, bold=True, right=column.numeric)
        for index, (row, texts) in enumerate(zip(table.rows[1:], block.texts(), strict=True)):
            for cell, column, text in zip(row.cells, block.columns, texts, strict=True):
                _write(cell.paragraphs[0], text, size=9.5, bold=index in block.emphasis, right=column.numeric)
        page = 21.0 - 2 * _MARGIN_CM
        weights = block.weights()
        xml.set_widths(table, [Cm(page * weight / sum(weights)) for weight in weights])
        xml.three_lines(table, header=True)
        xml.repeat_header(table)
        if block.note:
            _write(self.document.add_paragraph(), block.note, size=8.5)
        self._space()

    def _figure(self, block: Figure) -> None:
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.keep_with_next = True
        picture = paragraph.add_run().add_picture(BytesIO(render_chart(block.chart, "png")), width=Cm(block.width_cm))
        xml.describe(picture, block.alt)
        caption = self._caption(self.t("Figure {n}"), "Figure", block.caption)
        caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
        caption.paragraph_format.keep_with_next = False
        caption.paragraph_format.space_before = Pt(0)

    def _caption(self, numbering: str, sequence: str, text: str) -> WordParagraph:
        caption = self.document.add_paragraph(style="Caption")
        before, _, after = numbering.partition("{n}")
        caption.add_run(before)
        xml.add_field(caption, f"SEQ {sequence} \\* ARABIC")
        caption.add_run(f"{after}  {text}")
        return caption

    def _space(self) -> None:
        self.document.add_paragraph().paragraph_format.space_after = Pt(2)


def _write(paragraph: WordParagraph, text: str, *, size: float, bold: bool = False, right: bool = False) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = Pt(size), bold
    paragraph.paragraph_format.space_after = Pt(0)
    paragraph.paragraph_format.line_spacing = 1.15
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
