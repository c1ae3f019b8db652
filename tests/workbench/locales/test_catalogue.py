"""The Chinese catalogue says what the code says, all of it and nothing else."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from omop_etl.errors import RweError, UsageError
from workbench.locales import language_of, translator
from workbench.locales.__main__ import differences
from workbench.locales.translator import CATALOGUES

ROOT = Path(__file__).resolve().parents[3]


def test_every_message_is_translated_and_no_translation_is_idle() -> None:
    missing, unused = differences(ROOT)
    assert (missing, unused) == ([], []), "run `python -m workbench.locales update` and translate what it lists"


def test_translations_fill_in_the_same_values() -> None:
    with CATALOGUES["zh"].open("rb") as source:
        for entry in read_po(source):
            assert _fields(str(entry.id)) == _fields(str(entry.string)), entry.id


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_an_error_is_said_in_both_languages() -> None:
    error = RweError("there is no file {file}", todo="check the path of the definition", file="a.json")
    assert translator("en").error(error) == "there is no file a.json\n  what to do: check the path of the definition"
    assert translator("zh").error(error).startswith("没有文件 a.json\n")


def test_a_language_that_is_not_spoken_is_refused() -> None:
    with pytest.raises(UsageError, match="the language fr is not available"):
        language_of("fr")


def test_a_text_in_one_language_serves_both() -> None:
    assert translator("zh").pick({"zh": "队列", "en": "cohort"}) == "队列"
    assert translator("zh").pick({"en": "cohort"}) == "cohort"
