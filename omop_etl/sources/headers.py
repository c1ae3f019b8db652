"""Names that one and the same column has in different systems: Chinese, pinyin initials, HQMS codes, CDR columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from omop_etl.errors import RweError
from omop_etl.packaged import packaged_rows

_HIGHEST_NUMBER = 40


@lru_cache
def known_aliases() -> Mapping[str, tuple[str, ...]]:
    """Read the aliases that ship with the package.

    Returns
    -------
    mapping of str to tuple of str
        Alias, in lower case, to the Chinese names it may stand for.

    Examples
    --------
    >>> known_aliases()["c06x02c"], known_aliases()["patid"]
    (('其他诊断编码2',), ('患者ID',))
    """
    found: dict[str, list[str]] = defaultdict(list)
    for row in packaged_rows("omop_etl.sources", "header_aliases.csv"):
        numbers: Iterable[int] = range(1, _HIGHEST_NUMBER + 1) if "{n}" in row["canonical"] else (0,)
        for number in numbers:
            found[row["alias"].format(n=number).lower()].append(row["canonical"].format(n=number))
    return {alias: tuple(names) for alias, names in found.items()}


def resolve_columns(
    header: list[str], wanted: Iterable[str], aliases: Mapping[str, list[str]], file: str
) -> dict[str, str]:
    """Find the columns that a mapping uses in the header of a file.

    Parameters
    ----------
    header : list of str
        The file's header.
    wanted : iterable of str
        Columns by the names that the mapping uses.
    aliases : mapping of str to list of str
        Further names, from the mapping.
    file : str
        Name of the file, for messages.

    Returns
    -------
    dict of str to str
        Wanted name to the name in the header, for those that are there.

    Raises
    ------
    RweError
        Two columns of the file could be meant by one name.

    Examples
    --------
    >>> resolve_columns(["patid", "kfrq", "备注"], ["患者ID", "开方日期", "药物名称"], {}, "处方.csv")
    {'患者ID': 'patid', '开方日期': 'kfrq'}
    """
    needed = list(wanted)
    meaning: dict[str, str] = {}
    for name in needed:
        for alias in (name, *aliases.get(name, ())):
            meaning.setdefault(alias.lower(), name)
    found: dict[str, list[str]] = defaultdict(list)
    for column in header:
        folded = column.lower()
        names = (meaning[folded],) if folded in meaning else known_aliases().get(folded, ())
        for name in names:
            if name in needed:
                found[name].append(column)
    for name, columns in found.items():
        if name in columns:
            found[name] = [name]
        elif len(columns) > 1:
            raise RweError(
                "{file}: the columns {columns} could each be {name}",
                todo="rename or remove one of them, or name the right one in the mapping's aliases",
                file=file,
                columns=", ".join(columns),
                name=name,
            )
    return {name: found[name][0] for name in needed if name in found}
