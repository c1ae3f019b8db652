"""How long recruitment will take, with the uncertainty that history leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from analyses.inputs import FloatArray
from omop_etl.errors import CannotAnswerError

_ENOUGH_MONTHS = 6


class RecruitmentAssumptions(BaseModel):
    """What a projection assumes about the trial; stands beside its result.

    Attributes
    ----------
    target : int
        Persons to enrol.
    sites : int
        Sites, this hospital being the first.
    site_size : float
        Mean rate of the other sites relative to this hospital.
    site_variation : float
        Coefficient of variation of the rates between the other sites.
    consent : float
        Share of eligible persons who are asked and agree.
    screen_failure : float
        Share of those who agree that fails screening for reasons the data do not show.
    first_site_month : float
        Months until the first site opens.
    months_between_sites : float
        Months between the openings of two sites.
    history_months : int
        Complete months, counted back from the last one, from which the rate is taken.
    horizon_months : int
        Months projected.
    simulations : int
        Simulated trials.
    seed : int
        Start of the random numbers; the same seed gives the same projection.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: int = Field(ge=1)
    sites: int = Field(default=1, ge=1, le=2000)
    site_size: float = Field(default=1.0, gt=0)
    site_variation: float = Field(default=0.5, ge=0, le=5)
    consent: float = Field(default=0.5, gt=0, le=1)
    screen_failure: float = Field(default=0.2, ge=0, lt=1)
    first_site_month: float = Field(default=0.0, ge=0)
    months_between_sites: float = Field(default=1.0, ge=0)
    history_months: int = Field(default=12, ge=1)
    horizon_months: int = Field(default=120, ge=1, le=600)
    simulations: int = Field(default=10_000, ge=100, le=1_000_000)
    seed: int = 20240101

    @property
    def enrolled_share(self) -> float:
        """Share of eligible persons who end up in the trial."""
        return self.consent * (1 - self.screen_failure)


@dataclass(frozen=True)
class Recruitment:
    """Projected recruitment.

    Attributes
    ----------
    assumptions : RecruitmentAssumptions
        What it assumes.
    history : pandas.DataFrame
        Months that the rate was taken from: ``month, persons``.
    eligible_per_month : float
        Newly eligible persons per month at this hospital.
    dispersion : float
        Variance of the monthly counts over their mean; 1 for a Poisson process.
    months_to_target : pandas.DataFrame
        One row: ``p10, p50, p90`` months until the target is reached, undefined (NaN) beyond the horizon, and
        ``reached``, the share of simulated trials that reach it within the horizon.
    table : pandas.DataFrame
        Columns ``month`` (1 for the first), ``p10, p50, p90`` (persons enrolled by its end), ``reached`` (share of
        simulated trials that have reached the target).
    """

    assumptions: RecruitmentAssumptions
    history: pd.DataFrame
    eligible_per_month: float
    dispersion: float
    months_to_target: pd.DataFrame
    table: pd.DataFrame


