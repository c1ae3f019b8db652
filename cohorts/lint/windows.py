"""Checks of windows: backwards, longer than observation, unlike the others, before death, after the index date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cohorts.definition import CorrelatedCriterion, Window
from cohorts.lint.places import Places
from cohorts.lint.problem import Problem

Days = tuple[int | None, int | None]

_DAY = 86_400


def _days(window: Window) -> Days:
    """First and last day of a window, from the index; none where it is open or in hours."""
    return window.start.offset, window.end.offset


def _seconds(window: Window) -> Days:
    """First and last second of a window, from the index; beside a bound in hours a day counts from end to end."""
    leeway = _DAY - 1 if window.by_hours else 0
    low, high = (None if bound.offset is None else bound.offset * _DAY for bound in (window.start, window.end))
    return (
        window.start.seconds if low is None else low - leeway,
        window.end.seconds if high is None else high + leeway,
    )


def _hours(seconds: int) -> str:
    return f"{seconds / 3600:.6g}"


def window_order(places: Places) -> Iterator[Problem]:
    """A window that ends before it starts finds nothing."""
    for place, item in places.counted:
        for key, window in item.windows.items():
            low, high = _seconds(window)
            open_end_before = high is None and window.end.coeff == -1 and low is not None
            if (low is not None and high is not None and low > high) or open_end_before:
                yield Problem(
                    "the window ends before it starts, so that nothing lies in it",
                    check="window order",
                    severity="critical",
                    path=f"{place.around_path}.{key}",
                    todo="exchange the two ends",
                )


def time_window(places: Places) -> Iterator[Problem]:
    """A look back that is longer than the observation required misses what was never recorded.

    Each criterion that asks for absence is told, for it is met by whoever was not observed; of the others the longest.
    """
    required = places.expression.primary_criteria.observation_window.prior_days
    looks_back = [
        (-low // _DAY, place.around_path, _asks_for_absence(item))
        for place, item in places.counted
        if place.depth == 0 and (low := _seconds(item.start_window)[0]) is not None and -low // _DAY > required
    ]
    longest = max((look for look in looks_back if not look[2]), default=None, key=lambda look: look[0])
    for days, path, absence in looks_back:
        if absence or (days, path, absence) == longest:
            yield Problem(
                "the window looks back {days} days, but only {required} days of observation are required before entry",
                check="time window",
                severity="warning" if absence else "info",
                path=f"{path}.StartWindow",
                todo="require as many days of observation before the entry event",
                days=days,
                required=required,
            )


def time_pattern(places: Places) -> Iterator[Problem]:
    """A window with two ends unlike those of most other criteria may be a slip."""
    items = [
        (place, days)
        for place, item in places.counted
        if place.depth == 0 and None not in (days := _days(item.start_window))
    ]
    common = Counter(days for _, days in items).most_common(1)
    if not common or common[0][1] < 3 or common[0][1] * 2 <= len(items):
        return
    usual = common[0][0]
    for place, days in items:
        if days != usual:
            yield Problem(
                "most windows run from {low} to {high} days, this one from {low2} to {high2}",
                check="time pattern",
                severity="info",
                path=f"{place.around_path}.StartWindow",
                todo="make sure that this is meant",
                low=usual[0],
                high=usual[1],
                low2=days[0],
                high2=days[1],
            )


def single_day(places: Places) -> Iterator[Problem]:
    """A window of one day, away from the index date, is mostly a slip: 'after 30 days' for 'within 30 days'."""
    for place, item in places.counted:
        low, high = _days(item.start_window)
        if low is not None and low == high and low != 0:
            yield Problem(
                "the window is a single day, {days} days from the index date",
                check="single day",
                severity="info",
                path=f"{place.around_path}.StartWindow",
                todo="make sure that this is meant",
                days=low,
            )
        first, last = item.start_window.start.seconds, item.start_window.end.seconds
        if first is not None and first == last:
            yield Problem(
                "the window is a single moment, {hours} hours from the index event",
                check="single day",
                severity="info",
                path=f"{place.around_path}.StartWindow",
                todo="make sure that this is meant",
                hours=_hours(first),
            )


def death_time_window(places: Places) -> Iterator[Problem]:
    """Nothing that a person lives through happens after death."""
    for place, item in places.counted:
        high = _seconds(item.start_window)[1]
        ends_before = (high is not None and high < 0) or (high is None and item.start_window.end.coeff == -1)
        if type(place.criterion).__name__ == "Death" and ends_before:
            yield Problem(
                "a death is looked for before the index date only",
                check="death time window",
                severity="warning",
                path=f"{place.around_path}.StartWindow",
                todo="let the window reach to the index date or later",
            )


def immortal_time(places: Places) -> Iterator[Problem]:
    """Who is judged by what happens after the index date must live until then: immortal time."""
    told: set[str] = set()
    for place, item in places.counted:
        judged = place.role in ("rule", "additional") and place.depth == 0
        rule = place.path.split(".", 1)[0]
        if not judged or rule in told:
            continue
        if (hours := _future_hours(item)) is not None:
            told.add(rule)
            yield Problem(
                "eligibility is judged by what happens after the index event (up to {hours} hours): whoever dies or is "
                "lost before cannot be judged alike, which distorts survival",
                check="immortal time",
                severity="warning",
                path=f"{place.around_path}.StartWindow",
                todo="end the window on the index date, or set the index date later",
                hours=hours,
            )
        elif (days := _future(item)) is not None:
            told.add(rule)
            yield Problem(
                "eligibility is judged by what happens after the index date (up to {days} days): whoever dies or is "
                "lost before cannot be judged alike, which distorts survival"
                if days
                else "eligibility is judged by what happens after the index date, without an end: whoever dies or is "
                "lost early cannot be judged alike, which distorts survival",
                check="immortal time",
                severity="warning",
                path=f"{place.around_path}.StartWindow",
                todo="end the window on the index date, or set the index date later",
                days=days,
            )
    post = places.expression.primary_criteria.observation_window.post_days
    if post > 0:
        yield Problem(
            "{days} days of observation after the entry event are required: those who die before are left out",
            check="immortal time",
            severity="warning",
            path="PrimaryCriteria.ObservationWindow.PostDays",
            todo="require observation before the entry event only",
            days=post,
        )


def _future_hours(item: CorrelatedCriterion) -> str | None:
    """Hours after the index event that a window reaches; none where it does not, or is not in hours."""
    low, high = _seconds(item.start_window)[0], item.start_window.end.seconds
    return _hours(high) if high is not None and high > 0 and (low is None or low <= high) else None


def _future(item: CorrelatedCriterion) -> int | None:
    """Days after the index date that a window reaches; 0 where it has no end, none where it does not."""
    window = item.start_window
    low, high = _days(window)
    if window.end.is_open and window.end.coeff == 1:
        bounded = item.end_window is not None and (_seconds(item.end_window)[1] or 1) <= 0
        return None if bounded else 0
    if high is not None and high > 0 and (low is None or low <= high):
        return high
    return None


def _asks_for_absence(item: CorrelatedCriterion) -> bool:
    return item.occurrence.type != 2 and item.occurrence.count == 0


CHECKS = (window_order, single_day, time_window, time_pattern, death_time_window, immortal_time)
