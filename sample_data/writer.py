"""Writes the files of the extract block by block and knows on which physical line each row begins."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from sample_data.cells import written
from sample_data.table import FileSpec, FileTable

_FIELDS_LOST = 2
_NEWLINE = 10


class ExtractFile:
    r"""One file of the extract, open for writing.

    Parameters
    ----------
    folder
        Where the file is created; an existing one is overwritten.
    spec
        Name, encoding, header and separators.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> spec = FileSpec("a.csv", "utf-8", ("号", "值"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with ExtractFile(Path(folder), spec):
    ...         pass
    ...     (Path(folder) / "a.csv").read_text(encoding="utf-8")
    '号,值\n'
    """

    def __init__(self, folder: Path, spec: FileSpec) -> None:
        self.spec = spec
        self.rows = 0
        self.bytes = 0
        self._next_line = 1
        self._file = (folder / spec.name).open("wb")
        self._put(spec.mark)
        self._put(self._encoded((spec.delimiter.join(spec.columns) + spec.newline).encode(spec.encoding)))
        self._next_line += 1

    def __enter__(self) -> ExtractFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, table: FileTable) -> NDArray[np.int64]:
        """Append the rows of a block; gives the physical line on which each row begins (the header is line 1)."""
        data, offsets = written(table.lines())
        breaks = self._line_breaks(data, offsets)
        pieces: list[bytes | memoryview] = []
        done = 0
        for row in np.sort(table.broken).tolist():
            start, end = int(offsets[row]), int(offsets[row + 1])
            shorter = self._shortened(bytes(data[start:end]))
            pieces += [data[done:start], shorter]
            done = end
            breaks[row] = shorter.count(b"\n")
        pieces.append(data[done:])
        self._put(self._encoded(b"".join(pieces)))
        lines = self._next_line + np.concatenate([[0], np.cumsum(breaks)])
        self._next_line = int(lines[-1])
        self.rows += len(table)
        return lines[:-1]

    def _line_breaks(self, data: memoryview, offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        if not self.spec.quoted:
            return np.ones(len(offsets) - 1, np.int64)
        found = np.flatnonzero(np.frombuffer(data, np.uint8) == _NEWLINE)
        return np.diff(np.searchsorted(found, offsets))

    def _shortened(self, line: bytes) -> bytes:
        """Row without its last fields."""
        fields_lost = 1 if self.spec.columns[-1] in self.spec.quoted else _FIELDS_LOST
        kept = line.rsplit(self.spec.delimiter.encode(), fields_lost)[0]
        return kept + self.spec.newline.encode()

    def _encoded(self, data: bytes) -> bytes:
        if not self.spec.written_as:
            return data
        return data.decode(self.spec.encoding).encode(self.spec.written_as)

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self.bytes += len(data)
