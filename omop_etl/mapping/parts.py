"""Parts of the mapping document: what a file's rows are linked to and what they give."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from omop_etl.mapping.expressions import Condition, Expr
from omop_etl.mapping.expressions.values import Constant


class Part(BaseModel):
    """A part of the document."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _zero() -> Expr:
    return Constant(constant=0)


class ValueMap(Part):
    """Values of the source and what they become.

    Attributes
    ----------
    values : dict
        From text to a number or a text.
    default : number or text, optional
        For a value that is not listed, and for none.
    """

    values: dict[str, int | float | str] = Field(min_length=1)
    default: int | float | str | None = None

    @field_validator("values", mode="before")
    @classmethod
    def _keys_are_text(cls, values: object) -> object:
        return {str(key): value for key, value in values.items()} if isinstance(values, dict) else values


class Register(Part):
    """Numbers that stand for other numbers, such as a record number for a patient number; filled by a file's rows."""

    name: str
    key: list[Expr] = Field(min_length=1)
    value: Expr


class VisitLink(Part):
    """The visit that a row belongs to.

    Attributes
    ----------
    number : expression
        Natural key of the visit, as the file that loads visits gives it.
    column : str
        Column that the account names where there is no such visit.
    date : expression, optional
        Date of the row. Where it lies more than `days` outside a visit of one of the `kinds`, the row is flagged
        ``outside_visit``.
    days : int
        Tolerance.
    kinds : list of int
        Visit concepts that the check is for; all where the list is empty.
    date_column : str
        Column that the account names for ``outside_visit``.
    """

    number: Expr
    column: str
    date: Expr | None = None
    days: int = 7
    kinds: list[int] = Field(default_factory=list)
    date_column: str = ""


class Flag(Part):
    """An entry in the account for rows that are loaded although something is odd."""

    flag: str
    when: Condition
    column: str = ""
    action: str = "kept"


class Emit(Part):
    """Rows of one CDM table.

    Attributes
    ----------
    table : str
        Table of the CDM.
    name : str
        Tells emits into one table apart; part of the rows' identifiers.
    when : condition, optional
        Which source rows give one.
    concept : expression, optional
        A concept record: fills the table's concept and source concept fields, one row per target. Rows without
        a target get concept 0 and are flagged ``unmapped``.
    column : str
        Column that the account names for ``unmapped``, and where the row gives way to one that differs.
    columns : dict
        Field to expression. The table's own identifier, ``person_id`` and ``visit_occurrence_id`` are filled in.
    key : list of expressions
        Natural key of the CDM row, where it is not the source row's: rows with one key are loaded once.
    same : expression, optional
        What rows of other emits that mean the same have in common; see `Resolve`.
    rank : expression or number
        Precedence among such rows; the lowest stays.
    """

    table: str
    name: str = ""
    when: Condition | None = None
    concept: Expr | None = None
    column: str = ""
    columns: dict[str, Expr] = Field(default_factory=dict)
    key: list[Expr] = Field(default_factory=list)
    same: Expr | None = None
    rank: Expr = Field(default_factory=_zero)


class Numbered(Part):
    """Columns that repeat with a number: ``{columns: {编码: "其他诊断编码{n}"}, to: 40}``.

    Attributes
    ----------
    columns : dict
        Field of the item to column name with ``{n}``.
    start, to : int
        First and last number; written ``from`` and ``to``.
    first : dict
        Columns of an item before the first, such as the main diagnosis; it gets the number before `start`.
    """

    columns: dict[str, str] = Field(min_length=1)
    start: int = Field(1, alias="from")
    to: int
    first: dict[str, str] = Field(default_factory=dict)

    def columns_by_number(self) -> dict[int, dict[str, str]]:
        """Item number to field to column name."""
        found = {self.start - 1: self.first} if self.first else {}
        for number in range(self.start, self.to + 1):
            found[number] = {field: name.replace("{n}", str(number)) for field, name in self.columns.items()}
        return found


class Split(Part):
    """Pieces of a text: ``{text: 诊断名称, by: diagnoses, into: 名称}``.

    Attributes
    ----------
    text : expression
        What is split.
    by : str
        ``diagnoses`` for numbered lists in free text, or a regular expression of what separates the pieces.
    into : str
        Field of the item that holds a piece.
    """

    text: Expr
    by: str
    into: str


class Each(Part):
    """Several items in one source row; exactly one of `numbered`, `items` and `split` says where they come from.

    Attributes
    ----------
    name : str
        Part of the identifiers of the rows emitted.
    numbered : Numbered, optional
        Columns that repeat.
    items : list of dict, optional
        Each item's fields as expressions.
    split : Split, optional
        Pieces of a text.
    present : str
        Field that must not be empty for there to be an item; empty for none.
    let, flags, emit
        As in `FileMapping`, over items. ``position`` is the item's number.
    """

    name: str
    numbered: Numbered | None = None
    items: list[dict[str, Expr]] = Field(default_factory=list)
    split: Split | None = None
    present: str = ""
    let: dict[str, Expr] = Field(default_factory=dict)
    flags: list[Flag] = Field(default_factory=list)
    emit: list[Emit] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum((self.numbered is not None, bool(self.items), self.split is not None)) != 1:
            raise ValueError("give exactly one of numbered, items and split")
        if len({frozenset(item) for item in self.items}) > 1:
            raise ValueError("all items must have the same fields")
        if self.numbered is not None and self.numbered.first and set(self.numbered.first) != set(self.numbered.columns):
            raise ValueError("numbered.first must have the fields of numbered.columns")
        return self
