"""Open the records, and bring their tables up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_BUSY_MS: Final = 10_000


class Records:
    """The records of one workspace.

    Attributes
    ----------
    engine : sqlalchemy.Engine
        Of the database.
    session : sqlalchemy.orm.sessionmaker
        Makes a session; ``with records.session.begin() as session`` commits at the end.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.session: sessionmaker[Session] = sessionmaker(engine, expire_on_commit=False)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def open_records(path: Path) -> Records:
    """Open the records in a SQLite file, made and migrated if need be.

    Several processes may have the file open; a transaction waits for the one before it.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    Records
        The opened records. Close them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{path}")
    sa.event.listen(engine, "connect", _set_pragmas)
    sa.event.listen(engine, "begin", _begin)
    upgrade(engine)
    return Records(engine)


def upgrade(engine: sa.Engine) -> None:
    """Bring the tables to their newest form; does nothing where they have it."""
    from alembic import command
    from alembic.config import Config

    with engine.begin() as connection:
        configuration = Config()
        configuration.set_main_option("script_location", str(_MIGRATIONS))
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")


def _set_pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", f"busy_timeout = {_BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    """Take the lock at once: a transaction that read first could not write after another one has written."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
