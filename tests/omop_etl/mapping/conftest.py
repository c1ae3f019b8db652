from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.omop_etl.mapping.language import Language


@pytest.fixture(scope="session")
def language(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Language]:
    made = Language(tmp_path_factory.mktemp("language"))
    yield made
    made.working.close()
