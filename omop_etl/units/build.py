"""Work out how large units are: ``python -m omop_etl.units.build`` writes ``ucum.csv`` anew.

Needs ucumvert, which reads UCUM's grammar, and pint, which knows the sizes; both are tools of development, and no run
of the workbench needs them. They take an arbitrary unit (an international unit, a colony) for a plain number and drop
what stands in braces. The kind of a unit is therefore made here: only units of one kind can be converted.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, Final

from ucumvert import PintUcumRegistry

from omop_etl.vocabulary.package_data import rows_of

_MASSES: Final = tuple(f"{prefix}g" for prefix in ("k", "", "m", "u", "n", "p", "f"))
_SUBSTANCES: Final = (
    *(f"{prefix}mol" for prefix in ("", "m", "u", "n", "p", "f")),
    *("eq", "meq", "ueq", "osm", "mosm"),
)
_ACTIVITIES: Final = (
    *(f"{prefix}{unit}" for unit in ("U", "[U]", "[iU]", "[IU]") for prefix in ("M", "k", "", "m", "u")),
    *("kat", "mkat", "ukat", "nkat", "{copies}", "[CFU]", "[arb'U]"),
)
_COUNTS: Final = ("", "{cells}", "10*3", "10*6", "10*9", "10*12", "10*3{cells}", "10*6{cells}", "10*9{cells}")
_VOLUMES: Final = ("L", "dL", "mL", "uL", "mm3")
_RATES: Final = ("min", "h", "d", "(24.h)")
_PER: Final = ("kg", "g", "mg", "mol", "mmol", "g{creat}", "mmol{creat}")
_ALONE: Final = (
    *(
        "1",
        "%",
        "[ppth]",
        "[ppm]",
        "[ppb]",
        "Cel",
        "[degF]",
        "K",
        "[lb_av]",
        "[oz_av]",
        "[in_i]",
        "[ft_i]",
        "Pa",
        "kPa",
    ),
    *("hPa", "bar", "mbar", "mm[Hg]", "cm[H2O]", "a", "mo", "wk", "d", "h", "min", "s", "ms", "us", "kcal", "kJ", "J"),
    *("km", "m", "dm", "cm", "mm", "um", "nm", "m2", "cm2", "mm2", "kg/m2", "g/cm2", "g/cm3", "mm/h", "L/min/m2"),
    *("mL/min/{1.73_m2}", "mL/s/{1.73_m2}", "L/s", "L/h", "mL/h", "L/d", "cm/s", "m/s", "Hz", "{beats}/min"),
    *("{breaths}/min", "mGy", "cGy", "Gy", "Bq", "MBq", "mCi", "W", "V", "mV", "uV"),
)
_COUNTED: Final = frozenset({"{cells}", "{cell}", "{#}", "{count}", "{beats}", "{breaths}", "{rbc}", "{WBC}"})
"""What stands in braces without making another kind: a number of such things is a number."""
_NUMBERS: Final = frozenset({"dimensionless", "percent", "ppth", "ppm", "ppb", "_10"})
_OF_THEIR_OWN: Final = frozenset({"equivalents", "osmole"})
"""Units that UCUM makes moles of; how many moles they are depends on the substance."""
_WITH_A_ZERO: Final = {"Cel": "degree_Celsius", "[degF]": "degree_Fahrenheit"}
_IN_BRACES: Final = re.compile(r"\{[^}]*\}")


def codes() -> list[str]:
    """Codes to be sized: those of laboratories, of UCUM's own examples, and of the starter vocabulary."""
    vendored = resources.files("ucumvert").joinpath("vendor", "ucum_examples.tsv").read_text("utf-8")
    wanted = [line.split("\t")[1] for line in vendored.splitlines()[1:]]
    wanted += [row["concept_code"] for row in rows_of("concepts") if row["domain_id"] == "Unit"]
    wanted += _ALONE
    amounts = (*_MASSES, *_SUBSTANCES)
    for above, below in (
        ((*amounts, *_ACTIVITIES, *_COUNTS), _VOLUMES),
        ((*amounts, *_VOLUMES), _RATES),
        (amounts, _PER),
        (_VOLUMES, _VOLUMES),
        (_COUNTS, ("[HPF]", "[LPF]")),
    ):
        wanted += [f"{one}/{other}" for one, other in itertools.product(above, below)]
    wanted += [*amounts, *_ACTIVITIES, *_VOLUMES]
    return sorted({code for code in wanted if code})


