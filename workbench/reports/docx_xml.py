"""What python-docx has no call for: East Asian fonts, fields, table lines, alternative text."""

from __future__ import annotations

from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shape import InlineShape
from docx.shared import Length
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph


def element(name: str, **attributes: object) -> Any:
    """Make a WordprocessingML element; attributes are in the same namespace."""
    made = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), str(value))
    return made


def set_fonts(style: Any, latin: str, east_asian: str, language: str) -> None:
    """Name the fonts of a style for Latin and for Chinese text, and its language for the spelling checker."""
    properties = style.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for slot in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{slot}"), latin)
    fonts.set(qn("w:eastAsia"), east_asian)
    for slot in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{slot}"), None)
    for old in properties.findall(qn("w:lang")):
        properties.remove(old)
    properties.append(element("lang", val="en-GB", eastAsia="zh-CN" if language == "zh" else "en-GB"))


def add_field(paragraph: Paragraph, instruction: str) -> None:
    """Let Word compute a text: a page number, the number of a caption."""
    _run_with(paragraph, element("fldChar", fldCharType="begin"))
    code = element("instrText")
    code.set(qn("xml:space"), "preserve")
    code.text = f" {instruction} "
    _run_with(paragraph, code)
    _run_with(paragraph, element("fldChar", fldCharType="separate"))
    paragraph.add_run("1")
    _run_with(paragraph, element("fldChar", fldCharType="end"))


def _run_with(paragraph: Paragraph, content: Any) -> None:
    paragraph.add_run()._r.append(content)


def shade(part: _Cell | Paragraph, colour: str) -> None:
    """Give a cell or a paragraph a background."""
    properties = part._tc.get_or_add_tcPr() if isinstance(part, _Cell) else part._p.get_or_add_pPr()
    properties.append(element("shd", val="clear", color="auto", fill=colour))


def set_widths(table: Table, widths: list[Length]) -> None:
    """Fix the widths of the columns."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
        for cell in column.cells:
            cell.width = width


def three_lines(table: Table, *, header: bool) -> None:
    """Rule a table as journals do: above, below, and under the header."""
    borders = element("tblBorders")
    for side, size in (("top", 12), ("bottom", 12)):
        borders.append(element(side, val="single", sz=size, space=0, color="1F4E79"))
    if not header:
        borders.append(element("insideH", val="single", sz=4, space=0, color="D5DCE4"))
    table._tbl.tblPr.append(borders)
    if header:
        for cell in table.rows[0].cells:
            lines = element("tcBorders")
            lines.append(element("bottom", val="single", sz=6, space=0, color="1F4E79"))
            cell._tc.get_or_add_tcPr().append(lines)


def white_gaps(table: Table) -> None:
    """Set the cells of a table apart by white lines."""
    borders = element("tblBorders")
    for side in ("top", "bottom", "insideH", "insideV"):
        borders.append(element(side, val="single", sz=36, space=0, color="FFFFFF"))
    table._tbl.tblPr.append(borders)


def repeat_header(table: Table) -> None:
    """Repeat the first row on every page, and break no row across two."""
    table.rows[0]._tr.get_or_add_trPr().append(element("tblHeader"))
    for row in table.rows:
        row._tr.get_or_add_trPr().append(element("cantSplit"))


def describe(picture: InlineShape, text: str) -> None:
    """Give a picture its alternative text."""
    picture._inline.docPr.set("descr", text)
