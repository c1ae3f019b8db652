-- 1
CREATE TABLE scratch.codes (
  node BIGINT,
  concept_id BIGINT
);

-- 2
CREATE TABLE scratch.events (
  node BIGINT,
  person_id BIGINT,
  event_id BIGINT,
  start_date DATE,
  end_date DATE,
  visit_id BIGINT,
  count_value TEXT,
  sort_date DATE
);

-- 3
CREATE TABLE scratch.index_events (
  node BIGINT,
  person_id BIGINT,
  event_id BIGINT,
  start_date DATE,
  end_date DATE,
  period_start DATE,
  period_end DATE,
  visit_id BIGINT,
  candidates BIGINT
);

-- 4
CREATE TABLE scratch.truth (
  node BIGINT,
  person_id BIGINT,
  event_id BIGINT
);

-- 5
CREATE TABLE scratch.masked (
  node BIGINT,
  person_id BIGINT,
  event_id BIGINT,
  mask BIGINT,
  met BIGINT
);

-- 6
CREATE TABLE scratch.included (
  node BIGINT,
  person_id BIGINT,
  event_id BIGINT,
  start_date DATE,
  end_date DATE,
  period_end DATE
);

-- 7
CREATE TABLE scratch.spans (
  node BIGINT,
  person_id BIGINT,
  start_date DATE,
  end_date DATE
);

-- 8
-- scratch.p_codes_889f5a9d: node | concept_id | descendants | mapped | excluded
--   1 | 10 | False | False | False
--   1 | 11 | False | False | False
--   1 | 12 | False | False | False
--   2 | 20 | False | False | False
--   3 | 10 | False | False | False
INSERT INTO scratch.codes (
  node,
  concept_id
)
WITH named AS (
  SELECT
    p_codes_889f5a9d.node AS node,
    p_codes_889f5a9d.excluded AS excluded,
    p_codes_889f5a9d.mapped AS mapped,
    p_codes_889f5a9d.concept_id AS concept_id
  FROM scratch.p_codes_889f5a9d
  JOIN cdm.concept
    ON concept.concept_id = p_codes_889f5a9d.concept_id
)
SELECT
  resolved.node,
  resolved.concept_id
FROM (
  SELECT
    named.node AS node,
    named.excluded AS excluded,
    named.concept_id AS concept_id
  FROM named
) AS resolved
GROUP BY
  resolved.node,
  resolved.concept_id;

-- 9
-- scratch.p_events_c90f2175: node | codes
--   4 | 1
INSERT INTO scratch.events (
  node,
  person_id,
  event_id,
  start_date,
  end_date,
  visit_id,
  count_value,
  sort_date
)
SELECT
  records.node,
  records.person_id,
  records.event_id,
  records.start_date AS start_date,
  records.end_date AS end_date,
  records.visit_id,
  CAST(NULL AS TEXT) AS count_value,
  records.start_date AS sort_date
FROM (
  SELECT
    p_events_c90f2175.node AS node,
    p_events_c90f2175.codes AS codes,
    measurement.person_id AS person_id,
    measurement.measurement_id AS event_id,
    measurement.measurement_date AS start_date,
    (
      measurement.measurement_date + CAST(1 AS INT)
    ) AS end_date,
    measurement.visit_occurrence_id AS visit_id
  FROM scratch.p_events_c90f2175
  JOIN scratch.codes AS standard
    ON standard.node = p_events_c90f2175.codes
  JOIN cdm.measurement
    ON measurement.measurement_concept_id = standard.concept_id
) AS records;

-- 10
-- scratch.p_events_92532a40: node | codes
--   5 | 2
INSERT INTO scratch.events (
  node,
  person_id,
  event_id,
  start_date,
  end_date,
  visit_id,
  count_value,
  sort_date
)
SELECT
  records.node,
  records.person_id,
  records.event_id,
  records.start_date AS start_date,
  records.end_date AS end_date,
  records.visit_id,
  CAST(NULL AS TEXT) AS count_value,
  records.start_date AS sort_date
