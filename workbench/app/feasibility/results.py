"""Feasibility as pages ask for it, kept by what it was computed from; nothing kept here is about single persons."""

from __future__ import annotations

from cohorts import Evaluator
from cohorts.engine.evaluator import Progress
from cohorts.engine.plan import plan
from workbench.app.data import Source
from workbench.app.results import profile
from workbench.counting import Question, Task
from workbench.locales import Language, mark
from workbench.profile import DataProfile
from workbench.reports import ReportFormat, render
from workbench.settings import Settings
from workbench.studies.feasibility import FeasibilityView, Screening, screen, view
from workbench.studies.protocol import Protocol
from workbench.studies.run_feasibility import FeasibilityRun, report_of


def viewed(source: Source, protocol: Protocol, active: tuple[int, ...]) -> Question[FeasibilityView]:
    """Feasibility with some of the criteria."""
    known, policy = profile(source), Settings().policy

    def work(evaluator: Evaluator, task: Task[FeasibilityView]) -> FeasibilityView:
        screening = _screening(evaluator, protocol, known, task.tell_steps)
        task.tell(mark("Working out what each criterion costs"), 1.0)
        return view(screening, protocol, policy, active=active)

    key = ("feasibility", protocol.hash, policy.threshold, active)
    return Question(key, work, lambda: [plan(protocol.definition).cohort])


def report_file(
    source: Source, protocol: Protocol, known: DataProfile, language: Language, form: ReportFormat
) -> bytes:
    """Write the report of a protocol; called outside the page's run, when somebody downloads it."""
    policy = Settings().policy
    with source.evaluator() as evaluator:
        screening = _screening(evaluator, protocol, known)
    run = FeasibilityRun(protocol, screening, view(screening, protocol, policy), known)
    return render(report_of(run, source.cdm, policy, language), form)


def _screening(
    evaluator: Evaluator, protocol: Protocol, known: DataProfile, progress: Progress | None = None
) -> Screening:
    return screen(protocol.definition, evaluator.cdm, evaluator=evaluator, until=known.last_day, progress=progress)
