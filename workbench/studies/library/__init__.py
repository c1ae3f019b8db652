"""Protocols and studies that ship with the package, for the sample data."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from workbench.workspace import Workspace

FOLDER: Final = Path(__file__).parent
DEMO_PROTOCOL: Final = FOLDER / "protocols" / "egfr_first_line.yaml"
DEMO_STUDY: Final = FOLDER / "studies" / "osimertinib_gefitinib.yaml"


def protocol_files(workspace: Workspace) -> list[Path]:
    """List the protocols of the library and of a workspace."""
    return _documents("protocols", workspace)


def study_files(workspace: Workspace) -> list[Path]:
    """List the studies of the library and of a workspace."""
    return _documents("studies", workspace)


def _documents(kind: str, workspace: Workspace) -> list[Path]:
    found: dict[str, Path] = {}
    for folder in (workspace.documents / kind, FOLDER / kind):
        for file in sorted(folder.glob("*.yaml")):
            found.setdefault(file.stem, file)
    return list(found.values())
