"""Make sure that the tests which drive the workbench in a browser find one: ``python tests/setup_browser.py``.

Installs Debian's package where that is possible. Without a browser those tests are skipped with a plain message, except
under continuous integration (``CI=true``), where its absence is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_COMMANDS = (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"])


def find_browser() -> str | None:
    """Return the path of an installed Chromium, or none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def install() -> None:
    """Install Chromium from Debian's or Ubuntu's packages, as far as this user may."""
    if shutil.which("apt-get") is None:
        return
    prefix = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if prefix and shutil.which("sudo") is None:
        return
    for command in _COMMANDS:
        try:
            subprocess.run([*prefix, *command], check=True, timeout=600, stdout=subprocess.DEVNULL)
        except (subprocess.SubprocessError, OSError):
            return


def main() -> int:
    if find_browser() is None:
        install()
    found = find_browser()
    sys.stdout.write(f"browser for the tests: {found or 'none; the tests that need one are skipped'}\n")
    return 1 if found is None and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    raise SystemExit(main())
