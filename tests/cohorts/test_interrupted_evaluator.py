"""An evaluator that was interrupted goes on as if nothing had been: the same rows as one that never was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from cohorts import Evaluator, generate, read_definition
from omop_etl.cdm import Cdm
from omop_etl.cdm.engines import Interrupted
from tests.cohorts.patients import around, days, definition, patients, rule
from tests.cohorts.test_generate import STUDY
from tests.servers.engines import TestEngine

DRUG, MEASURED = (
    {"DrugExposure": {"CodesetId": 2}},
    {"Measurement": {"CodesetId": 2, "ValueAsNumber": {"Value": 5, "Op": "gt"}}},
)
ASKED = read_definition(
    definition(
        InclusionRules=[
            rule(around(DRUG, at_least=1, StartWindow=days(0, 30))),
            rule(around(MEASURED, at_least=1, StartWindow=days(0, 0))),
        ]
    ),
    name="asked",
)


def outcome(cdm: Cdm, evaluator: Evaluator) -> tuple[list[dict[str, Any]], pd.DataFrame, pd.DataFrame]:
    made = generate({"asked": ASKED}, cdm, evaluator=evaluator)
    return made.rows.to_pylist(), made.attrition("asked"), made.masks("asked")


def interrupted_after(cdm: Cdm, statements: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Let the wish to stop come right after the so-manieth insert has been committed, before anybody was told."""
    engines = [cdm.engine, *cdm.engine.twins]
    done = 0

    def insert(engine: Any, whole: Callable[..., None]) -> Callable[..., None]:
        def run(*arguments: Any) -> None:
            nonlocal done
            whole(*arguments)
            done += 1
            if done == statements:
                cdm.engine.stop()
                raise Interrupted

        return run

    for engine in engines:
        monkeypatch.setattr(engine, "insert", insert(engine, engine.insert))
    return lambda: done


def test_the_rows_are_the_same_wherever_it_was_interrupted(engine: TestEngine) -> None:
    cdm = patients(engine, STUDY)
    expected = outcome(cdm, Evaluator(cdm))
    assert expected[0]
    statements, interrupted = 0, 0
    few = engine.name == "spark"  # where a statement takes a second
    while True:
        statements += 4 if few else 1
        evaluator = Evaluator(cdm)
        with pytest.MonkeyPatch.context() as patched:
            interrupted_after(cdm, statements, patched)
            try:
                outcome(cdm, evaluator)
            except Interrupted:
                interrupted += 1
                with pytest.raises(Interrupted):
                    outcome(cdm, evaluator)
            else:
                break
        cdm.engine.resume()
        found = outcome(cdm, evaluator)
        assert found[0] == expected[0]
        for one, other in zip(found[1:], expected[1:], strict=True):
            pd.testing.assert_frame_equal(one, other)
    assert interrupted >= (2 if few else 5)
    assert set(cdm.engine.columns("scratch")) == {
        "codes", "events", "index_events", "truth", "masked", "included", "spans",
    }  # fmt: skip
