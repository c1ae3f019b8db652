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
--   1 | 20 | False | False | False
--   2 | 10 | False | False | False
--   2 | 11 | False | False | False
--   2 | 12 | False | False | False
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
-- scratch.p_events_353630d5: node
--   3
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
    p_events_353630d5.node AS node,
    death.person_id AS person_id,
    death.person_id AS event_id,
    death.death_date AS start_date,
    (
      death.death_date + CAST(1 AS INT)
    ) AS end_date,
    CAST(NULL AS BIGINT) AS visit_id
  FROM scratch.p_events_353630d5
  JOIN cdm.death
    ON TRUE
) AS records;

-- 10
-- scratch.p_events_623581fe: node | codes
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
    p_events_623581fe.node AS node,
    p_events_623581fe.codes AS codes,
    drug_era.person_id AS person_id,
    drug_era.drug_era_id AS event_id,
    drug_era.drug_era_start_date AS start_date,
    drug_era.drug_era_end_date AS end_date,
    CAST(NULL AS BIGINT) AS visit_id
  FROM scratch.p_events_623581fe
  JOIN scratch.codes AS standard
    ON standard.node = p_events_623581fe.codes
  JOIN cdm.drug_era
    ON drug_era.drug_concept_id = standard.concept_id
) AS records;

-- 11
-- scratch.p_events_92532a40: node | codes
--   5 | 1
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

-- 12
-- scratch.p_events_ebfdaa99: node | codes
--   6 | 2
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
    p_events_ebfdaa99.node AS node,
    p_events_ebfdaa99.codes AS codes,
    procedure_occurrence.person_id AS person_id,
    procedure_occurrence.procedure_occurrence_id AS event_id,
    procedure_occurrence.procedure_date AS start_date,
    (
      procedure_occurrence.procedure_date + CAST(1 AS INT)
    ) AS end_date,
    procedure_occurrence.visit_occurrence_id AS visit_id
  FROM scratch.p_events_ebfdaa99
  JOIN scratch.codes AS standard
    ON standard.node = p_events_ebfdaa99.codes
  JOIN cdm.procedure_occurrence
    ON procedure_occurrence.procedure_concept_id = standard.concept_id
) AS records;

-- 13
-- scratch.p_entry_4df83677: node | prior_days | post_days
--   7 | 0 | 0
-- scratch.m_entry_4df83677: node | member | meaning
--   7 | 5 | 0
--   7 | 6 | 1
--   7 | 3 | 2
--   7 | 4 | 3
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
WITH observed AS (
  SELECT
    p_entry_4df83677.node AS node,
    events.person_id AS person_id,
    events.sort_date AS sort_date,
    events.event_id AS record_id,
    m_entry_4df83677.meaning AS meaning,
    events.start_date AS start_date,
    events.end_date AS end_date,
    observation_period.observation_period_start_date AS period_start,
    observation_period.observation_period_end_date AS period_end,
    events.visit_id AS visit_id
  FROM scratch.p_entry_4df83677
  JOIN scratch.m_entry_4df83677
    ON m_entry_4df83677.node = p_entry_4df83677.node
  JOIN scratch.events
    ON events.node = m_entry_4df83677.member
  JOIN cdm.observation_period
    ON observation_period.person_id = events.person_id
    AND events.start_date >= observation_period.observation_period_start_date
    AND events.start_date <= observation_period.observation_period_end_date
    AND (
      observation_period.observation_period_start_date + CAST(p_entry_4df83677.prior_days AS INT)
    ) <= events.start_date
    AND (
      events.start_date + CAST(p_entry_4df83677.post_days AS INT)
    ) <= observation_period.observation_period_end_date
)
SELECT
  numbered.node,
  numbered.person_id,
  numbered.ordinal,
  numbered.start_date,
  numbered.end_date,
  numbered.period_start,
  numbered.period_end,
  numbered.visit_id,
  numbered.candidates
FROM (
  SELECT
    observed.node AS node,
    observed.person_id AS person_id,
    ROW_NUMBER() OVER (
      PARTITION BY observed.node, observed.person_id
      ORDER BY observed.sort_date DESC, observed.record_id, observed.meaning, observed.period_start
    ) AS ordinal,
    observed.start_date AS start_date,
    observed.end_date AS end_date,
    observed.period_start AS period_start,
    observed.period_end AS period_end,
    observed.visit_id AS visit_id,
    of_person.candidates AS candidates
  FROM observed
  JOIN (
    SELECT
      observed.node AS node,
      observed.person_id AS person_id,
      MAX(observed.sort_date) AS sort_date,
      COUNT(*) AS candidates
    FROM observed
    GROUP BY
      observed.node,
      observed.person_id
  ) AS of_person
    ON of_person.node = observed.node
    AND of_person.person_id = observed.person_id
    AND observed.sort_date = of_person.sort_date
) AS numbered
WHERE
  numbered.ordinal = 1;

-- 14
-- scratch.p_included_777a620d: node | index_events | masked | rules
--   8 | 7 | NULL | NULL
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

-- 15
-- scratch.p_exit_7db26389: node | included | offset_days | eras
--   9 | 8 | 0 | NULL
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
  END IS NOT NULL;

-- 16
-- scratch.p_cohort_a0ad8427: node | spans | pad | window_start | window_end
--   10 | 9 | 0 | NULL | NULL
INSERT INTO scratch.spans (
  node,
  person_id,
  start_date,
  end_date
)
SELECT
  p_cohort_a0ad8427.node,
  spans.person_id,
  spans.start_date,
  spans.end_date
FROM scratch.p_cohort_a0ad8427
JOIN scratch.spans
  ON spans.node = p_cohort_a0ad8427.spans;

-- 17
SELECT
  spans.person_id,
  spans.start_date,
  spans.end_date
FROM scratch.spans
WHERE
  spans.node = 10
ORDER BY
  spans.person_id,
  spans.start_date;
