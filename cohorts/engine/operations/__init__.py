"""How the nodes of a plan are computed: one operation per kind, in the order in which kinds are taken up."""

from typing import Any

from cohorts.engine import nodes
from cohorts.engine.operations.base import Operation
from cohorts.engine.operations.codes import ListCodes, ResolveCodes
from cohorts.engine.operations.events import FilterEvents, SelectEvents
from cohorts.engine.operations.inclusion import Include, LeaveCohort, MaskRules
from cohorts.engine.operations.index import EnterCohort, IndexNested, Qualify
from cohorts.engine.operations.listed import FindListed
from cohorts.engine.operations.spans import BuildDrugEras, CollapseSpans, MergeEvents, TakeCohort
from cohorts.engine.operations.timed_truth import CountAroundByTime
from cohorts.engine.operations.times import NumberTimes, ReadTimes
from cohorts.engine.operations.truth import CombineGroup, CountAround, TestDemographics
from cohorts.engine.operations.units import ConvertUnits, SizeUnits

OPERATIONS: dict[type[nodes.Node], Operation[Any]] = {
    nodes.Codes: ResolveCodes(),
    nodes.CodeList: ListCodes(),
    nodes.UnitSizes: SizeUnits(),
    nodes.Conversions: ConvertUnits(),
    nodes.Events: SelectEvents(),
    nodes.MergedEvents: MergeEvents(),
    nodes.ListedSpans: FindListed(),
    nodes.CohortSpans: TakeCohort(),
    nodes.DrugEras: BuildDrugEras(),
    nodes.NestedIndex: IndexNested(),
    nodes.EventTimes: ReadTimes(),
    nodes.EntryTimes: NumberTimes(),
    nodes.Correlated: CountAround(),
    nodes.TimedCorrelated: CountAroundByTime(),
    nodes.Demographic: TestDemographics(),
    nodes.Group: CombineGroup(),
    nodes.FilteredEvents: FilterEvents(),
    nodes.Entry: EnterCohort(),
    nodes.Qualified: Qualify(),
    nodes.Masked: MaskRules(),
    nodes.Included: Include(),
    nodes.Exit: LeaveCohort(),
    nodes.Cohort: CollapseSpans(),
}
"""Operation of each kind of node. Of the kinds that are ready, the one that stands first here runs first, so that many
nodes of a later kind become ready together."""
