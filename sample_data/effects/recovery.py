"""How well the planted effects can be recovered: from the truth alone, without any file of the extract.

The answer bounds what an analysis of the extract can achieve at the same size: with the confounders the interval should
contain the true ratio, without them it should not.
"""

from __future__ import annotations

import argparse
import io
from dataclasses import dataclass
from math import exp, log

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from rich.console import Console
from rich.table import Table

from sample_data.effects import comparison, negative_controls
from sample_data.generator import BLOCK_SIZE, DEMO_PATIENTS, MONTHS, chart_of_block
from sample_data.truth.persons import COLUMNS, persons

_HALF_A_DAY = 0.5


@dataclass(frozen=True)
class Estimate:
    """Hazard ratio of the target drug with its 95 % confidence interval, and the events behind it."""

    hazard_ratio: float
    lower: float
    upper: float
    persons: int
    events: int

    def contains(self, ratio: float) -> bool:
        """Tell whether the interval contains a ratio."""
        return self.lower <= ratio <= self.upper


def draw_persons(seed: int, patients: int, months: int = MONTHS) -> pd.DataFrame:
    """Draw ``truth/persons.csv`` of an extract without defects, without writing anything.

    Parameters
    ----------
    seed, patients, months
        As for `sample_data.generate`.
    """
    none = np.empty(0, np.int64)
    blocks = [
        persons(chart_of_block(seed, block, first, min(BLOCK_SIZE, patients - first), months), none)
        for block, first in enumerate(range(0, patients, BLOCK_SIZE))
    ]
    return pd.read_csv(io.BytesIO((",".join(COLUMNS) + "\n").encode() + b"".join(blocks)))


def _fit(data: pd.DataFrame, covariates: list[str]) -> Estimate:
    model = CoxPHFitter().fit(data[["days", "event", "target", *covariates]], "days", "event")
    lower, upper = np.exp(model.confidence_intervals_.loc["target"])
    return Estimate(exp(model.params_["target"]), float(lower), float(upper), len(data), int(data["event"].sum()))


def confounders_of(planted: comparison.Comparison) -> list[str]:
    """Columns of the confounders that act on the hazard."""
    return [confounder.key for confounder in planted.confounders if confounder.log_hazard_ratio]


def recover(people: pd.DataFrame, planted: comparison.Comparison) -> tuple[Estimate, Estimate]:
    """Estimate the planted hazard ratio without and with the confounders.

    Parameters
    ----------
    people
        Rows of ``truth/persons.csv``.
    planted
        The comparison.

    Returns
    -------
    tuple
        Crude and adjusted Cox estimates.
    """
    members = people[people["comparison"] == planted.key]
    data = members.assign(days=members["days"].clip(lower=_HALF_A_DAY))
    return _fit(data, []), _fit(data, confounders_of(planted))


def recover_controls(people: pd.DataFrame, planted: comparison.Comparison) -> dict[str, tuple[Estimate, Estimate]]:
    """Estimate the hazard ratio of each negative control (truth: 1) without and with the confounders."""
    members = people[people["comparison"] == planted.key]
    index, end = pd.to_datetime(members["index_date"]), pd.to_datetime(members["end_date"])
    result = {}
    for condition in negative_controls.conditions():
        onset = pd.to_datetime(members[f"control_{condition.lower()}"])
        free = ~(onset <= index)
        event = (onset <= end) & free
        days = (onset.where(event, end) - index).dt.days.clip(lower=_HALF_A_DAY)
        data = members.assign(event=event.astype(int), days=days)[free]
        result[condition] = (_fit(data, []), _fit(data, confounders_of(planted)))
    return result


def main() -> None:
    """Print for both comparisons how often the intervals contain the true ratio, over many seeds."""
    parser = argparse.ArgumentParser(prog="python -m sample_data.effects.recovery")
    parser.add_argument("--patients", type=int, default=DEMO_PATIENTS)
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    table = Table("comparison", "true", "crude contains it", "adjusted contains it", "mean crude", "mean adjusted")
    samples = [draw_persons(seed, arguments.patients) for seed in range(arguments.seeds)]
    for planted in (comparison.LUNG, comparison.DIABETES):
        crude, adjusted = zip(*(recover(people, planted) for people in samples), strict=True)
        contained = [np.mean([one.contains(planted.hazard_ratio) for one in both]) for both in (crude, adjusted)]
        means = [exp(np.mean([log(one.hazard_ratio) for one in both])) for both in (crude, adjusted)]
        shares = (f"{share:.0%}" for share in contained)
        table.add_row(planted.key, f"{planted.hazard_ratio}", *shares, *(f"{mean:.2f}" for mean in means))
    Console().print(table)


if __name__ == "__main__":
    main()
