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
  count_value STRING,
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
INSERT INTO scratch.codes (
  node,
  concept_id
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
-- scratch.p_events_353630d5: node
--   4
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
  CAST(NULL AS STRING) AS count_value,
  records.start_date AS sort_date
FROM (
  SELECT
    p_events_353630d5.node AS node,
    death.person_id AS person_id,
    death.person_id AS event_id,
    death.death_date AS start_date,
    DATE_ADD(death.death_date, CAST(1 AS INT)) AS end_date,
    CAST(NULL AS BIGINT) AS visit_id
  FROM scratch.p_events_353630d5
  JOIN cdm.death
    ON TRUE
) AS records;

-- 10
-- scratch.p_events_518f4b5a: node | codes
--   5 | 1
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
  CAST(NULL AS STRING) AS count_value,
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
      DATE_ADD(condition_occurrence.condition_start_date, CAST(1 AS INT))
    ) AS end_date,
    condition_occurrence.visit_occurrence_id AS visit_id
  FROM scratch.p_events_518f4b5a
  JOIN scratch.codes AS standard
    ON standard.node = p_events_518f4b5a.codes
  JOIN cdm.condition_occurrence
    ON condition_occurrence.condition_concept_id = standard.concept_id
) AS records;

-- 11
-- scratch.p_drugeras_60a33e6c: node | codes | gap_days | offset_days | days_supply
--   7 | 2 | 30 | 7 | NULL
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
      ORDER BY marked.start_date NULLS LAST, marked.opens DESC NULLS FIRST
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS run
  FROM (
    SELECT
      exposures.node AS node,
      exposures.person_id AS person_id,
      exposures.start_date AS start_date,
      exposures.end_date AS end_date,
      CASE
        WHEN (
          MAX(DATE_ADD(exposures.end_date, CAST(exposures.pad AS INT))) OVER (
            PARTITION BY exposures.node, exposures.person_id
            ORDER BY exposures.start_date NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
          ) >= exposures.start_date
        )
        THEN 0
        ELSE 1
      END AS opens
    FROM (
      SELECT
        p_drugeras_60a33e6c.node AS node,
        drug_exposure.person_id AS person_id,
        drug_exposure.drug_exposure_start_date AS start_date,
        DATE_ADD(
          COALESCE(
            drug_exposure.drug_exposure_end_date,
            DATE_ADD(drug_exposure.drug_exposure_start_date, CAST(drug_exposure.days_supply AS INT)),
            DATE_ADD(drug_exposure.drug_exposure_start_date, CAST(1 AS INT))
          ),
          CAST(p_drugeras_60a33e6c.offset_days AS INT)
        ) AS end_date,
        p_drugeras_60a33e6c.gap_days AS pad
      FROM scratch.p_drugeras_60a33e6c
      JOIN scratch.codes
        ON codes.node = p_drugeras_60a33e6c.codes
      JOIN cdm.drug_exposure
        ON drug_exposure.drug_concept_id = codes.concept_id
      UNION ALL
      SELECT
        p_drugeras_60a33e6c.node AS node,
        drug_exposure.person_id AS person_id,
        drug_exposure.drug_exposure_start_date AS start_date,
        DATE_ADD(
          COALESCE(
            drug_exposure.drug_exposure_end_date,
            DATE_ADD(drug_exposure.drug_exposure_start_date, CAST(drug_exposure.days_supply AS INT)),
            DATE_ADD(drug_exposure.drug_exposure_start_date, CAST(1 AS INT))
          ),
          CAST(p_drugeras_60a33e6c.offset_days AS INT)
        ) AS end_date,
        p_drugeras_60a33e6c.gap_days AS pad
      FROM scratch.p_drugeras_60a33e6c
      JOIN scratch.codes
        ON codes.node = p_drugeras_60a33e6c.codes
      JOIN cdm.drug_exposure
        ON drug_exposure.drug_source_concept_id = codes.concept_id
    ) AS exposures
  ) AS marked
) AS numbered
GROUP BY
  numbered.node,
  numbered.person_id,
  numbered.run;

-- 12
-- scratch.p_entry_b9e2cc2a: node | prior_days | post_days
--   8 | 0 | 0
-- scratch.m_entry_b9e2cc2a: node | member | meaning
--   8 | 6 | 0
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
    ORDER BY observed.sort_date NULLS LAST, observed.record_id NULLS LAST, observed.meaning NULLS LAST, observed.period_start NULLS LAST
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
    AND DATE_ADD(
      observation_period.observation_period_start_date,
      CAST(p_entry_b9e2cc2a.prior_days AS INT)
    ) <= events.start_date
    AND DATE_ADD(events.start_date, CAST(p_entry_b9e2cc2a.post_days AS INT)) <= observation_period.observation_period_end_date
) AS observed;

