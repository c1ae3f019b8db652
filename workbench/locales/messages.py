"""Find the messages that the code says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PACKAGES: Final = ("workbench", "omop_etl", "cohorts", "analyses")
_SAYING: Final = {"t", "mark", "tell", "progress"}
_ERRORS: Final = {"RweError", "UsageError", "CannotAnswerError", "Problem"}
_ALWAYS: Final = ("what to do",)


@dataclass(frozen=True, order=True)
class Message:
    """A text to translate, and where it stands."""

    text: str
    file: str
    line: int


def messages_of(root: Path, packages: tuple[str, ...] = PACKAGES) -> list[Message]:
    """Find every message in the Python files of some packages.

    A message is the first argument of ``t(...)``, ``mark(...)``, ``tell(...)`` or ``progress(...)``, and the templates
    of an error or a problem (its first argument and ``todo=``).

    Parameters
    ----------
    root : pathlib.Path
        Folder that holds the packages.
    packages : tuple of str
        Folders to search.

    Returns
    -------
    list of Message
        In the order of the files.
    """
    found = [Message(text, "omop_etl/errors.py", 1) for text in _ALWAYS]
    for package in packages:
        for file in sorted((root / package).rglob("*.py")):
            name = file.relative_to(root).as_posix()
            found += [Message(text, name, line) for text, line in _messages_in(file.read_text("utf-8"))]
    return found


def _messages_in(source: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = _called(node.func)
        spoken: list[ast.expr] = []
        if name in _SAYING or name in _ERRORS:
            spoken += node.args[:1]
        if name in _ERRORS:
            spoken += [keyword.value for keyword in node.keywords if keyword.arg == "todo"]
        for value in spoken:
            for text in _constants(value):
                yield text, node.lineno


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _constants(value: ast.expr) -> Iterator[str]:
    """Yield a literal text, or the two of a conditional expression; a computed text cannot be translated."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _constants(value.body)
        yield from _constants(value.orelse)
