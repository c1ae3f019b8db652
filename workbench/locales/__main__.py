"""Keep the Chinese catalogue in step with the code: ``python -m workbench.locales [update|check]``."""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from workbench.locales.messages import messages_of
from workbench.locales.translator import CATALOGUES

_WIDTH = 110


def catalogue_of_code(root: Path) -> Catalog:
    """Collect the messages of the code, untranslated."""
    catalogue = Catalog(project="RWE Workbench", charset="utf-8")
    for message in messages_of(root):
        catalogue.add(message.text, locations=[(message.file, message.line)])
    return catalogue


def differences(root: Path) -> tuple[list[str], list[str]]:
    """Compare the Chinese catalogue with the code.

    Parameters
    ----------
    root : pathlib.Path
        Folder that holds the packages.

    Returns
    -------
    tuple of (list of str, list of str)
        Messages that have no translation, and translations that nothing says.
    """
    said = {message.text for message in messages_of(root)}
    with CATALOGUES["zh"].open("rb") as source:
        translated = {str(entry.id): bool(entry.string) and not entry.fuzzy for entry in read_po(source) if entry.id}
    missing = sorted(text for text in said if not translated.get(text))
    return missing, sorted(set(translated) - said)


def update(root: Path) -> None:
    """Add new messages to the Chinese catalogue, untranslated, and drop those that nothing says any more."""
    fresh = catalogue_of_code(root)
    path = CATALOGUES["zh"]
    if path.exists():
        with path.open("rb") as source:
            old = read_po(source, locale="zh_CN")
        for entry in fresh:
            known = old.get(entry.id) if entry.id else None
            if known is not None and not known.fuzzy:
                entry.string = known.string
    fresh.locale = "zh_CN"
    fresh.fuzzy = False
    with path.open("wb") as target:
        write_po(target, fresh, width=_WIDTH, sort_by_file=True, no_location=True, omit_header=False)


def main(arguments: list[str]) -> int:
    """Run one of the two commands on the packages around this file."""
    root = Path(__file__).resolve().parents[2]
    if arguments[:1] == ["update"]:
        update(root)
    missing, unused = differences(root)
    for text in missing:
        sys.stdout.write(f"not translated: {text!r}\n")
    for text in unused:
        sys.stdout.write(f"not used: {text!r}\n")
    return 1 if missing or unused else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
