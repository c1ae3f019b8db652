"""The OMOP CDM: its schema as data, the engines that hold one, and the snapshot that names one."""

from omop_etl.cdm.connection import Cdm, connect
from omop_etl.cdm.schema import CDM_SCHEMA, CdmVersion, Field, cdm_version

__all__ = ["CDM_SCHEMA", "Cdm", "CdmVersion", "Field", "cdm_version", "connect"]
