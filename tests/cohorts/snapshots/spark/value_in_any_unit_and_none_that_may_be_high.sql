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
--   1 | 20 | False | False | False
--   2 | 10 | False | False | False
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
-- scratch.p_codelist_2e38e77b: node | concept_id
--   3 | 20
INSERT INTO scratch.codes (
  node,
  concept_id
)
SELECT
  p_codelist_2e38e77b.node,
  p_codelist_2e38e77b.concept_id
FROM scratch.p_codelist_2e38e77b;

-- 10
CREATE TABLE scratch.unit_sizes (
  node BIGINT,
  unit BIGINT,
  measured BIGINT,
  kind STRING,
  size DOUBLE,
  zero DOUBLE
);

-- 11
-- scratch.p_unitsizes_2e38e77b: node | code | kind | size | zero | measured
--   4 | % | 1 | 0.01 | 0.0 | 0
--   4 | %{RBCs} | {RBCs} | 0.01 | 0.0 | 0
--   4 | %{WBCs} | {WBCs} | 0.01 | 0.0 | 0
--   4 | %{activity} | {activity} | 0.01 | 0.0 | 0
--   4 | %{cells} | 1 | 0.01 | 0.0 | 0
--   4 | %{index} | {index} | 0.01 | 0.0 | 0
--   4 | %{saturation} | {saturation} | 0.01 | 0.0 | 0
--   4 | /(12.h) | 1/time | 2.314814814815e-05 | 0.0 | 0
--   4 | /10*10 | 1 | 1e-10 | 0.0 | 0
--   4 | /10*12 | 1 | 1e-12 | 0.0 | 0
--   4 | /10*12{RBCs} | 1/{RBCs} | 1e-12 | 0.0 | 0
--   4 | /10*3 | 1 | 0.001 | 0.0 | 0
--   4 | /10*3{RBCs} | 1/{RBCs} | 0.001 | 0.0 | 0
--   4 | /10*4{RBCs} | 1/{RBCs} | 0.0001 | 0.0 | 0
--   4 | /10*6 | 1 | 1e-06 | 0.0 | 0
--   4 | /10*9 | 1 | 1e-09 | 0.0 | 0
--   4 | /100 | 1 | 0.01 | 0.0 | 0
--   4 | /100{cells} | 1 | 0.01 | 0.0 | 0
--   4 | /L | 1/length3 | 1000.0 | 0.0 | 0
--   4 | /[HPF] | 1/high_power_field | 1.0 | 0.0 | 0
--   4 | /[LPF] | 1/low_power_field | 1.0 | 0.0 | 0
--   4 | /a | 1/time | 3.168808781403e-08 | 0.0 | 0
--   4 | /d | 1/time | 1.157407407407e-05 | 0.0 | 0
--   4 | /dL | 1/length3 | 10000.0 | 0.0 | 0
--   4 | /g | 1/mass | 1000.0 | 0.0 | 0
--   4 | /h | 1/time | 0.0002777777777778 | 0.0 | 0
--   4 | /kg | 1/mass | 1.0 | 0.0 | 0
--   4 | /m3 | 1/length3 | 1.0 | 0.0 | 0
--   4 | /mL | 1/length3 | 1000000.0 | 0.0 | 0
--   4 | /mg | 1/mass | 1000000.0 | 0.0 | 0
--   4 | /min | 1/time | 0.01666666666667 | 0.0 | 0
--   4 | /mm | 1/length | 1000.0 | 0.0 | 0
--   4 | /mm3 | 1/length3 | 1000000000.0 | 0.0 | 0
--   4 | /mo | 1/time | 3.802570537683e-07 | 0.0 | 0
--   4 | /s | 1/time | 1.0 | 0.0 | 0
--   4 | /uL | 1/length3 | 1000000000.0 | 0.0 | 0
--   4 | /wk | 1/time | 1.653439153439e-06 | 0.0 | 0
--   4 | 1 | 1 | 1.0 | 0.0 | 0
--   4 | 10*12/L | 1/length3 | 1000000000000000.0 | 0.0 | 0
--   4 | 10*12/[HPF] | 1/high_power_field | 1000000000000.0 | 0.0 | 0
--   4 | 10*12/[LPF] | 1/low_power_field | 1000000000000.0 | 0.0 | 0
--   4 | 10*12/dL | 1/length3 | 1e+16 | 0.0 | 0
--   4 | 10*12/mL | 1/length3 | 1e+18 | 0.0 | 0
--   4 | 10*12/mm3 | 1/length3 | 1e+21 | 0.0 | 0
--   4 | 10*12/uL | 1/length3 | 1e+21 | 0.0 | 0
--   4 | 10*3 | 1 | 1000.0 | 0.0 | 0
--   4 | 10*3/L | 1/length3 | 1000000.0 | 0.0 | 0
--   4 | 10*3/[HPF] | 1/high_power_field | 1000.0 | 0.0 | 0
--   4 | 10*3/[LPF] | 1/low_power_field | 1000.0 | 0.0 | 0
--   4 | 10*3/dL | 1/length3 | 10000000.0 | 0.0 | 0
--   4 | 10*3/mL | 1/length3 | 1000000000.0 | 0.0 | 0
--   4 | 10*3/mm3 | 1/length3 | 1000000000000.0 | 0.0 | 0
--   4 | 10*3/uL | 1/length3 | 1000000000000.0 | 0.0 | 0
--   4 | 10*3{RBCs} | {RBCs} | 1000.0 | 0.0 | 0
--   4 | 10*3{cells}/L | 1/length3 | 1000000.0 | 0.0 | 0
--   4 | 10*3{cells}/[HPF] | 1/high_power_field | 1000.0 | 0.0 | 0
--   4 | 10*3{cells}/[LPF] | 1/low_power_field | 1000.0 | 0.0 | 0
--   4 | 10*3{cells}/dL | 1/length3 | 10000000.0 | 0.0 | 0
--   4 | 10*3{cells}/mL | 1/length3 | 1000000000.0 | 0.0 | 0
--   4 | 10*3{cells}/mm3 | 1/length3 | 1000000000000.0 | 0.0 | 0
--   4 | 10*3{cells}/uL | 1/length3 | 1000000000000.0 | 0.0 | 0
--   4 | 10*3{copies}/mL | {copies}/length3 | 1000000000.0 | 0.0 | 0
--   4 | 10*4/uL | 1/length3 | 10000000000000.0 | 0.0 | 0
--   4 | 10*5 | 1 | 100000.0 | 0.0 | 0
--   4 | 10*6 | 1 | 1000000.0 | 0.0 | 0
--   4 | 10*6.[CFU]/L | colony_forming_unit/length3 | 1000000000.0 | 0.0 | 0
--   4 | 10*6.[IU] | international_unit | 1000000.0 | 0.0 | 0
--   4 | 10*6/(24.h) | 1/time | 11.57407407407 | 0.0 | 0
--   4 | 10*6/L | 1/length3 | 1000000000.0 | 0.0 | 0
--   4 | 10*6/[HPF] | 1/high_power_field | 1000000.0 | 0.0 | 0
--   4 | 10*6/[LPF] | 1/low_power_field | 1000000.0 | 0.0 | 0
--   4 | 10*6/dL | 1/length3 | 10000000000.0 | 0.0 | 0
--   4 | 10*6/kg | 1/mass | 1000000.0 | 0.0 | 0
--   4 | 10*6/mL | 1/length3 | 1000000000000.0 | 0.0 | 0
--   4 | 10*6/mm3 | 1/length3 | 1000000000000000.0 | 0.0 | 0
--   4 | 10*6/uL | 1/length3 | 1000000000000000.0 | 0.0 | 0
--   4 | 10*6{cells}/L | 1/length3 | 1000000000.0 | 0.0 | 0
--   4 | 10*6{cells}/[HPF] | 1/high_power_field | 1000000.0 | 0.0 | 0
--   4 | 10*6{cells}/[LPF] | 1/low_power_field | 1000000.0 | 0.0 | 0
--   4 | 10*6{cells}/dL | 1/length3 | 10000000000.0 | 0.0 | 0
--   4 | 10*6{cells}/mL | 1/length3 | 1000000000000.0 | 0.0 | 0
--   4 | 10*6{cells}/mm3 | 1/length3 | 1000000000000000.0 | 0.0 | 0
--   4 | 10*6{cells}/uL | 1/length3 | 1000000000000000.0 | 0.0 | 0
--   4 | 10*8 | 1 | 100000000.0 | 0.0 | 0
--   4 | 10*9/L | 1/length3 | 1000000000000.0 | 0.0 | 0
--   4 | 10*9/[HPF] | 1/high_power_field | 1000000000.0 | 0.0 | 0
--   4 | 10*9/[LPF] | 1/low_power_field | 1000000000.0 | 0.0 | 0
--   4 | 10*9/dL | 1/length3 | 10000000000000.0 | 0.0 | 0
--   4 | 10*9/mL | 1/length3 | 1000000000000000.0 | 0.0 | 0
--   4 | 10*9/mm3 | 1/length3 | 1e+18 | 0.0 | 0
--   4 | 10*9/uL | 1/length3 | 1e+18 | 0.0 | 0
--   4 | 10*9{cells}/L | 1/length3 | 1000000000000.0 | 0.0 | 0
--   4 | 10*9{cells}/[HPF] | 1/high_power_field | 1000000000.0 | 0.0 | 0
--   4 | 10*9{cells}/[LPF] | 1/low_power_field | 1000000000.0 | 0.0 | 0
--   4 | 10*9{cells}/dL | 1/length3 | 10000000000000.0 | 0.0 | 0
--   4 | 10*9{cells}/mL | 1/length3 | 1000000000000000.0 | 0.0 | 0
--   4 | 10*9{cells}/mm3 | 1/length3 | 1e+18 | 0.0 | 0
--   4 | 10*9{cells}/uL | 1/length3 | 1e+18 | 0.0 | 0
--   4 | 10.L/(min.m2) | length3/length2.time | 0.0001666666666667 | 0.0 | 0
--   4 | 10.L/min | length3/time | 0.0001666666666667 | 0.0 | 0
--   4 | 24.h | time | 86400.0 | 0.0 | 0
--   4 | A | current | 1.0 | 0.0 | 0
--   4 | Bq | 1/time | 1.0 | 0.0 | 0
--   4 | Cel | temperature | 1.0 | 273.15 | 0
--   4 | Gy | length2/time2 | 1.0 | 0.0 | 0
--   4 | Hz | 1/time | 1.0 | 0.0 | 0
--   4 | J | length2.mass/time2 | 1.0 | 0.0 | 0
--   4 | K | temperature | 1.0 | 0.0 | 0
--   4 | L | length3 | 0.001 | 0.0 | 0
--   4 | L/(24.h) | length3/time | 1.157407407407e-08 | 0.0 | 0
--   4 | L/(8.h) | length3/time | 3.472222222222e-08 | 0.0 | 0
--   4 | L/(min.m2) | length3/length2.time | 1.666666666667e-05 | 0.0 | 0
--   4 | L/L | 1 | 1.0 | 0.0 | 0
--   4 | L/d | length3/time | 1.157407407407e-08 | 0.0 | 0
--   4 | L/dL | 1 | 10.0 | 0.0 | 0
--   4 | L/h | length3/time | 2.777777777778e-07 | 0.0 | 0
--   4 | L/kg | length3/mass | 0.001 | 0.0 | 0
--   4 | L/mL | 1 | 1000.0 | 0.0 | 0
--   4 | L/min | length3/time | 1.666666666667e-05 | 0.0 | 0
--   4 | L/min/m2 | length3/length2.time | 1.666666666667e-05 | 0.0 | 0
--   4 | L/mm3 | 1 | 1000000.0 | 0.0 | 0
--   4 | L/s | length3/time | 0.001 | 0.0 | 0
--   4 | L/uL | 1 | 1000000.0 | 0.0 | 0
--   4 | MBq | 1/time | 1000000.0 | 0.0 | 0
--   4 | MU | substance/time | 0.01666666666667 | 0.0 | 0
--   4 | MU/L | substance/length3.time | 16.66666666667 | 0.0 | 0
--   4 | MU/dL | substance/length3.time | 166.6666666667 | 0.0 | 0
--   4 | MU/mL | substance/length3.time | 16666.66666667 | 0.0 | 0
--   4 | MU/mm3 | substance/length3.time | 16666666.66667 | 0.0 | 0
--   4 | MU/uL | substance/length3.time | 16666666.66667 | 0.0 | 0
--   4 | M[IU] | international_unit | 1000000.0 | 0.0 | 0
--   4 | M[IU]/L | international_unit/length3 | 1000000000.0 | 0.0 | 0
--   4 | M[IU]/dL | international_unit/length3 | 10000000000.0 | 0.0 | 0
--   4 | M[IU]/mL | international_unit/length3 | 1000000000000.0 | 0.0 | 0
--   4 | M[IU]/mm3 | international_unit/length3 | 1000000000000000.0 | 0.0 | 0
--   4 | M[IU]/uL | international_unit/length3 | 1000000000000000.0 | 0.0 | 0
--   4 | M[U] | substance/time | 0.01666666666667 | 0.0 | 0
--   4 | M[U]/L | substance/length3.time | 16.66666666667 | 0.0 | 0
--   4 | M[U]/dL | substance/length3.time | 166.6666666667 | 0.0 | 0
--   4 | M[U]/mL | substance/length3.time | 16666.66666667 | 0.0 | 0
--   4 | M[U]/mm3 | substance/length3.time | 16666666.66667 | 0.0 | 0
--   4 | M[U]/uL | substance/length3.time | 16666666.66667 | 0.0 | 0
--   4 | M[iU] | international_unit | 1000000.0 | 0.0 | 0
--   4 | M[iU]/L | international_unit/length3 | 1000000000.0 | 0.0 | 0
--   4 | M[iU]/dL | international_unit/length3 | 10000000000.0 | 0.0 | 0
--   4 | M[iU]/mL | international_unit/length3 | 1000000000000.0 | 0.0 | 0
--   4 | M[iU]/mm3 | international_unit/length3 | 1000000000000000.0 | 0.0 | 0
--   4 | M[iU]/uL | international_unit/length3 | 1000000000000000.0 | 0.0 | 0
--   4 | Ms | time | 1000000.0 | 0.0 | 0
--   4 | N.cm | length2.mass/time2 | 0.01 | 0.0 | 0
--   4 | N.s | length.mass/time | 1.0 | 0.0 | 0
--   4 | Ohm | length2.mass/current2.time3 | 1.0 | 0.0 | 0
--   4 | Pa | mass/length.time2 | 1.0 | 0.0 | 0
--   4 | Sv | length2/time2 | 1.0 | 0.0 | 0
--   4 | T | mass/current.time2 | 1.0 | 0.0 | 0
--   4 | U | substance/time | 1.666666666667e-08 | 0.0 | 0
--   4 | U/(12.h) | substance/time2 | 3.858024691358e-13 | 0.0 | 0
--   4 | U/(2.h) | substance/time2 | 2.314814814815e-12 | 0.0 | 0
--   4 | U/(24.h) | substance/time2 | 1.929012345679e-13 | 0.0 | 0
--   4 | U/10 | substance/time | 1.666666666667e-09 | 0.0 | 0
--   4 | U/10*10 | substance/time | 1.666666666667e-18 | 0.0 | 0
--   4 | U/10*10{cells} | substance/time | 1.666666666667e-18 | 0.0 | 0
--   4 | U/10*12 | substance/time | 1.666666666667e-20 | 0.0 | 0
--   4 | U/10*6 | substance/time | 1.666666666667e-14 | 0.0 | 0
--   4 | U/10*9 | substance/time | 1.666666666667e-17 | 0.0 | 0
--   4 | U/L | substance/length3.time | 1.666666666667e-05 | 0.0 | 0
--   4 | U/d | substance/time2 | 1.929012345679e-13 | 0.0 | 0
--   4 | U/dL | substance/length3.time | 0.0001666666666667 | 0.0 | 0
--   4 | U/g | substance/mass.time | 1.666666666667e-05 | 0.0 | 0
--   4 | U/g{Hb} | substance/mass.time.{Hb} | 1.666666666667e-05 | 0.0 | 0
--   4 | U/g{creat} | substance/mass.time.{creat} | 1.666666666667e-05 | 0.0 | 0
--   4 | U/g{protein} | substance/mass.time.{protein} | 1.666666666667e-05 | 0.0 | 0
--   4 | U/h | substance/time2 | 4.62962962963e-12 | 0.0 | 0
--   4 | U/kg{Hb} | substance/mass.time.{Hb} | 1.666666666667e-08 | 0.0 | 0
--   4 | U/mL | substance/length3.time | 0.01666666666667 | 0.0 | 0
--   4 | U/min | substance/time2 | 2.777777777778e-10 | 0.0 | 0
--   4 | U/mm3 | substance/length3.time | 16.66666666667 | 0.0 | 0
--   4 | U/mmol{creat} | substance/substance.time.{creat} | 1.666666666667e-05 | 0.0 | 0
--   4 | U/s | substance/time2 | 1.666666666667e-08 | 0.0 | 0
--   4 | U/uL | substance/length3.time | 16.66666666667 | 0.0 | 0
--   4 | V | length2.mass/current.time3 | 1.0 | 0.0 | 0
--   4 | W | length2.mass/time3 | 1.0 | 0.0 | 0
--   4 | [CFU]/L | colony_forming_unit/length3 | 1000.0 | 0.0 | 0
--   4 | [CFU]/dL | colony_forming_unit/length3 | 10000.0 | 0.0 | 0
--   4 | [CFU]/mL | colony_forming_unit/length3 | 1000000.0 | 0.0 | 0
--   4 | [CFU]/mm3 | colony_forming_unit/length3 | 1000000000.0 | 0.0 | 0
--   4 | [CFU]/uL | colony_forming_unit/length3 | 1000000000.0 | 0.0 | 0
--   4 | [Ch] | length | 0.0003333333333333 | 0.0 | 0
--   4 | [IU] | international_unit | 1.0 | 0.0 | 0
--   4 | [IU]/(2.h) | international_unit/time | 0.0001388888888889 | 0.0 | 0
--   4 | [IU]/(24.h) | international_unit/time | 1.157407407407e-05 | 0.0 | 0
--   4 | [IU]/L | international_unit/length3 | 1000.0 | 0.0 | 0
--   4 | [IU]/d | international_unit/time | 1.157407407407e-05 | 0.0 | 0
--   4 | [IU]/dL | international_unit/length3 | 10000.0 | 0.0 | 0
--   4 | [IU]/g | international_unit/mass | 1000.0 | 0.0 | 0
--   4 | [IU]/h | international_unit/time | 0.0002777777777778 | 0.0 | 0
--   4 | [IU]/kg | international_unit/mass | 1.0 | 0.0 | 0
--   4 | [IU]/mL | international_unit/length3 | 1000000.0 | 0.0 | 0
--   4 | [IU]/min | international_unit/time | 0.01666666666667 | 0.0 | 0
--   4 | [IU]/mm3 | international_unit/length3 | 1000000000.0 | 0.0 | 0
--   … and 1731 more
INSERT INTO scratch.unit_sizes (
  node,
  unit,
  measured,
  kind,
  size,
  zero
)
SELECT
  p_unitsizes_2e38e77b.node,
  concept.concept_id,
  p_unitsizes_2e38e77b.measured,
  p_unitsizes_2e38e77b.kind,
  p_unitsizes_2e38e77b.size,
  p_unitsizes_2e38e77b.zero
