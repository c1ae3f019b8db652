"""Competing risks beside R's survfit, cmprsk::cuminc and cmprsk::crr."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.survival import cox
from analyses.survival.competing import CumulativeIncidence, cumulative_incidence, fine_gray, gray_test

pytestmark = pytest.mark.conformance

FAMILY = "competing_multistate"
STATES = {"initial": None, "cause1": 1, "cause2": 2, "cause3": 3}


def close(ours: Any, expected: Any, tolerance: float = 1e-6) -> None:
    given = np.array([np.nan if value is None else value for value in np.ravel(expected)], dtype=float)
    np.testing.assert_allclose(np.ravel(np.asarray(ours, dtype=float)), given, rtol=tolerance, atol=1e-10)


def compare_curves(found: CumulativeIncidence, expected: dict[str, Any], group: Any = None) -> None:
    """Hold a curve against R's survfit at its times: probability, standard error and limits of every state."""
    at = found.at(expected["time"])
    if group is not None:
        at = at[at["group"] == group]
    for state, values in expected.items():
        if state in STATES:
            cause = STATES[state]
            rows = at[at["cause"].isna()] if cause is None else at[at["cause"] == cause]
            close(rows["probability"], values["prob"])
            close(rows["se"], values["se"])
            some = np.array(values["prob"]) > 0
            for limit in ("lower", "upper"):
                close(rows[limit].to_numpy()[some], np.array(values[limit], dtype=object)[some].astype(float))


def with_cause(data: pd.DataFrame) -> pd.DataFrame:
    """Code the causes of death of the melanoma data as the reference does."""
    return data.assign(cause=data["status"].map({1: 1, 2: 0, 3: 2}))


CASES = {
    "cif_mgus2",
    "cif_mgus2_by_sex_gray",
    "cif_weighted",
    "cif_delayed_entry_mgus2",
    "gray_melanoma_strat",
    "gray_transplant_abo",
    "finegray_mgus2",
    "cif_melanoma",
    "finegray_melanoma",
    "ms_mgus2",
    "ms_ebmt3",
    "ms_ebmt3_cox",
}
"""The last three are tried in ``test_statistics_multistate.py``."""


def test_every_case_is_tried(unsupported: Any) -> None:
    unsupported(FAMILY, CASES, {})


@pytest.fixture
def mgus2(reference: Any) -> pd.DataFrame:
    return reference.data("mgus2.csv")  # type: ignore[no-any-return]


def test_incidence_and_its_limits(reference: Any, mgus2: pd.DataFrame) -> None:
    expected = reference.case(FAMILY, "cif_mgus2")["expected"]
    compare_curves(cumulative_incidence(mgus2, duration="cr_time", event="cr_event"), expected["survfit"])
    loglog = cumulative_incidence(mgus2, duration="cr_time", event="cr_event", conf_type="log-log")
    compare_curves(loglog, expected["survfit_loglog"])


def test_incidence_by_group_and_grays_test(reference: Any, mgus2: pd.DataFrame) -> None:
    expected = reference.case(FAMILY, "cif_mgus2_by_sex_gray")["expected"]
    asked = {"duration": "cr_time", "event": "cr_event", "group": "sex"}
    found = cumulative_incidence(mgus2, **asked)
    for sex in ("F", "M"):
        compare_curves(found, expected[sex], sex)
    by_aalen = cumulative_incidence(mgus2, **asked, variance="aalen").at(expected["cmprsk"]["time"])
    for name, curve in expected["cmprsk"]["curves"].items():
        sex, cause = name.split()
        rows = by_aalen[(by_aalen["group"] == sex) & (by_aalen["cause"] == int(cause))]
        close(rows["probability"], curve["est"])
        close(rows["se"] ** 2, curve["var"])
    assert_gray(gray_test(mgus2, **asked).findings, expected["cmprsk"]["gray"])


def assert_gray(found: pd.DataFrame, expected: dict[str, Any]) -> None:
    by_cause = found.set_index(found["cause"].astype(str)).loc[expected["cause"]]
    close(by_cause["chisq"], expected["stat"])
    close(by_cause["p"], expected["p"])
    assert by_cause["df"].tolist() == expected["df"]


def test_grays_test_in_strata_and_between_many_groups(reference: Any) -> None:
    melanoma = with_cause(reference.data("melanoma.csv"))
    found = gray_test(melanoma, duration="time", event="cause", group="ulcer", strata="sex")
    assert_gray(found.findings, reference.case(FAMILY, "gray_melanoma_strat")["expected"]["gray"])
    transplant = reference.data("transplant.csv").query("futime > 0")
    found = gray_test(transplant, duration="futime", event="event_code", group="abo")
    assert_gray(found.findings, reference.case(FAMILY, "gray_transplant_abo")["expected"]["gray"])


def test_weights(reference: Any, mgus2: pd.DataFrame) -> None:
    weighted = mgus2.assign(weight=1 + mgus2["age"] / 100)
    found = cumulative_incidence(weighted, duration="cr_time", event="cr_event", weights="weight")
    compare_curves(found, reference.case(FAMILY, "cif_weighted")["expected"])


