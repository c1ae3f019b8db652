"""Describe groups and their differences."""

from analyses.describe.group_tests import GroupComparison, compare_groups
from analyses.describe.smd import smd_of_numbers, smd_of_shares
from analyses.describe.table_one import TableOne, table_one

__all__ = ["GroupComparison", "TableOne", "compare_groups", "smd_of_numbers", "smd_of_shares", "table_one"]
