"""Time at risk: until when each person is followed, why it ends, and whether with the outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analyses.dataset.account import Account
from analyses.dataset.spec import CohortOutcome, DatasetSpec

END_REASONS = ("outcome", "death", "study_end", "window", "exposure_end", "observation_end")
"""Why follow-up ends; where several fall on one day, the first of these is given."""


def follow_up(
    entries: pd.DataFrame, outcomes: pd.DataFrame | None, spec: DatasetSpec, account: Account
) -> pd.DataFrame:
    """Work out each person's follow-up.

    Parameters
    ----------
    entries : pandas.DataFrame
        One row per person: ``person_id, index_date, exposure_end, observation_end, death_date``.
    outcomes : pandas.DataFrame or None
        Days of the outcome, columns ``person_id, day``; None where the outcome is death.
    spec : DatasetSpec
        Outcome and time at risk.
    account : Account
        Counts who is left after each step.

    Returns
    -------
    pandas.DataFrame
        The rows with time at risk, with ``end_date``, ``end_reason``, ``time`` and ``event``. ``time`` counts days from
        the first day at risk to the last one, both included; at risk from the day after the index date it is the number
        of days since the index date.
    """
    starts = entries["index_date"] + pd.to_timedelta(spec.time_at_risk.start_day, unit="D")
    if outcomes is None:
        outcome_day = entries["death_date"]
    else:
        assert isinstance(spec.outcome, CohortOutcome)
        entries, starts = _without_prior_outcome(entries, starts, outcomes, spec.outcome)
        account.leave("no_prior_outcome", entries)
        outcome_day = _first_from(entries, starts, outcomes)
    candidates = _candidates(entries, outcome_day, spec)
    end = candidates.min(axis=1)
    reason = candidates.eq(end, axis=0).idxmax(axis=1)
    at_risk = end >= starts
    found = entries.assign(
        end_date=end,
        end_reason=reason,
        time=(end - starts).dt.days + 1,
        event=(reason == "outcome").astype(np.int64),
    )[at_risk]
    account.leave("time_at_risk", found)
    return found.reset_index(drop=True)


def _candidates(entries: pd.DataFrame, outcome_day: pd.Series, spec: DatasetSpec) -> pd.DataFrame:
    """Days on which follow-up could end, by reason, in the order of `END_REASONS`."""
    risk = spec.time_at_risk
    never = pd.Series(pd.NaT, index=entries.index, dtype="datetime64[s]")
    days = {
        "outcome": outcome_day,
        "death": entries["death_date"] if isinstance(spec.outcome, CohortOutcome) else never,
        "study_end": never if risk.study_end is None else never.fillna(pd.Timestamp(risk.study_end)),
        "window": never
        if risk.window_days is None
        else entries["index_date"] + pd.to_timedelta(risk.window_days, unit="D"),
        "exposure_end": entries["exposure_end"] + pd.to_timedelta(risk.grace_days, unit="D")
        if risk.exposure_end
        else never,
        "observation_end": entries["observation_end"],
    }
    return pd.DataFrame({reason: days[reason].astype("datetime64[s]") for reason in END_REASONS})


def _without_prior_outcome(
    entries: pd.DataFrame, starts: pd.Series, outcomes: pd.DataFrame, outcome: CohortOutcome
) -> tuple[pd.DataFrame, pd.Series]:
    if outcome.prior == "keep":
        return entries, starts
    joined = outcomes.merge(entries[["person_id"]].assign(starts=starts), on="person_id")
    before = joined["day"] < joined["starts"]
    if outcome.prior_days is not None:
        before &= joined["day"] >= joined["starts"] - pd.to_timedelta(outcome.prior_days, unit="D")
    kept = ~entries["person_id"].isin(joined.loc[before, "person_id"])
    return entries[kept].reset_index(drop=True), starts[kept].reset_index(drop=True)


def _first_from(entries: pd.DataFrame, starts: pd.Series, outcomes: pd.DataFrame) -> pd.Series:
    """First day of the outcome within or after the first day at risk."""
    joined = outcomes.merge(entries[["person_id"]].assign(starts=starts), on="person_id")
    first = joined[joined["day"] >= joined["starts"]].groupby("person_id")["day"].min()
    return entries["person_id"].map(first).astype("datetime64[s]")
