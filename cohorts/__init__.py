"""Who is in: cohort definitions, and the engine that turns a definition into rows.

Examples
--------
Read definitions (ATLAS JSON or documents of the workbench) and generate them together on a CDM::

    from cohorts import generate, read_definition
    from omop_etl.cdm import connect

    with connect("duckdb:///cdm.duckdb") as cdm:
        made = generate({"lung cancer": read_definition("lung_cancer.json")}, cdm)
        made.rows              # Arrow: who, from when, until when
        made.attrition("lung cancer")
"""

from cohorts.definition import CohortDefinition, read_definition
from cohorts.engine.evaluator import Evaluator
from cohorts.generate import ROW_SCHEMA, GeneratedCohorts, generate

__all__ = ["ROW_SCHEMA", "CohortDefinition", "Evaluator", "GeneratedCohorts", "generate", "read_definition"]
