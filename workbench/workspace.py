"""A workspace: the folder that holds a CDM, the documents run on it and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench.settings import Settings

CDM_FILE: Final = "cdm.duckdb"


@dataclass(frozen=True)
class Workspace:
    """Where things are in a workspace.

    Attributes
    ----------
    folder : pathlib.Path
        The workspace itself.
    cdm : str
        Address of another CDM than the workspace's own; empty for that one.

    Examples
    --------
    >>> Workspace(Path("demo")).cdm_url
    'duckdb:///demo/cdm.duckdb'
    """

    folder: Path
    cdm: str = ""

    @classmethod
    def current(cls) -> Workspace:
        """Return the workspace that the settings name."""
        settings = Settings()
        return cls(settings.home, settings.cdm)

    @property
    def cdm_url(self) -> str:
        """Address of the CDM that the workbench asks."""
        return self.cdm or f"duckdb:///{self.cdm_file}"

    @property
    def cdm_file(self) -> Path:
        """The workspace's own CDM."""
        return self.folder / CDM_FILE

    @property
    def extract(self) -> Path:
        """The extract that the CDM was made from, where it lies here."""
        return self.folder / "extract"

    @property
    def records_file(self) -> Path:
        """The workbench's own records."""
        return self.folder / "workbench.sqlite"

    @property
    def documents(self) -> Path:
        """Cohort definitions, protocols and studies of this workspace."""
        return self.folder / "documents"

    @property
    def patient_lists(self) -> Path:
        """Lists of patients that definitions refer to by digest; no document, log or cache holds their rows."""
        return self.folder / "patient_lists"

    @property
    def results(self) -> Path:
        """What came out: a folder for each run."""
        return self.folder / "results"
