"""What protocols and studies have in common: texts in two languages, cohorts by reference, a fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cohorts import read_definition
from cohorts.definition.document import path_text
from omop_etl.errors import RweError, UsageError
from workbench.locales import Language

Texts = dict[Language, str]
"""A text in each language that its author has given it in."""

CohortReference = str | dict[str, Any]
"""A cohort: the path of a definition, from the document that names it, or the definition itself."""

Document = TypeVar("Document", bound="StudyDocument")


class StudyDocument(BaseModel):
    """A document that is run on a snapshot.

    Attributes
    ----------
    name : str
        Short name, for files and addresses.
    title, purpose : dict
        For readers, by language.
    labels : dict
        Names of rules, concept sets and groups as the definitions have them, with what to show instead, by language.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    title: Texts
    purpose: Texts = Field(default_factory=dict)
    labels: dict[str, Texts] = Field(default_factory=dict)

    @property
    def hash(self) -> str:
        """SHA-256 over the whole document, cohorts included."""
        return fingerprint(self.model_dump(mode="json"))

    def label(self, name: str, language: Language) -> str:
        """Say a name of the definitions in a language."""
        return self.labels.get(name, {}).get(language, name)


def fingerprint(content: object) -> str:
    """Return the SHA-256 of plain JSON content, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def read_document(
    kind: type[Document],
    source: Path | str | dict[str, Any],
    with_cohorts: Callable[[dict[str, Any], Path], dict[str, Any]],
) -> Document:
    """Read a document and put the cohorts that it names into it.

    Parameters
    ----------
    kind : type
        Of the document.
    source : pathlib.Path, str or dict
        A YAML or JSON file, or its content.
    with_cohorts : callable
        Takes the content and the folder that paths in it start from, and gives the content with the definitions in it.

    Returns
    -------
    StudyDocument
        Complete in itself: the definitions stand in it.

    Raises
    ------
    UsageError
        The file, or that of a cohort, does not exist.
    RweError
        The content is not such a document; the message names the path inside it.
    """
    if isinstance(source, dict):
        content, folder, name = dict(source), Path(), str(source.get("name", "document"))
    else:
        path = Path(source)
        content, folder, name = _parsed(path), path.parent, path.name
    try:
        return kind.model_validate(with_cohorts(content, folder))
    except ValidationError as error:
        first = error.errors()[0]
        raise RweError(
            "{file}: {path}: {reason}",
            todo="mend that place in the document",
            file=name,
            path=path_text(first["loc"]),
            reason=first["msg"],
        ) from None


def embedded(reference: CohortReference, folder: Path) -> dict[str, Any]:
    """Return the definition that a reference names, as JSON; paths start from `folder`."""
    definition = read_definition(reference if isinstance(reference, dict) else folder / reference)
    return definition.to_json()


def _parsed(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise UsageError("there is no file {file}", todo="check the path of the document", file=str(path))
    try:
        content = yaml.safe_load(path.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RweError(
            "{file} is not UTF-8 text (byte {position})", todo="save it as UTF-8", file=path.name, position=error.start
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
        raise RweError("{file} holds no document", todo="give a protocol or a study", file=path.name)
    return content
