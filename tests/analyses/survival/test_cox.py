"""Cox models on data sets of lifelines beside R's coxph, cox.zph, survfit and concordance."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_rossi, load_stanford_heart_transplants

from analyses.survival import cox
from omop_etl.errors import CannotAnswerError, UsageError

ROSSI = {"duration": "week", "event": "arrest", "covariates": ["fin", "age", "prio"]}
HEART = {"duration": "stop", "event": "event", "entry": "start", "covariates": ["age", "surgery", "transplant"]}


@pytest.fixture(scope="module")
def rossi() -> pd.DataFrame:
    return load_rossi()


@pytest.fixture(scope="module")
def heart() -> pd.DataFrame:
    return load_stanford_heart_transplants()


@pytest.mark.parametrize(
    ("ties", "coef", "se", "loglik"),
    [
        (
            "efron",
            [-0.3469544628437, -0.0671053295424, 0.0968931982824],
            [0.1902472654889, 0.0208505462426, 0.0272533758423],
            -660.857025384,
        ),
        (
            "breslow",
            [-0.3464440244400, -0.0669207694915, 0.0965282757324],
            [0.1902356522861, 0.0208397300951, 0.0272412110909],
            -661.232610417,
        ),
        (
            "exact",
            [-0.3486813347066, -0.0672498041536, 0.0973045856636],
            [0.1908516550039, 0.0208910615150, 0.0273956056397],
            -599.218241256,
        ),
    ],
)
def test_ties_equal_r(rossi: pd.DataFrame, ties: str, coef: list, se: list, loglik: float) -> None:
    """R: coxph(Surv(week, arrest) ~ fin + age + prio, rossi, ties = ties)."""
    model = cox(rossi, **ROSSI, ties=ties)
    assert model.table["coef"].tolist() == pytest.approx(coef, rel=1e-9)
    assert model.table["se"].tolist() == pytest.approx(se, rel=1e-8)
    assert model.loglik == pytest.approx(loglik, rel=1e-10)


def test_tests_and_concordance_equal_r(rossi: pd.DataFrame) -> None:
    """R: summary(f)$logtest, $waldtest, $sctest; concordance(f)."""
    model = cox(rossi, **ROSSI)
    tests = model.tests.set_index("test")["chisq"]
    assert tests["likelihood ratio"] == pytest.approx(29.0472139249, rel=1e-9)
    assert tests["wald"] == pytest.approx(27.94, abs=0.005)
    assert tests["score"] == pytest.approx(29.0335243891, rel=1e-9)
    assert model.concordance.value == pytest.approx(0.630160631253, rel=1e-11)
    assert model.concordance.se == pytest.approx(0.0272909808368, rel=1e-9)


def test_proportional_hazards_equal_r(rossi: pd.DataFrame) -> None:
    """R: cox.zph(f)$table."""
    table = cox(rossi, **ROSSI).zph().table
    assert table["term"].tolist() == ["fin", "age", "prio", "GLOBAL"]
    expected = [0.0638415467861, 6.3254644649902, 0.5187105815353, 7.1367394104688]
    assert table["chisq"].tolist() == pytest.approx(expected, rel=1e-9)
    assert table["p"][1] == pytest.approx(0.0119016311461, rel=1e-9)


def test_predicted_survival_equals_r(rossi: pd.DataFrame) -> None:
    """R: summary(survfit(f, newdata = data.frame(fin = 1, age = 20, prio = 5)), times = c(10, 52))."""
    person = pd.DataFrame({"fin": [1], "age": [20], "prio": [5]}, index=["someone"])
    table = cox(rossi, **ROSSI).survival(person, times=[10, 52])
    assert table["person"].tolist() == ["someone", "someone"]
    assert table["survival"].tolist() == pytest.approx([0.958547009210, 0.679333982873], rel=1e-10)
    assert table["survival_se"].tolist() == pytest.approx([0.0116945236153, 0.0420865846202], rel=1e-9)
    assert table["lower"].tolist() == pytest.approx([0.935898035245, 0.601657165850], rel=1e-9)
    assert table["upper"].tolist() == pytest.approx([0.981744094190, 0.767039248397], rel=1e-9)


def test_strata_and_clusters_equal_r(rossi: pd.DataFrame) -> None:
    """R: coxph(Surv(week, arrest) ~ fin + prio + strata(wexp) + cluster(age %/% 5), rossi)."""
    model = cox(
        rossi.assign(band=rossi["age"] // 5),
        duration="week",
        event="arrest",
        covariates=["fin", "prio"],
        strata="wexp",
        cluster="band",
    )
    assert model.robust
    assert model.table["coef"].tolist() == pytest.approx([-0.3951611532817, 0.0837914399642], rel=1e-9)
    assert model.table["se"].tolist() == pytest.approx([0.2045595113212, 0.0238335207828], rel=1e-8)
    assert model.tests.set_index("test").loc["robust score", "chisq"] == pytest.approx(2.98741741565, rel=1e-8)


def test_time_dependent_covariates_equal_r(heart: pd.DataFrame) -> None:
    """R: coxph(Surv(start, stop, event) ~ age + surgery + transplant, heart, cluster = id)."""
    model = cox(heart, **HEART, cluster="id")
    assert model.table["coef"].tolist() == pytest.approx([0.0305363149142, -0.7733276453177, 0.0160956052966], rel=1e-8)
    assert model.table["se"].tolist() == pytest.approx([0.0143280673043, 0.3332410723401, 0.3093096926468], rel=1e-8)
    naive = [0.0138927866309, 0.3596679881129, 0.3085858042285]
    assert model.table["se_naive"].tolist() == pytest.approx(naive, rel=1e-8)
    assert model.concordance.value == pytest.approx(0.599800840894, rel=1e-10)


def test_rows_may_come_in_any_order(rossi: pd.DataFrame) -> None:
    shuffled = rossi.sample(frac=1, random_state=7)
    first, second = cox(rossi, **ROSSI), cox(shuffled, **ROSSI)
    assert first.table["coef"].tolist() == pytest.approx(second.table["coef"].tolist(), rel=1e-10)
    residuals = second.residuals("dfbeta").sort_index()
    np.testing.assert_allclose(residuals, first.residuals("dfbeta"), atol=1e-12)


def test_splitting_follow_up_changes_nothing(rossi: pd.DataFrame) -> None:
    """Every person as two intervals, cut in week 20: the same model."""
    early = rossi.assign(start=0, stop=rossi["week"].clip(upper=20), died=rossi["arrest"] * (rossi["week"] <= 20))
    late = rossi[rossi["week"] > 20].assign(start=20, stop=lambda d: d["week"], died=lambda d: d["arrest"])
    asked = {"duration": "stop", "event": "died", "entry": "start", "covariates": ["fin", "age", "prio"]}
    split, whole = cox(pd.concat([early, late]), **asked), cox(rossi, **ROSSI)
    assert split.table["coef"].tolist() == pytest.approx(whole.table["coef"].tolist(), rel=1e-9)
    assert split.loglik == pytest.approx(whole.loglik, rel=1e-12)
    assert split.zph().table["chisq"].tolist() == pytest.approx(whole.zph().table["chisq"].tolist(), rel=1e-8)


def test_categories_are_compared_with_their_reference(rossi: pd.DataFrame) -> None:
    band = pd.cut(rossi["age"], [0, 20, 25, 99], labels=["young", "middle", "old"])
    data = rossi.assign(band=band)
    model = cox(data, duration="week", event="arrest", covariates=["band", "fin"], reference={"band": "middle"})
    assert model.table["name"].tolist() == ["band[young]", "band[old]", "fin"]
    assert model.table["term"].tolist() == ["band", "band", "fin"]
    assert model.table["level"].tolist() == ["young", "old", None]
    by_hand = data.assign(young=band == "young", old=band == "old")
    same = cox(by_hand, duration="week", event="arrest", covariates=["young", "old", "fin"])
    assert model.table["coef"].tolist() == pytest.approx(same.table["coef"].tolist())
    assert model.term_tests["df"].tolist() == [2, 1]


def test_an_interaction_is_the_product_of_its_columns(rossi: pd.DataFrame) -> None:
    sex = rossi.assign(work=np.where(rossi["wexp"] == 1, "yes", "no"))
    model = cox(sex, duration="week", event="arrest", covariates=["fin", "work", "fin:work"])
    assert model.table["name"].tolist() == ["fin", "work[yes]", "fin:work[yes]"]
    product = rossi.assign(both=rossi["fin"] * rossi["wexp"])
    same = cox(product, duration="week", event="arrest", covariates=["fin", "wexp", "both"])
    assert model.table["coef"].tolist() == pytest.approx(same.table["coef"].tolist())


def test_leaving_a_covariate_out_equals_refitting_without_it(rossi: pd.DataFrame) -> None:
    table = cox(rossi, **ROSSI).drop_one().set_index("term")
    without = cox(rossi, duration="week", event="arrest", covariates=["fin", "prio"])
    assert table.loc["age", "aic"] == pytest.approx(without.aic)
    assert table.loc["age", "lrt"] == pytest.approx(2 * (cox(rossi, **ROSSI).loglik - without.loglik))


def test_predictions_follow_the_stratum(rossi: pd.DataFrame) -> None:
    model = cox(rossi, duration="week", event="arrest", covariates=["fin"], strata="wexp")
    persons = pd.DataFrame({"fin": [0, 0], "wexp": [0, 1]})
    table = model.survival(persons, times=[52])
    at_zero = model.baseline("zero").groupby("stratum")["survival"].last()
    assert table["survival"].tolist() == pytest.approx(at_zero.tolist())
    with pytest.raises(CannotAnswerError, match="1 of 2 persons are in a stratum that the model was not fitted with"):
        model.survival(persons.assign(wexp=[0, 7]))


def test_predictions_refuse_levels_that_the_fit_did_not_see(rossi: pd.DataFrame) -> None:
    work = rossi.assign(work=np.where(rossi["wexp"] == 1, "yes", "no"))
    model = cox(work, duration="week", event="arrest", covariates=["work"])
    with pytest.raises(CannotAnswerError, match="column work has in 1 of 2 rows a level") as refusal:
        model.survival(pd.DataFrame({"work": ["yes", "sometimes"]}))
    assert "sometimes" not in str(refusal.value)


def test_martingale_residuals_have_the_index_of_the_data(rossi: pd.DataFrame) -> None:
    labelled = rossi.set_axis([f"person {number}" for number in range(len(rossi))])
    model = cox(labelled, **ROSSI)
    assert model.residuals().index.equals(labelled.index)
    assert model.residuals()["residual"].sum() == pytest.approx(0, abs=1e-9)
    expected = model.expected_events()
    assert (labelled["arrest"] - expected).to_numpy() == pytest.approx(model.residuals()["residual"].to_numpy())


def test_weighted_dfbeta_residuals_make_the_robust_variance(rossi: pd.DataFrame) -> None:
    """R: residuals(f, "dfbeta") is weighted by default; the sandwich variance is its cross product."""
    model = cox(rossi.assign(weight=rossi["age"] / 20), **ROSSI, weights="weight")
    shifts = model.residuals("dfbeta").to_numpy()
    np.testing.assert_allclose(shifts.T @ shifts, model.vcov, rtol=1e-10)
    scaled = model.residuals("dfbetas").to_numpy() * model.table["se_naive"].to_numpy()
    np.testing.assert_allclose(scaled, shifts)


def test_leaving_a_person_out_changes_the_coefficients_by_dfbeta(rossi: pd.DataFrame) -> None:
    model = cox(rossi, **ROSSI)
    row = int(model.residuals("dfbeta")["prio"].abs().idxmax())
    change = model.table["coef"] - cox(rossi.drop(index=row), **ROSSI).table["coef"]
    assert change.tolist() == pytest.approx(model.residuals("dfbeta").loc[row].tolist(), rel=0.15)


def test_the_result_is_plain_json(rossi: pd.DataFrame) -> None:
    text = json.loads(json.dumps(cox(rossi, **ROSSI).to_dict()))
    assert [row["name"] for row in text["table"]] == ["fin", "age", "prio"]
    assert text["fit"][0]["events"] == 114
    assert "concordance: 0.630" in cox(rossi, **ROSSI).summary()


def test_exact_ties_say_what_they_lack(rossi: pd.DataFrame) -> None:
    model = cox(rossi, **ROSSI, ties="exact")
    with pytest.raises(UsageError, match='ties="exact" gives coefficients and tests only'):
        model.residuals()
    with pytest.raises(UsageError, match="no weights and no robust variance"):
        cox(rossi, **ROSSI, ties="exact", cluster="mar")


@pytest.mark.parametrize(
    "option",
    [
        {"ties": "approximate"},
        {"separation": "ignore"},
        {"collinear": "ignore"},
        {"covariates": ["fin", "fin"]},
        {"covariates": []},
    ],
)
def test_unknown_options_are_refused(rossi: pd.DataFrame, option: dict) -> None:
    with pytest.raises(UsageError):
        cox(rossi, **ROSSI | option)
