"""The command line ``rwe``: the same functions as the pages, for scripts and for those who type.

stdout carries the result, stderr everything else. Exit codes: 0 done, 1 failed, 2 wrong call, 3 the data cannot answer.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from omop_etl.errors import RweError
from workbench.cli.console import complain, complain_about_defect, say, use_language
from workbench.version import SOFTWARE

COMMANDS: Final = {
    "demo": "workbench.cli.demo:app",
    "etl": "workbench.cli.etl:app",
    "vocab": "workbench.cli.etl:vocab",
    "cohort": "workbench.cli.cohort:app",
    "feasibility": "workbench.cli.feasibility:app",
    "study": "workbench.cli.study:app",
    "serve": "workbench.cli.serve:app",
    "worker": "workbench.cli.worker:app",
    "doctor": "workbench.cli.doctor:app",
}
"""Every command and where it is; a module is imported when its command is called."""


class _Commands(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = typer.main.get_command(getattr(import_module(module), name))
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=_Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)


def _show_version(asked: bool) -> None:
    if asked:
        say(SOFTWARE)
        raise typer.Exit


@app.callback()
def _options(
    lang: Annotated[str, typer.Option(help="Language of messages: zh or en; that of the system by default.")] = "",
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    use_language(lang)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows ``rwe``; that of this process by default.
    """
    try:
        app(args=list(sys.argv[1:] if arguments is None else arguments), prog_name="rwe")
    except RweError as error:
        complain(error)
        raise SystemExit(error.exit_code) from None
    except Exception as defect:
        complain_about_defect(defect)
        raise SystemExit(1) from None
