"""Rates, proportions and tables beside R's poisson.test, epitools, exactci, fisher.test, mantelhaen.test, Epi."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.rates import (
    TimeScale,
    direct_standardisation,
    expected_events,
    indirect_standardisation,
    mantel_haenszel,
    mcnemar,
    person_time,
    proportion_limits,
    rate_limits,
    rate_ratio,
    rates,
    two_by_two,
)

pytestmark = pytest.mark.conformance

FAMILY = "rates_tables"
RATE = {
    "exact": "exact",
    "byar": "byar",
    "rothman_half": "rothman",
    "wald": "wald",
    "log_wald": "log-wald",
    "mid_p": "mid-p",
}


def one_rate(events: float, time: float) -> dict[str, Any]:
    limits = {
        name: [limit[0] for limit in rate_limits(events, time, method)]  # type: ignore[arg-type]
        for name, method in RATE.items()
    }
    return {"events": events, "person_time": time, "rate": events / time, **limits}


def as_ratio(contrast: pd.DataFrame, doubled: float) -> dict[str, Any]:
    rows = contrast.set_index(["measure", "method"])
    exact, wald, difference = (
        rows.loc[key] for key in (("ratio", "exact"), ("ratio", "log-wald"), ("difference", "wald"))
    )
    return {
        "rate_ratio": exact["estimate"],
        "exact_conditional": [exact["lower"], exact["upper"]],
        "exact_p": exact["p"],
        "exact_p_rateratio.test": doubled,
        "log_wald": [wald["lower"], wald["upper"]],
        "wald_p": wald["p"],
        "rate_difference": difference["estimate"],
        "rate_difference_wald": [difference["lower"], difference["upper"]],
    }


def counts_ratio(x1: float, t1: float, x0: float, t0: float) -> dict[str, Any]:
    found = rate_ratio(x1, t1, x0, t0)
    return as_ratio(found.table, found.further["tests"].set_index("test")["p"]["doubling"])


@pytest.mark.parametrize("name", ["x0", "x1", "x5", "x37", "x412", "x25000"])
def test_one_rate(check: Any, name: str) -> None:
    check(FAMILY, f"rate_{name}", lambda case, _: one_rate(case["spec"]["events"], case["spec"]["person_time"]))


@pytest.mark.parametrize("name", ["rate_ratio_12_1000_vs_30_2200", "rate_ratio_0"])
def test_two_rates(check: Any, name: str) -> None:
    check(FAMILY, name, lambda case, _: counts_ratio(*(case["spec"][key] for key in ("x1", "t1", "x0", "t0"))))


def test_rates_of_groups(check: Any) -> None:
    def veteran(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        found = rates(data, duration="time", event="status", group="trt", unit=365.25)
        by_group = found.table.set_index("group")
        given = {f"trt{arm}": one_rate(*by_group.loc[arm, ["events", "person_time"]]) for arm in (1, 2)}
        (x1, t1), (x0, t0) = (by_group.loc[arm, ["events", "person_time"]] for arm in (2, 1))
        doubled = counts_ratio(x1, t1, x0, t0)["exact_p_rateratio.test"]
        return {**given, "trt2_vs_1": as_ratio(found.contrasts, doubled)}

    def colon(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        asked: dict[str, Any] = {"duration": "time", "event": "status", "group": "rx", "unit": 365.25}
        found = rates(data, **asked, per=1000, reference="Obs").table.set_index("group")
        given = {
            group: {
                "events": row["events"],
                "person_years": row["person_time"],
                "per_1000": row["rate"],
                "exact_per_1000": [row["lower"], row["upper"]],
            }
            for group, row in found.iterrows()
        }
        contrasts = rates(data, **asked, reference="Obs").contrasts
        (x1, t1), (x0, t0) = (found.loc[arm, ["events", "person_time"]] for arm in ("Lev+5FU", "Obs"))
        doubled = counts_ratio(x1, t1, x0, t0)["exact_p_rateratio.test"]
        return {**given, "ratio": as_ratio(contrasts[contrasts["group"] == "Lev+5FU"], doubled)}

    check(FAMILY, "rate_veteran_by_trt", veteran)
    check(FAMILY, "rates_colon_by_rx", colon)


@pytest.mark.parametrize("name", ["0_20", "3_10", "81_263", "20_20"])
def test_proportions(check: Any, name: str) -> None:
    def ours(case: dict[str, Any], _: pd.DataFrame) -> dict[str, Any]:
        x, n = case["spec"]["x"], case["spec"]["n"]
        names = ["clopper_pearson", "wilson", "wald", "agresti_coull", "jeffreys"]
        limits = {
            name: [limit[0] for limit in proportion_limits(x, n, name.replace("_", "-"))]  # type: ignore[arg-type]
            for name in names
        }
        return {"x": x, "n": n, "p": x / n, **limits}

    check(FAMILY, f"proportion_{name}", ours)


@pytest.mark.parametrize("name", ["a", "b"])
def test_two_by_two_tables(check: Any, name: str) -> None:
    def ours(case: dict[str, Any], _: pd.DataFrame) -> dict[str, Any]:
        cells = [case["spec"][cell] for cell in "abcd"]
        found = two_by_two(counts=cells)
        rows = found.table.set_index(["measure", "method"])
        tests = found.further["tests"].set_index("test")

        def limits(*key: str) -> list[float]:
            return rows.loc[key, ["lower", "upper"]].tolist()

        return {
            "table": cells,
            "odds_ratio": rows.loc[("odds_ratio", "wald"), "estimate"],
            "or_wald": limits("odds_ratio", "wald"),
            "or_conditional_mle": rows.loc[("odds_ratio", "conditional"), "estimate"],
            "or_exact": limits("odds_ratio", "conditional"),
            "fisher_p": tests["p"]["fisher"],
            "risk_ratio": rows.loc[("risk_ratio", "wald"), "estimate"],
            "rr_wald": limits("risk_ratio", "wald"),
            "risk_difference": rows.loc[("risk_difference", "wald"), "estimate"],
            "rd_wald": limits("risk_difference", "wald"),
            "rd_newcombe": limits("risk_difference", "newcombe"),
            "chisq": tests["chisq"]["pearson"],
            "chisq_yates": tests["chisq"]["yates"],
            "nnt": found.number_needed_to_treat,
        }

    check(FAMILY, f"table2x2_{name}", ours)


def test_mantel_haenszel(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        exposed = data.assign(exposed=data["induced"] > 0)
        found = mantel_haenszel(exposed, exposure="exposed", outcome="case", strata="education")
        rows = found.table.set_index(["measure", "method"])
        pooled, exact = rows.loc[("odds_ratio", "mantel-haenszel")], rows.loc[("odds_ratio", "conditional")]
        return {
            "or_mh": pooled["estimate"],
            "ci_rbg": pooled[["lower", "upper"]].tolist(),
            "chisq_nocorrect": found.further["tests"]["chisq"][0],
            "or_exact": exact["estimate"],
            "ci_exact": exact[["lower", "upper"]].tolist(),
            "rr_mh": rows.loc[("risk_ratio", "mantel-haenszel"), "estimate"],
        }

    check(FAMILY, "mantel_haenszel_infert", ours)


def test_matched_pairs(check: Any) -> None:
    def ours(case: dict[str, Any], _: pd.DataFrame) -> dict[str, Any]:
        found = mcnemar(case["spec"]["discordant_b"], case["spec"]["discordant_c"])
        tests = found.further["tests"].set_index("test")
        row = found.table.iloc[0]
        return {
            "chisq": tests["chisq"]["mcnemar"],
            "chisq_cc": tests["chisq"]["corrected"],
            "or": row["estimate"],
            "exact_p": tests["p"]["exact"],
            "or_exact_ci": [row["lower"], row["upper"]],
        }

    check(FAMILY, "mcnemar", ours)


def test_person_time(check: Any) -> None:
    def mgus2(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        breaks = case["spec"]["bands"]
        scales = {"age_band": TimeScale("age", breaks, unit=12)}
        followed = data[data["futime"] > 0]
        table = person_time(followed, duration="futime", event="death", scales=scales, group="sex", unit=12).table
        names = dict(zip([-np.inf, *breaks], ["<50", "50-59", "60-69", "70-79", "80-89", "90+"], strict=True))
        return {
            "band": table["age_band"].map(names),
            "sex": table["group"],
            "person_years": table["person_time"],
            "deaths": table["events"],
        }

    def channing(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        breaks = [780, 840, 900, 960, 1020, 1080]
        followed = data[data["exit"] > data["entry"]]
        scales = {"band": TimeScale(None, breaks)}
        table = person_time(
            followed, duration="exit", event="cens", entry="entry", scales=scales, group="sex", unit=12
        ).table
        return {
            "band_index": 1 + np.searchsorted([-np.inf, *breaks], table["band"]),
            "sex": table["group"],
            "person_years": table["person_time"],
            "deaths": table["events"],
        }

    check(FAMILY, "pyears_mgus2_age_sex", mgus2)
    check(FAMILY, "pyears_channing", channing)


def test_direct_standardisation(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        found = direct_standardisation(
            data[data["P5"] == 1988],
            events="D",
            person_time="Y",
            strata="A5",
            standard=data[data["P5"] == 1968],
            standard_size="Y",
        )
        rows = found.table.set_index(["measure", "method"])

        def limits(method: str) -> list[float]:
            return rows.loc[("adjusted", method), ["lower", "upper"]].tolist()

        return {
            "n_strata": len(found.further["strata"]),
            "crude": rows.loc[("crude", "exact"), "estimate"],
            "adjusted": rows.loc[("adjusted", "wald"), "estimate"],
            "fay_feuer": limits("fay-feuer"),
            "variance_poisson": found.further["variance"]["variance"][0],
            "wald": limits("wald"),
            "log_wald": limits("log-wald"),
        }

    check(FAMILY, "direct_standardisation", ours)


def test_indirect_standardisation(check: Any, reference: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        workers = data.assign(
            died=data["icd"].isin([162, 163]).astype(int),
            years=data["ageout"] - data["agein"],
            year=data["dob"] + data["agein"],
        )
        scales = {
            "age": TimeScale("agein", [0, *range(10, 85, 5)]),
            "year": TimeScale("year", list(range(1931, 1982, 5))),
        }
        split = person_time(workers, duration="years", event="died", scales=scales).table
        england = reference.data("ewrates.csv").assign(rate=lambda frame: frame["lung"] / 1e6)
        asked: dict[str, Any] = {
            "events": "events",
            "person_time": "person_time",
            "strata": ["age", "year"],
            "reference": england,
            "reference_rate": "rate",
            "unmatched": "drop",
        }
        exact, byar = (indirect_standardisation(split, **asked, interval=kind) for kind in ("exact", "byar"))  # type: ignore[arg-type]
        row = exact.table.iloc[0]
        return {
            "person_years": split["person_time"].sum(),
            "person_years_matched": exact.further["strata"]["person_time"].sum(),
            "observed": row["observed"],
            "expected": row["expected"],
            "smr": row["estimate"],
            "exact": [row["lower"], row["upper"]],
            "byar": byar.table.iloc[0][["lower", "upper"]].tolist(),
        }

    check(FAMILY, "indirect_smr", ours)


def test_expected_deaths(reference: Any, hold: Any) -> None:
    # The case says 1985-07-01 and hands R the days from 1960 to then; R counts a number from 1970: 1995-07-02.
    patients = reference.data("lung.csv")
    patients = patients.assign(start="1995-07-02", sex=np.where(patients["sex"] == 1, "male", "female"))
    found = expected_events(
        patients,
        duration="time",
        event="event",
        age="age",
        start="start",
        population=reference.data("survexp_us.csv"),
        hazard="hazard_per_day",
        strata=["sex"],
        year_starts="birthday",
    )
    row = found.table.iloc[0]
    given = {
        "expected_deaths": row["expected"],
        "observed": row["observed"],
        "smr": row["estimate"],
        "first5": found.per_row[:5],
    }
    hold(FAMILY, "expected_deaths_lung", given)
