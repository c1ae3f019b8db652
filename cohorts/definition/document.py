"""A cohort definition as a document: an expression with a name, a description and its semantics."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from cohorts.definition.expression import CohortExpression
from cohorts.definition.referred import with_cohorts
from cohorts.definition.unknown_keys import first_unknown_key
from cohorts.definition.values import Semantics
from omop_etl.errors import RweError, UsageError

_FORMAT = "rwe-cohort/1"
_PHENOTYPE = "rwe-phenotype/"


class CohortDefinition(BaseModel):
    """Who is in, from when and until when.

    Attributes
    ----------
    name : str
        What people call it.
    description : str
        What it is for; may be empty.
    semantics : {"circe", "exact"}
        ``circe`` gives exactly the rows of OHDSI Circe, with its year-difference ages and known quirks; ``exact`` gives
        what a clinician means.
    expression : CohortExpression
        The definition proper.

    Examples
    --------
    >>> definition = read_definition({"PrimaryCriteria": {"CriteriaList": [{"Death": {}}]}}, name="deaths")
    >>> definition.name, definition.semantics
    ('deaths', 'circe')
    >>> definition.hash == read_definition(definition.to_json()).hash
    True
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str = ""
    semantics: Semantics = "exact"
    expression: CohortExpression

    @property
    def hash(self) -> str:
        """SHA-256 over the expression and its semantics; the name does not count."""
        content = {"semantics": self.semantics, "expression": self.expression.to_json()}
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return the document as a JSON object; `read_definition` takes it back."""
        return {
            "format": _FORMAT,
            "name": self.name,
            "description": self.description,
            "semantics": self.semantics,
            "expression": self.expression.to_json(),
        }


def read_definition(
    source: Path | str | dict[str, Any], *, name: str = "", semantics: Semantics | None = None
) -> CohortDefinition:
    """Read a cohort definition.

    Parameters
    ----------
    source : pathlib.Path, str or dict
        A file (JSON or YAML), or its parsed content: a bare Circe expression, an ATLAS export with the expression under
        ``expression``, a document written by `CohortDefinition.to_json`, or a phenotype of the library.
    name : str
        Name to use where the source has none; the file's stem by default.
    semantics : {"circe", "exact"}, optional
        Overrides what the source says. A source that says nothing has Circe's semantics.

    Returns
    -------
    CohortDefinition
        The definition. Writing it back gives the same JSON, keys unknown here included.

    Raises
    ------
    UsageError
        The file does not exist.
    RweError
        The content is not a cohort definition; the message names the path inside it.
    """
    if isinstance(source, dict):
        source = _definition_in(source)
        return _from_content(with_cohorts(source, _parsed, None), name or "cohort", semantics)
    path = Path(source)
    if not path.is_file():
        raise UsageError("there is no file {file}", todo="check the path of the definition", file=str(source))
    trail = (path.resolve(),)
    content = with_cohorts(_definition_in(_parsed(path)), _parsed, path.resolve().parent, trail)
    return _from_content(content, name or path.stem, semantics)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = yaml.safe_load(text) if path.suffix in (".yaml", ".yml") else json.loads(text)
    except UnicodeDecodeError as error:
        raise RweError(
            "{file} is not UTF-8 text (byte {position})",
            todo="save it as UTF-8",
            file=path.name,
            position=error.start,
        ) from None
    except RecursionError:
        raise RweError(
            "{file} is nested too deeply to be read",
            todo="put fewer groups and criteria inside each other",
            file=path.name,
        ) from None
    except json.JSONDecodeError as error:
        raise RweError(
            "{file} is not valid JSON: {reason} at line {line}, column {column}",
            todo="export the definition again, or mend that place",
            file=path.name,
            reason=error.msg,
            line=error.lineno,
            column=error.colno,
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise RweError(
            "{file} is not valid YAML (line {line})",
            todo="mend that place",
            file=path.name,
            line=mark.line + 1 if mark else "?",
        ) from None
    if not isinstance(content, dict):
        raise RweError("{file} holds no JSON object", todo="give a cohort definition", file=path.name)
    return content


def _definition_in(content: dict[str, Any]) -> dict[str, Any]:
    """Take the definition out of a phenotype, which has texts and references beside it."""
    inner = content.get("definition")
    is_phenotype = str(content.get("format", "")).startswith(_PHENOTYPE)
    return inner if is_phenotype and isinstance(inner, dict) else content


def _from_content(content: dict[str, Any], name: str, semantics: Semantics | None) -> CohortDefinition:
    expression: Any = content
    said: Semantics = "circe"
    description = ""
    if "expression" in content and "PrimaryCriteria" not in content:
        name = str(content.get("name") or name)
        description = str(content.get("description") or "")
        expression = content["expression"]
        if content.get("format") == _FORMAT:
            said = content.get("semantics", "exact")
        if isinstance(expression, str):
            try:
                expression = json.loads(expression)
            except json.JSONDecodeError as error:
                raise RweError(
                    "{name}: the text under 'expression' is not valid JSON at character {position}",
                    todo="export the definition again",
                    name=name,
                    position=error.pos,
                ) from None
    try:
        definition = CohortDefinition(
            name=name,
            description=description,
            semantics=semantics or said,
            expression=CohortExpression.model_validate(expression),
        )
    except ValidationError as error:
        first = error.errors()[0]
        if first["msg"].startswith("Recursion error"):
            raise RweError(
                "{name}: {path} … is nested too deeply to be read",
                todo="put fewer groups and criteria inside each other",
                name=name,
                path=path_text(first["loc"][:4]),
            ) from None
        raise RweError(
            "{name}: {path}: {reason}",
            todo="mend that place in the definition",
            name=name,
            path=path_text(first["loc"]),
            reason=first["msg"],
        ) from None
    unknown = first_unknown_key(definition.expression)
    if unknown is not None:
        raise RweError(
            "{name}: {path} is not an attribute known here{near}",
            todo="remove it or mend its spelling; nothing is ignored in silence",
            name=name,
            path=unknown.path,
            near=f"; did you mean {unknown.near}?" if unknown.near else "",
        )
    return definition


def path_text(location: tuple[str | int, ...]) -> str:
    """Path inside a definition, as people write it.

    Examples
    --------
    >>> path_text(("InclusionRules", 0, "expression", "Type"))
    'InclusionRules[0].expression.Type'
    """
    text = ""
    for part in location:
        if part in ("int", "float"):  # pydantic's names for the members of "a number"
            continue
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "the definition"
