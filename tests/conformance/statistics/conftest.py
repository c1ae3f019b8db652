"""Compare our statistics with the numbers that R gives, and print them side by side.

The references lie beside a checkout, in ``../shared/reference/statistics`` or where ``RWE_REFERENCE`` says; without
them these tests are skipped. ``pytest tests/conformance/statistics`` prints the table: method, case, ours, R,
difference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.conformance.reference import reference as folder_of

ABSOLUTE = 1e-10
COMPARED: list[tuple[str, str, str, float, float, float]] = []
UNSUPPORTED: list[str] = []


@dataclass
class Reference:
    folder: Path
    families: dict[str, dict[str, Any]] = field(default_factory=dict)

    def case(self, family: str, name: str) -> dict[str, Any]:
        return self.cases(family)[name]

    def cases(self, family: str) -> dict[str, Any]:
        if family not in self.families:
            text = (self.folder / "open" / f"{family}.json").read_text(encoding="utf-8")
            self.families[family] = {case["id"]: case for case in json.loads(text)["cases"]}
        return self.families[family]

    def data(self, dataset: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / "data" / dataset, float_precision="round_trip")


@pytest.fixture(scope="session")
def reference() -> Reference:
    return Reference(folder_of("statistics"))


@pytest.fixture
def check(reference: Reference) -> Callable[[str, str, Callable[[dict[str, Any], pd.DataFrame], Any]], None]:
    """Run one case: ``check(family, case, ours)`` where `ours` gives our numbers in the form of the expected ones."""

    def run(family: str, name: str, ours: Callable[[dict[str, Any], pd.DataFrame], Any]) -> None:
        case = reference.case(family, name)
        dataset = case.get("dataset")
        compare(family, case, ours(case, reference.data(dataset) if isinstance(dataset, str) else pd.DataFrame()))

    return run


@pytest.fixture
def hold(reference: Reference) -> Callable[[str, str, Any], None]:
    """Hold our numbers of one case, in the form of the expected ones, against R's: ``hold(family, case, given)``."""

    def run(family: str, name: str, given: Any) -> None:
        compare(family, reference.case(family, name), given)

    return run


def compare(family: str, case: dict[str, Any], given: Any) -> None:
    """Compare every expected number of a case and keep the worst of each quantity for the table."""
    name, tolerance, all_expected = case["id"], float(case["tol"]), case["expected"]
    if isinstance(all_expected, list):
        given, all_expected = {"": given}, {"": all_expected}
    wrong = []
    for quantity, expected in all_expected.items():
        if quantity not in given:
            wrong.append(f"{quantity}: not computed")
            continue
        if given[quantity] is NOT_A_NUMBER_TO_MATCH:
            continue
        pairs = list(leaves(given[quantity], expected, quantity))
        worst = max(pairs, key=lambda pair: difference(pair[1], pair[2]), default=None)
        if worst is not None:
            COMPARED.append((family, name, *worst, difference(worst[1], worst[2])))
        wrong += [f"{at}: ours {a!r}, R {b!r}" for at, a, b in pairs if not close(a, b, tolerance)]
    assert not wrong, "\n".join(wrong[:20])


NOT_A_NUMBER_TO_MATCH = object()


@pytest.fixture
def not_to_match() -> object:
    """What a case gives for a quantity of which the reference says that it means nothing."""
    return NOT_A_NUMBER_TO_MATCH


def leaves(ours: Any, expected: Any, at: str) -> Iterator[tuple[str, float, float]]:
    """Numbers of both sides that belong together."""
    if isinstance(expected, dict):
        if set(expected) <= {"values", "rows", "cols"} and "values" in expected and not isinstance(ours, dict):
            yield from leaves(ours, expected["values"], at)
            return
        for key, value in expected.items():
            assert key in ours, f"{at}.{key} is not computed"
            yield from leaves(ours[key], value, f"{at}.{key}")
    elif isinstance(expected, list):
        listed = list(ours)
        assert len(listed) == len(expected), f"{at}: {len(listed)} values, R has {len(expected)}"
        for position, (a, b) in enumerate(zip(listed, expected, strict=True)):
            yield from leaves(a, b, f"{at}[{position}]")
    elif isinstance(expected, str) and expected not in ("Inf", "-Inf"):
        assert str(ours) == expected, f"{at}: ours {ours!r}, R {expected!r}"
    else:
        yield at, number(ours), number(expected)


def number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def close(a: float, b: float, tolerance: float) -> bool:
    if np.isnan(a) or np.isnan(b) or np.isinf(a) or np.isinf(b):
        return (np.isnan(a) and np.isnan(b)) or a == b
    return bool(abs(a - b) <= tolerance * max(abs(a), abs(b)) + ABSOLUTE)


def difference(a: float, b: float) -> float:
    """Relative difference, none between numbers that are rounding errors of 0 themselves."""
    if (np.isnan(a) and np.isnan(b)) or a == b:
        return 0.0
    if np.isnan(a) or np.isnan(b) or np.isinf(a) or np.isinf(b):
        return float("inf")
    size = max(abs(a), abs(b))
    return abs(a - b) / size if size > ABSOLUTE else 0.0


@pytest.fixture
def unsupported(reference: Reference) -> Callable[[str, set[str], dict[str, str]], None]:
    """Hold that a family consists of the cases that are tried and those that are declared as gaps."""

    def hold(family: str, tried: set[str], gaps: dict[str, str]) -> None:
        UNSUPPORTED.extend(f"{family}: {name} ({why})" for name, why in gaps.items())
        assert tried | set(gaps) == set(reference.cases(family))
        assert not tried & set(gaps)

    return hold


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not COMPARED:
        return
    write = terminalreporter.write_line
    terminalreporter.section("statistics beside R (the worst number of each quantity)")
    write(f"{'method':<12} {'case':<32} {'quantity':<36} {'ours':>24} {'R':>24} {'difference':>11}")
    for family, name, at, ours, expected, apart in COMPARED:
        write(f"{family:<12} {name:<32} {at[:36]:<36} {ours:>24.15g} {expected:>24.15g} {apart:>11.1e}")
    cases = {(row[0], row[1]) for row in COMPARED}
    write(f"{len(cases)} cases, {len(COMPARED)} quantities, worst difference {max(r[5] for r in COMPARED):.1e}")
    for gap in UNSUPPORTED:
        write(f"not supported: {gap}")