FROM scratch.p_unitsizes_2e38e77b
JOIN cdm.concept
  ON concept.concept_code = p_unitsizes_2e38e77b.code
WHERE
  concept.vocabulary_id IN ('UCUM', 'RWE Local');

-- 12
CREATE TABLE scratch.conversions (
  node BIGINT,
  unit BIGINT,
  measured BIGINT,
  into_unit BIGINT,
  factor DOUBLE,
  shift DOUBLE,
  margin DOUBLE
);

-- 13
-- scratch.p_conversions_2e38e77b: node | asked | sizes | margin
--   5 | 1 | 4 | 1e-09
--   6 | 3 | 4 | 1e-09
WITH asked AS (
  SELECT
    p_conversions_2e38e77b.node AS node,
    p_conversions_2e38e77b.sizes AS sizes,
    p_conversions_2e38e77b.margin AS margin,
    codes.concept_id AS unit
  FROM scratch.p_conversions_2e38e77b
  JOIN scratch.codes
    ON codes.node = p_conversions_2e38e77b.asked
  GROUP BY
    p_conversions_2e38e77b.node,
    p_conversions_2e38e77b.sizes,
    p_conversions_2e38e77b.margin,
    codes.concept_id
)
INSERT INTO scratch.conversions (
  node,
  unit,
  measured,
  into_unit,
  factor,
  shift,
  margin
)
SELECT
  all_conversions.node,
  all_conversions.unit,
  all_conversions.measured,
  all_conversions.into_unit,
  all_conversions.factor,
  all_conversions.shift,
  all_conversions.margin
