"""Tables of intervals with covariates that change over time: whether they are what a Cox model takes them for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import Missing, as_frame, factor, indicator, numbers, select_rows


@dataclass(frozen=True, kw_only=True)
class IntervalCheck(Findings):
    """What a table of intervals holds: columns ``what, count``.

    Rows: ``rows, persons, events, total_time, most_rows_per_person, zero_length, negative_length, overlaps, gaps,
    rows_after_event, persons_with_several_events``.
    """

    method: ClassVar[str] = "check_intervals"
    title: ClassVar[str] = "Intervals"

    def __getitem__(self, what: str) -> float:
        """Give one count by name."""
        return float(self.findings.set_index("what")["count"][what])

    @property
    def sound(self) -> bool:
        """Whether no interval is empty, reversed, or overlaps another of its person."""
        return not (self["zero_length"] or self["negative_length"] or self["overlaps"])


def check_intervals(
    data: Any, *, person: str, entry: str, duration: str, event: str, missing: Missing = "refuse"
) -> IntervalCheck:
    """Count rows, persons, events and time, and intervals that do not fit together.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per interval (entry, end] of a person.
    person, entry, duration, event : str
        Columns of persons, of starts and ends of intervals, and of the event (1) at the end or none (0).
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    IntervalCheck
        Counts; gaps are allowed, overlaps count a person twice.

    Notes
    -----
    Therneau and Grambsch (2000), Modeling survival data, section 3.7; the counts of R's ``tmerge``.

    Examples
    --------
    >>> data = {"id": [1, 1, 2, 2], "from": [0, 4, 0, 3], "to": [4, 9, 5, 8], "ill": [0, 1, 0, 0]}
    >>> found = check_intervals(data, person="id", entry="from", duration="to", event="ill")
    >>> found["rows"], found["persons"], found["overlaps"], found.sound
    (4.0, 2.0, 1.0, False)
    """
    frame, rows = select_rows(as_frame(data), [person, entry, duration, event], missing)
    persons = factor(frame, person)
    start, end, happened = numbers(frame, entry), numbers(frame, duration), indicator(frame, event)
    order = np.lexsort((end, start, persons.codes))
    code, start, end, happened = persons.codes[order], start[order], end[order], happened[order]
    same = code[1:] == code[:-1]
    reach = _furthest_end_before(code, end)
    events = np.bincount(code, weights=happened, minlength=len(persons))
    event_before = np.cumsum(happened) - happened
    first = np.concatenate([[True], ~same])
    before_person = np.repeat(event_before[first], np.diff(np.append(np.flatnonzero(first), len(code))))
    counts = {
        "rows": len(code),
        "persons": len(persons),
        "events": int(happened.sum()),
        "total_time": float(np.sum(end - start)),
        "most_rows_per_person": int(np.bincount(code).max()),
        "zero_length": int(np.count_nonzero(end == start)),
        "negative_length": int(np.count_nonzero(end < start)),
        "overlaps": int(np.count_nonzero(same & (start[1:] < reach[1:]))),
        "gaps": int(np.count_nonzero(same & (start[1:] > reach[1:]))),
        "rows_after_event": int(np.count_nonzero(event_before > before_person)),
        "persons_with_several_events": int(np.count_nonzero(events > 1)),
    }
    return IntervalCheck(
        rows=rows,
        settings={"person": person, "entry": entry, "duration": duration, "event": event},
        findings=pd.DataFrame({"what": list(counts), "count": list(counts.values())}),
    )


def _furthest_end_before(code: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Latest end of the earlier intervals of the same person."""
    grouped = pd.Series(end).groupby(code)
    return grouped.cummax().groupby(code).shift(1).to_numpy()
