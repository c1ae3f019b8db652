"""Cut delimited text into records and keep the physical line that each begins on.

A quoted field may hold line breaks, so a record is not a line. The positions of quotes, delimiters and line breaks are
found with NumPy over a whole block of UTF-8 bytes; a block whose quotes do not follow RFC 4180 (a quote in the middle
of an unquoted field, such as an inch sign) is cut record by record instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

_NEWLINE, _RETURN, _QUOTE = 10, 13, 34
_Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Malformed:
    """A record that does not have the fields its header promises.

    Attributes
    ----------
    line : int
        Physical line on which it begins.
    fields : int
        How many fields it has.
    text : str
        Its text; belongs into the quarantine and nowhere else.
    """

    line: int
    fields: int
    text: str


@dataclass(frozen=True)
class Records:
    """Whole records of one block.

    Attributes
    ----------
    body : bytes
        The well-formed records, each ended by a line break.
    lines : numpy.ndarray of int64
        Physical line on which each record of `body` begins.
    malformed : list of Malformed
        The others.
    """

    body: bytes
    lines: _Positions
    malformed: list[Malformed] = field(default_factory=list)


@dataclass(frozen=True)
class _Marks:
    """Positions in a block: where records begin and end, on which lines, and the quotes among them."""

    starts: _Positions
    ends: _Positions
    lines: _Positions
    quotes: _Positions
    broken: _Positions

    def count(self, positions: _Positions) -> _Positions:
        """How many of the positions lie in each record, outside quoted fields."""
        if self.quotes.size:
            positions = positions[_outside(self.quotes, positions)]
        return np.diff(np.searchsorted(positions, self.ends), prepend=0)


class OpenQuoteError(Exception):
    """A quoted field is never closed; carries the physical line on which its record begins."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class RecordCutter:
    r"""Cut a stream of UTF-8 blocks into records.

    Parameters
    ----------
    delimiter : str
        One ASCII character.
    fields : int
        Fields that a record must have; 0 takes any number.
    first_line : int
        Physical line on which the stream begins.

    Examples
    --------
    >>> cutter = RecordCutter(",", fields=2)
    >>> records = cutter.cut(b'a,"two\nlines"\nb,c\nshort\nd,')
    >>> records.lines.tolist(), [m.line for m in records.malformed]
    ([1, 3], [4])
    >>> cutter.finish().lines.tolist()
    [5]
    """

    def __init__(self, delimiter: str, fields: int = 0, first_line: int = 1) -> None:
        self._delimiter = ord(delimiter)
        self._fields = fields
        self._line = first_line
        self._rest = b""
        self._lenient = _lenient_record(delimiter)

    @property
    def pending(self) -> int:
        """Bytes of a record whose end has not come yet."""
        return len(self._rest)

    @property
    def line(self) -> int:
        """Physical line on which the pending record begins."""
        return self._line

    def cut(self, block: bytes) -> Records:
        """Take a block and give the records that are complete."""
        data = self._rest + block
        values = np.frombuffer(data, np.uint8)
        quotes = np.flatnonzero(values == _QUOTE)
        breaks = np.flatnonzero(values == _NEWLINE)
        ends = breaks if quotes.size == 0 else breaks[_outside(quotes, breaks)]
        broken = np.empty(0, np.int64)
        if quotes.size and not self._follows_rfc4180(values, quotes):
            quotes, ends, broken = self._read_leniently(data)
        if ends.size == 0:
            self._rest = data
            return Records(b"", np.empty(0, np.int64))
        stop = int(ends[-1]) + 1
        starts = np.concatenate([[0], ends[:-1] + 1])
        lines = self._line + np.searchsorted(breaks, starts)
        marks = _Marks(starts, ends, lines, quotes[: np.searchsorted(quotes, stop)], broken)
        found = self._separate(data, values[:stop], marks)
        self._rest = data[stop:]
        self._line += int(np.searchsorted(breaks, stop))
        return found

    def finish(self) -> Records:
        """Give the last record, which may lack its line break.

        Raises
        ------
        OpenQuoteError
            The last record has a quoted field that is never closed.
        """
        if not self._rest:
            return Records(b"", np.empty(0, np.int64))
        records = self.cut(b"\n")
        if self._rest:
            raise OpenQuoteError(self._line)
        return records

    def _separate(self, data: bytes, values: npt.NDArray[np.uint8], marks: _Marks) -> Records:
        """Part the well-formed records from blank and malformed ones."""
        starts, ends = marks.starts, marks.ends
        returned = (ends > starts) & (values[np.maximum(ends - 1, 0)] == _RETURN)
        blank = ends - returned == starts
        counts = marks.count(np.flatnonzero(values == self._delimiter)) + 1
        bad = marks.count(np.flatnonzero(values == _RETURN)) > returned
        bad |= np.diff(np.searchsorted(marks.broken, ends), prepend=0) > 0
        if self._fields:
            bad |= counts != self._fields
        bad &= ~blank
        malformed = [
            Malformed(int(marks.lines[i]), int(counts[i]), data[starts[i] : ends[i]].decode())
            for i in np.flatnonzero(bad)
        ]
        unwanted = bad | blank
        if not unwanted.any():
            return Records(data[: values.size], marks.lines, malformed)
        return Records(_without(data, starts, ends, unwanted), marks.lines[~unwanted], malformed)

    def _follows_rfc4180(self, values: npt.NDArray[np.uint8], quotes: _Positions) -> bool:
        opening, closing = quotes[0::2], quotes[1::2]
        before = values[np.maximum(opening - 1, 0)]
        opens = (opening == 0) | (before == self._delimiter) | (before == _NEWLINE) | (before == _QUOTE)
        after = values[np.minimum(closing + 1, values.size - 1)]
        last = closing == values.size - 1
        closes = last | np.isin(after, (self._delimiter, _NEWLINE, _RETURN, _QUOTE))
        return bool(opens.all() and closes.all())

    def _read_leniently(self, data: bytes) -> tuple[_Positions, _Positions, _Positions]:
        """Quotes that enclose a field, ends of records, and quotes that close before their field ends."""
        quotes: list[int] = []
        ends: list[int] = []
        broken: list[int] = []
        position = 0
        while match := self._lenient.match(data, position):
            if match["quoted"] is not None:
                quotes += [match.start("quoted"), match.end("quoted") - 1]
                if match["junk"].strip(b"\r"):
                    broken.append(match.end("quoted") - 1)
            if match["end"] == b"\n":
                ends.append(match.end() - 1)
            position = match.end()
        return np.array(quotes, np.int64), np.array(ends, np.int64), np.array(broken, np.int64)


def _lenient_record(delimiter: str) -> re.Pattern[bytes]:
    """One field and what ends it; no match while the end of a quoted field has not come."""
    plain = rb"[^\n" + re.escape(delimiter).encode() + rb"]"
    quoted = rb'(?P<quoted>"(?:[^"]++|"")*+")(?P<junk>' + plain + rb"*+)"
    return re.compile(
        rb"(?:" + quoted + rb'|(?!")' + plain + rb"*+)(?P<end>" + re.escape(delimiter).encode() + rb"|\n)"
    )


def _outside(quotes: _Positions, positions: _Positions) -> npt.NDArray[np.bool_]:
    """Which positions lie outside quoted fields."""
    return np.searchsorted(quotes, positions) % 2 == 0


def _without(data: bytes, starts: _Positions, ends: _Positions, unwanted: npt.NDArray[np.bool_]) -> bytes:
    """The text without some of its records."""
    edges = np.diff(np.concatenate([[True], unwanted, [True]]).astype(np.int8))
    first, last = np.flatnonzero(edges == -1), np.flatnonzero(edges == 1) - 1
    return b"".join(data[starts[a] : ends[b] + 1] for a, b in zip(first, last, strict=True))
