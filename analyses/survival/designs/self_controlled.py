"""Self-controlled case series: exposed and unexposed time of the same persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from analyses.collinearity import refuse_collinear
from analyses.design import Design, parts_of
from analyses.inputs import FloatArray, IntArray, Missing, as_frame, factor, numbers, select_rows
from analyses.notes import Note, warned
from analyses.options import quantile_of_level
from analyses.rates.counts import whole_counts
from analyses.regression.coefficients import Coefficients, coefficient_table
from analyses.survival.cox.newton import inverse
from omop_etl.errors import CannotAnswerError

_ITERATIONS = 100


@dataclass(frozen=True, kw_only=True)
class SelfControlled(Coefficients):
    """Incidence rate ratios within persons: columns ``name, coef, se, z, p, estimate, lower, upper``.

    Attributes
    ----------
    loglik : float
        Conditional log likelihood.
    """

    method: ClassVar[str] = "self_controlled"
    title: ClassVar[str] = "Self-controlled case series"

    loglik: float


def self_controlled(
    data: Any,
    *,
    person: str,
    start: str,
    end: str,
    events: str,
    covariates: Sequence[str],
    reference: Mapping[str, Any] | None = None,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> SelfControlled:
    """Compare the rate of events between exposed and unexposed time within persons.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per interval of a person in which all covariates are constant.
    person : str
        Column of persons.
    start, end : str
        Columns of the bounds of the intervals.
    events : str
        Column of numbers of events in the interval.
    covariates : sequence of str
        Columns of exposures and bands of age or season; what does not change within anybody cannot be estimated.
    reference : mapping, optional
        Reference level per categorical column.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    SelfControlled
        Rate ratios. Intervals without length, and persons without events, say nothing; they are noted.

    Raises
    ------
    CannotAnswerError
        Intervals end before they start, an event falls into one without length, nobody has both events and a change of
        covariates, or a coefficient runs to infinity.

    Notes
    -----
    Farrington (1995), Biometrics 51:228: given the events of a person, their intervals are multinomial. Equals a
    Poisson model with an effect of every person.

    Examples
    --------
    >>> data = {"id": [1, 1, 2, 2, 3, 3], "from": [0, 30, 0, 60, 0, 10], "to": [30, 100, 60, 90, 10, 80],
    ...         "drug": [1, 0, 0, 1, 1, 0], "falls": [2, 1, 0, 1, 0, 1]}
    >>> found = self_controlled(data, person="id", start="from", end="to", events="falls", covariates=["drug"])
    >>> found.table[["name", "coef", "se", "estimate"]].round(3)
       name   coef     se  estimate
    0  drug  1.452  0.937     4.271
    """
    quantile_of_level(conf_level)
    frame = as_frame(data)
    used = [part for name in covariates for part in parts_of(frame, name)]
    frame, rows = select_rows(frame, [person, start, end, events, *used], missing)
    length = numbers(frame, end) - numbers(frame, start)
    count = whole_counts(events, numbers(frame, events))
    notes = _check_lengths(length, count, start, end, events)
    kept = length > 0
    frame, length, count = frame[kept], length[kept], count[kept]
    persons = factor(frame, person)
    own = np.bincount(persons.codes, weights=count, minlength=len(persons))
    informative = own[persons.codes] > 0
    if not informative.any():
        raise CannotAnswerError("column {column} has no event", todo="check the outcome", column=events)
    design = Design.of(frame, covariates, reference)
    x = design.matrix(frame)[informative]
    codes = np.unique(persons.codes[informative], return_inverse=True)[1]
    coef, information, loglik = _maximum(x, codes, count[informative], np.log(length[informative]), design.names)
    variance = inverse(information)
    silent = int((own == 0).sum())
    if silent:
        notes.append(
            Note(
                "{persons} of {total} persons have no event and say nothing",
                code="silent_persons",
                persons=silent,
                total=len(own),
            )
        )
    return SelfControlled(
        rows=rows,
        settings={
            "person": person,
            "start": start,
            "end": end,
            "events": events,
            "covariates": list(covariates),
            "reference": dict(reference or {}),
            "conf_level": conf_level,
        },
        notes=tuple(notes),
        findings=coefficient_table(design.names, coef, variance, conf_level),
        variance=variance,
        loglik=loglik,
    )


def _check_lengths(length: FloatArray, count: FloatArray, start: str, end: str, events: str) -> list[Note]:
    wrong = int(np.count_nonzero(length < 0))
    if wrong:
        raise CannotAnswerError(
            "{end} is before {start} in {rows} of {total} rows",
            todo="correct these intervals",
            start=start,
            end=end,
            rows=wrong,
            total=len(length),
        )
    lost = int(np.count_nonzero((length == 0) & (count > 0)))
    if lost:
        raise CannotAnswerError(
            "{rows} intervals without length have events in column {column}",
            todo="give the day of the event to one of the intervals beside it",
            rows=lost,
            column=events,
        )
    empty = int(np.count_nonzero(length == 0))
    if not empty:
        return []
    note = Note(
        "{rows} of {total} intervals have no length and say nothing",
        code="empty_intervals",
        rows=empty,
        total=len(length),
    )
    return [warned(note)]


def _maximum(
    x: FloatArray, codes: IntArray, count: FloatArray, log_length: FloatArray, names: list[str]
) -> tuple[FloatArray, FloatArray, float]:
    """Newton's method for the multinomial likelihood within persons."""
    people = int(codes.max()) + 1
    totals = np.bincount(codes, weights=count, minlength=people)
    means = np.stack([np.bincount(codes, weights=column, minlength=people) for column in x.T], axis=1)
    refuse_collinear(x - (means / np.bincount(codes)[:, None])[codes], names)
    spread = np.maximum(x.std(axis=0), 1e-12)
    coef, last, here = np.zeros(x.shape[1]), np.inf, -np.inf
    for _ in range(_ITERATIONS):
        here, score, information = _evaluated(x, codes, count, log_length, totals, coef)
        step = np.linalg.solve(information, score)
        decrement = float(step @ score)
        crawls = decrement <= 1e-9 and decrement > 0.01 * last
        if crawls and np.any(np.abs(step * spread) > 1e-3):
            running = [name for name, move in zip(names, np.abs(step * spread) > 1e-3, strict=True) if move]
            raise CannotAnswerError(
                "{columns}: the coefficient runs to infinity, because events occur on one side only (separation)",
                todo="merge levels, or leave it out",
                columns=", ".join(running),
            )
        if decrement <= 1e-20 * max(1.0, abs(here)):
            return coef, information, here
        last = decrement
        while _evaluated(x, codes, count, log_length, totals, coef + step)[0] < here - 1e-12 * abs(here):
            step = step / 2
        coef = coef + step
    raise CannotAnswerError("the model did not converge", todo="use fewer covariates")


def _evaluated(
    x: FloatArray, codes: IntArray, count: FloatArray, log_length: FloatArray, totals: FloatArray, coef: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    eta = log_length + x @ coef
    highest = np.full(len(totals), -np.inf)
    np.maximum.at(highest, codes, eta)
    weight = np.exp(eta - highest[codes])
    total = np.bincount(codes, weights=weight)
    share = weight / total[codes]
    loglik = float(count @ (eta - highest[codes] - np.log(total[codes])))
    expected = totals[codes] * share
    means = np.stack([np.bincount(codes, weights=share * column) for column in x.T], axis=1)
    centred = x - means[codes]
    return loglik, x.T @ (count - expected), (centred * expected[:, None]).T @ centred