FROM (
  SELECT
    asked.node AS node,
    asked.unit AS unit,
    CAST(0 AS BIGINT) AS measured,
    asked.unit AS into_unit,
    CAST(1 AS DOUBLE) AS factor,
    CAST(0 AS DOUBLE) AS shift,
    CAST(0 AS DOUBLE) AS margin
  FROM asked
  UNION ALL
  SELECT
    pairs.node AS node,
    pairs.unit AS unit,
    pairs.measured AS measured,
    MIN(pairs.into_unit) AS into_unit,
    MIN(pairs.factor) AS factor,
    MIN(pairs.shift) AS shift,
    pairs.margin AS margin
  FROM (
    SELECT
      asked.node AS node,
      asked.margin AS margin,
      unit_size.unit AS unit,
      CASE
        WHEN (
          into_size.measured = 0
        )
        THEN unit_size.measured
        ELSE into_size.measured
      END AS measured,
      into_size.unit AS into_unit,
      unit_size.size / CAST(into_size.size AS DOUBLE) AS factor,
      (
        unit_size.zero - into_size.zero
      ) / CAST(into_size.size AS DOUBLE) AS shift
    FROM asked
    JOIN (
      SELECT
        asked.node AS node,
        COUNT(DISTINCT known.kind) AS kinds
      FROM asked
      JOIN scratch.unit_sizes AS known
        ON known.node = asked.sizes AND known.unit = asked.unit AND known.measured = 0
      GROUP BY
        asked.node
    ) AS kinds
      ON kinds.node = asked.node
    JOIN scratch.unit_sizes AS into_size
      ON into_size.node = asked.sizes AND into_size.unit = asked.unit
    JOIN scratch.unit_sizes AS unit_size
      ON unit_size.node = asked.sizes AND unit_size.kind = into_size.kind
    LEFT OUTER JOIN asked AS listed
      ON listed.node = asked.node AND listed.unit = unit_size.unit
    WHERE
      listed.unit IS NULL
      AND (
        into_size.measured = 0 OR unit_size.measured = 0
      )
      AND (
        kinds.kinds = 1 OR into_size.measured = 0 AND unit_size.measured = 0
      )
  ) AS pairs
  GROUP BY
    pairs.node,
    pairs.unit,
    pairs.measured,
    pairs.margin
  HAVING
    MAX(pairs.factor) - MIN(pairs.factor) <= pairs.margin * MAX(pairs.factor)
    AND MAX(pairs.shift) - MIN(pairs.shift) <= pairs.margin
) AS all_conversions;

