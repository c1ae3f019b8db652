"""Find out how a text file is encoded, and decode it strictly.

The order is: byte order mark, strict UTF-8, UTF-16 (by its zero bytes), strict GB18030. Nothing is ever decoded with
replacement characters: what fits none of them is refused with the offset of the first byte that cannot be read.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from omop_etl.errors import RweError

BLOCK = 1 << 23
"""Bytes that are read at a time."""

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CJK_ZERO_SHARE = 0.1


@dataclass(frozen=True)
class Encoding:
    """How the bytes of a file stand for text.

    Attributes
    ----------
    codec : str
        Python's name of the codec.
    mark : bytes
        The byte order mark at the start of the file, or nothing.
    """

    codec: str
    mark: bytes = b""

    @property
    def name(self) -> str:
        """Name that people know it by."""
        return {"utf-8": "UTF-8", "utf-16-le": "UTF-16LE", "utf-16-be": "UTF-16BE", "gb18030": "GB18030"}[self.codec]


def detect_encoding(path: Path) -> Encoding:
    """Find the encoding of a file from its bytes.

    A file is read up to its first block that holds anything but ASCII; that block decides. Later bytes that do not
    fit are found when the file is decoded.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    Encoding
        UTF-8 for a file of ASCII only.

    Raises
    ------
    RweError
        The bytes fit no known encoding.
    """
    with path.open("rb") as data:
        head = data.read(BLOCK)
        for mark, codec in _MARKS:
            if head.startswith(mark):
                return Encoding(codec, mark)
        if wide := _without_mark_utf16(head):
            return Encoding(wide)
        offset = 0
        while head and head.isascii():
            offset += len(head)
            head = data.read(BLOCK)
    if _decodes(head, "utf-8"):
        return Encoding("utf-8")
    if _decodes(head, "gb18030"):
        return Encoding("gb18030")
    raise _unreadable(path, "UTF-8, GB18030", offset + _first_bad_byte(head))


def decode_blocks(data: BinaryIO, encoding: Encoding, path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Decode a file block by block.

    Parameters
    ----------
    data : binary file
        Opened at its start.
    encoding : Encoding
        What `detect_encoding` found.
    path : pathlib.Path
        For messages.

    Yields
    ------
    raw : bytes
        The block as it stands in the file.
    text : bytes
        The same text in UTF-8, whole characters only, without the byte order mark.

    Raises
    ------
    RweError
        A byte does not fit the encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding.codec)("strict")
    consumed, skip = 0, len(encoding.mark)
    while True:
        raw = data.read(BLOCK)
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(raw[skip:], final=not raw)
        except UnicodeDecodeError as error:
            offset = consumed + skip - pending + error.start
            raise _unreadable(path, encoding.name, offset) from None
        if encoding.codec == "utf-8" and not pending and not decoder.getstate()[0]:
            yield raw, raw[skip:]
        else:
            yield raw, text.encode()
        if not raw:
            return
        consumed += len(raw)
        skip = 0


def _without_mark_utf16(head: bytes) -> str | None:
    sample = head[: 1 << 16]
    for codec, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        if zeros and zeros.count(0) > _CJK_ZERO_SHARE * len(zeros) and _decodes(sample[: len(sample) // 2 * 2], codec):
            return codec
    return None


def _decodes(block: bytes, codec: str) -> bool:
    try:
        codecs.getincrementaldecoder(codec)("strict").decode(block, final=len(block) < BLOCK)
    except UnicodeDecodeError:
        return False
    return True


def _first_bad_byte(block: bytes) -> int:
    try:
        block.decode("gb18030")
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _unreadable(path: Path, tried: str, offset: int) -> RweError:
    return RweError(
        "{file} cannot be read as {encoding}: the byte at offset {offset} does not fit",
        todo="export the file again in one encoding (UTF-8 or GB18030), or repair it at that place",
        file=path.name,
        encoding=tried,
        offset=offset,
    )
