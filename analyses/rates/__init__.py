"""Rates, proportions, two-by-two tables, person-time and standardisation."""

from analyses.rates.expected import ExpectedEvents, expected_events
from analyses.rates.intervals import RateInterval, rate_limits
from analyses.rates.mantel_haenszel import MantelHaenszel, mantel_haenszel
from analyses.rates.matched_pairs import McNemar, mcnemar
from analyses.rates.person_time import PersonTime, TimeScale, person_time
from analyses.rates.proportions import ProportionInterval, Proportions, proportion_limits, proportions
from analyses.rates.rate import Rates, rates
from analyses.rates.ratio import RateRatio, rate_ratio
from analyses.rates.standardisation import (
    DirectStandardisation,
    IndirectStandardisation,
    direct_standardisation,
    indirect_standardisation,
)
from analyses.rates.two_by_two import TwoByTwo, two_by_two

__all__ = [
    "DirectStandardisation",
    "ExpectedEvents",
    "IndirectStandardisation",
    "MantelHaenszel",
    "McNemar",
    "PersonTime",
    "ProportionInterval",
    "Proportions",
    "RateInterval",
    "RateRatio",
    "Rates",
    "TimeScale",
    "TwoByTwo",
    "direct_standardisation",
    "expected_events",
    "indirect_standardisation",
    "mantel_haenszel",
    "mcnemar",
    "person_time",
    "proportion_limits",
    "proportions",
    "rate_limits",
    "rate_ratio",
    "rates",
    "two_by_two",
]
