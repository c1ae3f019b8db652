"""The records: migrated to what the models say, open to several processes."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from workbench.records import Base, DraftRow, open_records


def test_migrations_end_where_the_models_are(tmp_path: Path) -> None:
    records = open_records(tmp_path / "records.sqlite")
    with records.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    records.close()


def test_records_are_kept_and_shared(tmp_path: Path) -> None:
    first, second = open_records(tmp_path / "records.sqlite"), open_records(tmp_path / "records.sqlite")
    with first.session.begin() as session:
        session.add(DraftRow(draft_id="a", kind="cohort", name="非小细胞肺癌", content={"Title": "x"}))
    with second.session() as session:
        draft = session.get(DraftRow, "a")
        assert draft is not None
        assert (draft.name, draft.content) == ("非小细胞肺癌", {"Title": "x"})
    first.close()
    second.close()
