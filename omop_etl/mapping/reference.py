"""The reference of the mapping language, written from its classes: ``python -m omop_etl.mapping.reference FILE``."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel

from omop_etl.mapping.document import FileMapping, MappingDocument, NoActivityAfter, Resolve
from omop_etl.mapping.expressions import CONDITIONS, VALUES
from omop_etl.mapping.expressions.values import Constant, Name
from omop_etl.mapping.parts import Each, Emit, Flag, Numbered, Register, Split, ValueMap, VisitLink
from omop_etl.mapping.steps import STEPS

_DOCUMENT = (
    MappingDocument, ValueMap, FileMapping, Register, VisitLink, Flag, Emit, Each, Numbered, Split, Resolve,
    NoActivityAfter,
)  # fmt: skip
_ATTRIBUTE = re.compile(r"^(?P<names>[\w, ]+?)(?: : (?P<kind>.+))?$")


def mapping_reference() -> str:
    """Write the reference as Markdown.

    Returns
    -------
    str
        Every part, step and word of the language, with what its class says of it.

    Examples
    --------
    >>> "## Values" in mapping_reference()
    True
    """
    return "\n".join(
        [
            "# The mapping language",
            "",
            "Written from the classes of `omop_etl.mapping` by `python -m omop_etl.mapping.reference`; `rwe etl "
            "mapping-schema` gives the same as a JSON schema for editors. How the parts work together is told in "
            "[etl.md](etl.md).",
            *_section("The document and its parts", _DOCUMENT, titled=True),
            *_section("Steps", STEPS.values()),
            *_section("Values", (Name, Constant, *VALUES)),
            *_section("Conditions", CONDITIONS),
            "",
        ]
    )


def _section(title: str, classes: Iterable[type[BaseModel]], *, titled: bool = False) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    for kind in classes:
        text, attributes = _parts_of(inspect.getdoc(kind) or "")
        if titled:
            yield from (f"### {kind.__name__}", "", text, "")
        else:
            yield f"* {text}"
        indent = "" if titled else "  "
        yield from (f"{indent}* {line}" for line in attributes)
        if titled and attributes:
            yield ""


def _parts_of(docstring: str) -> tuple[str, list[str]]:
    """Split a docstring into its text on one line, and one line for every attribute."""
    text, _, rest = docstring.partition("\nAttributes\n----------\n")
    attributes: list[str] = []
    for line in rest.split("\n\n")[0].splitlines():
        if line.startswith(" "):
            attributes[-1] += f" {line.strip()}"
        elif found := _ATTRIBUTE.match(line):
            names = ", ".join(f"`{name.strip()}`" for name in found["names"].split(","))
            attributes.append(f"{names} ({found['kind']}):" if found["kind"] else f"{names}:")
    return " ".join(text.replace("``", "`").split()), [line.replace("``", "`") for line in attributes]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(mapping_reference(), "utf-8")
