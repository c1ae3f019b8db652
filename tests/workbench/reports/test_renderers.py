"""Every renderer says everything that the report says, as text and never as markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from io import BytesIO
from typing import get_args

import openpyxl
import pytest
from docx import Document
from docx.oxml.ns import qn
from fontTools.ttLib import TTFont

from omop_etl.errors import UsageError
from tests.workbench.reports.sample_report import FUNNEL, MARKUP, sample_report
from workbench.locales import LANGUAGES, Language, translator
from workbench.locales.translator import CATALOGUES
from workbench.reports import FORMATS, ReportFormat, render
from workbench.reports.fonts import FOLDER
from workbench.reports.render import formats_of


@pytest.fixture(params=list(LANGUAGES))
def language(request: pytest.FixtureRequest) -> Language:
    return request.param


def test_docx_has_headings_captions_tables_and_described_pictures(language: Language) -> None:
    document = Document(BytesIO(render(sample_report(language), "docx")))
    paragraphs = document.paragraphs
    headings = [p.text for p in paragraphs if p.style.name == "Heading 1"]
    assert headings == ["1  摘要", "2  人数递减", "3  假设", f"4  {translator(language)('Provenance')}"]
    assert MARKUP in [p.text for p in paragraphs]
    captions = [p for p in paragraphs if p.style.name == "Caption"]
    assert [c.text.split("  ")[1] for c in captions] == [FUNNEL.caption, FUNNEL.caption, "漏斗"]
    assert all("SEQ" in c._p.xml for c in captions)
    table = next(t for t in document.tables if t.cell(0, 0).text == "步骤")
    assert [cell.text for cell in table.rows[3].cells] == ["=HYPERLINK(1)", "<10", "–", "1.00"]
    assert [cell.text for cell in table.rows[1].cells] == ["非小细胞肺癌", "1,312", "100.0%", "–"]
    assert "两步漏斗：1312、602" in document.element.xml


def test_docx_names_a_chinese_font_in_every_style_used() -> None:
    document = Document(BytesIO(render(sample_report("zh"), "docx")))
    for name in ("Normal", "Title", "Heading 1", "Caption"):
        assert document.styles[name].element.rPr.rFonts.get(qn("w:eastAsia")) in ("宋体", "黑体")


def test_xlsx_keeps_numbers_as_numbers_and_text_as_text(language: Language) -> None:
    book = openpyxl.load_workbook(BytesIO(render(sample_report(language), "xlsx")))
    assert book.sheetnames[1:3] == ["漏斗 1", "漏斗 1 2"]
    sheet = book["漏斗 1"]
    assert [cell.value for cell in sheet[4]] == ["非小细胞肺癌", 1312, 1, "–"]
    assert [cell.value for cell in sheet[6]] == ["=HYPERLINK(1)", "<10", "–", 1]
    assert {cell.data_type for row in sheet for cell in row} <= {"s", "n"}
    assert sheet.freeze_panes == "B4"
    assert len(sheet._charts) == 1


def test_pdf_is_an_archive_with_its_font(language: Language) -> None:
    pdf = render(sample_report(language), "pdf")
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert re.search(rb"/FontName\s*/\w{6}\+RWESansSC", pdf)
    assert pdf == render(sample_report(language), "pdf")


def test_html_escapes_everything_and_asks_for_nothing(language: Language) -> None:
    page = render(sample_report(language), "html").decode()
    reader = _Page()
    reader.feed(page)
    assert "script" not in reader.tags
    assert MARKUP in reader.text
    assert reader.requests == []
    assert reader.tags.count("svg") >= 1


@pytest.mark.parametrize("form", list(FORMATS))
def test_a_report_without_figures_or_headlines_renders(form: ReportFormat) -> None:
    report = sample_report("en")
    bare = report.model_copy(update={"headlines": [], "sections": [report.sections[0]], "subtitle": ""})
    assert len(render(bare, form)) > 1000


def test_every_format_has_a_renderer() -> None:
    assert set(FORMATS) == set(get_args(ReportFormat))


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match="odt is not a report format"):
        formats_of("docx,odt")


def test_a_row_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="row 0 has 1 values for 4 columns"):
        FUNNEL.model_validate({**FUNNEL.model_dump(), "rows": [["only one"]]})


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_the_font_has_every_character_of_the_catalogue(weight: str) -> None:
    known = TTFont(FOLDER / f"RWESansSC-{weight}.ttf").getBestCmap()
    text = CATALOGUES["zh"].read_text("utf-8")
    assert {c for c in text if c not in "\n" and ord(c) not in known} == set()


class _Page(HTMLParser):
    """Collects the text of a page, its tags, and whatever would make a browser ask for something."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.requests: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href") and not (value or "").startswith("#"):
                self.requests.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        self.text += data
