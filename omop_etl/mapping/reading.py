"""Read a mapping document from YAML, and refuse it with the path of what is wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from omop_etl.errors import UsageError
from omop_etl.mapping.document import MappingDocument
from omop_etl.mapping.expressions import WORDS
from omop_etl.mapping.scope import MappingError
from omop_etl.mapping.steps import STEP_WORDS

_SHOWN = 10


class _UniqueKeys(yaml.SafeLoader):
    """YAML without repeated keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        repeated = {str(key) for key in keys if keys.count(key) > 1}
        if repeated:
            raise yaml.MarkedYAMLError(problem=f"repeated key {sorted(repeated)[0]}", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep=deep)


def read_mapping(path: Path) -> MappingDocument:
    """Read a mapping document.

    Parameters
    ----------
    path : pathlib.Path
        A YAML file in UTF-8.

    Returns
    -------
    MappingDocument
        Checked for its form; names of columns, tables and fields are checked when it is compiled.

    Raises
    ------
    UsageError
        There is no such file.
    MappingError
        It is not YAML, or something in it is not known to the language; the message gives the path.
    """
    if not path.is_file():
        raise UsageError("there is no mapping document at {path}", todo="check the path", path=path)
    return mapping_from_text(path.read_text(encoding="utf-8"), path.name)


def library_mapping(name: str) -> MappingDocument:
    """Read a mapping that ships with the package.

    Examples
    --------
    >>> library_mapping("sample_hospital").mapping
    'sample_hospital'
    """
    source = resources.files(__package__).joinpath("library", f"{name}.yaml")
    if not source.is_file():
        raise UsageError(
            "no mapping called {name} ships with the package; there are {known}",
            todo="use one of these, or give the path of a file",
            name=name,
            known=", ".join(library_names()),
        )
    return mapping_from_text(source.read_text(encoding="utf-8"), f"{name}.yaml")


def library_names() -> list[str]:
    """List the names of the mappings that ship with the package."""
    folder = resources.files(__package__).joinpath("library")
    return sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))


def mapping_from_text(text: str, name: str) -> MappingDocument:
    """Read a mapping document from its text; `name` stands in messages."""
    try:
        content = yaml.load(text, _UniqueKeys)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise MappingError(
            "{file}, line {line}: this is not YAML that can be read: {problem}",
            todo="correct the document",
            file=name,
            line=mark.line + 1 if mark else 0,
            problem=error.problem or "unknown problem",
        ) from None
    try:
        return MappingDocument.model_validate(content)
    except ValidationError as error:
        problems = [f"{_path(item['loc'])}: {_problem(item)}" for item in error.errors()]
        more = f" (and {len(problems) - _SHOWN} more)" if len(problems) > _SHOWN else ""
        raise MappingError(
            "{file} is not a mapping document: {problems}",
            todo="correct these places; `rwe etl mapping-schema` prints what is allowed",
            file=name,
            problems="; ".join(problems[:_SHOWN]) + more,
        ) from None


def mapping_hash(mapping: MappingDocument) -> str:
    """Digest of what a mapping says, whatever its layout and comments."""
    canonical = json.dumps(_content(mapping), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _content(value: object) -> object:
    """Model as plain values, each under the name of its class."""
    if isinstance(value, BaseModel):
        return {type(value).__name__: {name: _content(getattr(value, name)) for name in type(value).model_fields}}
    if isinstance(value, dict):
        return {key: _content(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_content(item) for item in value]
    return value


def mapping_schema() -> dict[str, Any]:
    """JSON schema of the mapping language, for editors."""
    return MappingDocument.model_json_schema(by_alias=True)


def _path(location: Sequence[int | str]) -> str:
    """Path in the document, without the tags of unions."""
    steps: list[str] = []
    for i, step in enumerate(location):
        following = location[i + 1] if i + 1 < len(location) else None
        if isinstance(step, int):
            steps[-1:] = [f"{steps[-1] if steps else ''}[{step + 1}]"]
        elif not _is_tag(step, following):
            steps.append(step)
    return ".".join(steps) or "the document"


def _is_tag(step: str, following: int | str | None) -> bool:
    """Whether a step of a location names a member of a union and not a key of the document."""
    if step in ("name", "constant"):
        return following is None
    return step == following and step in (*WORDS, *STEP_WORDS)


def _problem(item: Any) -> str:
    if item["type"] == "union_tag_not_found":
        given = item["input"]
        keys = ", ".join(str(key) for key in given) if isinstance(given, dict) else type(given).__name__
        words = STEP_WORDS if item["loc"][-2:-1] == ("steps",) else WORDS
        return f"{keys} is not a word of the mapping language; known are {', '.join(sorted(words))}"
    if item["type"] == "extra_forbidden":
        return "this key is not known here"
    return str(item["msg"]).removeprefix("Value error, ")
