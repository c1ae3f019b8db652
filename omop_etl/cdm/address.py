"""The URL of a CDM: what of it may be shown, and which options in it are ours."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import unquote, urlsplit

_FILES: Final = ("duckdb", "parquet")

_SHOWN: Final = frozenset(
    {
        "application_name", "client_encoding", "connect_timeout", "database", "dbname", "host", "hostaddr", "parquet",
        "port", "schema", "scratch", "service", "sslmode", "sslrootcert", "target_session_attrs", "warehouse",
    }
)  # fmt: skip
"""Options that hold no secret; what is not listed is not shown."""

_HOSTS: Final = re.compile(r"(\[[^\]@]*\]|[^:\[\]@]*)(:\d*)?(,(\[[^\]@]*\]|[^:\[\]@]*)(:\d*)?)*")
_UNREADABLE: Final = "***"


def shown_address(url: str) -> str:
    """Take out of a URL whatever may be a secret, so that results, logs and errors can hold it.

    Parameters
    ----------
    url : str
        Address of a CDM, well-formed or not.

    Returns
    -------
    str
        The address without user, password, fragment and every option that is not known to be harmless. Where it
        cannot be told which part is a password, nothing but the scheme is left. Addresses of files stay as they are.

    Examples
    --------
    >>> shown_address("postgresql://me:secret@host/db?schema=cdm&sslpassword=secret")
    'postgresql://host/db?schema=cdm'
    >>> shown_address("postgresql://me:sec/ret@host/db")
    'postgresql://***'
    """
    scheme, separator, _ = url.partition("://")
    if scheme in _FILES:
        return url
    hidden = f"{scheme}://{_UNREADABLE}" if separator and scheme.replace("+", "").isalnum() else _UNREADABLE
    try:
        parts = urlsplit(url)
    except ValueError:
        return hidden
    hosts = parts.netloc.rpartition("@")[2]
    options = _pieces(parts.query)
    misplaced = "@" in parts.path or "@" in parts.fragment or any("@" in name for name, _, _ in options)
    if misplaced or not parts.scheme or not separator or not _HOSTS.fullmatch(hosts):
        return hidden
    kept = "&".join(raw for name, _, raw in options if name in _SHOWN)
    return f"{scheme}://{hosts}{parts.path}" + (f"?{kept}" if kept else "")


def without_options(url: str, ours: Collection[str]) -> tuple[str, dict[str, str]]:
    """Take our own options out of a URL.

    Parameters
    ----------
    url : str
        Address of a CDM.
    ours : collection of str
        Names of our options.

    Returns
    -------
    tuple of (str, dict of str to str)
        The URL without them, otherwise letter by letter what it was, and the values of those it had.
    """
    address, _, query = url.partition("?")
    options = _pieces(query)
    rest = "&".join(raw for name, _, raw in options if name not in ours)
    return address + (f"?{rest}" if rest else ""), {name: value for name, value, _ in options if name in ours}


def _pieces(query: str) -> list[tuple[str, str, str]]:
    """Name, value and unchanged text of each option."""
    pieces = [(*raw.partition("=")[::2], raw) for raw in query.split("&") if raw]
    return [(unquote(name), unquote(value), raw) for name, value, raw in pieces]
