"""The words of the mapping language, each a small model that compiles itself to SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import AfterValidator, Discriminator, StrictBool, StrictFloat, StrictInt, Tag
from typing_extensions import TypeAliasType

from omop_etl.mapping.expressions import dates, links, logic, results, terms, values
from omop_etl.mapping.expressions.base import Expression

CONDITIONS: tuple[type[Expression], ...] = (
    logic.Empty,
    logic.Present,
    logic.Equals,
    logic.In,
    logic.Matches,
    logic.Less,
    logic.Between,
    logic.All,
    logic.Any,
    logic.Not,
    logic.DamagedIdentifier,
    results.Impossible,
)
VALUES: tuple[type[Expression], ...] = (
    values.Text,
    values.Raw,
    values.Concat,
    values.FirstOf,
    values.Choose,
    values.Map,
    values.Upper,
    values.Replace,
    values.Extract,
    values.Number,
    values.Integer,
    values.Times,
    dates.Datetime,
    dates.Date,
    dates.AddDays,
    dates.DaysBetween,
    dates.Latest,
    dates.Earliest,
    dates.Year,
    dates.Month,
    dates.Day,
    results.Result,
    results.Range,
    results.Unit,
    results.Limits,
    results.Within,
    terms.Code,
    terms.Diagnosis,
    terms.DiagnosisCode,
    terms.Procedure,
    terms.Drug,
    terms.Laboratory,
    terms.Term,
    terms.Route,
    terms.Concept,
    links.Find,
    links.Reference,
)
WORDS: dict[str, type[Expression]] = {kind.word(): kind for kind in (*VALUES, *CONDITIONS)}
"""Every word of the language and the class that it is read into."""


def _name(value: str) -> values.Name:
    return values.Name(name=value)


def _constant(value: float | bool) -> values.Constant:
    return values.Constant(constant=value)


def _word_of(value: Any) -> str | None:
    """Tag of the union: which class a piece of the document is read into."""
    if isinstance(value, str):
        return "name"
    if isinstance(value, bool | int | float):
        return "constant"
    if isinstance(value, Expression):
        return type(value).word()
    if isinstance(value, dict):
        return next((key for key in value if key in WORDS), None)
    return None


if TYPE_CHECKING:
    Expr = Expression
    Condition = Expression
else:
    _MEMBERS = [
        Annotated[Annotated[str, AfterValidator(_name)], Tag("name")],
        Annotated[Annotated[StrictBool | StrictInt | StrictFloat, AfterValidator(_constant)], Tag("constant")],
        *(Annotated[kind, Tag(word)] for word, kind in WORDS.items()),
    ]
    Expr = TypeAliasType("Expr", Annotated[Union[tuple(_MEMBERS)], Discriminator(_word_of)])  # noqa: UP007
    Condition = Expr

    for _model in (values.Choice, *WORDS.values()):
        _model.model_rebuild(force=True, _types_namespace={"Expr": Expr, "Condition": Condition})

__all__ = ["CONDITIONS", "VALUES", "WORDS", "Condition", "Expr", "Expression"]