FROM (
  SELECT
    p_events_92532a40.node AS node,
    p_events_92532a40.codes AS codes,
    drug_exposure.person_id AS person_id,
    drug_exposure.drug_exposure_id AS event_id,
    drug_exposure.drug_exposure_start_date AS start_date,
    COALESCE(
      drug_exposure.drug_exposure_end_date,
      (
        drug_exposure.drug_exposure_start_date + CAST(drug_exposure.days_supply AS INT)
      ),
      (
        drug_exposure.drug_exposure_start_date + CAST(1 AS INT)
      )
    ) AS end_date,
    drug_exposure.visit_occurrence_id AS visit_id
  FROM scratch.p_events_92532a40
  JOIN scratch.codes AS standard
    ON standard.node = p_events_92532a40.codes
  JOIN cdm.drug_exposure
    ON drug_exposure.drug_concept_id = standard.concept_id
) AS records;

-- 11
-- scratch.p_events_518f4b5a: node | codes
--   6 | 3
INSERT INTO scratch.events (
  node,
  person_id,
  event_id,
  start_date,
  end_date,
  visit_id,
  count_value,
  sort_date
)
SELECT
  records.node,
  records.person_id,
  records.event_id,
  records.start_date AS start_date,
  records.end_date AS end_date,
  records.visit_id,
  CAST(NULL AS TEXT) AS count_value,
  records.start_date AS sort_date
FROM (
  SELECT
    p_events_518f4b5a.node AS node,
    p_events_518f4b5a.codes AS codes,
    condition_occurrence.person_id AS person_id,
    condition_occurrence.condition_occurrence_id AS event_id,
    condition_occurrence.condition_start_date AS start_date,
    COALESCE(
      condition_occurrence.condition_end_date,
      (
        condition_occurrence.condition_start_date + CAST(1 AS INT)
      )
    ) AS end_date,
    condition_occurrence.visit_occurrence_id AS visit_id
  FROM scratch.p_events_518f4b5a
  JOIN scratch.codes AS standard
    ON standard.node = p_events_518f4b5a.codes
  JOIN cdm.condition_occurrence
    ON condition_occurrence.condition_concept_id = standard.concept_id
) AS records;

-- 12
CREATE TABLE scratch.times (
  node BIGINT,
  person_id BIGINT,
  event_id BIGINT,
  start_second BIGINT,
  end_second BIGINT
);

-- 13
-- scratch.p_eventtimes_3c30160b: node | events
--   7 | 4
INSERT INTO scratch.times (
  node,
  person_id,
  event_id,
  start_second,
  end_second
)
SELECT
  p_eventtimes_3c30160b.node,
  events.person_id,
  events.event_id,
  MIN(
    CASE
      WHEN (
        CAST(measurement.measurement_datetime AS DATE) = measurement.measurement_date
      )
      THEN CAST(EXTRACT(HOUR FROM measurement.measurement_datetime) AS INT) * 3600 + CAST(EXTRACT(MINUTE FROM measurement.measurement_datetime) AS INT) * 60 + CAST(FLOOR(EXTRACT(SECOND FROM measurement.measurement_datetime)) AS INT)
    END
  ) AS start_second,
  MIN(
    CASE
      WHEN (
        CAST(measurement.measurement_datetime AS DATE) = measurement.measurement_date
      )
      THEN CAST(EXTRACT(HOUR FROM measurement.measurement_datetime) AS INT) * 3600 + CAST(EXTRACT(MINUTE FROM measurement.measurement_datetime) AS INT) * 60 + CAST(FLOOR(EXTRACT(SECOND FROM measurement.measurement_datetime)) AS INT)
    END
  ) AS end_second
FROM scratch.p_eventtimes_3c30160b
JOIN scratch.events
  ON events.node = p_eventtimes_3c30160b.events
