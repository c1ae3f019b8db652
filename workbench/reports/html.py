"""A report as one HTML page that needs nothing beside it."""

from __future__ import annotations

from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from workbench.locales import translator
from workbench.reports.charts import web_svg
from workbench.reports.fonts import WEB_STACK
from workbench.reports.model import Figure, ReportModel

_TEMPLATES: Final = Environment(
    loader=PackageLoader("workbench.reports", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def to_html(report: ReportModel) -> bytes:
    """Render a report as a single page: style and charts inside, no script, no request to anywhere.

    Parameters
    ----------
    report : ReportModel
        What to say; every text is escaped.

    Returns
    -------
    bytes
        A ``.html`` file in UTF-8.
    """
    t = translator(report.language)
    page = _TEMPLATES.get_template("report.html.j2").render(
        report=report, t=t, sections=list(report.pages(t)), svg=_svg, fonts=Markup(WEB_STACK)
    )
    return page.encode()


def _svg(figure: Figure) -> Markup:
    return Markup(web_svg(figure.chart))
