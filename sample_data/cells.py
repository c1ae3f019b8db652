"""Cells of an extract file as Arrow arrays of bytes, already in the encoding of the file.

Arrow gathers and joins tens of millions of short byte strings a second. Texts come from small tables that are encoded
once; numbers and dates are ASCII, the same bytes in UTF-8 and GB18030. So no finished file has to be re-encoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sample_data import days

Cells: TypeAlias = "pa.BinaryArray"

_NUMBERS_TABLED = 100_000
_FIRST_DAY, _LAST_DAY = days.day_number(1900), days.day_number(2045)


@lru_cache(maxsize=512)
def _table(values: tuple[str, ...], encoding: str) -> Cells:
    return pa.array([value.encode(encoding) for value in values], pa.binary())


@cache
def _padded_table(width: int) -> Cells:
    return pa.array([f"{number:0{width}d}".encode() for number in range(10**width)], pa.binary())


@cache
def _decimals_table(decimals: int) -> Cells:
    """Spell every number below `_NUMBERS_TABLED` units of the last decimal."""
    whole, rest = np.divmod(np.arange(_NUMBERS_TABLED), 10**decimals)
    if decimals == 0:
        return whole_numbers(whole)
    point = pa.repeat(pa.scalar(b".", pa.binary()), _NUMBERS_TABLED)
    return join([whole_numbers(whole), point, padded_numbers(rest, decimals)])


_DAY_STYLES = {
    "iso": ("{:04d}-", "{:02d}-", "{:02d}"),
    "slash": ("{}/", "{}/", "{}"),
    "compact": ("{:04d}", "{:02d}", "{:02d}"),
    "chinese": ("{}年", "{}月", "{}日"),
}

_CLOCK_STYLES = {
    "second": (" {:02d}:", "{:02d}:", "{:02d}"),
    "tenth": (" {:02d}:", "{:02d}:", "{:02d}.0"),
    "minute": (" {:02d}:", "{:02d}", ""),
    "short": (" {}:", "{:02d}", ""),
    "compact": ("{:02d}", "{:02d}", "{:02d}"),
}


def _spelled(parts: Sequence[tuple[str, NDArray[np.int64]]], encoding: str) -> Cells:
    columns = []
    for template, values in parts:
        table = [template.format(value).encode(encoding) for value in range(int(values.max()) + 1)]
        columns.append(pa.array(table, pa.binary()).take(pa.array(values)))
    return join(columns)


@cache
def _day_table(style: str, encoding: str) -> Cells:
    every_day = np.arange(_FIRST_DAY, _LAST_DAY)
    parts = (days.year_of(every_day), days.month_of(every_day), days.day_of_month(every_day))
    return _spelled(list(zip(_DAY_STYLES[style], parts, strict=True)), encoding)


@cache
def _clock_table(style: str) -> Cells:
    every_second = np.arange(days.SECONDS_PER_DAY)
    parts = (every_second // 3600, every_second // 60 % 60, every_second % 60)
    return _spelled(list(zip(_CLOCK_STYLES[style], parts, strict=True)), "ascii")


class Encoder:
    """Makes cells in the encoding of one file.

    Parameters
    ----------
    encoding
        `utf-8` or `gb18030`; the bytes of ASCII text must be the same in it as in ASCII.

    Examples
    --------
    >>> import numpy as np
    >>> text = Encoder("gb18030")
    >>> cells = join([text.pick(["肺癌", "痛风"], np.array([1, 0])), text.constant("?", 2)])
    >>> [cell.decode("gb18030") for cell in cells.to_pylist()]
    ['痛风?', '肺癌?']
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding

    def pick(self, values: Sequence[str], index: NDArray[np.int64]) -> Cells:
        """Take the value at each position of `index` from a table of texts."""
        return _table(tuple(values), self.encoding).take(pa.array(index))

    def each(self, values: Sequence[str]) -> Cells:
        """Encode a short list of texts that differ from row to row."""
        return pa.array([value.encode(self.encoding) for value in values], pa.binary())

    def constant(self, value: str, size: int) -> Cells:
        """Repeat one text `size` times."""
        return pa.repeat(pa.scalar(value.encode(self.encoding), pa.binary()), size)

    def days(self, day: NDArray[np.int64], style: str) -> Cells:
        """Spell days (1900 to 2044) as `iso`, `slash`, `compact` or `chinese`."""
        return _day_table(style, self.encoding).take(pa.array(day - _FIRST_DAY))

    def moments(self, second: NDArray[np.int64], day_style: str, clock_style: str) -> Cells:
        """Spell moments (seconds since 1970) as a day and a time: `second`, `tenth`, `minute`, `short`, `compact`."""
        day, clock = np.divmod(second, days.SECONDS_PER_DAY)
        return join([self.days(day, day_style), _clock_table(clock_style).take(pa.array(clock))])

    def where(self, condition: NDArray[np.bool_], value: Cells, otherwise: str = "") -> Cells:
        """Keep `value` where the condition holds, put one text elsewhere."""
        if bool(condition.all()):
            return value
        tail = pa.array([otherwise.encode(self.encoding)], pa.binary())
        index = np.where(condition, np.arange(len(value)), len(value))
        return pa.concat_arrays([value, tail]).take(pa.array(index))


