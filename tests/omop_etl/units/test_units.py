"""The table of units: held against exact fractions, published factors, and the libraries it was made with."""

from __future__ import annotations

import csv
import io
import re
import warnings
from fractions import Fraction
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omop_etl.packaged import packaged_rows, packaged_text
from omop_etl.units import UnitSize, unit_sizes

SIZES: Final = {(unit.code, unit.measured): unit for unit in unit_sizes()}

PREFIXES: Final = {"k": 3, "": 0, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}
MASSES: Final = {f"{p}g": Fraction(10) ** (e - 3) for p, e in PREFIXES.items() if p not in ("d", "c")}
SUBSTANCES: Final = {f"{p}mol": Fraction(10) ** e for p, e in PREFIXES.items() if p not in ("k", "d", "c")}
COUNTS: Final = {"": Fraction(1), "10*3": Fraction(10**3), "10*6": Fraction(10**6), "10*9": Fraction(10**9)}
VOLUMES: Final = {f"{p}L": Fraction(10) ** (e - 3) for p, e in PREFIXES.items() if p in ("", "d", "m", "u")}


def converted(value: float, of: UnitSize, into: UnitSize) -> float:
    """Convert as the engine does."""
    return value * (of.size / into.size) + (of.zero - into.zero) / into.size


@pytest.mark.parametrize("amounts", [MASSES, SUBSTANCES, COUNTS], ids=["mass", "substance", "count"])
@given(data=st.data())
def test_concentrations_are_what_fractions_say(amounts: dict[str, Fraction], data: st.DataObject) -> None:
    above, other = (data.draw(st.sampled_from(sorted(amounts))) for _ in range(2))
    below, divided = (data.draw(st.sampled_from(sorted(VOLUMES))) for _ in range(2))
    value = data.draw(st.decimals("0.001", "100000", places=3))
    of, into = SIZES[f"{above}/{below}", 0], SIZES[f"{other}/{divided}", 0]
    exact = Fraction(value) * (amounts[above] / VOLUMES[below]) / (amounts[other] / VOLUMES[divided])
    assert of.kind == into.kind
    assert converted(float(value), of, into) == pytest.approx(float(exact), rel=1e-11)


@given(st.decimals("-100", "300", places=1))
def test_degrees_are_what_fractions_say(value: Fraction) -> None:
    celsius = (Fraction(value) - 32) * Fraction(5, 9)
    assert converted(float(value), SIZES["[degF]", 0], SIZES["Cel", 0]) == pytest.approx(float(celsius), abs=1e-9)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[iU]/L", "10*9/L"),
        ("{copies}/mL", "/mL"),
        ("%", "mmol/mol"),
        ("%", "mg/g"),
        ("/[HPF]", "%"),
        ("U/L", "[iU]/L"),
        ("meq/L", "mmol/L"),
        ("mosm/kg", "mmol/kg"),
        ("mL/min", "mL/min/{1.73_m2}"),
        ("mg/g", "mg/g{creat}"),
        ("mg/dL", "mmol/L"),
        ("mg/kg/h", "/h"),
    ],
)
def test_units_of_different_kinds_are_kept_apart(one: str, other: str) -> None:
    """UCUM's own dimensions would make one of the other; what is measured is not the same."""
    kinds = [SIZES[code, 0].kind if (code, 0) in SIZES else code for code in (one, other)]
    assert kinds[0] != kinds[1]


@pytest.mark.parametrize(
    ("code", "other", "factor"),
    [
        ("mm[Hg]", "kPa", 0.133322387415),
        ("[lb_av]", "kg", 0.45359237),
        ("[in_i]", "cm", 2.54),
        ("U/L", "ukat/L", 1 / 60),
        ("[U]/L", "U/L", 1),
        ("[IU]/mL", "m[iU]/mL", 1000),
        ("{cells}/uL", "10*9/L", 0.001),
        ("L/L", "%", 100),
        ("g/(24.h)", "mg/d", 1000),
        ("wk", "d", 7),
    ],
)
def test_sizes_are_those_of_their_definitions(code: str, other: str, factor: float) -> None:
    assert converted(1, SIZES[code, 0], SIZES[other, 0]) == pytest.approx(factor, rel=1e-11)


