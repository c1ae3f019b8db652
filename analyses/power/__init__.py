"""How many events or persons a comparison needs, and what power it has with those there are."""

from analyses.power.events import RequiredEvents, events_needed, power_of_events
from analyses.power.two_groups import (
    RequiredSize,
    power_of_means,
    power_of_proportions,
    size_for_means,
    size_for_proportions,
)

__all__ = [
    "RequiredEvents",
    "RequiredSize",
    "events_needed",
    "power_of_events",
    "power_of_means",
    "power_of_proportions",
    "size_for_means",
    "size_for_proportions",
]
