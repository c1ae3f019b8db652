"""Pages whose answers are waited for: a test looks at a page as it is once everything on it has been counted."""

import pytest


@pytest.fixture(autouse=True)
def _answers_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.app.counting.AT_ONCE", 170.0)
