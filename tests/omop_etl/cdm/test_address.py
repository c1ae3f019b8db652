"""What of a CDM's address may be shown, and what the server is told."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from omop_etl.cdm import Cdm, connect
from omop_etl.cdm.address import shown_address, without_options
from omop_etl.errors import RweError, UsageError
from tests.servers.loading import load_folder

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:s3cr3t@host:5432/db?schema=cdm",
        "postgresql://host:5432/db?schema=cdm&password=s3cr3t",
        "postgresql://host/db?user=me&password=s3cr3t&schema=cdm",
        "postgresql://host/db?sslmode=require&sslpassword=s3cr3t",
        "postgresql://host/db?passfile=/keys/s3cr3t&schema=cdm",
        "postgresql://host/db?oauth_client_secret=s3cr3t",
        "postgresql://host/db?PassWord=s3cr3t",
        "postgresql://host/db?p%61ssword=s3cr3t",
        "postgresql://host/db?schema=cdm#s3cr3t",
        "postgresql://me:s3cr3t@one:1,two:2/db",
        "postgresql://me:s3cr3t@[::1]:5432/db",
        "postgresql://me:with@s3cr3t@host/db",
        "postgresql://me:with/s3cr3t@host/db",
        "postgresql://me:with#s3cr3t@host/db",
        "postgresql://me:with?s3cr3t@host/db",
        "postgresql://me:a@s3cr3t?b@host/db",
        "postgresql://me:s3cr3t",
        "postgresql://[me:s3cr3t@host/db",
        "postgresql+psycopg://me:s3cr3t@host/db",
        "me:s3cr3t@host/db",
        "spark://me:s3cr3t@host:7077?parquet=/cdm",
        "spark://host:7077?parquet=/cdm&token=s3cr3t",
    ],
)
def test_no_secret_is_shown_however_it_is_written(url: str) -> None:
    assert SECRET not in shown_address(url)
    assert shown_address(shown_address(url)) == shown_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "duckdb:///folder/file.duckdb",
        "parquet:///folder/with@sign",
        "postgresql://host/db",
        "postgresql:///db?host=/run/postgresql&schema=cdm",
        "postgresql://one:5432,[::1]:5433/db?target_session_attrs=any",
        "spark://host:7077?parquet=/folder",
        "spark://host:7077?database=cdm&warehouse=/folder&scratch=/shared",
    ],
)
def test_what_holds_no_secret_is_shown_as_it_is(url: str) -> None:
    assert shown_address(url) == url


def test_our_options_are_read_and_the_rest_stays_letter_by_letter() -> None:
    url = "postgresql:///db?host=/run&schema=a%20b&password=a%20b+c%26&options=&sslmode=prefer"
    assert without_options(url, {"schema"}) == (
        "postgresql:///db?host=/run&password=a%20b+c%26&options=&sslmode=prefer",
        {"schema": "a b"},
    )
    assert without_options("spark://host:7077?parquet=/a", {"parquet"}) == ("spark://host:7077", {"parquet": "/a"})


@pytest.mark.parametrize("scheme", ["mysql", "postgresql+psycopg"])
def test_an_address_that_is_not_known_is_refused_without_its_password(scheme: str) -> None:
    with pytest.raises(UsageError, match="is not a CDM address known here") as refused:
        connect(f"{scheme}://me:{SECRET}@host/db?password={SECRET}")
    assert SECRET not in refused.value.text()


@pytest.mark.parametrize(
    "rest", [f"me:{SECRET}/@127.0.0.1:1/db", f"127.0.0.1:1/db?port={SECRET}", f"127.0.0.1:1/db?{SECRET}=1"]
)
def test_a_server_that_cannot_be_reached_is_refused_without_the_password(rest: str) -> None:
    with pytest.raises(RweError, match="cannot be reached") as refused:
        connect(f"postgresql://{rest}")
    assert SECRET not in refused.value.text()


@pytest.mark.xdist_group("postgres")
@pytest.mark.parametrize("password", ["s3cr3t", "s3cr3t with space", "s3cr3t+%&=@"])
def test_a_password_reaches_the_server_and_nothing_else(postgres: str, tmp_path: Path, password: str) -> None:
    pq.write_table(pa.table({"person_id": [1]}), tmp_path / "person.parquet")
    schema = f"secret_{len(password)}"
    url = load_folder(tmp_path, postgres, schema)
    query = f"&password={quote(password, safe='+')}&sslpassword={quote(password)}"
    with connect(url + query) as cdm:
        assert _password(cdm) == password
        assert SECRET not in cdm.url
        assert cdm.url.endswith(f"/postgres?schema={schema}")
        assert "@" not in cdm.url


def _password(cdm: Cdm) -> str:
    return str(cdm.engine._connection.info.password)  # type: ignore[attr-defined]