JOIN cdm.measurement
  ON measurement.measurement_id = events.event_id
  AND measurement.person_id = events.person_id
GROUP BY
  p_eventtimes_3c30160b.node,
  events.person_id,
  events.event_id;

-- 14
-- scratch.p_eventtimes_ee0e2e8d: node | events
--   8 | 5
INSERT INTO scratch.times (
  node,
  person_id,
  event_id,
  start_second,
  end_second
)
SELECT
  p_eventtimes_ee0e2e8d.node,
  events.person_id,
  events.event_id,
  MIN(
    CASE
      WHEN (
        CAST(drug_exposure.drug_exposure_start_datetime AS DATE) = drug_exposure.drug_exposure_start_date
      )
      THEN CAST(EXTRACT(HOUR FROM drug_exposure.drug_exposure_start_datetime) AS INT) * 3600 + CAST(EXTRACT(MINUTE FROM drug_exposure.drug_exposure_start_datetime) AS INT) * 60 + CAST(FLOOR(EXTRACT(SECOND FROM drug_exposure.drug_exposure_start_datetime)) AS INT)
    END
  ) AS start_second,
  MIN(
    CASE
      WHEN (
        drug_exposure.drug_exposure_end_date IS NULL
      )
      THEN CASE
        WHEN (
          CAST(drug_exposure.drug_exposure_start_datetime AS DATE) = drug_exposure.drug_exposure_start_date
        )
        THEN CAST(EXTRACT(HOUR FROM drug_exposure.drug_exposure_start_datetime) AS INT) * 3600 + CAST(EXTRACT(MINUTE FROM drug_exposure.drug_exposure_start_datetime) AS INT) * 60 + CAST(FLOOR(EXTRACT(SECOND FROM drug_exposure.drug_exposure_start_datetime)) AS INT)
      END
      ELSE CASE
        WHEN (
          CAST(drug_exposure.drug_exposure_end_datetime AS DATE) = drug_exposure.drug_exposure_end_date
        )
        THEN CAST(EXTRACT(HOUR FROM drug_exposure.drug_exposure_end_datetime) AS INT) * 3600 + CAST(EXTRACT(MINUTE FROM drug_exposure.drug_exposure_end_datetime) AS INT) * 60 + CAST(FLOOR(EXTRACT(SECOND FROM drug_exposure.drug_exposure_end_datetime)) AS INT)
      END
    END
  ) AS end_second
FROM scratch.p_eventtimes_ee0e2e8d
JOIN scratch.events
  ON events.node = p_eventtimes_ee0e2e8d.events
JOIN cdm.drug_exposure
  ON drug_exposure.drug_exposure_id = events.event_id
  AND drug_exposure.person_id = events.person_id
GROUP BY
  p_eventtimes_ee0e2e8d.node,
  events.person_id,
  events.event_id;

-- 15
-- scratch.p_eventtimes_529810e9: node | events
--   9 | 6
INSERT INTO scratch.times (
  node,
  person_id,
  event_id,
  start_second,
  end_second
)
SELECT
  p_eventtimes_529810e9.node,
  events.person_id,
  events.event_id,
  MIN(
    CASE
      WHEN (
        CAST(condition_occurrence.condition_start_datetime AS DATE) = condition_occurrence.condition_start_date
      )
      THEN CAST(EXTRACT(HOUR FROM condition_occurrence.condition_start_datetime) AS INT) * 3600 + CAST(EXTRACT(MINUTE FROM condition_occurrence.condition_start_datetime) AS INT) * 60 + CAST(FLOOR(EXTRACT(SECOND FROM condition_occurrence.condition_start_datetime)) AS INT)
    END
  ) AS start_second,
  MIN(
    CASE
      WHEN (
        condition_occurrence.condition_end_date IS NULL
      )
      THEN CASE
        WHEN (
          CAST(condition_occurrence.condition_start_datetime AS DATE) = condition_occurrence.condition_start_date
        )
        THEN CAST(EXTRACT(HOUR FROM condition_occurrence.condition_start_datetime) AS INT) * 3600 + CAST(EXTRACT(MINUTE FROM condition_occurrence.condition_start_datetime) AS INT) * 60 + CAST(FLOOR(EXTRACT(SECOND FROM condition_occurrence.condition_start_datetime)) AS INT)
      END
      ELSE CASE
        WHEN (
          CAST(condition_occurrence.condition_end_datetime AS DATE) = condition_occurrence.condition_end_date
        )
        THEN CAST(EXTRACT(HOUR FROM condition_occurrence.condition_end_datetime) AS INT) * 3600 + CAST(EXTRACT(MINUTE FROM condition_occurrence.condition_end_datetime) AS INT) * 60 + CAST(FLOOR(EXTRACT(SECOND FROM condition_occurrence.condition_end_datetime)) AS INT)
      END
    END
  ) AS end_second
