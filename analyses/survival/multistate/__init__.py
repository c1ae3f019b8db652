"""Persons that move between states: transitions, probabilities of states, time spent in them."""

from analyses.survival.multistate.intervals import state_intervals, transition_rows
from analyses.survival.multistate.probabilities import StateProbabilities, state_probabilities

__all__ = ["StateProbabilities", "state_intervals", "state_probabilities", "transition_rows"]
