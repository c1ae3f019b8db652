"""The two languages of the workbench: English in the code, Chinese in one catalogue beside it."""

from workbench.locales.translator import LANGUAGES, Language, Translator, language_of, mark, translator

__all__ = ["LANGUAGES", "Language", "Translator", "language_of", "mark", "translator"]
