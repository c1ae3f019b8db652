"""The files of the extract: how each is laid out, and how its rows are written from the charts."""

from __future__ import annotations

from sample_data.chart import Chart
from sample_data.files import (
    deaths,
    diagnoses,
    follow_up,
    front_page,
    imaging,
    laboratory,
    notes,
    orders,
    pathology,
    patients,
    prescriptions,
    visits,
    vitals,
)
from sample_data.journeys.diagnoses import list_diagnoses
from sample_data.journeys.orders import list_orders
from sample_data.journeys.plans import list_exams, list_procedures, list_treatments
from sample_data.journeys.vitals import take_vitals
from sample_data.laboratory.sampling import draw_samples
from sample_data.laboratory.values import measure
from sample_data.table import FileTable

SPECS = (
    patients.PATIENTS,
    patients.MASTER_INDEX,
    front_page.FRONT_PAGE,
    visits.VISITS,
    diagnoses.DIAGNOSES,
    orders.ORDERS,
    prescriptions.PRESCRIPTIONS,
    laboratory.LABORATORY,
    imaging.IMAGING,
    pathology.PATHOLOGY,
    vitals.VITALS,
    notes.NOTES,
    deaths.DEATHS,
    follow_up.FOLLOW_UPS,
)


def write_all(chart: Chart) -> dict[str, FileTable]:
    """Write all files of one block, by name, in the order of `SPECS`."""
    listed = list_diagnoses(chart)
    procedures = list_procedures(chart)
    exams = list_exams(chart)
    treatments = list_treatments(chart)
    samples = draw_samples(chart)
    results = measure(chart, samples)
    vital_signs = take_vitals(chart)
    tables = (
        patients.patients(chart),
        patients.master_index(chart),
        front_page.front_pages(chart, listed, procedures),
        visits.visits(chart),
        diagnoses.diagnoses(chart, listed),
        orders.orders(chart, list_orders(chart, samples, exams, procedures, treatments)),
        prescriptions.prescriptions(chart, treatments),
        laboratory.laboratory(chart, samples, results),
        imaging.imaging(chart, exams),
        pathology.pathology(chart),
        vitals.vitals(chart, vital_signs),
        notes.notes(chart, results, vital_signs, procedures),
        deaths.deaths(chart),
        follow_up.follow_ups(chart),
    )
    return {table.spec.name: table for table in tables}
