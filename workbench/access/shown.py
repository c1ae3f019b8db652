"""A count as it may be seen: the number itself, or a range that holds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """The range in which a reader may place a count.

    Attributes
    ----------
    low, high : int
        Smallest and largest value that the count may have; equal where the count itself is shown.

    Examples
    --------
    >>> str(Shown.exactly(1234)), str(Shown(1, 9)), str(Shown(991, 999))
    ('1,234', '<10', '991–999')
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise ValueError(f"not a range of counts: {self.low} to {self.high}")

    @classmethod
    def exactly(cls, count: int) -> Shown:
        """Show the count itself."""
        return cls(count, count)

    @property
    def exact(self) -> int | None:
        """The count, where it is shown."""
        return self.low if self.low == self.high else None

    @property
    def cell(self) -> int | str:
        """What a table holds: the count where it is shown, so that a workbook can reckon with it, else the range."""
        return self.low if self.low == self.high else str(self)

    @property
    def centre(self) -> float:
        """Where a chart draws it."""
        return (self.low + self.high) / 2

    def plus(self, other: Shown) -> Shown:
        """Range of this count and another one together."""
        return Shown(self.low + other.low, self.high + other.high)

    def minus(self, other: Shown) -> Shown:
        """Range of this count less a part of it, from what is shown of the two."""
        return Shown(max(0, self.low - other.high), max(0, self.high - other.low))

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.low:,}"
        return f"<{self.high + 1:,}" if self.low == 1 else f"{self.low:,}–{self.high:,}"
