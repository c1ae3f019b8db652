"""Run the checks, as few statements as possible: all checks of one relation in one pass over it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from omop_etl.cdm.schema import ETL_SCHEMA
from omop_etl.errors import RweError
from omop_etl.mapping.sql import quoted
from omop_etl.quality.checks import Check
from omop_etl.working import Working

_SHOWN = 5


@dataclass(frozen=True)
class QualityResult:
    """Result of one check.

    Attributes
    ----------
    check : Check
        The check.
    rows_checked, rows_failed : int
        Rows looked at, and rows that fail.
    status : str
        ``passed``, ``failed``, or ``not_applicable`` where there was no row to look at.
    """

    check: Check
    rows_checked: int
    rows_failed: int

    @property
    def status(self) -> str:
        """Whether the share of rows that fail is within the check's threshold."""
        if self.rows_checked == 0:
            return "not_applicable"
        return "failed" if 100.0 * self.rows_failed > self.check.threshold * self.rows_checked else "passed"


def run_checks(
    working: Working, checks: Sequence[Check], out: str, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[QualityResult]:
    """Run checks on a CDM that is attached to the working database, and keep the results in it.

    Parameters
    ----------
    working : Working
        Working database.
    checks : sequence of Check
        What to check.
    out : str
        Name under which the CDM is attached.
    progress : callable
        Called with how many relations are done, and of how many.

    Returns
    -------
    list of QualityResult
        In the order of the checks.

    Raises
    ------
    RweError
        A fatal check failed.
    """
    by_source: dict[str, list[Check]] = defaultdict(list)
    for check in checks:
        by_source[check.source].append(check)
    counts: dict[int, tuple[int, int]] = {}
    for done, (source, group) in enumerate(by_source.items(), 1):
        asked = ", ".join(f"{_count(check, '')}, {_count(check, check.failed)}" for check in group)
        found = working.rows(f"SELECT {asked} FROM {source}".format(cdm=f"{out}.main"))[0]
        for i, check in enumerate(group):
            counts[id(check)] = (int(found[2 * i]), int(found[2 * i + 1]))
        progress(done, len(by_source))
    results = [QualityResult(check, *counts[id(check)]) for check in checks]
    _keep(working, results, out)
    _stop_at_fatal(results)
    return results


def _count(check: Check, failed: str) -> str:
    """SQL of the number of rows looked at, or of those among them that fail."""
    if check.considered == "true" and failed == f"{quoted(check.field)} IS NULL":
        return f"count(*) - count({quoted(check.field)})"
    if check.considered == "true" and not failed and check.weight == "1":
        return "count(*)"
    condition = f"({check.considered})" + (f" AND ({failed})" if failed else "")
    return f"coalesce(sum({check.weight}) FILTER (WHERE {condition}), 0)"


def _keep(working: Working, results: Sequence[QualityResult], out: str) -> None:
    rows = [
        (
            result.check.name,
            result.check.category,
            result.check.table,
            result.check.field,
            result.rows_checked,
            result.rows_failed,
            result.check.threshold,
            result.status,
            result.check.fatal,
        )
        for result in results
    ]
    places = ", ".join(["(" + ", ".join("?" * 9) + ")"] * len(rows))
    working.run(f"INSERT INTO {out}.{ETL_SCHEMA}.quality VALUES {places}", [cell for row in rows for cell in row])


def _stop_at_fatal(results: Sequence[QualityResult]) -> None:
    fatal = [result for result in results if result.check.fatal and result.status == "failed"]
    if not fatal:
        return
    listed = [f"{r.check.table}.{r.check.field} {r.check.name}: {r.rows_failed} rows" for r in fatal[:_SHOWN]]
    more = f" and {len(fatal) - _SHOWN} more" if len(fatal) > _SHOWN else ""
    raise RweError(
        "the CDM does not hold together, so nothing was published ({checks}{more})",
        todo="look at how the mapping fills these fields; `require` and `reject` keep rows out that lack them",
        checks="; ".join(listed),
        more=more,
    )