FROM scratch.p_eventtimes_529810e9
JOIN scratch.events
  ON events.node = p_eventtimes_529810e9.events
JOIN cdm.condition_occurrence
  ON condition_occurrence.condition_occurrence_id = events.event_id
  AND condition_occurrence.person_id = events.person_id
GROUP BY
  p_eventtimes_529810e9.node,
  events.person_id,
  events.event_id;

-- 16
-- scratch.p_entry_b9e2cc2a: node | prior_days | post_days
--   10 | 0 | 0
-- scratch.m_entry_b9e2cc2a: node | member | meaning
--   10 | 6 | 0
--   10 | 5 | 1
INSERT INTO scratch.index_events (
  node,
  person_id,
  event_id,
  start_date,
  end_date,
  period_start,
  period_end,
  visit_id,
  candidates
)
SELECT
  observed.node,
  observed.person_id,
  ROW_NUMBER() OVER (
    PARTITION BY observed.node, observed.person_id
    ORDER BY observed.sort_date, observed.record_id, observed.meaning, observed.period_start
  ) AS ordinal,
  observed.start_date,
  observed.end_date,
  observed.period_start,
  observed.period_end,
  observed.visit_id,
  COUNT(*) OVER (PARTITION BY observed.node, observed.person_id) AS candidates
FROM (
  SELECT
    p_entry_b9e2cc2a.node AS node,
    events.person_id AS person_id,
    events.sort_date AS sort_date,
    events.event_id AS record_id,
    m_entry_b9e2cc2a.meaning AS meaning,
    events.start_date AS start_date,
    events.end_date AS end_date,
    observation_period.observation_period_start_date AS period_start,
    observation_period.observation_period_end_date AS period_end,
    events.visit_id AS visit_id
  FROM scratch.p_entry_b9e2cc2a
  JOIN scratch.m_entry_b9e2cc2a
    ON m_entry_b9e2cc2a.node = p_entry_b9e2cc2a.node
  JOIN scratch.events
    ON events.node = m_entry_b9e2cc2a.member
  JOIN cdm.observation_period
    ON observation_period.person_id = events.person_id
    AND events.start_date >= observation_period.observation_period_start_date
    AND events.start_date <= observation_period.observation_period_end_date
    AND (
      observation_period.observation_period_start_date + CAST(p_entry_b9e2cc2a.prior_days AS INT)
    ) <= events.start_date
    AND (
      events.start_date + CAST(p_entry_b9e2cc2a.post_days AS INT)
    ) <= observation_period.observation_period_end_date
) AS observed;

