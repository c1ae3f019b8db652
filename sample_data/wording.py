"""Clinical sentences: templates with slots, filled for thousands of rows at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from string import Formatter

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.cells import Cells, Encoder, join, scatter

ANY = "any"


class Slots(Mapping[str, Cells]):
    """Values for the slots of templates, one cell a row; each is made when it is first asked for.

    Parameters
    ----------
    makers
        For each slot a function that gives its cells for all rows.
    """

    def __init__(self, makers: Mapping[str, Callable[[], Cells]]) -> None:
        self._makers = makers
        self._made: dict[str, Cells] = {}

    def __getitem__(self, name: str) -> Cells:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def with_cells(self, name: str, cells: Cells) -> Slots:
        """Copy of these slots with one more, already made."""
        inherited = {key: partial(self.__getitem__, key) for key in self._makers}
        return Slots({**inherited, name: lambda: cells})


def fill(text: Encoder, template: str, slots: Mapping[str, Cells], rows: NDArray[np.int64]) -> Cells:
    """Fill one template for some rows.

    Examples
    --------
    >>> import numpy as np
    >>> text = Encoder("utf-8")
    >>> slots = {"age": text.each(["63", "58"])}
    >>> [cell.decode() for cell in fill(text, "年龄{age}岁", slots, np.array([1])).to_pylist()]
    ['年龄58岁']
    """
    parts: list[Cells] = []
    index = pa.array(rows)
    for literal, slot, _, _ in Formatter().parse(template):
        if literal:
            parts.append(text.constant(literal, len(rows)))
        if slot:
            parts.append(slots[slot].take(index))
    return join(parts)


def compose(
    text: Encoder,
    wordings: Mapping[str, Sequence[str]],
    kinds: Sequence[str],
    kind: NDArray[np.int64],
    draw: NDArray[np.float64],
    slots: Mapping[str, Cells],
) -> Cells:
    """Write one sentence or section for every row, in a wording that suits its kind.

    Parameters
    ----------
    text
        Encoder of the file.
    wordings
        Templates to choose from, by kind; those under ``any`` serve the kinds that have none. A kind without either
        stays empty.
    kinds, kind
        Names of the kinds, and the kind of each row (position in `kinds`, -1 for none).
    draw
        Uniform number of each row: which wording.
    slots
        Values to fill in.
    """
    sources = [name if name in wordings else ANY for name in kinds]
    pieces = []
    for source in dict.fromkeys(sources):
        options = wordings.get(source, ())
        members = np.array([name == source for name in (*sources, "")])
        rows = np.flatnonzero(members[kind])
        chosen = (draw[rows] * len(options)).astype(np.int64)
        for number, template in enumerate(options):
            of_wording = rows[chosen == number]
            if len(of_wording):
                pieces.append((of_wording, fill(text, template, slots, of_wording)))
    return scatter(len(kind), pieces)


def text_kinds(purpose: NDArray[np.int64], condition: NDArray[np.int64]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Kind of text that suits each encounter, by its purpose and now and then by its main diagnosis.

    Parameters
    ----------
    purpose, condition
        Catalogue rows of each encounter.

    Returns
    -------
    tuple
        Names of all kinds, and the position of each encounter's kind in them.
    """
    by_purpose, exceptions = catalog.table("purposes")["texts"], catalog.table("text_kinds")
    names = tuple(dict.fromkeys((*by_purpose, *exceptions["kind"])))
    kind = np.array([names.index(name) for name in by_purpose])[purpose]
    purposes = catalog.table("purposes").positions(exceptions["purpose"])
    conditions = catalog.table("conditions").positions(exceptions["condition"])
    for of_purpose, of_condition, name in zip(purposes, conditions, exceptions["kind"], strict=True):
        kind[(purpose == of_purpose) & (condition == of_condition)] = names.index(name)
    return names, kind
