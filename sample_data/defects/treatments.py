"""Defects of treatment: cancelled orders and refunded prescriptions."""

from __future__ import annotations

import numpy as np

from sample_data.defects.log import DefectLog
from sample_data.defects.rates import MERGED, REJECTED
from sample_data.journeys.orders import DIET, NURSING
from sample_data.table import FileTable

_STATES = ("取消", "拒绝执行")


def cancel_orders(table: FileTable, log: DefectLog, rng: np.random.Generator) -> None:
    """Cancel some orders: with the time of cancellation, or with a state that says so."""
    clinical = ~np.isin(table.facts["kind"], (NURSING, DIET)) & ~table.facts["skin_test"]
    rows = log.draw("cancelled_order", table, rng, clinical, clinical)
    timed = rng.random(len(rows)) < 0.6
    with_time, by_state = rows[timed], rows[~timed]
    moment = table.facts["start"][with_time] + rng.integers(300, 7200, len(with_time))
    table.change("取消时间", with_time, table.text.moments(moment, "iso", "tenth"))
    table.change_texts("执行状态", with_time, ["取消"] * len(with_time))
    log.add("cancelled_order", table, with_time, "取消时间", REJECTED)
    table.change_texts("执行状态", by_state, [str(state) for state in rng.choice(_STATES, len(by_state))])
    log.add("cancelled_order", table, by_state, "执行状态", REJECTED)


def refund_prescriptions(table: FileTable, log: DefectLog, rng: np.random.Generator) -> None:
    """Take some drugs back: the line is repeated with the refund flag."""
    rows = log.draw("refunded", table, rng)
    table.taken[rows] = True
    refunds = table.repeat(rows)
    table.change_texts("tfbz", refunds, ["1"] * len(refunds))
    log.add("refunded", table, rows, "", MERGED)
    log.add("refunded", table, refunds, "tfbz", MERGED)
