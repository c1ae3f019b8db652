"""From one criterion to its events: concept sets, attributes, dates and what is counted."""

from __future__ import annotations

from typing import Any

from cohorts.definition import (
    CohortDefinition,
    CohortMembership,
    CriteriaGroup,
    Criterion,
    CustomEra,
    DrugEra,
    ObservationPeriod,
    PatientListMembership,
    PayerPlanPeriod,
    Specimen,
)
from cohorts.engine.domains import DOMAINS, Attribute, Domain
from cohorts.engine.filter_plan import FilterPlanner
from cohorts.engine.in_units import unit_field
from cohorts.engine.nodes import Adjustment, AnyEvents, Cohort, CohortSpans, Events, Filter, ListedSpans, MergedEvents
from cohorts.engine.operations.spans import MERGED_COUNT_COLUMNS

_OF_SPANS = {
    "start_date": Attribute("date", "start"),
    "end_date": Attribute("date", "end"),
    "age_at_start": Attribute("integer", "age", "exact age"),
    "gender_cs": Attribute("selection", "gender"),
    "duration": Attribute("integer", "duration"),
}


class CriterionPlanner:
    """Turns the criteria of one definition into event sets."""

    def __init__(self, definition: CohortDefinition, filters: FilterPlanner) -> None:
        self._exact = definition.semantics == "exact"
        self._filters = filters

    def events(self, criterion: Criterion, path: str, count_column: str | None, *, possible: bool = False) -> Events:
        """Events of a criterion, before its nested criteria; with `possible` also those whose unit is not known."""
        kind = type(criterion).__name__
        domain = DOMAINS[kind]
        fixed = self._fixed_dates(criterion, path)
        return Events(
            domain=kind,
            codes=self._codes(criterion, "codeset_id", path),
            source_codes=self._source_codes(criterion, domain, path),
            first=bool(getattr(criterion, "first", None)),
            filters=self._own_filters(criterion, domain, path, possible=possible),
            adjustment=self._adjustment(criterion),
            fixed_start=fixed[0],
            fixed_end=fixed[1],
            count_column=self._count_column(count_column, kind, dict(domain.count_columns), path),
        )

    def merged(
        self, criterion: CustomEra, members: tuple[AnyEvents, ...], path: str, count_column: str | None
    ) -> MergedEvents:
        """Spans merged from the events of several criteria.

        Circe's SQL looks for the gap before it has added the gap days (customEra.sql compares the ends of the inner
        query), so there only spans that touch are merged; its semantics keep that.
        """
        if not members:
            self._filters.refuse(f"{path}.CriteriaList", "there is nothing to merge", "add a criterion")
        return MergedEvents(
            members=members,
            gap_days=(criterion.gap_days or 0) if self._exact else 0,
            first=bool(criterion.first),
            filters=self._filters.filters(criterion, _OF_SPANS, path),
            adjustment=self._adjustment(criterion),
            count_column=self._count_column(count_column, "CustomEra", MERGED_COUNT_COLUMNS, path),
        )

    def of_members(
        self,
        criterion: CohortMembership | PatientListMembership,
        members: Cohort | ListedSpans,
        path: str,
        count_column: str | None,
    ) -> CohortSpans:
        """Rows of another cohort, or of a patient list."""
        return CohortSpans(
            cohort=members,
            first=bool(criterion.first),
            filters=self._filters.filters(criterion, _OF_SPANS, path),
            adjustment=self._adjustment(criterion),
            count_column=self._count_column(count_column, type(criterion).__name__, MERGED_COUNT_COLUMNS, path),
        )

    def _codes(self, criterion: Criterion, field: str, path: str) -> Any:
        codeset_id = getattr(criterion, field, None)
        if codeset_id is None:
            return None
        key = type(criterion).model_fields[field].alias or field
        return self._filters.codes(codeset_id, f"{path}.{key}")

    def _source_codes(self, criterion: Criterion, domain: Domain, path: str) -> Any:
        if domain.source_concept is None:
            return None
        return self._codes(criterion, domain.source_concept[0], path)

    def can_be_unknown(self, criterion: Criterion) -> bool:
        """Tell whether a record may neither meet a criterion nor fail it: a number, or one around it, is in a unit."""
        if isinstance(criterion, CustomEra):
            own = any(self.can_be_unknown(member) for member in criterion.criteria_list)
        else:
            own = self._exact and bool(unit_field(criterion))
        return own or (criterion.correlated_criteria is not None and self._any_unknown(criterion.correlated_criteria))

    def _any_unknown(self, group: CriteriaGroup) -> bool:
        counted = any(self.can_be_unknown(item.criteria) for item in group.criteria_list)
        return counted or any(self._any_unknown(inner) for inner in group.groups)

    def _own_filters(
        self, criterion: Criterion, domain: Domain, path: str, *, possible: bool = False
    ) -> tuple[Filter, ...]:
        if isinstance(criterion, DrugEra) and criterion.gap_days is not None and not self._exact:
            return self._circe_drug_era_filters(criterion, domain, path)
        if isinstance(criterion, Specimen) and criterion.specimen_source_concept is not None and self._exact:
            self._filters.refuse(
                f"{path}.SpecimenSourceConcept", "a specimen has no source concept in the CDM", "remove the attribute"
            )
        return self._filters.filters(criterion, domain.attributes, path, possible=possible)

    def _circe_drug_era_filters(self, criterion: DrugEra, domain: Domain, path: str) -> tuple[Filter, ...]:
        """Filters of a drug era with gap days: Circe compares the gap days with the range of the era's length."""
        if criterion.era_length is None:
            self._filters.refuse(
                f"{path}.GapDays",
                "Circe fails on gap days without an era length, because it reads the length's range for them",
                "choose exact semantics, or give an era length too",
            )
        others = {name: attribute for name, attribute in domain.attributes.items() if name != "gap_days"}
        quirk = self._filters.number(criterion.era_length, "gap days", f"{path}.EraLength", whole=True)
        return tuple(sorted((*self._filters.filters(criterion, others, path), quirk), key=lambda item: item.shape))

    def _adjustment(self, criterion: Criterion) -> Adjustment | None:
        adjustment = criterion.date_adjustment
        if adjustment is None or (isinstance(criterion, Specimen) and not self._exact):
            return None
        return Adjustment(
            from_end_start=adjustment.start_with == "END_DATE",
            start_offset=adjustment.start_offset or 0,
            from_end_end=adjustment.end_with != "START_DATE",
            end_offset=adjustment.end_offset or 0,
        )

    def _fixed_dates(self, criterion: Criterion, path: str) -> tuple[Any, Any]:
        if not isinstance(criterion, ObservationPeriod | PayerPlanPeriod) or criterion.user_defined_period is None:
            return None, None
        period = criterion.user_defined_period
        path = f"{path}.UserDefinedPeriod"
        return (
            self._filters.date(period.start_date, f"{path}.StartDate") if period.start_date else None,
            self._filters.date(period.end_date, f"{path}.EndDate") if period.end_date else None,
        )

    def _count_column(self, column: str | None, kind: str, offered: dict[str, str], path: str) -> str | None:
        if column is not None and column not in offered:
            self._filters.refuse(
                f"{path} (CountColumn)",
                f"{kind} has no {column} to count distinct values of",
                f"choose one of {', '.join(offered)}",
            )
        return column