@pytest.mark.parametrize(
    ("measured", "code", "other", "factor"),
    [
        (3013826, "mg/dL", "mmol/L", 0.0555),
        (3016723, "mg/dL", "umol/L", 88.4),
        (3024128, "mg/dL", "umol/L", 17.1),
        (3013682, "mg/dL", "mmol/L", 0.357),
        (3026493, "mg/dL", "umol/L", 59.48),
        (3019900, "mg/dL", "mmol/L", 0.0259),
        (3025839, "mg/dL", "mmol/L", 0.0113),
        (3015377, "mg/dL", "mmol/L", 0.25),
        (3014111, "mg/dL", "mmol/L", 0.111),
        (3008486, "ng/dL", "pmol/L", 12.87),
        (3023103, "meq/L", "mmol/L", 1.0),
        (3015377, "meq/L", "mmol/L", 0.5),
    ],
)
def test_substances_have_the_factors_that_journals_print(measured: int, code: str, other: str, factor: float) -> None:
    """Conversion factors of the AMA Manual of Style, to the figures printed there."""
    assert converted(1, SIZES[code, measured], SIZES[other, 0]) == pytest.approx(factor, rel=5e-3)


def test_molar_masses_follow_from_formulas() -> None:
    """Abridged standard atomic weights of IUPAC, 2021."""
    weights = {"H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "Na": 22.990, "Cl": 35.45, "K": 39.098, "Ca": 40.078}
    weights["I"] = 126.90
    for row in packaged_rows("omop_etl.units", "substances.csv"):
        atoms = re.findall(r"([A-Z][a-z]?)(\d*)", row["formula"])
        mass = sum(weights[atom] * int(number or 1) for atom, number in atoms)
        assert float(row["g_per_mol"]) == pytest.approx(mass, abs=1e-9)


def test_substances_are_measurements_of_the_starter_vocabulary() -> None:
    known = {int(row["concept_id"]): row for row in packaged_rows("omop_etl.vocabulary", "data", "concepts.csv")}
    for row in packaged_rows("omop_etl.units", "substances.csv"):
        assert known[int(row["measured"])]["domain_id"] == "Measurement"


@pytest.mark.parametrize(("ifcc", "ngsp"), [(20, 3.98), (42, 5.99), (48, 6.54), (53, 7.00), (86, 10.02)])
def test_hba1c_follows_the_master_equation(ifcc: float, ngsp: float) -> None:
    assert converted(ifcc, SIZES["mmol/mol", 3004410], SIZES["%", 0]) == pytest.approx(ngsp, abs=5e-3)


def test_no_unit_of_the_starter_vocabulary_is_forgotten() -> None:
    """What cannot be converted is a number of things of its own sort: tablets, points, a ratio."""
    units = [row for row in packaged_rows("omop_etl.vocabulary", "data", "concepts.csv") if row["domain_id"] == "Unit"]
    without = {row["concept_code"] for row in units if (row["concept_code"], 0) not in SIZES}
    assert all(re.fullmatch(r"\{\w+\}", code) for code in without)


def test_the_table_is_what_the_libraries_make_of_ucum() -> None:
    pytest.importorskip("ucumvert", reason="ucumvert is not installed: it is a tool of development")
    from omop_etl.units.build import sized

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = {code: (kind, size, zero) for code, kind, size, zero in sized()}
    shipped = csv.DictReader(io.StringIO(packaged_text("omop_etl.units", "ucum.csv")))
    kept = {row["code"]: (row["kind"], float(row["size"]), float(row["zero"])) for row in shipped}
    assert made == kept