def test_delayed_entry(reference: Any, mgus2: pd.DataFrame) -> None:
    followed = mgus2[mgus2["cr_time"] > 0].assign(exit=lambda frame: frame["age"] + frame["cr_time"] / 12)
    found = cumulative_incidence(followed, duration="exit", event="cr_event", entry="age", group="sex", start_time=50)
    for sex, expected in reference.case(FAMILY, "cif_delayed_entry_mgus2")["expected"].items():
        compare_curves(found, expected, sex)


def test_fine_gray_with_its_robust_variance(reference: Any, mgus2: pd.DataFrame) -> None:
    expected = reference.case(FAMILY, "finegray_mgus2")["expected"]["crr"]
    complete = mgus2[["cr_time", "cr_event", "age", "sex", "hgb", "mspike"]].dropna()
    model = fine_gray(complete, duration="cr_time", event="cr_event", covariates=["age", "sex", "hgb", "mspike"])
    close(model.table["coef"], expected["coef"])
    close(model.table["se"], expected["se_robust"])
    close(model.table["p"], expected["p"])
    close(model.vcov.to_numpy(), expected["vcov_robust"]["values"])
    close([model.loglik_null, model.loglik], [expected["loglik_null"], expected["loglik"]])


def test_the_weighted_cox_form_of_fine_gray(reference: Any, mgus2: pd.DataFrame) -> None:
    expected = reference.case(FAMILY, "finegray_mgus2")["expected"]["weighted_cox"]
    complete = mgus2[["cr_time", "cr_event", "age", "sex", "hgb", "mspike"]].dropna()
    for ties in ("breslow", "efron"):
        model = fine_gray(
            complete,
            duration="cr_time",
            event="cr_event",
            covariates=["age", "sex", "hgb", "mspike"],
            method="weighted-cox",
            ties=ties,  # type: ignore[arg-type]
        )
        close(model.table["coef"], expected[f"coef_{ties}"])


def test_incidence_in_the_melanoma_data(reference: Any) -> None:
    expected = reference.case(FAMILY, "cif_melanoma")["expected"]
    melanoma = with_cause(reference.data("melanoma.csv"))
    asked: dict[str, Any] = {"duration": "time", "event": "cause"}
    found = cumulative_incidence(melanoma, **asked)
    compare_curves(found, expected["survfit"])
    at = found.at(expected["survfit"]["time"])
    close(at.loc[at["cause"].isna(), "n_risk"], expected["survfit"]["n_risk_initial"])
    by_aalen = cumulative_incidence(melanoma, **asked, group="sex", variance="aalen").at(expected["cmprsk"]["time"])
    for name, curve in expected["cmprsk"]["curves"].items():
        sex, cause = name.split()
        rows = by_aalen[(by_aalen["group"] == int(sex)) & (by_aalen["cause"] == int(cause))]
        close(rows["probability"], curve["est"])
        close(rows["se"] ** 2, curve["var"])
    assert_gray(gray_test(melanoma, **asked, group="sex").findings, expected["cmprsk"]["gray"])


def test_fine_gray_in_the_melanoma_data(reference: Any) -> None:
    case = reference.case(FAMILY, "finegray_melanoma")
    expected, spec = case["expected"], case["spec"]
    melanoma = with_cause(reference.data("melanoma.csv"))
    asked: dict[str, Any] = {"duration": "time", "event": "cause", "covariates": spec["covariates"]}
    for cause, name in ((1, "crr"), (2, "other_cause")):
        model = fine_gray(melanoma, **asked, cause=cause)
        close(model.table["coef"], expected[name]["coef"])
        close(model.table["shr"], expected[name]["shr"])
        close(model.table["se"], expected[name]["se_robust"])
        close(model.table["p"], expected[name]["p"])
        close(model.vcov.to_numpy(), expected[name]["vcov_robust"]["values"])
        close([model.loglik_null, model.loglik], [expected[name]["loglik_null"], expected[name]["loglik"]])
    predicted = fine_gray(melanoma, **asked).incidence(spec["newdata"], spec["times"])
    close(predicted["probability"], expected["crr"]["predict"]["cif"])
    for ties in ("breslow", "efron"):
        model = fine_gray(melanoma, **asked, method="weighted-cox", ties=ties)  # type: ignore[arg-type]
        close(model.table["coef"], expected["weighted_cox"][f"coef_{ties}"])
        close(model.table["se"], expected["weighted_cox"][f"se_cluster_{ties}"])
    of_cause = melanoma.assign(of_cause=(melanoma["cause"] == 1).astype(int))
    specific = cox(of_cause, duration="time", event="of_cause", covariates=spec["covariates"])
    close(specific.table["coef"], expected["cause_specific"]["coef"])
    close(specific.table["se"], expected["cause_specific"]["se"])
    close(specific.loglik, expected["cause_specific"]["loglik"])


def test_cause_specific_hazards(reference: Any, mgus2: pd.DataFrame) -> None:
    expected = reference.case(FAMILY, "finegray_mgus2")["expected"]
    complete = mgus2[["cr_time", "cr_event", "age", "sex", "hgb", "mspike"]].dropna()
    assert len(complete) == expected["n"]
    for cause, name in ((1, "cause_specific_pcm"), (2, "cause_specific_death")):
        own = complete.assign(own=(complete["cr_event"] == cause).astype(int))
        model = cox(own, duration="cr_time", event="own", covariates=["age", "sex", "hgb", "mspike"])
        close(model.table["coef"], expected[name]["coef"])
        close(model.table["se"], expected[name]["se"])
        close(model.loglik, expected[name]["loglik"])
