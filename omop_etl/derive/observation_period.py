"""Observation periods from electronic health records, by the rule of OHDSI's Themis group.

A period begins with a person's first event and ends sixty days after the last one, but not after the end of the data or
the person's death; where 548 days or more pass without an event, a new period begins.
Source: Themis convention on observation periods for EHR data, https://ohdsi.github.io/Themis.
"""

from __future__ import annotations

EVENT_DATES = (
    ("visit_occurrence", "visit_start_date"),
    ("visit_occurrence", "visit_end_date"),
    ("condition_occurrence", "condition_start_date"),
    ("drug_exposure", "drug_exposure_start_date"),
    ("procedure_occurrence", "procedure_date"),
    ("device_exposure", "device_exposure_start_date"),
    ("measurement", "measurement_date"),
    ("observation", "observation_date"),
    ("note", "note_date"),
    ("specimen", "specimen_date"),
    ("death", "death_date"),
)
"""Fields that show that a person was under observation on a day."""

DAYS_AFTER_LAST_EVENT = 60
GAP_THAT_ENDS_A_PERIOD = 548
_STANDARD_ALGORITHM_FROM_EHR = 32882


def data_end_query(cdm: str, latest: str) -> str:
    """Query for the last day of the data: the latest start of an event up to a given day.

    Parameters
    ----------
    cdm : str
        Schema of the CDM tables.
    latest : str
        Day after which a date is an error, as ``YYYY-MM-DD``.

    Returns
    -------
    str
        A query that gives one date, null where there is no event.
    """
    dates = " UNION ALL ".join(
        f"SELECT max({field}) AS day FROM {cdm}.{table} WHERE {field} <= DATE '{latest}'"
        for table, field in EVENT_DATES
    )
    return f"SELECT max(day) FROM ({dates})"


def observation_period_statement(cdm: str, data_end: str) -> str:
    """Statement that fills OBSERVATION_PERIOD.

    Parameters
    ----------
    cdm : str
        Schema of the CDM tables.
    data_end : str
        Last day of the data, as ``YYYY-MM-DD``. Events after it, and before birth, do not count.

    Returns
    -------
    str
        One statement.
    """
    days = " UNION ".join(f"SELECT person_id, {field} AS day FROM {cdm}.{table}" for table, field in EVENT_DATES)
    return f"""
INSERT INTO {cdm}.observation_period
WITH event_days AS (
    SELECT e.person_id, e.day
    FROM ({days}) e JOIN {cdm}.person p USING (person_id)
    WHERE e.day <= DATE '{data_end}'
      AND e.day >= make_date(p.year_of_birth, coalesce(p.month_of_birth, 1), coalesce(p.day_of_birth, 1))
),
marked AS (
    SELECT person_id, day,
           coalesce(day - lag(day) OVER of_person >= {GAP_THAT_ENDS_A_PERIOD}, true) AS begins
    FROM event_days WINDOW of_person AS (PARTITION BY person_id ORDER BY day)
),
numbered AS (
    SELECT person_id, day, sum(begins::INTEGER) OVER (PARTITION BY person_id ORDER BY day) AS number FROM marked
),
spans AS (
    SELECT person_id, min(day) AS first_day, max(day) AS last_day FROM numbered GROUP BY person_id, number
)
SELECT identifier(concat_ws(chr(31), 'observation_period', s.person_id, s.first_day)),
       s.person_id,
       s.first_day,
       greatest(s.last_day, least(s.last_day + {DAYS_AFTER_LAST_EVENT}, DATE '{data_end}', d.death_date)),
       {_STANDARD_ALGORITHM_FROM_EHR}
FROM spans s LEFT JOIN {cdm}.death d USING (person_id)
ORDER BY s.person_id, s.first_day
"""
