"""How often each defect is injected, and what an ETL is expected to do with it."""

from __future__ import annotations

MERGED, REJECTED, CLEANED, FLAGGED = "merged", "rejected", "cleaned", "flagged"

RATES = {
    "reissued_report": 0.02,
    "duplicate_row": 0.003,
    "refunded": 0.015,
    "cancelled_order": 0.02,
    "invalid_date": 0.003,
    "sentinel_date": 0.003,
    "date_outside_stay": 0.005,
    "impossible_value": 0.01,
    "no_result": 0.01,
    "bounded_result": 0.03,
    "unit_variant": 0.04,
    "unit_other": 0.01,
    "full_width": 0.005,
    "spacing": 0.005,
    "unknown_code": 0.01,
    "code_variant": 0.05,
    "suspected_diagnosis": 0.03,
    "multi_diagnosis": 0.02,
    "text_in_number": 0.01,
    "unknown_person": 0.002,
    "scientific_id": 0.0005,
    "person_without_birth": 0.001,
    "person_without_sex": 0.002,
    "death_then_activity": 0.001,
    "second_death": 0.005,
    "short_row": 0.0002,
    "orphan_visit": 0.003,
}
"""Share of the rows (reports, persons, deaths) at risk; ``truth/rates.csv`` counts both sides."""