class Sizes:
    """Finds out the kind and the size of units."""

    def __init__(self) -> None:
        self._registry = PintUcumRegistry()

    def of(self, code: str) -> tuple[str, float, float] | None:
        """Kind of a unit, how many base units of the kind it is, and where its zero lies; None for what has no size.

        What stands above and below the line is not shortened, so that a share of mass stays apart from a share of
        substance or a percentage (HbA1c in mmol/mol is no tenth of it in percent); a share of volume is a number.
        """
        if code in _WITH_A_ZERO:
            unit = self._registry.Unit(_WITH_A_ZERO[code])
            zero, far = (self._registry.Quantity(number, unit).to("kelvin").magnitude for number in (0, 1000))
            return "temperature", _tidy((far - zero) / 1000), _tidy(zero)
        above: Counter[str] = Counter()
        below: Counter[str] = Counter()
        size = 1.0
        for position, part in enumerate(code.split("/")):
            found = self._part(part)
            if found is None:
                return None
            dimensions, factor = found
            size = size / factor if position else size * factor
            for dimension, power in dimensions.items():
                higher = (power > 0) != bool(position)
                (above if higher else below)[dimension] += abs(power)
        if not above and not below and _IN_BRACES.fullmatch(code):
            return None
        if above == below and set(above) == {"[length]"}:
            above, below = Counter(), Counter()
        return _written(above, below), _tidy(size), 0.0

    def _part(self, part: str) -> tuple[dict[str, int], float] | None:
        braces = [text for text in _IN_BRACES.findall(part) if text not in _COUNTED]
        bare = _IN_BRACES.sub("", part).replace("[U]", "U")
        dimensions: Counter[str] = Counter(braces)
        if not bare or bare == "1":
            return dict(dimensions), 1.0
        if bare in "kM" and braces:
            return dict(dimensions), {"k": 1e3, "M": 1e6}[bare]
        try:
            quantity = self._registry.from_ucum(bare)
            size = float(quantity.to_base_units().magnitude)
        except Exception:  # whatever the grammar or the registry cannot make sense of has no size
            return None
        for name, power in quantity.unit_items():
            root = self._registry.parse_unit_name(name)[0][1]
            if power != int(power) or not self._registry.Quantity(1, root)._is_multiplicative:
                return None
            for dimension, exponent in self._dimensions(root).items():
                dimensions[dimension] += int(exponent * power)
        return {name: power for name, power in dimensions.items() if power}, size

    def _dimensions(self, name: str) -> dict[str, Any]:
        if name in _NUMBERS:
            return {}
        found = dict(self._registry.Unit(name).dimensionality)
        return {name: 1} if name in _OF_THEIR_OWN or not found else found


def _tidy(number: float) -> float:
    """Take away what floating point has added in the last digits."""
    return float(f"{number:.13g}")


def _written(above: Counter[str], below: Counter[str]) -> str:
    def side(powers: Counter[str]) -> str:
        names = (f"{name.strip('[]')}{power if power > 1 else ''}" for name, power in sorted(powers.items()) if power)
        return ".".join(names) or "1"

    return side(above) if not +below else f"{side(above)}/{side(below)}"


def sized() -> Iterator[tuple[str, str, float, float]]:
    """Code, kind, size and zero of every unit that has a size and can be converted into another."""
    sizes = Sizes()
    found = {code: size for code in codes() if (size := sizes.of(code)) is not None}
    of_kind = Counter(kind for kind, _, _ in found.values())
    for code, size in found.items():
        if of_kind[size[0]] > 1:
            yield code, *size


def write(target: Path) -> None:
    """Write the table."""
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "kind", "size", "zero"))
        writer.writerows((code, kind, f"{size:.13g}", f"{zero:.13g}") for code, kind, size, zero in sized())


if __name__ == "__main__":
    write(Path(__file__).with_name("ucum.csv"))
