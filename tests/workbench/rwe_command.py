"""Running a command of `rwe` in the process of a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from workbench.cli import main
from workbench.cli.console import use_language


@dataclass
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Rwe = Callable[..., Outcome]


@pytest.fixture
def rwe(capsys: pytest.CaptureFixture[str]) -> Rwe:
    """Give a function that runs a command."""

    def call(*arguments: object) -> Outcome:
        with pytest.raises(SystemExit) as left:
            main(["--lang", "en", *map(str, arguments)])
        shown = capsys.readouterr()
        use_language("en")
        return Outcome(int(left.value.code or 0), shown.out, shown.err)

    return call
