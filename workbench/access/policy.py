"""The one rule about small counts, and its words."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from workbench.locales import Translator

DEFAULT_THRESHOLD: Final = 10


class DisclosurePolicy(BaseModel):
    """Counts of persons or events below a threshold are never shown, nor anything that they follow from.

    Zero is shown: it is about nobody.

    Attributes
    ----------
    threshold : int
        The smallest count that is shown as it is; 1 shows every count.

    Examples
    --------
    >>> DisclosurePolicy().is_small(9), DisclosurePolicy().is_small(10), DisclosurePolicy().is_small(0)
    (True, False, False)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: int = Field(default=DEFAULT_THRESHOLD, ge=1, le=1000)

    def is_small(self, count: int) -> bool:
        """Tell whether a count, or a difference of two counts, stands for so few that it must not be known."""
        return 0 < count < self.threshold

    @property
    def name(self) -> str:
        """Name for keys and manifests."""
        return f"min-{self.threshold}"

    def sentence(self, t: Translator) -> str:
        """Say the rule, for a report."""
        if self.threshold == 1:
            return t("No small counts are hidden in this document.")
        return t(
            "Counts from 1 to {largest} are shown as <{threshold}. Where such a count would follow from others by "
            "subtraction, those are shown as a range.",
            largest=self.threshold - 1,
            threshold=self.threshold,
        )
