"""What decides whether a source row is used: the steps that a file's rows pass, in the order they are written."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from omop_etl.mapping.expressions import Condition, Expr
from omop_etl.mapping.expressions.values import Constant


class Step(BaseModel):
    """One step; its first field is the word that it is written with."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _always() -> Condition:
    return Constant(constant=True)


class Duplicates(Step):
    """Merge rows that repeat an earlier row in every column: ``duplicates: duplicate``."""

    duplicates: str


class KnownPerson(Step):
    """Reject rows whose person is not loaded: ``known_person: 患者ID``, naming the column for the account.

    The reasons are ``damaged_identifier`` where a spreadsheet has rounded the number, and ``unknown_person``.
    """

    known_person: str


class Require(Step):
    """Reject rows that lack a date: ``require: [采样]``, naming intermediate values that are read as dates.

    The reasons are ``invalid_date`` where something stands that is not a date, and ``missing_date``.
    """

    require: list[str] = Field(min_length=1)


class Reject(Step):
    """Reject rows that meet a condition: ``{reject: cancelled, when: …, column: 取消时间}``."""

    reject: str
    when: Condition
    column: str = ""


class Merge(Step):
    """Count rows that meet a condition as merged into others: ``{merge: index, when: …}``."""

    merge: str
    when: Condition = Field(default_factory=_always)


class Latest(Step):
    """Keep the last of the rows with one key: ``{latest: [报告单号], order: [报告], reason: superseded}``.

    The others are merged. Rows are ordered by `order`, what is empty first; rows that are equal in it by their line.
    """

    latest: list[Expr] = Field(min_length=1)
    order: list[Expr] = Field(min_length=1)
    reason: str


class Void(Step):
    """Take back: rows that meet the condition, and the rows with the same key, are merged.

    ``{void: [处方号, 药物代码], when: …, reason: refunded}``
    """

    void: list[Expr] = Field(min_length=1)
    when: Condition
    reason: str


STEPS: dict[str, type[Step]] = {
    "duplicates": Duplicates,
    "known_person": KnownPerson,
    "require": Require,
    "reject": Reject,
    "merge": Merge,
    "latest": Latest,
    "void": Void,
}
"""The words that a step may be written with, and the class that each is read into."""
STEP_WORDS = tuple(STEPS)


def _word_of(value: Any) -> str | None:
    if isinstance(value, dict):
        return next((word for word in STEPS if word in value), None)
    return next((word for word, kind in STEPS.items() if isinstance(value, kind)), None)


AnyStep = Annotated[
    Annotated[Duplicates, Tag("duplicates")]
    | Annotated[KnownPerson, Tag("known_person")]
    | Annotated[Require, Tag("require")]
    | Annotated[Reject, Tag("reject")]
    | Annotated[Merge, Tag("merge")]
    | Annotated[Latest, Tag("latest")]
    | Annotated[Void, Tag("void")],
    Discriminator(_word_of),
]
