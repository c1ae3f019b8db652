"""From a report to a file of any format."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal, cast, get_args

from omop_etl.errors import UsageError
from workbench.reports.model import ReportModel

ReportFormat = Literal["docx", "xlsx", "pdf", "html"]

FORMATS: Final[dict[ReportFormat, str]] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "html": "text/html",
}
"""Every format with its media type."""


def render(report: ReportModel, form: ReportFormat) -> bytes:
    """Render a report.

    Parameters
    ----------
    report : ReportModel
        What to say.
    form : {"docx", "xlsx", "pdf", "html"}
        In what.

    Returns
    -------
    bytes
        The file.
    """
    if form == "docx":
        from workbench.reports.docx import to_docx

        return to_docx(report)
    if form == "xlsx":
        from workbench.reports.xlsx import to_xlsx

        return to_xlsx(report)
    if form == "pdf":
        from workbench.reports.pdf import to_pdf

        return to_pdf(report)
    from workbench.reports.html import to_html

    return to_html(report)


def write(report: ReportModel, folder: Path, name: str, formats: Iterable[ReportFormat]) -> list[Path]:
    """Write a report in some formats.

    Parameters
    ----------
    report : ReportModel
        What to say.
    folder : pathlib.Path
        Where to; made if need be.
    name : str
        Stem of the files.
    formats : iterable of {"docx", "xlsx", "pdf", "html"}
        Which.

    Returns
    -------
    list of pathlib.Path
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for form in formats:
        file = folder / f"{name}.{form}"
        file.write_bytes(render(report, form))
        files.append(file)
    return files


def formats_of(text: str) -> list[ReportFormat]:
    """Read a list such as ``docx,pdf``.

    Parameters
    ----------
    text : str
        Formats separated by commas.

    Returns
    -------
    list of {"docx", "xlsx", "pdf", "html"}
        Each once, in order.

    Raises
    ------
    UsageError
        One of them is not a format.

    Examples
    --------
    >>> formats_of("docx, pdf,docx")
    ['docx', 'pdf']
    """
    names = list(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    for name in names:
        if name not in get_args(ReportFormat):
            raise UsageError(
                "{name} is not a report format", todo="use some of: {formats}", name=name, formats=", ".join(FORMATS)
            )
    return cast("list[ReportFormat]", names)
