"""The mapping document: how the files of one hospital become CDM rows.

The document is data. What it says is checked when it is read (unknown keys are refused with their path) and compiled to
set-based SQL when it is run; ``docs/etl.md`` is its reference.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from omop_etl.mapping.expressions import Expr
from omop_etl.mapping.parts import Each, Emit, Flag, Part, Register, ValueMap, VisitLink
from omop_etl.mapping.steps import AnyStep


class FileMapping(Part):
    """One kind of file.

    Attributes
    ----------
    name : str
        What the file holds; part of the identifiers of the rows it gives.
    match : list of str
        Patterns of file names.
    required : bool
        The extract must have it.
    delimiter : str, optional
        What separates the fields, where it cannot be found from the header.
    aliases : dict
        Column name used here to other names it may have, besides the known aliases.
    optional : list of str
        Columns that may be absent; they count as empty.
    key : list of expressions
        What identifies a row in every delivery.
    let : dict
        Intermediate values by name.
    register, person, visit
        What the rows are linked to.
    steps : list
        What decides whether a row is used.
    flags, emit, each
        What the rows that are used give.
    otherwise : str
        Reason for rejecting a row that gives nothing.
    """

    name: str
    match: list[str] = Field(min_length=1)
    required: bool = True
    delimiter: str | None = None
    aliases: dict[str, list[str]] = Field(default_factory=dict)
    optional: list[str] = Field(default_factory=list)
    key: list[Expr] = Field(min_length=1)
    let: dict[str, Expr] = Field(default_factory=dict)
    register_: Register | None = Field(None, alias="register")
    person: Expr | None = None
    visit: VisitLink | None = None
    steps: list[AnyStep] = Field(default_factory=list)
    flags: list[Flag] = Field(default_factory=list)
    emit: list[Emit] = Field(default_factory=list)
    each: list[Each] = Field(default_factory=list)
    otherwise: str = "nothing_to_load"

    @property
    def emits(self) -> list[Emit]:
        """Every emit of the file."""
        return [*self.emit, *(emit for each in self.each for emit in each.emit)]


class Resolve(Part):
    """What is done where rows of several files or emits mean the same thing.

    Attributes
    ----------
    table : str
        Table of the CDM.
    by : list of str
        Fields that rows which mean the same have in common, besides their ``same`` expression.
    reason : str
        Reason and rule for the rows that give way.
    differing : str
        Field in which a row that gives way must differ for its source row, if that stays for other reasons, to be
        flagged; empty flags none.
    agreeing_reason : str
        Reason instead, where `differing` is given and the row agrees.
    """

    table: str
    by: list[str] = Field(min_length=1)
    reason: str
    differing: str = ""
    agreeing_reason: str = ""


class NoActivityAfter(Part):
    """Reject deaths after which the person still had events.

    Attributes
    ----------
    days : int
        Events up to this many days after the death do not count.
    tables : list of str
        Tables that the events are looked for in.
    reason : str
        Reason for the rejection.
    """

    days: int = 60
    tables: list[str] = Field(min_length=1)
    reason: str = "activity_after_death"


class Source(Part):
    """Where the data come from; becomes CDM_SOURCE."""

    name: str
    abbreviation: str = Field(max_length=25)
    holder: str
    description: str = ""
    release_date: str = ""


class MappingDocument(Part):
    """A whole mapping.

    Attributes
    ----------
    mapping, version : str
        Its name and version, kept with every CDM that it makes.
    language : int
        Version of the mapping language.
    title : dict
        Language code to title.
    source : Source
        Where the data come from.
    value_maps : dict
        Named value maps.
    ignore : list of str
        Patterns of data files that are left unread on purpose.
    files : list of FileMapping
        In the order in which they are run: a file comes after those whose persons, visits and registers it uses.
    deaths : NoActivityAfter, optional
        Check on deaths.
    resolve : list of Resolve
        Precedence among rows that mean the same.
    """

    mapping: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str
    language: Literal[1] = 1
    title: dict[str, str] = Field(default_factory=dict)
    source: Source
    value_maps: dict[str, ValueMap] = Field(default_factory=dict)
    ignore: list[str] = Field(default_factory=list)
    files: list[FileMapping] = Field(min_length=1)
    deaths: NoActivityAfter | None = None
    resolve: list[Resolve] = Field(default_factory=list)
