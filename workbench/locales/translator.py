"""Say a message in a language."""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from omop_etl.errors import RweError, UsageError

Language = Literal["zh", "en"]

LANGUAGES: Final[dict[Language, str]] = {"zh": "中文", "en": "English"}
"""Every language with the name it gives itself; the first is the default."""

CATALOGUES: Final[dict[Language, Path]] = {"zh": Path(__file__).parent / "zh_CN" / "LC_MESSAGES" / "rwe.po"}
"""The catalogue of every language but English, which is the language of the messages themselves."""


class Translator:
    """A function from an English message to the same message in one language.

    It closes over its catalogue and holds no state of a session, so that threads may share it and a widget may keep it.

    Parameters
    ----------
    language : {"zh", "en"}
        The language to speak.
    catalogue : gettext.NullTranslations
        Where its messages stand.

    Examples
    --------
    >>> t = translator("zh")
    >>> t("Cohort")
    '队列'
    >>> t("{persons} persons", persons=t.number(1234))
    '1,234 人'
    """

    def __init__(self, language: Language, catalogue: gettext.NullTranslations) -> None:
        self.language: Language = language
        self._catalogue = catalogue

    def __call__(self, message: str, **values: object) -> str:
        """Translate a message and fill in its values."""
        said = self._catalogue.gettext(message)
        return said.format(**values) if values else said

    def error(self, error: RweError) -> str:
        """Say an error, and what to do about it."""
        return error.text(self)

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number with thousands separators and a fixed number of decimals."""
        return f"{value:,.{digits}f}"

    def percent(self, share: float, digits: int = 1) -> str:
        """Write a share of one as a percentage."""
        return f"{100 * share:.{digits}f}%"

    def join(self, sentences: Iterable[str]) -> str:
        """Put sentences one after the other; Chinese has no space between them."""
        return ("" if self.language == "zh" else " ").join(sentences)

    def pick(self, texts: dict[Language, str]) -> str:
        """Choose among texts that a document gives in several languages; the other one where this is missing."""
        return texts.get(self.language) or next(iter(texts.values()), "")


def mark(message: str) -> str:
    """Name a message that is translated later, so that the catalogue holds it."""
    return message


def language_of(code: str) -> Language:
    """Find the language that a code such as ``zh-CN`` or ``en_US.UTF-8`` asks for.

    Parameters
    ----------
    code : str
        A BCP 47 tag or a POSIX locale.

    Returns
    -------
    {"zh", "en"}
        The language.

    Raises
    ------
    UsageError
        The workbench does not speak it.

    Examples
    --------
    >>> language_of("zh-CN"), language_of("en_US.UTF-8")
    ('zh', 'en')
    """
    prefix = code.replace("_", "-").split("-")[0].lower()
    if prefix not in LANGUAGES:
        raise UsageError(
            "the language {code} is not available",
            todo="use one of: {languages}",
            code=code,
            languages=", ".join(LANGUAGES),
        )
    return prefix


@lru_cache
def translator(language: Language) -> Translator:
    """Return the translator of a language.

    Parameters
    ----------
    language : {"zh", "en"}
        A key of `LANGUAGES`.

    Returns
    -------
    Translator
        The same object for the same language.
    """
    if language not in CATALOGUES:
        return Translator(language, gettext.NullTranslations())
    return Translator(language, _compiled(CATALOGUES[language]))


def _compiled(catalogue: Path) -> gettext.GNUTranslations:
    """Read a catalogue as translators edit it; compiling it here leaves no second file that could be out of date."""
    with catalogue.open("rb") as source:
        messages = read_po(source)
    binary = BytesIO()
    write_mo(binary, messages)
    binary.seek(0)
    return gettext.GNUTranslations(binary)
