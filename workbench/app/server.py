"""The server of the workbench: Streamlit with a worker beside it."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, Final

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import Route

from workbench.app.config import CONFIG, FONT_PATH
from workbench.app.errors import show_defect
from workbench.jobs.worker import start_worker
from workbench.reports.fonts import FOLDER as FONTS
from workbench.reports.fonts import WEIGHTS
from workbench.version import VERSION
from workbench.workspace import Workspace

_SCRIPT: Final = Path(__file__).parent / "main.py"
_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "SAMEORIGIN",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def run_server(workspace: Workspace, *, address: str, port: int, open_browser: bool) -> None:
    """Serve the pages of a workspace until the process is ended.

    Parameters
    ----------
    workspace : Workspace
        What to show.
    address : str
        Where to listen; ``127.0.0.1`` is reached from this machine only.
    port : int
        Port to listen at.
    open_browser : bool
        Open a window.
    """
    os.environ["RWE_HOME"] = str(workspace.folder)
    os.environ["RWE_CDM"] = workspace.cdm
    worker = start_worker(workspace)
    app = st.App(
        str(_SCRIPT.resolve()),
        routes=[Route("/readyz", _ready), *(Route(f"{FONT_PATH}/{file}", _font) for file in WEIGHTS)],
        middleware=[Middleware(_SecurityHeaders)],
        on_script_error=show_defect,
    )
    try:
        app.run(
            config=CONFIG
            | {"server.address": address, "server.port": port, "server.headless": not open_browser}
            | {"browser.serverAddress": "localhost"}
        )
    finally:
        worker.poll()


async def _ready(_request: Request) -> JSONResponse:
    return JSONResponse({"status": "ready", "version": VERSION})


async def _font(request: Request) -> FileResponse:
    file = FONTS / request.url.path.rsplit("/", 1)[-1]
    return FileResponse(file, headers={"cache-control": "public, max-age=604800"})


class _SecurityHeaders:
    """Adds headers that keep a browser from guessing and embedding."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *((n.encode(), v.encode()) for n, v in _HEADERS.items() if n.encode() not in present),
                ]
            await send(message)

        await self._app(scope, receive, with_headers)