-- 17
-- scratch.p_entrytimes_b9e2cc2a: node | events | times | position | prior_days | post_days
--   11 | 6 | 9 | 0 | 0 | 0
--   11 | 5 | 8 | 1 | 0 | 0
INSERT INTO scratch.times (
  node,
  person_id,
  event_id,
  start_second,
  end_second
)
SELECT
  p_entrytimes_b9e2cc2a.node,
  events.person_id,
  ROW_NUMBER() OVER (
    PARTITION BY p_entrytimes_b9e2cc2a.node, events.person_id
    ORDER BY events.sort_date, events.event_id, p_entrytimes_b9e2cc2a.position, observation_period.observation_period_start_date
  ) AS event_id,
  times.start_second,
  times.end_second
FROM scratch.p_entrytimes_b9e2cc2a
JOIN scratch.events
  ON events.node = p_entrytimes_b9e2cc2a.events
JOIN cdm.observation_period
  ON observation_period.person_id = events.person_id
  AND events.start_date >= observation_period.observation_period_start_date
  AND events.start_date <= observation_period.observation_period_end_date
  AND (
    observation_period.observation_period_start_date + CAST(p_entrytimes_b9e2cc2a.prior_days AS INT)
  ) <= events.start_date
  AND (
    events.start_date + CAST(p_entrytimes_b9e2cc2a.post_days AS INT)
  ) <= observation_period.observation_period_end_date
JOIN scratch.times
  ON times.node = p_entrytimes_b9e2cc2a.times
  AND times.person_id = events.person_id
  AND times.event_id = events.event_id;

-- 18
-- scratch.p_timedcorrelated_2bed6ea0: node | index_events | events | required | low_kind_0 | low_days_0 | high_kind_0 | high_days_0 | from_index_end_0 | to_event_end_0 | low_kind_1 | low_days_1 | high_kind_1 | high_days_1 | from_index_end_1 | to_event_end_1 | index_times | event_times | low_seconds_0 | high_seconds_0 | low_seconds_1 | high_seconds_1
--   12 | 10 | 4 | 1 | NULL | 0 | NULL | 0 | False | False | 0 | 0 | 0 | 1 | False | True | 11 | 7 | -10800 | 0 | NULL | NULL
INSERT INTO scratch.truth (
  node,
  person_id,
  event_id
)
SELECT
  around.node,
  around.person_id,
  around.event_id
