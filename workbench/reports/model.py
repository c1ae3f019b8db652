"""What a report says, before any format: the one model that all renderers read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from workbench.locales import Language, Translator

CellValue = str | int | float | None
Tone = Literal["plain", "finding", "note", "warning"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Paragraph(_Part):
    """Some sentences.

    Attributes
    ----------
    text : str
        Plain text; nothing in it is markup.
    tone : {"plain", "finding", "note", "warning"}
        What it is for: a finding stands out, a warning more so, a note is small.
    """

    kind: Literal["paragraph"] = "paragraph"
    text: str
    tone: Tone = "plain"


class Items(_Part):
    """Sentences as a list; numbered where their order matters."""

    kind: Literal["items"] = "items"
    texts: list[str]
    numbered: bool = False


class Facts(_Part):
    """Names with their values, such as assumptions."""

    kind: Literal["facts"] = "facts"
    facts: list[tuple[str, str]]


class Column(_Part):
    """A column of a table: its heading, and how its values are written.

    Attributes
    ----------
    name : str
        The heading.
    form : {"text", "count", "number", "percent"}
        Counts have separators, numbers `digits` decimals, percentages are given as shares of one. Text in a numeric
        column is written as it is: a suppressed count is text.
    digits : int
        Decimals of numbers and percentages.
    """

    name: str
    form: Literal["text", "count", "number", "percent"] = "text"
    digits: int = 1

    @property
    def numeric(self) -> bool:
        """Whether its values stand at the right."""
        return self.form != "text"

    def write(self, value: CellValue) -> str:
        """Write one of its values.

        Examples
        --------
        >>> Column(name="persons", form="count").write(1234)
        '1,234'
        >>> Column(name="share", form="percent").write(0.456)
        '45.6%'
        """
        if value is None:
            return "–"
        if isinstance(value, str):
            return value
        if self.form == "percent":
            return f"{100 * value:.{self.digits}f}%"
        return f"{value:,.{self.digits}f}" if self.form == "number" else f"{value:,}"


class Table(_Part):
    """A table with a caption.

    Attributes
    ----------
    caption : str
        Without a number: renderers count.
    columns : list of Column
        Headings and forms.
    rows : list of list
        One value a column.
    note : str
        Small print below.
    sheet : str
        Name of its sheet in a workbook.
    chart : {"bar", "column", "line"}, optional
        A native chart in the workbook, of column `chart_label` against column `chart_column`.
    only_in_workbook : bool
        Leave the table out of the other formats: a figure shows it there.
    emphasis : list of int
        Rows to set in bold.
    """

    kind: Literal["table"] = "table"
    caption: str
    columns: list[Column]
    rows: list[list[CellValue]]
    note: str = ""
    sheet: str = ""
    chart: Literal["bar", "column", "line"] | None = None
    chart_column: int = 1
    chart_label: int = 0
    only_in_workbook: bool = False
    emphasis: list[int] = Field(default_factory=list)

    @model_validator(mode="after")
    def _rows_fit(self) -> Table:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} values for {len(self.columns)} columns")
        return self

    def texts(self) -> list[list[str]]:
        """Every row as it is written."""
        return [[column.write(value) for column, value in zip(self.columns, row, strict=True)] for row in self.rows]

    def weights(self) -> list[int]:
        """Share of the width that each column asks for: its longest text, and room around it."""
        texts = [[column.name for column in self.columns], *self.texts()]
        return [min(46, 2 + max(width_of(row[i]) for row in texts)) for i in range(len(self.columns))]


class Figure(_Part):
    """A chart with a caption.

    Attributes
    ----------
    caption : str
        Without a number.
    alt : str
        What the figure shows, in words, for those who cannot see it.
    chart : dict
        A Vega-Lite specification with its data inside.
    width_cm : float
        Width on a page.
    """

    kind: Literal["figure"] = "figure"
    caption: str
    alt: str
    chart: dict[str, Any]
    width_cm: float = 15.5


Block = Annotated[Paragraph | Items | Facts | Table | Figure, Field(discriminator="kind")]


class Section(_Part):
    """A heading and what stands below it."""

    title: str
    blocks: list[Block]


class Headline(_Part):
    """A number that a reader takes away, with what it counts."""

    label: str
    value: str
    note: str = ""


class Provenance(_Part):
    """What the numbers were computed from, so that they can be computed again.

    Attributes
    ----------
    document, document_hash : str
        Name and SHA-256 of the protocol or study.
    definition_hash : str
        SHA-256 of the cohort definitions in it.
    snapshot : str
        Name of the CDM's content.
    data_source, vocabulary : str
        Name of the source and version of the vocabulary, as the CDM gives them.
    data_until : str
        Last day covered by the data.
    software : str
        Name and version of this program.
    created : datetime.datetime
        When, with time zone.
    suppression : str
        The rule on small counts, in words.
    command : str
        How to compute it again.
    """

    document: str
    document_hash: str
    definition_hash: str
    snapshot: str
    data_source: str = ""
    vocabulary: str = ""
    data_until: str = ""
    software: str
    created: datetime
    suppression: str
    command: str = ""

    def facts(self, t: Translator) -> list[tuple[str, str]]:
        """Name every one that is known."""
        named = [
            (t("Document"), self.document),
            (t("Document fingerprint (SHA-256)"), _grouped(self.document_hash)),
            (t("Fingerprint of the cohort definitions"), _grouped(self.definition_hash)),
            (t("Data source"), self.data_source),
            (t("Data snapshot"), self.snapshot),
            (t("Data until"), self.data_until),
            (t("Vocabulary"), self.vocabulary),
            (t("Software"), self.software),
            (t("Computed at"), self.created.strftime("%Y-%m-%d %H:%M %Z").strip()),
            (t("Small counts"), self.suppression),
            (t("To compute it again"), self.command),
        ]
        return [(name, value) for name, value in named if value]


class ReportModel(_Part):
    """A whole report.

    Attributes
    ----------
    title, subtitle : str
        On the first page; the title also in the header of the others.
    language : {"zh", "en"}
        Of all its texts.
    headlines : list of Headline
        At most six numbers for the first page.
    sections : list of Section
        In order; renderers number them.
    provenance : Provenance
        Becomes the last section.
    """

    title: str
    subtitle: str = ""
    language: Language
    headlines: list[Headline] = Field(default_factory=list, max_length=6)
    sections: list[Section]
    provenance: Provenance

    @property
    def headlines_abreast(self) -> int:
        """How many of the headlines stand side by side on paper."""
        return 2 if len(self.headlines) in (2, 4) else 3

    def all_sections(self, t: Translator) -> Iterator[tuple[int, Section]]:
        """Yield the sections with their numbers, the provenance last."""
        origin = Section(title=t("Provenance"), blocks=[Facts(facts=self.provenance.facts(t))])
        yield from enumerate([*self.sections, origin], start=1)

    def pages(self, t: Translator) -> Iterator[tuple[int, Section]]:
        """Yield the sections as they stand on paper: without the tables that only a workbook has."""
        for number, section in self.all_sections(t):
            kept = [b for b in section.blocks if not (isinstance(b, Table) and b.only_in_workbook)]
            yield number, section.model_copy(update={"blocks": kept})

    def tables(self) -> Iterator[Table]:
        """All its tables, in order."""
        for section in self.sections:
            yield from (block for block in section.blocks if isinstance(block, Table))


def _grouped(digest: str) -> str:
    """Write a long digest in groups that a line can be broken between."""
    return " ".join(digest[start : start + 16] for start in range(0, len(digest), 16))


def width_of(text: str) -> int:
    """Count the width of a text in Latin letters; a Chinese character takes two."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)
