"""Events that exclude each other: cumulative incidence, Gray's test, models of the subdistribution hazard."""

from analyses.survival.competing.cumulative_incidence import CumulativeIncidence, cumulative_incidence
from analyses.survival.competing.fine_gray import FineGrayModel, fine_gray
from analyses.survival.competing.fine_gray_data import fine_gray_data
from analyses.survival.competing.gray import GrayTest, gray_test

__all__ = [
    "CumulativeIncidence",
    "FineGrayModel",
    "GrayTest",
    "cumulative_incidence",
    "fine_gray",
    "fine_gray_data",
    "gray_test",
]
