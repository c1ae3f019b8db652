"""The SQL of a cohort definition, in the dialect of an engine, without a database."""

from cohorts.script.offline import ENGINES
from cohorts.script.script import Step, script

__all__ = ["ENGINES", "Step", "script"]