-- 14
-- scratch.p_events_31838120: node | codes | codes_0 | value_0
--   7 | 2 | 5 | 2.0
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
    p_events_31838120.node AS node,
    p_events_31838120.codes AS codes,
    p_events_31838120.codes_0 AS codes_0,
    p_events_31838120.value_0 AS value_0,
    observation.person_id AS person_id,
    observation.observation_id AS event_id,
    observation.observation_date AS start_date,
    DATE_ADD(observation.observation_date, CAST(1 AS INT)) AS end_date,
    observation.visit_occurrence_id AS visit_id,
    observation.unit_concept_id AS own_unit_concept_id,
    observation.value_as_number AS own_value_as_number
  FROM scratch.p_events_31838120
  JOIN scratch.codes AS standard
    ON standard.node = p_events_31838120.codes
  JOIN cdm.observation
    ON observation.observation_concept_id = standard.concept_id
) AS records
LEFT OUTER JOIN scratch.conversions AS unit_0
  ON unit_0.node = records.codes_0
  AND unit_0.unit = records.own_unit_concept_id
  AND unit_0.measured = 0
WHERE
  records.own_value_as_number * unit_0.factor + unit_0.shift > records.value_0 + 1 * unit_0.margin * (
    ABS(records.value_0) + ABS(unit_0.shift)
  )
  OR NOT records.own_value_as_number IS NULL
  AND unit_0.node IS NULL;