def whole_numbers(values: NDArray[np.int64]) -> Cells:
    """Spell whole numbers without padding."""
    return pa.array(values).cast(pa.string()).cast(pa.binary())


def padded_numbers(values: NDArray[np.int64], width: int) -> Cells:
    """Spell whole numbers with leading zeros.

    Examples
    --------
    >>> import numpy as np
    >>> padded_numbers(np.array([42]), 10).to_pylist()
    [b'0000000042']
    """
    parts: list[Cells] = []
    rest = values
    while width > 0:
        step = min(width, 4)
        rest, digits = np.divmod(rest, 10**step)
        parts.insert(0, _padded_table(step).take(pa.array(digits)))
        width -= step
    return join(parts)


def decimal_numbers(values: NDArray[np.float64], decimals: int) -> Cells:
    """Spell non-negative numbers with a fixed number of decimals.

    Examples
    --------
    >>> import numpy as np
    >>> decimal_numbers(np.array([4.126, 250000.0]), 2).to_pylist()
    [b'4.13', b'250000.00']
    """
    scaled = np.rint(values * 10**decimals).astype(np.int64)
    large = np.flatnonzero(scaled >= _NUMBERS_TABLED)
    if len(large) == 0:
        return _decimals_table(decimals).take(pa.array(scaled))
    texts = [f"{value / 10**decimals:.{decimals}f}".encode() for value in scaled[large].tolist()]
    scaled[large] = _NUMBERS_TABLED + np.arange(len(large))
    table = pa.concat_arrays([_decimals_table(decimals), pa.array(texts, pa.binary())])
    return table.take(pa.array(scaled))


def join(parts: Sequence[Cells], separator: bytes = b"") -> Cells:
    """Join cells side by side, row by row."""
    if len(parts) == 1 and not separator:
        return parts[0]
    return pc.binary_join_element_wise(*parts, pa.scalar(separator, pa.binary()))


def scatter(size: int, pieces: Sequence[tuple[NDArray[np.int64], Cells]]) -> Cells:
    """Put pieces at their rows; rows without a piece are empty.

    Parameters
    ----------
    size
        Number of rows of the result.
    pieces
        Rows and the cells that belong there; no row twice.

    Examples
    --------
    >>> import numpy as np
    >>> scatter(3, [(np.array([2]), pa.array([b"x"], pa.binary()))]).to_pylist()
    [b'', b'', b'x']
    """
    index = np.zeros(size, np.int64)
    offset = 1
    arrays = [pa.array([b""], pa.binary())]
    for rows, cells in pieces:
        index[rows] = offset + np.arange(len(rows))
        arrays.append(cells)
        offset += len(rows)
    return pa.concat_arrays(arrays).take(pa.array(index))


def written(cells: Cells) -> tuple[memoryview, NDArray[np.int64]]:
    """All cells one after the other as bytes, and where each begins (with the end as last element).

    Examples
    --------
    >>> data, starts = written(pa.array([b"ab", b"c"], pa.binary()))
    >>> bytes(data), starts.tolist()
    (b'abc', [0, 2, 3])
    """
    _, offsets, data = cells.buffers()
    starts = np.frombuffer(offsets, np.int32)[cells.offset : cells.offset + len(cells) + 1].astype(np.int64)
    content = memoryview(data) if data is not None else memoryview(b"")
    return content[starts[0] : starts[-1]], starts - starts[0]
