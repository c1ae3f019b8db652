"""What can be set: by the environment (``RWE_…``) or in the file ``rwe.toml``; the command line comes before both."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from workbench.access.policy import DEFAULT_THRESHOLD, DisclosurePolicy
from workbench.locales import Language


class Settings(BaseSettings):
    """Settings of one installation.

    Attributes
    ----------
    home : pathlib.Path
        The workspace folder.
    cdm : str
        Address of the CDM; empty for the one in the workspace.
    language : {"zh", "en"}
        Of the pages, until somebody chooses.
    small_count : int
        The smallest count that is shown; whoever uses the pages cannot lower it.
    rows : bool
        Whether records of single persons may be shown to whoever uses this installation.
    counts_at_once : int
        How many counts of the pages run at the same time; each has working tables and, on a server, a connection.
    """

    model_config = SettingsConfigDict(env_prefix="RWE_", toml_file="rwe.toml", extra="forbid")

    home: Path = Path("demo")
    cdm: str = ""
    language: Language = "zh"
    small_count: int = Field(default=DEFAULT_THRESHOLD, ge=1)
    rows: bool = False
    counts_at_once: int = Field(default=4, ge=1, le=32)

    @property
    def policy(self) -> DisclosurePolicy:
        """The rule on small counts."""
        return DisclosurePolicy(threshold=self.small_count)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment before the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
