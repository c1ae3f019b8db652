"""Events expected of every person at the hazards of a population, by age, sex and calendar year as they pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from analyses.findings import Ratios
from analyses.inputs import FloatArray, IntArray, Missing, as_frame, numbers, require_column, select_rows
from analyses.options import require_known
from analyses.rates.intervals import rate_limits
from analyses.survival.data import survival_input
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

DAYS_PER_YEAR = 365.25

YearStarts = Literal["january", "birthday"]
"""When a calendar year's hazards start: on 1 January, or on the birthday in that year (as the tables of the US do)."""


@dataclass(frozen=True, kw_only=True)
class ExpectedEvents(Ratios):
    """Observed against expected: columns ``measure, observed, expected, estimate, lower, upper``.

    Attributes
    ----------
    per_row : pandas.Series
        Events expected of every row: its cumulative hazard.
    """

    method: ClassVar[str] = "expected_events"
    title: ClassVar[str] = "Observed and expected events"

    per_row: pd.Series

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the ratio with its limits."""
        from analyses.plots import estimate_chart

        return estimate_chart(self.findings[["measure", "estimate", "lower", "upper"]], labels, null=1.0)


def expected_events(
    data: Any,
    *,
    duration: str,
    event: str,
    age: str,
    start: str,
    population: Any,
    hazard: str,
    population_age: str = "age",
    population_year: str = "year",
    strata: Sequence[str] = (),
    year_starts: YearStarts = "january",
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> ExpectedEvents:
    """Compute the events expected of persons at the hazards of a population.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration : str
        Column of follow-up, in days.
    event : str
        Column of the event (1) or none (0).
    age : str
        Column of the age at the start, in years (of 365.25 days).
    start : str
        Column of the date at which follow-up starts.
    population : pandas.DataFrame or mapping
        Hazards, one row per age, calendar year and level of `strata`.
    hazard : str
        Its column of hazards per day.
    population_age, population_year : str
        Its columns of age (in whole years, each lasting until the next one) and calendar year.
    strata : sequence of str
        Columns, such as sex, that are in both tables.
    year_starts : {"january", "birthday"}
        When the hazards of a calendar year start to hold.
    conf_level : float
        Level of the exact limits of observed to expected.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    ExpectedEvents
        Observed and expected events, their ratio, and the cumulative hazard of every row.

    Raises
    ------
    CannotAnswerError
        The data do not fit, or the population lacks an age, year or stratum.

    Notes
    -----
    Berry (1983), Biometrics 39:173; the individual hazard of R's ``survexp(method = "individual.h")``, which takes
    ``year_starts="birthday"`` with ``survexp.us``. Ages and years beyond the table take its last ones.

    Examples
    --------
    >>> persons = {"days": [1000, 400], "died": [1, 0], "age": [70.2, 66.0], "from": ["2001-03-01", "2002-07-15"]}
    >>> life_table = {"age": [60, 70, 60, 70], "year": [2000, 2000, 2002, 2002], "h": [4e-5, 9e-5, 3e-5, 8e-5]}
    >>> expected_events(
    ...     persons, duration="days", event="died", age="age", start="from", population=life_table, hazard="h"
    ... ).per_row.round(4).tolist()
    [0.0831, 0.012]
    """
    require_known("year_starts", year_starts, YearStarts)
    frame = as_frame(data)
    checked = survival_input(
        frame, duration=duration, event=event, others=[age, start, *strata], missing=missing, timefix=False
    )
    days, started = checked.times.exit, _dates(checked.frame, start)
    ages = numbers(checked.frame, age) * DAYS_PER_YEAR
    table = _HazardTable.of(population, hazard, population_age, population_year, list(strata), missing)
    stratum = table.stratum_of(checked.frame, list(strata))
    per_row = _cumulative(table, stratum, ages, started, days, year_starts)
    observed, expected = int(checked.times.event.sum()), float(per_row.sum())
    lower, upper = rate_limits(observed, expected, "exact", conf_level)
    row = ("standardised_ratio", observed, expected, observed / expected, lower[0], upper[0])
    return ExpectedEvents(
        rows=checked.rows,
        settings={
            "duration": duration,
            "event": event,
            "age": age,
            "start": start,
            "hazard": hazard,
            "strata": list(strata),
            "year_starts": year_starts,
            "conf_level": conf_level,
        },
        notes=checked.notes,
        findings=pd.DataFrame([row], columns=["measure", "observed", "expected", "estimate", "lower", "upper"]),
        per_row=pd.Series(per_row, index=checked.frame.index, name="expected"),
    )


@dataclass(frozen=True)
class _HazardTable:
    """Hazards as an array of stratum, age and year."""

    levels: pd.Index
    ages: FloatArray
    years: IntArray
    hazards: FloatArray

    @classmethod
    def of(cls, population: Any, hazard: str, age: str, year: str, strata: list[str], missing: Missing) -> _HazardTable:
        frame, _ = select_rows(as_frame(population), [hazard, age, year, *strata], missing)
        levels = pd.MultiIndex.from_frame(frame[strata]) if strata else pd.Index(np.zeros(len(frame)))
        known = levels.unique()
        ages, age_at = np.unique(numbers(frame, age), return_inverse=True)
        years, year_at = np.unique(numbers(frame, year).astype(np.int64), return_inverse=True)
        hazards = np.full((len(known), len(ages), len(years)), np.nan)
        hazards[known.get_indexer(levels), age_at, year_at] = numbers(frame, hazard)
        holes = int(np.isnan(hazards).sum())
        if holes or np.any(hazards < 0):
            raise CannotAnswerError(
                "the population lacks a hazard for {holes} combinations of age, year and stratum, or has negative ones",
                todo="give one for every combination",
                holes=holes,
            )
        return cls(known, ages, years, hazards)

    def stratum_of(self, frame: pd.DataFrame, strata: list[str]) -> IntArray:
        if not strata:
            return np.zeros(len(frame), dtype=np.int64)
        for name in strata:
            require_column(frame, name)
        found = self.levels.get_indexer(pd.MultiIndex.from_frame(frame[strata]))
        unknown = int(np.count_nonzero(found < 0))
        if unknown:
            raise CannotAnswerError(
                "{columns} have in {rows} of {total} rows values that the population lacks",
                todo="code them as the population does",
                columns=", ".join(strata),
                rows=unknown,
                total=len(frame),
            )
        return np.asarray(found)


def _dates(frame: pd.DataFrame, name: str) -> FloatArray:
    """Dates as days since 1 January 1970."""
    try:
        values = pd.to_datetime(frame[name]).to_numpy().astype("datetime64[D]")
    except (ValueError, TypeError) as wrong:
        raise UsageError("column {column} holds no dates", todo="write them as 2001-12-31", column=name) from wrong
    return np.asarray(values.astype(np.int64), dtype=np.float64)


def _cumulative(
    table: _HazardTable,
    stratum: IntArray,
    ages: FloatArray,
    started: FloatArray,
    days: FloatArray,
    year_starts: YearStarts,
) -> FloatArray:
    """Step from break to break of age and year, all persons at once, until the last follow-up has ended."""
    first_days = np.array([date(int(year), 1, 1).toordinal() for year in table.years], dtype=float)
    first_days -= date(1970, 1, 1).toordinal()
    calendar = started - (_since_january(started - ages) if year_starts == "birthday" else 0.0)
    breaks = table.ages * DAYS_PER_YEAR
    done, total = np.zeros(len(days)), np.zeros(len(days))
    for _ in range(2 * (len(breaks) + len(first_days)) + 2):
        going = np.flatnonzero(done < days)
        if not len(going):
            return total
        age, day = ages[going] + done[going], calendar[going] + done[going]
        age_at = np.maximum(np.searchsorted(breaks, age, side="right") - 1, 0)
        year_at = np.maximum(np.searchsorted(first_days, day, side="right") - 1, 0)
        next_age = np.append(breaks, np.inf)[age_at + 1] - age
        next_year = np.append(first_days, np.inf)[year_at + 1] - day
        step = np.minimum(np.minimum(next_age, next_year), days[going] - done[going])
        total[going] += step * table.hazards[stratum[going], age_at, year_at]
        ended = step >= days[going] - done[going]
        done[going] = np.where(ended, days[going], done[going] + step)
    raise CannotAnswerError("follow-up does not end", todo="check the durations")


def _since_january(day: FloatArray) -> FloatArray:
    """Days from 1 January of its year to a day."""
    whole = np.floor(day).astype(np.int64).astype("datetime64[D]")
    return np.asarray(day - whole.astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64))
