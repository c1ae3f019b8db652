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
-- scratch.p_events_0b001d27: node | codes
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
    p_events_0b001d27.node AS node,
    p_events_0b001d27.codes AS codes,
    visit_occurrence.person_id AS person_id,
    visit_occurrence.visit_occurrence_id AS event_id,
    visit_occurrence.visit_start_date AS start_date,
    visit_occurrence.visit_end_date AS end_date,
    visit_occurrence.visit_occurrence_id AS visit_id
  FROM scratch.p_events_0b001d27
  JOIN scratch.codes AS standard
    ON standard.node = p_events_0b001d27.codes
  JOIN cdm.visit_occurrence
    ON visit_occurrence.visit_concept_id = standard.concept_id
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
-- scratch.p_nestedindex_2e38e77b: node | events
--   7 | 5
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
  p_nestedindex_2e38e77b.node,
  events.person_id,
  events.event_id,
  events.start_date,
  events.end_date,
  observation_period.observation_period_start_date,
  observation_period.observation_period_end_date,
  events.visit_id,
  1 AS anon_1
FROM scratch.p_nestedindex_2e38e77b
JOIN scratch.events
  ON events.node = p_nestedindex_2e38e77b.events
JOIN cdm.observation_period
  ON observation_period.person_id = events.person_id
  AND events.start_date >= observation_period.observation_period_start_date
  AND events.start_date <= observation_period.observation_period_end_date;

-- 13
-- scratch.p_correlated_650edb4c: node | index_events | events | required | low_kind_0 | low_days_0 | high_kind_0 | high_days_0 | from_index_end_0 | to_event_end_0
--   8 | 7 | 4 | 1 | 0 | -7 | 0 | 7 | False | False
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
      p_correlated_650edb4c.node AS node,
      p_correlated_650edb4c.index_events AS index_events,
      p_correlated_650edb4c.events AS events,
      p_correlated_650edb4c.required AS required,
      p_correlated_650edb4c.low_kind_0 AS low_kind_0,
      p_correlated_650edb4c.low_days_0 AS low_days_0,
      p_correlated_650edb4c.high_kind_0 AS high_kind_0,
      p_correlated_650edb4c.high_days_0 AS high_days_0,
      p_correlated_650edb4c.from_index_end_0 AS from_index_end_0,
      p_correlated_650edb4c.to_event_end_0 AS to_event_end_0,
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
          p_correlated_650edb4c.low_kind_0 = 0
        )
        THEN (
          CASE
            WHEN p_correlated_650edb4c.from_index_end_0
            THEN index_events.end_date
            ELSE index_events.start_date
          END + CAST(p_correlated_650edb4c.low_days_0 AS INT)
        )
        WHEN (
          p_correlated_650edb4c.low_kind_0 = 1
        )
        THEN index_events.period_start
        ELSE index_events.period_end
      END AS low_0,
      CASE
        WHEN (
          p_correlated_650edb4c.high_kind_0 = 0
        )
        THEN (
          CASE
            WHEN p_correlated_650edb4c.from_index_end_0
            THEN index_events.end_date
            ELSE index_events.start_date
          END + CAST(p_correlated_650edb4c.high_days_0 AS INT)
        )
        WHEN (
          p_correlated_650edb4c.high_kind_0 = 1
        )
        THEN index_events.period_start
        ELSE index_events.period_end
      END AS high_0
    FROM scratch.p_correlated_650edb4c
    JOIN scratch.index_events
      ON index_events.node = p_correlated_650edb4c.index_events
  ) AS placed
  JOIN scratch.events
    ON events.node = placed.events
    AND events.person_id = placed.person_id
    AND CASE WHEN placed.to_event_end_0 THEN events.end_date ELSE events.start_date END >= placed.low_0
    AND CASE WHEN placed.to_event_end_0 THEN events.end_date ELSE events.start_date END <= placed.high_0
    AND events.start_date >= placed.period_start
    AND events.start_date <= placed.period_end
  GROUP BY
    placed.node,
    placed.person_id,
    placed.event_id,
    placed.required
) AS around
WHERE
  around.required <= around.found;

-- 14
-- scratch.p_group_4b412b61: node | index_events | required
--   9 | 7 | 1
-- scratch.m_group_4b412b61: node | member | meaning
--   9 | 8 | 0
INSERT INTO scratch.truth (
  node,
  person_id,
  event_id
)
SELECT
  p_group_4b412b61.node,
  index_events.person_id,
  index_events.event_id
FROM scratch.p_group_4b412b61
JOIN scratch.index_events
  ON index_events.node = p_group_4b412b61.index_events
