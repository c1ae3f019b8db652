"""Power and E-values beside R's power.prop.test, power.t.test and the published formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analyses.causal import EValue, e_value
from analyses.power import events_needed, power_of_events, size_for_means, size_for_proportions

pytestmark = pytest.mark.conformance

FAMILY = "power_sensitivity"


def test_events(check: Any) -> None:
    def schoenfeld(case: dict[str, Any], _: Any) -> dict[str, Any]:
        spec = case["spec"]
        p, power, hr = (
            part.ravel() for part in np.meshgrid(spec["allocation"], spec["power"], spec["hr"], indexing="ij")
        )
        needed = events_needed(hr, power=power, allocation=p, alpha=spec["alpha"]).table
        with_200 = power_of_events(hr, 200, allocation=p, alpha=spec["alpha"]).table["power"]
        return {
            "hr": needed["hr"],
            "power": needed["power"],
            "p": needed["allocation"],
            "events": needed["events"],
            "power_at_200_events": with_200,
        }

    check(FAMILY, "schoenfeld", schoenfeld)
    check(
        FAMILY,
        "freedman",
        lambda case, _: {"events": events_needed(case["spec"]["hr"], method="freedman").table["events"]},
    )


def test_persons(check: Any) -> None:
    check(FAMILY, "two_proportions", lambda case, _: {"n_per_group": size_for_proportions(0.15, 0.25).n_per_group})
    check(FAMILY, "two_means", lambda case, _: {"n_per_group": size_for_means(0.4, power=0.9).n_per_group})


def as_evalue(found: EValue) -> dict[str, float]:
    return {"point": found.point, "ci": found.limit}


def test_e_values(check: Any) -> None:
    def risk_ratios(case: dict[str, Any], _: Any) -> dict[str, Any]:
        spec = case["spec"]
        each = zip("abc", spec["rr"], spec["lower"], spec["upper"], strict=True)
        return {name: as_evalue(e_value(*values)) for name, *values in each}

    def approximated(measure: Any) -> Any:
        def ours(case: dict[str, Any], _: Any) -> dict[str, Any]:
            values = [case["spec"][name] for name in (measure, "lower", "upper")]
            found = e_value(*values, measure=measure, rare=False)
            ratios = [e_value(value, measure=measure, rare=False).table["risk_ratio"][0] for value in values]
            return {"rr_approx": ratios, **as_evalue(found)}

        return ours

    check(FAMILY, "evalue_rr", risk_ratios)
    check(FAMILY, "evalue_hr_common", approximated("hr"))
    check(FAMILY, "evalue_or_common", approximated("or"))