def project_recruitment(monthly: pd.DataFrame, assumptions: RecruitmentAssumptions) -> Recruitment:
    """Simulate recruitment from the newly eligible of the last months.

    Parameters
    ----------
    monthly : pandas.DataFrame
        Columns ``month, persons, complete``, see `eligible_per_month`.
    assumptions : RecruitmentAssumptions
        What is assumed about the trial.

    Returns
    -------
    Recruitment
        Quantiles over the simulated trials, beside the assumptions.

    Raises
    ------
    CannotAnswerError
        No complete month, or nobody eligible in the months looked at.

    Notes
    -----
    Poisson-gamma model of Anisimov and Fedorov (2007), Stat Med 26:4958: enrolment at a site is a Poisson process whose
    rate differs between sites by a gamma distribution. The rate of this hospital has its own gamma distribution, the
    posterior of the months looked at under Jeffreys' prior. Where the monthly counts vary more than a Poisson
    process, and there are six months at least, every projected month varies as much. A site that opens within a
    month counts for the rest of it.

    Examples
    --------
    >>> monthly = pd.DataFrame(
    ...     {"month": pd.date_range("2024-01-01", periods=12, freq="MS"), "persons": [10] * 12, "complete": True}
    ... )
    >>> found = project_recruitment(monthly, RecruitmentAssumptions(target=40, consent=0.5, screen_failure=0.2))
    >>> found.eligible_per_month, found.months_to_target.loc[0, ["p10", "p50", "p90"]].tolist()
    (10.0, [8.0, 10.0, 13.0])
    """
    history = monthly.loc[monthly["complete"], ["month", "persons"]].tail(assumptions.history_months)
    total = int(history["persons"].sum())
    if not total:
        raise CannotAnswerError(
            "nobody became eligible in the {months} complete months looked at, so no rate can be projected",
            todo="look back further, or relax the rules",
            months=len(history),
        )
    counts = history["persons"].to_numpy(dtype=np.float64)
    dispersion = float(counts.var(ddof=1) / counts.mean()) if len(counts) > 1 else 1.0
    excess = dispersion - 1 if len(counts) >= _ENOUGH_MONTHS and dispersion > 1 else 0.0
    enrolled = _simulate(total, len(counts), excess / counts.mean(), assumptions)
    return Recruitment(
        assumptions=assumptions,
        history=history.reset_index(drop=True),
        eligible_per_month=total / len(counts),
        dispersion=dispersion,
        months_to_target=_months_to(enrolled, assumptions.target),
        table=_quantiles(enrolled, assumptions.target),
    )


def _simulate(total: int, months: int, spread: float, assumptions: RecruitmentAssumptions) -> FloatArray:
    """Enrolled persons by the end of every month of every simulated trial; `spread` is a squared variation."""
    random = np.random.default_rng(assumptions.seed)
    trials, horizon = assumptions.simulations, assumptions.horizon_months
    base = random.gamma(total + 0.5, 1 / months, size=trials)
    rates = np.outer(base, _open_share(0, assumptions))
    for site in range(1, assumptions.sites):
        rates += np.outer(base * _relative_rate(random, assumptions), _open_share(site, assumptions))
    if spread > 0:
        rates = rates * random.gamma(1 / spread, spread, size=(trials, horizon))
    enrolled: FloatArray = np.cumsum(random.poisson(rates * assumptions.enrolled_share), axis=1)
    return enrolled


def _relative_rate(random: np.random.Generator, assumptions: RecruitmentAssumptions) -> FloatArray:
    if not assumptions.site_variation:
        return np.full(assumptions.simulations, assumptions.site_size)
    squared = assumptions.site_variation**2
    return random.gamma(1 / squared, squared * assumptions.site_size, size=assumptions.simulations)


def _open_share(site: int, assumptions: RecruitmentAssumptions) -> FloatArray:
    """Share of every month for which a site is open."""
    opens = assumptions.first_site_month + site * assumptions.months_between_sites
    return np.clip(np.arange(1, assumptions.horizon_months + 1) - opens, 0, 1)


def _months_to(enrolled: FloatArray, target: int) -> pd.DataFrame:
    reached = enrolled >= target
    months = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.inf)
    quantiles = np.quantile(months, [0.1, 0.5, 0.9], method="inverted_cdf")
    shown = np.where(np.isinf(quantiles), np.nan, quantiles)
    return pd.DataFrame(
        [{"p10": shown[0], "p50": shown[1], "p90": shown[2], "reached": float(np.isfinite(months).mean())}]
    )


def _quantiles(enrolled: FloatArray, target: int) -> pd.DataFrame:
    p10, p50, p90 = np.quantile(enrolled, [0.1, 0.5, 0.9], axis=0, method="inverted_cdf")
    return pd.DataFrame(
        {
            "month": np.arange(1, enrolled.shape[1] + 1),
            "p10": p10,
            "p50": p50,
            "p90": p90,
            "reached": (enrolled >= target).mean(axis=0),
        }
    )
