"""The account of the example in words."""

from __future__ import annotations

import json

import pytest

from workbench.locales import LANGUAGES, Language, translator
from workbench.words import account_word
from workbench.workspace import Workspace


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_every_reason_of_the_account_has_words(demo: Workspace, language: Language) -> None:
    account = json.loads((demo.folder / "cdm.account.json").read_text())
    names = {name for file in account["files"] for name in (*file["reasons"], *file["issues"])}
    t = translator(language)
    assert [name for name in sorted(names) if account_word(t, name) == name] == []
