"""Make sure that the tests find the programs they drive: ``python tests/setup_machine.py``.

A browser for the pages, and a PostgreSQL server and Java for the engines. What is missing is installed from Debian's or
Ubuntu's packages where that is possible; without it those tests are skipped with a plain message, except under
continuous integration (``CI=true``), where its absence is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str | None:
    """Return the path of an installed Chromium, or none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def find_postgres() -> str | None:
    """Return the folder that holds ``initdb`` and ``postgres``, or none."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((str(folder) for folder in folders if (folder / "initdb").exists()), None)


def find_java() -> str | None:
    """Return the path of Java, or none."""
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else shutil.which("java")


PROGRAMS: dict[str, tuple[Callable[[], str | None], str]] = {
    "browser": (find_browser, "chromium"),
    "PostgreSQL": (find_postgres, "postgresql"),
    "Java": (find_java, "default-jre-headless"),
}
"""What the tests drive: how it is found, and the package that has it."""


def missing(name: str) -> str | None:
    """Say that a program is missing; none where it is there."""
    find, _ = PROGRAMS[name]
    return None if find() else f"no {name} on this machine: run `python tests/setup_machine.py`"


def install(packages: list[str]) -> None:
    """Install packages, as far as this user may."""
    if shutil.which("apt-get") is None:
        return
    prefix = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if prefix and shutil.which("sudo") is None:
        return
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        try:
            subprocess.run(
                [*prefix, "apt-get", *command],
                check=True,
                timeout=900,
                stdout=subprocess.DEVNULL,
                stdin=subprocess.DEVNULL,
            )
        except (subprocess.SubprocessError, OSError):
            return


def main() -> int:
    absent = [package for find, package in PROGRAMS.values() if find() is None]
    if absent:
        install(absent)
    for name, (find, _) in PROGRAMS.items():
        sys.stdout.write(f"{name} for the tests: {find() or 'none; the tests that need it are skipped'}\n")
    still_absent = any(find() is None for find, _ in PROGRAMS.values())
    return 1 if still_absent and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    raise SystemExit(main())