FROM (
  SELECT
    placed.node AS node,
    placed.person_id AS person_id,
    placed.event_id AS event_id,
    placed.required AS required,
    COUNT(*) AS found
  FROM (
    SELECT
      p_timedcorrelated_2bed6ea0.node AS node,
      p_timedcorrelated_2bed6ea0.index_events AS index_events,
      p_timedcorrelated_2bed6ea0.events AS events,
      p_timedcorrelated_2bed6ea0.required AS required,
      p_timedcorrelated_2bed6ea0.low_kind_0 AS low_kind_0,
      p_timedcorrelated_2bed6ea0.low_days_0 AS low_days_0,
      p_timedcorrelated_2bed6ea0.high_kind_0 AS high_kind_0,
      p_timedcorrelated_2bed6ea0.high_days_0 AS high_days_0,
      p_timedcorrelated_2bed6ea0.from_index_end_0 AS from_index_end_0,
      p_timedcorrelated_2bed6ea0.to_event_end_0 AS to_event_end_0,
      p_timedcorrelated_2bed6ea0.low_kind_1 AS low_kind_1,
      p_timedcorrelated_2bed6ea0.low_days_1 AS low_days_1,
      p_timedcorrelated_2bed6ea0.high_kind_1 AS high_kind_1,
      p_timedcorrelated_2bed6ea0.high_days_1 AS high_days_1,
      p_timedcorrelated_2bed6ea0.from_index_end_1 AS from_index_end_1,
      p_timedcorrelated_2bed6ea0.to_event_end_1 AS to_event_end_1,
      p_timedcorrelated_2bed6ea0.index_times AS index_times,
      p_timedcorrelated_2bed6ea0.event_times AS event_times,
      p_timedcorrelated_2bed6ea0.low_seconds_0 AS low_seconds_0,
      p_timedcorrelated_2bed6ea0.high_seconds_0 AS high_seconds_0,
      p_timedcorrelated_2bed6ea0.low_seconds_1 AS low_seconds_1,
      p_timedcorrelated_2bed6ea0.high_seconds_1 AS high_seconds_1,
      index_events.person_id AS person_id,
      index_events.event_id AS event_id,
      index_events.start_date AS start_date,
      index_events.end_date AS end_date,
      index_events.period_start AS period_start,
      index_events.period_end AS period_end,
      index_events.visit_id AS visit_id,
      index_events.candidates AS candidates,
      CASE
        WHEN (
          p_timedcorrelated_2bed6ea0.low_kind_1 = 0
        )
        THEN (
          CASE
            WHEN p_timedcorrelated_2bed6ea0.from_index_end_1
            THEN index_events.end_date
            ELSE index_events.start_date
          END + CAST(p_timedcorrelated_2bed6ea0.low_days_1 AS INT)
        )
        WHEN (
          p_timedcorrelated_2bed6ea0.low_kind_1 = 1
        )
        THEN index_events.period_start
        ELSE index_events.period_end
      END AS low_1,
      CASE
        WHEN (
          p_timedcorrelated_2bed6ea0.high_kind_1 = 0
        )
        THEN (
          CASE
            WHEN p_timedcorrelated_2bed6ea0.from_index_end_1
            THEN index_events.end_date
            ELSE index_events.start_date
          END + CAST(p_timedcorrelated_2bed6ea0.high_days_1 AS INT)
        )
        WHEN (
          p_timedcorrelated_2bed6ea0.high_kind_1 = 1
        )
        THEN index_events.period_start
        ELSE index_events.period_end
      END AS high_1
    FROM scratch.p_timedcorrelated_2bed6ea0
    JOIN scratch.index_events
      ON index_events.node = p_timedcorrelated_2bed6ea0.index_events
  ) AS placed
  JOIN scratch.events
    ON events.node = placed.events
    AND events.person_id = placed.person_id
    AND CASE WHEN placed.to_event_end_1 THEN events.end_date ELSE events.start_date END >= placed.low_1
    AND CASE WHEN placed.to_event_end_1 THEN events.end_date ELSE events.start_date END <= placed.high_1
    AND events.start_date >= placed.period_start
    AND events.start_date <= placed.period_end
  JOIN scratch.times AS index_times
    ON index_times.node = placed.index_times
    AND index_times.person_id = placed.person_id
    AND index_times.event_id = placed.event_id
  JOIN scratch.times AS event_times
    ON event_times.node = placed.event_times
    AND event_times.person_id = events.person_id
    AND event_times.event_id = events.event_id
  WHERE
    (
      placed.low_seconds_0 IS NULL
      OR (
        CAST(CAST((
          CASE WHEN placed.to_event_end_0 THEN events.end_date ELSE events.start_date END - CASE WHEN placed.from_index_end_0 THEN placed.end_date ELSE placed.start_date END
        ) AS INT) AS BIGINT) * 86400 + COALESCE(
          CASE
            WHEN placed.to_event_end_0
            THEN event_times.end_second
            ELSE event_times.start_second
          END,
          0
        )
      ) - COALESCE(
        CASE
          WHEN placed.from_index_end_0
          THEN index_times.end_second
          ELSE index_times.start_second
        END,
        86399
      ) >= placed.low_seconds_0
    )
    AND (
      placed.high_seconds_0 IS NULL
      OR (
        CAST(CAST((
          CASE WHEN placed.to_event_end_0 THEN events.end_date ELSE events.start_date END - CASE WHEN placed.from_index_end_0 THEN placed.end_date ELSE placed.start_date END
        ) AS INT) AS BIGINT) * 86400 + COALESCE(
          CASE
            WHEN placed.to_event_end_0
            THEN event_times.end_second
            ELSE event_times.start_second
          END,
          86399
        )
      ) - COALESCE(
        CASE
          WHEN placed.from_index_end_0
          THEN index_times.end_second
          ELSE index_times.start_second
        END,
        0
      ) <= placed.high_seconds_0
    )
    AND (
      placed.low_seconds_1 IS NULL
      OR (
        CAST(CAST((
          CASE WHEN placed.to_event_end_1 THEN events.end_date ELSE events.start_date END - CASE WHEN placed.from_index_end_1 THEN placed.end_date ELSE placed.start_date END
        ) AS INT) AS BIGINT) * 86400 + COALESCE(
          CASE
            WHEN placed.to_event_end_1
            THEN event_times.end_second
            ELSE event_times.start_second
          END,
          0
        )
      ) - COALESCE(
        CASE
          WHEN placed.from_index_end_1
          THEN index_times.end_second
          ELSE index_times.start_second
        END,
        86399
      ) >= placed.low_seconds_1
    )
    AND (
      placed.high_seconds_1 IS NULL
      OR (
        CAST(CAST((
          CASE WHEN placed.to_event_end_1 THEN events.end_date ELSE events.start_date END - CASE WHEN placed.from_index_end_1 THEN placed.end_date ELSE placed.start_date END
        ) AS INT) AS BIGINT) * 86400 + COALESCE(
          CASE
            WHEN placed.to_event_end_1
            THEN event_times.end_second
            ELSE event_times.start_second
          END,
          86399
        )
      ) - COALESCE(
        CASE
          WHEN placed.from_index_end_1
          THEN index_times.end_second
          ELSE index_times.start_second
        END,
        0
      ) <= placed.high_seconds_1
    )
  GROUP BY
    placed.node,
    placed.person_id,
    placed.event_id,
    placed.required
) AS around
WHERE
  around.required <= around.found;

