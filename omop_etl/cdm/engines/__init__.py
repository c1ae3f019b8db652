"""One engine per kind of database; `base` holds the logic, one thin file each the differences."""

from omop_etl.cdm.engines.base import SCRATCH_SCHEMA, Engine
from omop_etl.cdm.engines.stopping import Interrupted, Stop

__all__ = ["SCRATCH_SCHEMA", "Engine", "Interrupted", "Stop"]