-- 15
-- scratch.p_events_8be5b86c: node | codes | codes_0 | value_0 | codes_1 | value_1 | extent_1
--   8 | 2 | 6 | 5.0 | 6 | 1.0 | 5.0
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
    p_events_8be5b86c.node AS node,
    p_events_8be5b86c.codes AS codes,
    p_events_8be5b86c.codes_0 AS codes_0,
    p_events_8be5b86c.value_0 AS value_0,
    p_events_8be5b86c.codes_1 AS codes_1,
    p_events_8be5b86c.value_1 AS value_1,
    p_events_8be5b86c.extent_1 AS extent_1,
    measurement.person_id AS person_id,
    measurement.measurement_id AS event_id,
    measurement.measurement_date AS start_date,
    DATE_ADD(measurement.measurement_date, CAST(1 AS INT)) AS end_date,
    measurement.visit_occurrence_id AS visit_id,
    measurement.measurement_concept_id AS own_measurement_concept_id,
    measurement.range_high AS own_range_high,
    measurement.unit_concept_id AS own_unit_concept_id,
    measurement.value_as_number AS own_value_as_number
  FROM scratch.p_events_8be5b86c
  JOIN scratch.codes AS standard
    ON standard.node = p_events_8be5b86c.codes
  JOIN cdm.measurement
    ON measurement.measurement_concept_id = standard.concept_id
) AS records
JOIN scratch.conversions AS unit_0
  ON unit_0.node = records.codes_0
  AND unit_0.unit = records.own_unit_concept_id
  AND (
    unit_0.measured = 0 OR unit_0.measured = records.own_measurement_concept_id
  )