-- 19
-- scratch.p_masked_2e38e77b: node | index_events
--   13 | 10
-- scratch.m_masked_2e38e77b: node | member | meaning
--   13 | 12 | 1
INSERT INTO scratch.masked (
  node,
  person_id,
  event_id,
  mask,
  met
)
SELECT
  p_masked_2e38e77b.node,
  index_events.person_id,
  index_events.event_id,
  CAST(COALESCE(held.mask, 0) AS BIGINT) AS coalesce_1,
  COALESCE(held.met, 0) AS coalesce_2
FROM scratch.p_masked_2e38e77b
JOIN scratch.index_events
  ON index_events.node = p_masked_2e38e77b.index_events
LEFT OUTER JOIN (
  SELECT
    m_masked_2e38e77b.node AS node,
    truth.person_id AS person_id,
    truth.event_id AS event_id,
    SUM(m_masked_2e38e77b.meaning) AS mask,
    COUNT(*) AS met
  FROM scratch.m_masked_2e38e77b
  JOIN scratch.truth
    ON truth.node = m_masked_2e38e77b.member
  GROUP BY
    m_masked_2e38e77b.node,
    truth.person_id,
    truth.event_id
) AS held
  ON held.node = p_masked_2e38e77b.node
  AND held.person_id = index_events.person_id
  AND held.event_id = index_events.event_id;

-- 20
-- scratch.p_included_66a36258: node | index_events | masked | rules
--   14 | 10 | 13 | 1
INSERT INTO scratch.included (
  node,
  person_id,
  event_id,
  start_date,
  end_date,
  period_end
)
SELECT
  p_included_66a36258.node,
  index_events.person_id,
  index_events.event_id,
  index_events.start_date,
  index_events.end_date,
  index_events.period_end
FROM scratch.p_included_66a36258
JOIN scratch.index_events
  ON index_events.node = p_included_66a36258.index_events
JOIN scratch.masked
  ON masked.node = p_included_66a36258.masked
  AND masked.person_id = index_events.person_id
  AND masked.event_id = index_events.event_id
  AND masked.met = p_included_66a36258.rules;

