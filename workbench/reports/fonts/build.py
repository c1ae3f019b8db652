"""Cut the shipped font from Noto Sans CJK: ``python -m workbench.reports.fonts.build NotoSansCJK-Regular.ttc …``.

Needs fonttools and Debian's fonts-noto-cjk (or the same collections from elsewhere); takes about a minute a weight. The
result holds GB 2312, the Latin, Greek and mathematical characters of a statistical report, and medical characters that
GB 2312 lacks; outlines are TrueType, because not every program embeds the collection's CFF outlines.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.pens.cu2quPen import Cu2QuPen  # type: ignore[import-untyped]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
from fontTools.ttLib import TTCollection, TTFont, newTable  # type: ignore[import-untyped]

FAMILY: Final = "RWE Sans SC"
_SOURCE_FACE: Final = "Noto Sans CJK SC"
_RANGES: Final = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x370, 0x3FF), (0x2000, 0x206F), (0x2070, 0x209F), (0x20A0, 0x20BF), (0x2100, 0x218F),
    (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2460, 0x24FF), (0x2500, 0x257F), (0x25A0, 0x25FF), (0x2600, 0x266F),
    (0x3000, 0x303F), (0x3380, 0x33DF), (0xFF00, 0xFF65), (0xFFE0, 0xFFE6),
)  # fmt: skip
_MEDICAL: Final = "噁鎓蹠腘镓钆锝镥钇钬铒铼砹锶瞤瘀齄鼾朊胨肟朘腽膣瘆瘘痦瘊癀癍皲鳓䏝䐃"


def characters() -> set[int]:
    """Collect the code points that the font shall hold."""
    double = (bytes((high, low)) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF))
    chinese = {ord(c) for pair in double for c in pair.decode("gb2312", "ignore")}
    return chinese | {ord(c) for c in _MEDICAL} | {c for low, high in _RANGES for c in range(low, high + 1)}


def build(collection: Path, target: Path) -> None:
    """Write the subset of one weight.

    Parameters
    ----------
    collection : pathlib.Path
        A ``NotoSansCJK-*.ttc``.
    target : pathlib.Path
        The ``.ttf`` to write.
    """
    faces: list[TTFont] = list(TTCollection(str(collection)).fonts)
    font = next(face for face in faces if face["name"].getDebugName(1) == _SOURCE_FACE)
    options = subset.Options(layout_features=["kern"], name_IDs=["*"], hinting=False, notdef_outline=True)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters())
    cutter.subset(font)
    _to_truetype(font)
    _rename(font)
    font.save(str(target))


def _to_truetype(font: TTFont) -> None:
    glyphs = font.getGlyphSet()
    outlines: dict[str, Any] = {}
    for name in font.getGlyphOrder():
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, max_err=1.0, reverse_direction=True))
        outlines[name] = pen.glyph()
    font["loca"] = newTable("loca")
    font["glyf"] = glyf = newTable("glyf")
    glyf.glyphOrder, glyf.glyphs = font.getGlyphOrder(), outlines
    maximum = font["maxp"]
    maximum.tableVersion = 0x00010000
    for field in (
        "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements",
        "maxSizeOfInstructions", "maxComponentElements", "maxComponentDepth", "maxPoints", "maxContours",
        "maxCompositePoints", "maxCompositeContours",
    ):  # fmt: skip
        setattr(maximum, field, 0)
    maximum.maxZones = 1
    font["post"].formatType = 3.0
    for table in ("CFF ", "VORG"):
        if table in font:
            del font[table]
    font.sfntVersion = "\x00\x01\x00\x00"


def _rename(font: TTFont) -> None:
    weight = "Bold" if font["OS/2"].usWeightClass >= 700 else "Regular"
    wanted = {1: FAMILY, 2: weight, 3: f"{FAMILY} {weight}", 4: f"{FAMILY} {weight}", 6: f"RWESansSC-{weight}"}
    table = font["name"]
    table.names = [record for record in table.names if record.nameID in (0, 5, 13, 14)]
    for number, text in wanted.items():
        table.setName(text, number, 3, 1, 0x409)


if __name__ == "__main__":
    folder = Path(__file__).parent
    for argument in sys.argv[1:]:
        build(Path(argument), folder / f"RWESansSC-{Path(argument).stem.split('-')[-1]}.ttf")