JOIN scratch.conversions AS unit_1
  ON unit_1.node = records.codes_1
  AND unit_1.unit = records.own_unit_concept_id
  AND (
    unit_1.measured = 0 OR unit_1.measured = records.own_measurement_concept_id
  )
WHERE
  records.own_range_high * unit_0.factor + unit_0.shift < records.value_0 + -1 * unit_0.margin * (
    ABS(records.value_0) + ABS(unit_0.shift)
  )
  AND records.own_value_as_number * unit_1.factor + unit_1.shift >= records.value_1 + -1 * unit_1.margin * (
    ABS(records.value_1) + ABS(unit_1.shift)
  )
  AND records.own_value_as_number * unit_1.factor + unit_1.shift <= records.extent_1 + 1 * unit_1.margin * (
    ABS(records.extent_1) + ABS(unit_1.shift)
  );

-- 16
-- scratch.p_entry_b9e2cc2a: node | prior_days | post_days
--   9 | 0 | 0
-- scratch.m_entry_b9e2cc2a: node | member | meaning
--   9 | 8 | 0
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

-- 17
-- scratch.p_correlated_9970d9ba: node | index_events | events | required | low_kind_0 | low_days_0 | high_kind_0 | high_days_0 | from_index_end_0 | to_event_end_0
--   10 | 9 | 7 | 0 | 1 | 0 | 2 | 0 | False | False
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
    p_correlated_9970d9ba.node AS node,
    p_correlated_9970d9ba.index_events AS index_events,
    p_correlated_9970d9ba.events AS events,
    p_correlated_9970d9ba.required AS required,
    p_correlated_9970d9ba.low_kind_0 AS low_kind_0,
    p_correlated_9970d9ba.low_days_0 AS low_days_0,
    p_correlated_9970d9ba.high_kind_0 AS high_kind_0,
    p_correlated_9970d9ba.high_days_0 AS high_days_0,
    p_correlated_9970d9ba.from_index_end_0 AS from_index_end_0,
    p_correlated_9970d9ba.to_event_end_0 AS to_event_end_0,
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
        p_correlated_9970d9ba.low_kind_0 = 0
      )
      THEN DATE_ADD(
        CASE
          WHEN p_correlated_9970d9ba.from_index_end_0
          THEN index_events.end_date
          ELSE index_events.start_date
        END,
        CAST(p_correlated_9970d9ba.low_days_0 AS INT)
      )
      WHEN (
        p_correlated_9970d9ba.low_kind_0 = 1
      )
      THEN index_events.period_start
      ELSE index_events.period_end
    END AS low_0,
    CASE
      WHEN (
        p_correlated_9970d9ba.high_kind_0 = 0
      )
      THEN DATE_ADD(
        CASE
          WHEN p_correlated_9970d9ba.from_index_end_0
          THEN index_events.end_date
          ELSE index_events.start_date
        END,
        CAST(p_correlated_9970d9ba.high_days_0 AS INT)
      )
      WHEN (
        p_correlated_9970d9ba.high_kind_0 = 1
      )
      THEN index_events.period_start
      ELSE index_events.period_end
    END AS high_0
  FROM scratch.p_correlated_9970d9ba
  JOIN scratch.index_events
    ON index_events.node = p_correlated_9970d9ba.index_events
) AS placed
WHERE
  NOT (
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
    )
  );

-- 18
-- scratch.p_masked_2e38e77b: node | index_events
--   11 | 9
-- scratch.m_masked_2e38e77b: node | member | meaning
--   11 | 10 | 1
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
--   12 | 9 | 11 | 1
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
--   13 | 12 | 0 | NULL
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

-- 21
-- scratch.p_cohort_b9b1e9a6: node | spans | pad | window_start | window_end
--   14 | 13 | 0 | NULL | NULL
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

-- 22
SELECT
  spans.person_id,
  spans.start_date,
  spans.end_date
FROM scratch.spans
WHERE
  spans.node = 14
ORDER BY
  spans.person_id NULLS LAST,
  spans.start_date NULLS LAST;