-- 13
-- scratch.p_included_777a620d: node | index_events | masked | rules
--   9 | 8 | NULL | NULL
INSERT INTO scratch.included (
  node,
  person_id,
  event_id,
  start_date,
  end_date,
  period_end
)
SELECT
  p_included_777a620d.node,
  index_events.person_id,
  index_events.event_id,
  index_events.start_date,
  index_events.end_date,
  index_events.period_end
FROM scratch.p_included_777a620d
JOIN scratch.index_events
  ON index_events.node = p_included_777a620d.index_events;

-- 14
-- scratch.p_exit_ee961c04: node | included | offset_days | eras
--   10 | 9 | NULL | 7
-- scratch.m_exit_ee961c04: node | member | meaning
--   10 | 4 | 0
--   10 | 5 | 1
INSERT INTO scratch.spans (
  node,
  person_id,
  start_date,
  end_date
)
SELECT
  p_exit_ee961c04.node,
  included.person_id,
  included.start_date,
  LEAST(
    CASE
      WHEN (
        included.period_end >= included.start_date
      )
      THEN included.period_end
    END,
    anon_1.end_date,
    anon_2.end_date
  ) AS end_date
FROM scratch.p_exit_ee961c04
JOIN scratch.included
  ON included.node = p_exit_ee961c04.included
LEFT OUTER JOIN (
  SELECT
    anon_3.node AS node,
    anon_3.person_id AS person_id,
    anon_3.event_id AS event_id,
    MIN(anon_3.end_date) AS end_date
  FROM (
    SELECT
      p_exit_ee961c04.node AS node,
      included.person_id AS person_id,
      included.event_id AS event_id,
      included.start_date AS start_date,
      eras.end_date AS end_date
    FROM scratch.p_exit_ee961c04
    JOIN scratch.included
      ON included.node = p_exit_ee961c04.included
    JOIN scratch.spans AS eras
      ON eras.node = p_exit_ee961c04.eras
      AND eras.person_id = included.person_id
      AND included.start_date >= eras.start_date
      AND included.start_date <= eras.end_date
  ) AS anon_3
  WHERE
    anon_3.end_date >= anon_3.start_date
  GROUP BY
    anon_3.node,
    anon_3.person_id,
    anon_3.event_id
) AS anon_1
  ON anon_1.node = p_exit_ee961c04.node
  AND anon_1.person_id = included.person_id
  AND anon_1.event_id = included.event_id
LEFT OUTER JOIN (
  SELECT
    anon_4.node AS node,
    anon_4.person_id AS person_id,
    anon_4.event_id AS event_id,
    MIN(anon_4.end_date) AS end_date
  FROM (
    SELECT
      p_exit_ee961c04.node AS node,
      included.person_id AS person_id,
      included.event_id AS event_id,
      included.start_date AS start_date,
      events.start_date AS end_date
    FROM scratch.p_exit_ee961c04
    JOIN scratch.included
      ON included.node = p_exit_ee961c04.included
    JOIN scratch.m_exit_ee961c04
      ON m_exit_ee961c04.node = p_exit_ee961c04.node
    JOIN scratch.events
      ON events.node = m_exit_ee961c04.member
      AND events.person_id = included.person_id
      AND events.start_date >= included.start_date
      AND events.start_date <= included.period_end
  ) AS anon_4
  WHERE
    anon_4.end_date >= anon_4.start_date
  GROUP BY
    anon_4.node,
    anon_4.person_id,
    anon_4.event_id
) AS anon_2
  ON anon_2.node = p_exit_ee961c04.node
  AND anon_2.person_id = included.person_id
  AND anon_2.event_id = included.event_id
WHERE
  NOT LEAST(
    CASE
      WHEN (
        included.period_end >= included.start_date
      )
      THEN included.period_end
    END,
    anon_1.end_date,
    anon_2.end_date
  ) IS NULL;

-- 15
-- scratch.p_cohort_b9b1e9a6: node | spans | pad | window_start | window_end
--   11 | 10 | 0 | NULL | NULL
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
      ORDER BY marked.start_date NULLS LAST, marked.opens DESC NULLS FIRST
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
          MAX(DATE_ADD(spans_to_merge.end_date, CAST(spans_to_merge.pad AS INT))) OVER (
            PARTITION BY spans_to_merge.node, spans_to_merge.person_id
            ORDER BY spans_to_merge.start_date NULLS LAST
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

-- 16
SELECT
  spans.person_id,
  spans.start_date,
  spans.end_date
FROM scratch.spans
WHERE
  spans.node = 11
ORDER BY
  spans.person_id NULLS LAST,
  spans.start_date NULLS LAST;
