"""Where each kind of criterion finds its records, and which value each of its attributes tests."""

from collections.abc import Mapping

from cohorts.engine.domains import clinical, eras, periods, visits
from cohorts.engine.domains.base import Attribute, Domain
from cohorts.engine.domains.targets import IN_UNIT, PERHAPS, Rows, Target, Unit

DOMAINS: Mapping[str, Domain] = {
    "ConditionEra": eras.CONDITION_ERA,
    "ConditionOccurrence": clinical.CONDITION,
    "Death": periods.DEATH,
    "DeviceExposure": clinical.DEVICE,
    "DoseEra": eras.DOSE_ERA,
    "DrugEra": eras.DRUG_ERA,
    "DrugExposure": clinical.DRUG,
    "Episode": periods.EPISODE,
    "LocationRegion": periods.LOCATION_REGION,
    "Measurement": clinical.MEASUREMENT,
    "Observation": clinical.OBSERVATION,
    "ObservationPeriod": periods.OBSERVATION_PERIOD,
    "PayerPlanPeriod": periods.PAYER_PLAN_PERIOD,
    "ProcedureOccurrence": clinical.PROCEDURE,
    "Specimen": clinical.SPECIMEN,
    "VisitDetail": visits.VISIT_DETAIL,
    "VisitOccurrence": visits.VISIT_OCCURRENCE,
}
"""Domain of each kind of criterion, by its name in Circe's JSON."""

__all__ = ["DOMAINS", "IN_UNIT", "PERHAPS", "Attribute", "Domain", "Rows", "Target", "Unit"]
