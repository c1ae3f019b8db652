"""The version of this program, as it stands in results."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final


def _installed() -> str:
    try:
        return version("rwe-workbench")
    except PackageNotFoundError:
        return "0+unknown"


VERSION: Final = _installed()
SOFTWARE: Final = f"RWE Workbench {VERSION}"
