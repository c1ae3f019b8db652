"""What an ETL should write into its account for each kind of defect, and the queries that compare."""

from __future__ import annotations

_REJECTIONS = {
    "invalid_date": "invalid_date",
    "no_result": "no_result",
    "cancelled_order": "cancelled",
    "unknown_person": "unknown_person",
    "scientific_id": "damaged_identifier",
    "person_without_birth": "person_without_birth",
    "person_without_sex": "person_without_sex",
    "death_then_activity": "activity_after_death",
    "short_row": "malformed_row",
    "text_in_number": "no_result",
}
_MERGES = {
    "reissued_report": "superseded",
    "duplicate_row": "duplicate",
    "refunded": "refunded",
    "second_death": "second_death",
}
_FLAGS = {
    "date_outside_stay": "outside_visit",
    "impossible_value": "impossible_value",
    "unknown_code": "unmapped",
    "suspected_diagnosis": "suspected",
    "text_in_number": "text_in_number",
    "orphan_visit": "orphan_visit",
    "second_death": "second_death",
}
_CLEANINGS = {"invalid_date": "invalid_date", "sentinel_date": "sentinel_date"}
_SILENT_CLEANINGS = (
    *("bounded_result", "unit_variant", "unit_other", "full_width", "spacing", "code_variant", "multi_diagnosis"),
)


def reasons() -> list[tuple[str, str, str]]:
    """Kind, expected fate, and the reason or rule that the account should give (blank where it needs none)."""
    told = {"rejected": _REJECTIONS, "merged": _MERGES, "flagged": _FLAGS, "cleaned": _CLEANINGS}
    rows = [(kind, expected, reason) for expected, table in told.items() for kind, reason in table.items()]
    return rows + [(kind, "cleaned", "") for kind in _SILENT_CLEANINGS]


VERDICTS = """
CREATE TEMP VIEW etl_file AS
SELECT file_id, regexp_extract(file, '[^/\\\\]+$') AS file, rows_read, loaded, merged, rejected
FROM cdm.etl.source_file;

CREATE TEMP TABLE place AS
SELECT d.*, r.reason AS wanted, f.file_id, CAST(d.line AS BIGINT) AS first_line,
       CASE d.kind WHEN 'duplicate_row' THEN CAST(d.key AS BIGINT) END AS twin
FROM defect d
LEFT JOIN reason r USING (kind, expected)
LEFT JOIN etl_file f ON f.file = d.file;

CREATE TEMP TABLE line AS
SELECT defect_id, file_id, first_line AS line, expected, wanted FROM place
UNION ALL
SELECT defect_id, file_id, twin, expected, wanted FROM place WHERE twin IS NOT NULL;

CREATE TEMP TABLE fate AS
SELECT p.defect_id,
       any_value(x.outcome) AS outcome,
       any_value(x.reason) AS reason,
       bool_or(x.outcome = p.expected AND x.reason = p.wanted) AS told
FROM line p
JOIN cdm.etl.disposition x USING (file_id, line)
GROUP BY p.defect_id;

CREATE TEMP TABLE noticed AS
SELECT p.defect_id,
       bool_or(i.rule = p.wanted) AS told,
       bool_or(i.column = p.column) AS same_cell
FROM place p
JOIN cdm.etl.issue i ON i.file_id = p.file_id AND i.line = p.first_line
WHERE p.column IS NULL OR coalesce(i.column, '') IN ('', p.column)
   OR i.rule IN ('orphan_visit', 'unmapped', 'suspected')
GROUP BY p.defect_id;

CREATE TEMP TABLE trace AS
SELECT p.defect_id,
       count(*) AS cdm_rows,
       count(*) FILTER (l.cdm_table = 'condition_occurrence') AS conditions,
       bool_or(m.operator_concept_id IS NOT NULL AND m.operator_concept_id <> 0) AS bounded,
       bool_or(coalesce(m.unit_concept_id, 0) <> 0) AS unit_known,
       bool_or(m.value_as_number IS NOT NULL OR m.value_as_concept_id IS NOT NULL) AS has_value
FROM place p
JOIN cdm.etl.lineage l ON l.file_id = p.file_id AND l.line = p.first_line
LEFT JOIN cdm.main.measurement m ON m.measurement_id = CASE l.cdm_table WHEN 'measurement' THEN l.cdm_id END
WHERE p.expected = 'cleaned'
GROUP BY p.defect_id;

CREATE TEMP TABLE verdict AS
SELECT p.defect_id, p.kind, p.expected,
       CASE
         WHEN p.expected IN ('rejected', 'merged') THEN
           CASE WHEN coalesce(f.told, false) THEN 'as expected'
                WHEN f.outcome IS NOT NULL OR n.defect_id IS NOT NULL THEN 'otherwise' ELSE 'missed' END
         WHEN p.expected = 'flagged' OR p.wanted <> '' THEN
           CASE WHEN coalesce(n.told, false) AND f.outcome IS NULL THEN 'as expected'
                WHEN f.outcome IS NOT NULL OR n.defect_id IS NOT NULL THEN 'otherwise' ELSE 'missed' END
         WHEN f.outcome = 'merged' AND f.reason = 'same_diagnosis' THEN 'as expected'
         WHEN f.outcome IS NOT NULL OR coalesce(n.same_cell, false) THEN 'otherwise'
         WHEN t.defect_id IS NULL THEN 'missed'
         WHEN p.kind = 'bounded_result' AND NOT t.bounded THEN 'missed'
         WHEN p.kind IN ('unit_variant', 'unit_other') AND NOT t.unit_known THEN 'missed'
         WHEN p.kind = 'multi_diagnosis' AND t.conditions < 2 THEN 'missed'
         WHEN p.kind IN ('full_width', 'spacing') AND p.column = '结果' AND NOT t.has_value THEN 'missed'
         ELSE 'as expected'
       END AS verdict
FROM place p
LEFT JOIN fate f USING (defect_id)
LEFT JOIN noticed n USING (defect_id)
LEFT JOIN trace t USING (defect_id)
WHERE p.cause IS NULL OR p.file <> '患者主索引.csv'
"""
"""Temporary tables that end in `verdict`: one row a defect, `as expected`, `otherwise` or `missed`."""

_TOLD = """
SELECT e.file, e.file_id, x.line, x.reason, x.column FROM cdm.etl.disposition x JOIN etl_file e USING (file_id)
UNION ALL
SELECT e.file, e.file_id, i.line, i.rule, i.column FROM cdm.etl.issue i JOIN etl_file e USING (file_id)
"""

FALSE_ALARMS = f"""
SELECT t.file, t.line, t.reason, t.column
FROM ({_TOLD}) t
WHERE t.reason IN (SELECT reason FROM reason WHERE reason <> '')
  AND NOT EXISTS (SELECT 1 FROM line p WHERE p.file_id = t.file_id AND p.line = t.line AND p.wanted = t.reason)
"""
"""Reasons and rules of the contract that were given where no such defect is: file, line, reason, column."""

NORMAL_REASONS = f"""
SELECT reason, count(*) FROM ({_TOLD})
WHERE reason NOT IN (SELECT reason FROM reason WHERE reason <> '')
GROUP BY reason ORDER BY reason
"""
"""Reasons and rules outside the contract, with the number of rows."""
