"""Patient lists: files that name persons, read and checked outside the documents that refer to them."""

from cohorts.patient_lists.reading import SUFFIXES, read_patient_list, rows_of_frame
from cohorts.patient_lists.rows import PatientRows
from cohorts.patient_lists.shelf import SHELF, ListName, Shelf

__all__ = ["SHELF", "SUFFIXES", "ListName", "PatientRows", "Shelf", "read_patient_list", "rows_of_frame"]
