"""Run migrations on the connection that `workbench.records.database.upgrade` passes in."""

from __future__ import annotations

from alembic import context

from workbench.records.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