JOIN (
  SELECT
    m_group_4b412b61.node AS node,
    truth.person_id AS person_id,
    truth.event_id AS event_id
  FROM scratch.m_group_4b412b61
  JOIN scratch.truth
    ON truth.node = m_group_4b412b61.member
) AS held
  ON held.node = p_group_4b412b61.node
  AND held.person_id = index_events.person_id
  AND held.event_id = index_events.event_id
GROUP BY
  p_group_4b412b61.node,
  index_events.person_id,
  index_events.event_id,
  p_group_4b412b61.required
HAVING
  COUNT(held.node) = p_group_4b412b61.required;

-- 15
-- scratch.p_filteredevents_2e38e77b: node | events | truth
--   10 | 5 | 9
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
  p_filteredevents_2e38e77b.node,
  events.person_id,
  events.event_id,
  events.start_date,
  events.end_date,
  events.visit_id,
  events.count_value,
  events.sort_date
FROM scratch.p_filteredevents_2e38e77b
JOIN scratch.events
  ON events.node = p_filteredevents_2e38e77b.events
JOIN scratch.truth
  ON truth.node = p_filteredevents_2e38e77b.truth
  AND truth.person_id = events.person_id
  AND truth.event_id = events.event_id;

-- 16
-- scratch.p_entry_b9e2cc2a: node | prior_days | post_days
--   11 | 0 | 0
-- scratch.m_entry_b9e2cc2a: node | member | meaning
--   11 | 6 | 0
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
-- scratch.p_correlated_ac6927ac: node | index_events | events | required | low_kind_0 | low_days_0 | high_kind_0 | high_days_0 | from_index_end_0 | to_event_end_0
--   12 | 11 | 10 | 1 | 1 | 0 | 2 | 0 | False | False
INSERT INTO scratch.truth (
  node,
  person_id,
  event_id
)
SELECT
  placed.node,
  placed.person_id,
  placed.event_id
FROM (
  SELECT
    p_correlated_ac6927ac.node AS node,
    p_correlated_ac6927ac.index_events AS index_events,
    p_correlated_ac6927ac.events AS events,
    p_correlated_ac6927ac.required AS required,
    p_correlated_ac6927ac.low_kind_0 AS low_kind_0,
    p_correlated_ac6927ac.low_days_0 AS low_days_0,
    p_correlated_ac6927ac.high_kind_0 AS high_kind_0,
    p_correlated_ac6927ac.high_days_0 AS high_days_0,
    p_correlated_ac6927ac.from_index_end_0 AS from_index_end_0,
    p_correlated_ac6927ac.to_event_end_0 AS to_event_end_0,
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
        p_correlated_ac6927ac.low_kind_0 = 0
      )
      THEN (
        CASE
          WHEN p_correlated_ac6927ac.from_index_end_0
          THEN index_events.end_date
          ELSE index_events.start_date
        END + CAST(p_correlated_ac6927ac.low_days_0 AS INT)
      )
      WHEN (
        p_correlated_ac6927ac.low_kind_0 = 1
      )
      THEN index_events.period_start
      ELSE index_events.period_end
    END AS low_0,
    CASE
      WHEN (
        p_correlated_ac6927ac.high_kind_0 = 0
      )
      THEN (
        CASE
          WHEN p_correlated_ac6927ac.from_index_end_0
          THEN index_events.end_date
          ELSE index_events.start_date
        END + CAST(p_correlated_ac6927ac.high_days_0 AS INT)
      )
      WHEN (
        p_correlated_ac6927ac.high_kind_0 = 1
      )
      THEN index_events.period_start
      ELSE index_events.period_end
    END AS high_0
  FROM scratch.p_correlated_ac6927ac
  JOIN scratch.index_events
    ON index_events.node = p_correlated_ac6927ac.index_events
) AS placed
WHERE
  EXISTS(
    SELECT
      1 AS anon_1
    FROM scratch.events
    WHERE
      events.node = placed.events
      AND events.person_id = placed.person_id
      AND CASE WHEN placed.to_event_end_0 THEN events.end_date ELSE events.start_date END >= placed.low_0
      AND CASE WHEN placed.to_event_end_0 THEN events.end_date ELSE events.start_date END <= placed.high_0
      AND events.start_date >= placed.period_start
      AND events.start_date <= placed.period_end
  );

-- 18
-- scratch.p_masked_2e38e77b: node | index_events
--   13 | 11
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

-- 19
-- scratch.p_included_66a36258: node | index_events | masked | rules
--   14 | 11 | 13 | 1
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

-- 20
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

-- 21
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

-- 22
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
