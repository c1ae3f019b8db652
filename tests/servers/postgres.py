"""A throw-away PostgreSQL server for tests, started on a free port and gone afterwards."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.setup_machine import find_postgres, missing

USER = "rwe"


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started_postgres(folder: Path) -> Iterator[str]:
    """Start a server with its data in `folder` and yield its address, ``postgresql://…/postgres``."""
    found = find_postgres()
    assert found is not None, missing("PostgreSQL")
    programs = Path(found)
    data, port = folder / "data", free_port()
    data.mkdir(parents=True)
    owner = _unprivileged(data)
    _call(owner, programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {data} -c fsync=off -c shared_buffers=256MB"
    _call(owner, programs / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", data / "log", "-o", options, "start")
    try:
        yield f"postgresql://{USER}@127.0.0.1:{port}/postgres"
    finally:
        _call(owner, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def _unprivileged(data: Path) -> pwd.struct_passwd | None:
    """Give the folder to somebody else where this is root: the server refuses to run as root."""
    if os.geteuid() != 0:
        return None
    owner = next(entry for name in ("postgres", "nobody") for entry in pwd.getpwall() if entry.pw_name == name)
    for parent in data.parents:
        if not os.access(parent, os.X_OK) or not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    os.chown(data, owner.pw_uid, owner.pw_gid)
    return owner


def _call(owner: pwd.struct_passwd | None, *arguments: str | Path) -> None:
    as_owner = {} if owner is None else {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    subprocess.run(list(map(str, arguments)), check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=120, **as_owner)
