"""Where the references are: beside the checkout, or where RWE_REFERENCE says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]


def folder_of(name: str) -> Path:
    """Folder of a reference, whether it is there or not."""
    return Path(os.environ.get("RWE_REFERENCE", _ROOT.parent / "shared" / "reference")) / name


def reference(name: str) -> Path:
    """Folder of a reference; the calling test module is skipped, and says so, where it is absent.

    For test modules alone: the skip of a module that several import reaches the first of them only.
    """
    folder = folder_of(name)
    if not folder.is_dir():
        pytest.skip(
            f"the reference {name!r} is not beside this checkout; set RWE_REFERENCE to its folder to compare with it",
            allow_module_level=True,
        )
    return folder
