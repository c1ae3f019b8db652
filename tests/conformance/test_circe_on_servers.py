"""The same rows on PostgreSQL and on a Spark cluster: a choice that uses every feature, and in the long run all."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from cohorts import generate
from omop_etl.cdm import connect
from tests.conformance.circe import CDMS, covering, definitions, differences, runs_of
from tests.conformance.reference import reference
from tests.servers.loading import load_folder

CIRCE = reference("circe")

pytestmark = pytest.mark.conformance


@pytest.fixture(scope="session")
def loaded(postgres: str) -> dict[str, str]:
    return {cdm: load_folder(CIRCE / "cdm" / cdm, postgres, cdm) for cdm in CDMS}


def assert_identical(url: str, cdm: str, names: Iterable[str]) -> None:
    chosen = definitions(names)
    with connect(url) as opened:
        cohorts = generate(chosen, opened, strict=False)
        different = differences(cdm, cohorts)
    print(f"{url.split(':', maxsplit=1)[0]}, {cdm}: {len(chosen) - len(different)} of {len(chosen)} identical")
    assert different == []


@pytest.mark.xdist_group("postgres")
@pytest.mark.parametrize("cdm", CDMS)
def test_definitions_with_every_feature_give_identical_rows_on_postgresql(loaded: dict[str, str], cdm: str) -> None:
    assert_identical(loaded[cdm], cdm, covering(cdm, 0))


@pytest.mark.xdist_group("spark")
def test_definitions_with_many_features_give_identical_rows_on_spark(spark: str) -> None:
    assert_identical(f"{spark}?parquet={CIRCE / 'cdm' / 'dense'}", "dense", covering("dense", 0)[:25])


@pytest.mark.slow
@pytest.mark.xdist_group("postgres")
@pytest.mark.parametrize("cdm", CDMS)
def test_all_definitions_give_identical_rows_on_postgresql(loaded: dict[str, str], cdm: str) -> None:
    assert_identical(loaded[cdm], cdm, runs_of(cdm))


@pytest.mark.slow
@pytest.mark.xdist_group("spark")
@pytest.mark.parametrize("cdm", CDMS)
def test_all_definitions_give_identical_rows_on_spark(spark: str, cdm: str) -> None:
    assert_identical(f"{spark}?parquet={CIRCE / 'cdm' / cdm}", cdm, runs_of(cdm))
