"""``rwe doctor`` names the data it looks at, and no password on the way to it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.servers.loading import load_folder
from tests.workbench.rwe_command import Rwe


@pytest.mark.xdist_group("postgres")
def test_the_address_of_the_data_is_shown_without_its_password(rwe: Rwe, postgres: str, tmp_path: Path) -> None:
    pq.write_table(pa.table({"person_id": [1]}), tmp_path / "person.parquet")
    url = load_folder(tmp_path, postgres, "doctor") + "&password=s3cr3t"
    outcome = rwe("doctor", "--dir", tmp_path / "workspace", "--cdm", url, "--json")
    (data,) = (found for found in json.loads(outcome.out) if found["check"] == "Data")
    assert data["ok"]
    assert data["detail"].startswith("postgresql://127.0.0.1:")
    assert "s3cr3t" not in outcome.out + outcome.err
