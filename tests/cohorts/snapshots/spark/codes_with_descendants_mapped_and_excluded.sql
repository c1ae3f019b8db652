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
-- scratch.p_codes_85cd4a92: node | concept_id | descendants | mapped | excluded
--   1 | 10 | True | True | False
--   1 | 21 | True | False | True
WITH named AS (
  SELECT
    p_codes_85cd4a92.node AS node,
    p_codes_85cd4a92.excluded AS excluded,
    p_codes_85cd4a92.mapped AS mapped,
    p_codes_85cd4a92.concept_id AS concept_id
  FROM scratch.p_codes_85cd4a92
  JOIN cdm.concept
    ON concept.concept_id = p_codes_85cd4a92.concept_id
  UNION ALL
  SELECT
    p_codes_85cd4a92.node AS node,
    p_codes_85cd4a92.excluded AS excluded,
    p_codes_85cd4a92.mapped AS mapped,
    descendant.concept_id AS concept_id
  FROM scratch.p_codes_85cd4a92
  JOIN cdm.concept_ancestor
    ON concept_ancestor.ancestor_concept_id = p_codes_85cd4a92.concept_id
  JOIN cdm.concept AS descendant
    ON descendant.concept_id = concept_ancestor.descendant_concept_id
  WHERE
    p_codes_85cd4a92.descendants AND descendant.invalid_reason IS NULL
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
  UNION ALL
  SELECT
    named.node AS node,
    named.excluded AS excluded,
    concept_relationship.concept_id_1 AS concept_id_1
  FROM named
  JOIN cdm.concept_relationship
    ON concept_relationship.concept_id_2 = named.concept_id
  WHERE
    named.mapped
    AND concept_relationship.relationship_id = 'Maps to'
    AND concept_relationship.invalid_reason IS NULL
) AS resolved
GROUP BY
  resolved.node,
  resolved.concept_id
HAVING
  MAX(CASE WHEN resolved.excluded THEN 1 ELSE 0 END) = 0;

-- 9
-- scratch.p_events_518f4b5a: node | codes
--   2 | 1
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

-- 10
-- scratch.p_entry_b9e2cc2a: node | prior_days | post_days
--   3 | 0 | 0
-- scratch.m_entry_b9e2cc2a: node | member | meaning
--   3 | 2 | 0
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

-- 11
-- scratch.p_included_777a620d: node | index_events | masked | rules
--   4 | 3 | NULL | NULL
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

-- 12
-- scratch.p_exit_7db26389: node | included | offset_days | eras
--   5 | 4 | 0 | NULL
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
          DATE_ADD(included.start_date, CAST(p_exit_7db26389.offset_days AS INT)) > included.period_end
        )
        THEN included.period_end
        ELSE DATE_ADD(included.start_date, CAST(p_exit_7db26389.offset_days AS INT))
      END >= included.start_date
    )
    THEN CASE
      WHEN (
        DATE_ADD(included.start_date, CAST(p_exit_7db26389.offset_days AS INT)) > included.period_end
      )
      THEN included.period_end
      ELSE DATE_ADD(included.start_date, CAST(p_exit_7db26389.offset_days AS INT))
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
          DATE_ADD(included.start_date, CAST(p_exit_7db26389.offset_days AS INT)) > included.period_end
        )
        THEN included.period_end
        ELSE DATE_ADD(included.start_date, CAST(p_exit_7db26389.offset_days AS INT))
      END >= included.start_date
    )
    THEN CASE
      WHEN (
        DATE_ADD(included.start_date, CAST(p_exit_7db26389.offset_days AS INT)) > included.period_end
      )
      THEN included.period_end
      ELSE DATE_ADD(included.start_date, CAST(p_exit_7db26389.offset_days AS INT))
    END
  END IS NULL;

-- 13
-- scratch.p_cohort_b9b1e9a6: node | spans | pad | window_start | window_end
--   6 | 5 | 0 | NULL | NULL
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

-- 14
SELECT
  spans.person_id,
  spans.start_date,
  spans.end_date
FROM scratch.spans
WHERE
  spans.node = 6
ORDER BY
  spans.person_id NULLS LAST,
  spans.start_date NULLS LAST;
