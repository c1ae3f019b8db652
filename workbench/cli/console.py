"""What the commands say and how: results to stdout, everything else to stderr, never a cell of anybody's data."""

from __future__ import annotations

import json
import locale
import os
import secrets
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from omop_etl.errors import RweError, UsageError
from workbench.jobs import Progress as Told
from workbench.locales import Translator, language_of, translator
from workbench.log import log_defect

_DEBUG = "RWE_DEBUG"
_said_in: list[Translator] = []


def use_language(code: str) -> None:
    """Choose the language of messages: the one asked for, or that of the system where the workbench speaks it."""
    _said_in[:] = [translator(language_of(code) if code else _system_language())]


def _system_language() -> Any:
    for code in (os.environ.get("LC_ALL"), os.environ.get("LANG"), locale.getlocale()[0]):
        try:
            return language_of(code or "")
        except UsageError:
            continue
    return "en"


def t(message: str, **values: object) -> str:
    """Say a message in the language of this call."""
    if not _said_in:
        use_language("")
    return _said_in[0](message, **values)


def translator_of(code: str) -> Translator:
    """Return the translator of the language that an option names; that of this call where it names none."""
    if code:
        return translator(language_of(code))
    t("")
    return _said_in[0]


def say(text: str) -> None:
    """Write a line of the result."""
    sys.stdout.write(text + "\n")


def remark(text: str) -> None:
    """Write a line beside the result."""
    sys.stderr.write(text + "\n")


def say_json(result: object) -> None:
    """Write a result for machines."""
    say(json.dumps(result, ensure_ascii=False, indent=2, default=str))


def say_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "", numbers: bool = True) -> None:
    """Write a result as a table for people; columns after the first stand at the right where they hold numbers."""
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for position, name in enumerate(head):
        table.add_column(name, justify="right" if position and numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(file=sys.stdout, highlight=False).print(table)


def complain(error: RweError) -> None:
    """Write an error and what to do about it."""
    remark(error.text(t))


def complain_about_defect(defect: Exception) -> None:
    """Own up to an unforeseen error under a number, with the places it passed and without its text or any values."""
    if os.environ.get(_DEBUG):
        traceback.print_exception(defect)
        return
    number = secrets.token_hex(3)
    log_defect(defect, number)
    remark(
        t(
            "An unforeseen error happened (number {number}). Please report the number and the line above it.",
            number=number,
        )
    )


@contextmanager
def progress_bar() -> Iterator[Told]:
    """Draw one bar on stderr for as long as the work lasts; yields what to tell the progress to."""
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0)

        def tell(stage: str, share: float) -> None:
            bar.update(task, description=t(stage), completed=share)

        yield tell
