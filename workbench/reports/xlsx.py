"""A report as a workbook: one sheet a table, with native charts that can be changed."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from workbench.locales import translator
from workbench.reports.model import CellValue, Column, Facts, Items, Paragraph, ReportModel, Section, Table, width_of

_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_SHEET_NAME_LIMIT: Final = 31
_FORBIDDEN_IN_NAMES: Final = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


def to_xlsx(report: ReportModel) -> bytes:
    """Render a report as an Office Open XML workbook.

    Text is always stored as text: a value that begins with ``=`` does not become a formula.

    Parameters
    ----------
    report : ReportModel
        What to say.

    Returns
    -------
    bytes
        A ``.xlsx`` file: a sheet with the text, one for each table, one for the provenance.
    """
    output = BytesIO()
    writer = _Writer(report, xlsxwriter.Workbook(output, _OPTIONS))
    writer.summary()
    for table in report.tables():
        writer.table(table)
    writer.text_sections()
    writer.book.close()
    return output.getvalue()


class _Writer:
    def __init__(self, report: ReportModel, book: xlsxwriter.Workbook) -> None:
        self.report, self.book = report, book
        self.t = translator(report.language)
        self._names: set[str] = set()
        book.set_properties(
            {
                "title": report.title,
                "author": report.provenance.software,
                "comments": f"{report.provenance.document_hash} {report.provenance.snapshot}",
                "created": report.provenance.created.replace(tzinfo=None),
            }
        )
        base = {
            "font_name": "Microsoft YaHei" if report.language == "zh" else "Calibri",
            "font_size": 10.5,
            "valign": "vcenter",
        }
        self._base = base
        self.plain = book.add_format(base)
        self.wrapped = book.add_format({**base, "text_wrap": True, "valign": "top"})
        self.name = book.add_format({**base, "font_color": "#5B6573", "valign": "top", "text_wrap": True})
        self.title = book.add_format({**base, "font_size": 17, "bold": True, "font_color": "#1F4E79"})
        self.heading = book.add_format({**base, "font_size": 13, "bold": True, "font_color": "#1F4E79"})
        self.big = book.add_format({**base, "font_size": 16, "bold": True, "font_color": "#1F4E79", "align": "left"})
        self.finding = book.add_format({**base, "text_wrap": True, "valign": "top", "bg_color": "#E8F0F7"})
        self.warning = book.add_format({**base, "text_wrap": True, "valign": "top", "bg_color": "#FFF4E5"})

    def sheet(self, name: str) -> Worksheet:
        """Add a sheet under a name that Excel allows and no other sheet has."""
        wanted = (name.translate(_FORBIDDEN_IN_NAMES).strip() or "Sheet")[:_SHEET_NAME_LIMIT]
        number = 2
        unique = wanted
        while unique.lower() in self._names:
            unique = f"{wanted[: _SHEET_NAME_LIMIT - len(str(number)) - 1]} {number}"
            number += 1
        self._names.add(unique.lower())
        sheet = self.book.add_worksheet(unique)
        sheet.hide_gridlines(2)
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&C{self.report.provenance.snapshot.replace('&', '&&')}  &P / &N")
        return sheet

    # -- the sheets ---------------------------------------------------------------------------------------------------
    def summary(self) -> None:
        sheet = self.sheet(self.t("Summary"))
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 24)
        sheet.set_column(2, 2, 60)
        sheet.set_row(0, 26)
        sheet.write_string(0, 0, self.report.title, self.title)
        sheet.write_string(1, 0, self.report.subtitle, self.plain)
        row = 3
        for headline in self.report.headlines:
            sheet.set_row(row, 24)
            sheet.write_string(row, 0, headline.label, self.plain)
            sheet.write_string(row, 1, headline.value, self.big)
            sheet.write_string(row, 2, headline.note, self.plain)
            row += 1
        for section in self.report.sections:
            row = self._texts(sheet, row + 1, section)

    def _texts(self, sheet: Worksheet, row: int, section: Section) -> int:
        """Write the sentences of a section; its tables have sheets of their own."""
        texts = [(b.text, b.tone) for b in section.blocks if isinstance(b, Paragraph) and b.tone != "note"]
        if not texts:
            return row - 1
        sheet.write_string(row, 0, section.title, self.heading)
        forms = {"finding": self.finding, "warning": self.warning}
        for text, tone in texts:
            row += 1
            sheet.merge_range(row, 0, row, 2, "", forms.get(tone, self.wrapped))
            sheet.write_string(row, 0, text, forms.get(tone, self.wrapped))
            sheet.set_row(row, 16 * (1 + width_of(text) // 105))
        return row + 1

    def text_sections(self) -> None:
        """Write definitions, assumptions and the provenance, a sheet for each section that has any."""
        for _, section in self.report.all_sections(self.t):
            blocks = [block for block in section.blocks if isinstance(block, (Facts, Items))]
            if not blocks:
                continue
            sheet = self.sheet(section.title)
            sheet.set_column(0, 0, 36)
            sheet.set_column(1, 1, 90)
            sheet.write_string(0, 0, section.title, self.heading)
            row = 2
            for block in blocks:
                for name, value in _pairs(block):
                    sheet.write_string(row, 0, name, self.name)
                    sheet.write_string(row, 1, value, self.wrapped)
                    row += 1
                row += 1

    def table(self, table: Table) -> None:
        sheet = self.sheet(table.sheet or table.caption)
        sheet.write_string(0, 0, table.caption, self.heading)
        top = 2
        for index, column in enumerate(table.columns):
            sheet.write_string(top, index, column.name, self._header(column))
            longest = max([width_of(column.name), *(width_of(row[index]) for row in table.texts())])
            sheet.set_column(index, index, min(60, max(10, longest + 3)))
        for number, values in enumerate(table.rows):
            for index, (column, value) in enumerate(zip(table.columns, values, strict=True)):
                self._cell(sheet, top + 1 + number, index, column, value, bold=number in table.emphasis)
        sheet.freeze_panes(top + 1, 1)
        end = top + len(table.rows)
        if table.rows:
            sheet.autofilter(top, 0, end, len(table.columns) - 1)
        if table.note:
            sheet.write_string(end + 2, 0, table.note, self.plain)
        if table.chart and table.rows:
            self._chart(sheet, table, top, end)

    def _chart(self, sheet: Worksheet, table: Table, top: int, end: int) -> None:
        assert table.chart is not None
        chart: Any = self.book.add_chart({"type": table.chart})
        name, value = sheet.get_name(), table.chart_column
        chart.add_series(
            {
                "name": [name, top, value],
                "categories": [name, top + 1, table.chart_label, end, table.chart_label],
                "values": [name, top + 1, value, end, value],
                "fill": {"color": "#1F4E79"},
                "data_labels": {"value": True},
                "gap": 40,
            }
        )
        if table.chart == "bar":
            chart.set_y_axis({"reverse": True})
        chart.set_title({"name": table.caption, "name_font": {"size": 12}})
        chart.set_legend({"none": True})
        chart.set_size({"width": 720, "height": 120 + 26 * max(6, len(table.rows))})
        sheet.insert_chart(end + 4, 0, chart)

    # -- cells --------------------------------------------------------------------------------------------------------
    def _header(self, column: Column) -> Any:
        return self.book.add_format(
            {**self._base, "bold": True, "bottom": 1, "top": 2, "bg_color": "#F3F6FA", "text_wrap": True}
            | {"align": "right" if column.numeric else "left"}
        )

    def _cell(self, sheet: Worksheet, row: int, index: int, column: Column, value: CellValue, *, bold: bool) -> None:
        decimals = f".{'0' * column.digits}" if column.digits else ""
        number = {"count": "#,##0", "number": f"#,##0{decimals}", "percent": f"0{decimals}%"}.get(
            column.form, "General"
        )
        form = self.book.add_format(
            {**self._base, "bold": bold, "num_format": number, "align": "right" if column.numeric else "left"}
        )
        if isinstance(value, (int, float)):
            sheet.write_number(row, index, value, form)
        else:
            sheet.write_string(row, index, column.write(value), form)


def _pairs(block: Facts | Items) -> list[tuple[str, str]]:
    if isinstance(block, Facts):
        return block.facts
    return [(f"{number}." if block.numbered else "•", text) for number, text in enumerate(block.texts, start=1)]
