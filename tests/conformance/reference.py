"""Where the references are: beside the checkout, or where RWE_REFERENCE says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]


def reference(name: str) -> Path:
    """Folder of a reference; the calling test module is skipped, and says so, where it is absent."""
    folder = Path(os.environ.get("RWE_REFERENCE", _ROOT.parent / "shared" / "reference")) / name
    if not folder.is_dir():
        pytest.skip(
            f"the reference {name!r} is not beside this checkout; set RWE_REFERENCE to its folder to compare with it",
            allow_module_level=True,
        )
    return folder