-- 21
-- scratch.p_exit_7db26389: node | included | offset_days | eras
--   15 | 14 | 0 | NULL
INSERT INTO scratch.spans (
  node,
  person_id,
  start_date,
  end_date
)
SELECT
  p_exit_7db26389.node,
  included.person_id,
  included.start_date,
  CASE
    WHEN (
      CASE
        WHEN (
          (
            included.start_date + CAST(p_exit_7db26389.offset_days AS INT)
          ) > included.period_end
        )
        THEN included.period_end
        ELSE (
          included.start_date + CAST(p_exit_7db26389.offset_days AS INT)
        )
      END >= included.start_date
    )
    THEN CASE
      WHEN (
        (
          included.start_date + CAST(p_exit_7db26389.offset_days AS INT)
        ) > included.period_end
      )
      THEN included.period_end
      ELSE (
        included.start_date + CAST(p_exit_7db26389.offset_days AS INT)
      )
    END
  END AS end_date
FROM scratch.p_exit_7db26389
JOIN scratch.included
  ON included.node = p_exit_7db26389.included
WHERE
  NOT CASE
    WHEN (
      CASE
        WHEN (
          (
            included.start_date + CAST(p_exit_7db26389.offset_days AS INT)
          ) > included.period_end
        )
        THEN included.period_end
        ELSE (
          included.start_date + CAST(p_exit_7db26389.offset_days AS INT)
        )
      END >= included.start_date
    )
    THEN CASE
      WHEN (
        (
          included.start_date + CAST(p_exit_7db26389.offset_days AS INT)
        ) > included.period_end
      )
      THEN included.period_end
      ELSE (
        included.start_date + CAST(p_exit_7db26389.offset_days AS INT)
      )
    END
  END IS NULL;

-- 22
-- scratch.p_cohort_b9b1e9a6: node | spans | pad | window_start | window_end
--   16 | 15 | 0 | NULL | NULL
INSERT INTO scratch.spans (
  node,
  person_id,
  start_date,
  end_date
)
SELECT
  numbered.node,
  numbered.person_id,
  MIN(numbered.start_date) AS start_date,
  MAX(numbered.end_date) AS end_date
FROM (
  SELECT
    marked.node AS node,
    marked.person_id AS person_id,
    marked.start_date AS start_date,
    marked.end_date AS end_date,
    marked.opens AS opens,
    SUM(marked.opens) OVER (
      PARTITION BY marked.node, marked.person_id
      ORDER BY marked.start_date, marked.opens DESC NULLS FIRST
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS run
  FROM (
    SELECT
      spans_to_merge.node AS node,
      spans_to_merge.person_id AS person_id,
      spans_to_merge.start_date AS start_date,
      spans_to_merge.end_date AS end_date,
      CASE
        WHEN (
          MAX((
            spans_to_merge.end_date + CAST(spans_to_merge.pad AS INT)
          )) OVER (
            PARTITION BY spans_to_merge.node, spans_to_merge.person_id
            ORDER BY spans_to_merge.start_date
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
          ) >= spans_to_merge.start_date
        )
        THEN 0
        ELSE 1
      END AS opens
    FROM (
      SELECT
        p_cohort_b9b1e9a6.node AS node,
        spans.person_id AS person_id,
        spans.start_date AS start_date,
        spans.end_date AS end_date,
        p_cohort_b9b1e9a6.pad AS pad
      FROM scratch.p_cohort_b9b1e9a6
      JOIN scratch.spans
        ON spans.node = p_cohort_b9b1e9a6.spans
    ) AS spans_to_merge
  ) AS marked
) AS numbered
GROUP BY
  numbered.node,
  numbered.person_id,
  numbered.run;

-- 23
SELECT
  spans.person_id,
  spans.start_date,
  spans.end_date
FROM scratch.spans
WHERE
  spans.node = 16
ORDER BY
  spans.person_id,
  spans.start_date;
