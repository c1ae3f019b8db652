"""A browser, a served workbench, and a guard that nothing is asked of any other machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.setup_machine import find_browser
from tests.workbench.demo_fixture import demo

__all__ = ["browser", "demo", "page"]

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOTS = Path(__file__).resolve().parents[2] / "test-results"
_NOTHING_COUNTED = "() => !document.querySelector('[class*=st-key-counting-]')"
_LOCAL = {"127.0.0.1", "localhost", ""}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium: run `python tests/setup_machine.py`")
        pytest.skip("no Chromium on this machine: run `python tests/setup_machine.py`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Give a page that may talk to this machine only; a failing test leaves a picture of it."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 1100}, accept_downloads=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url) if _leaves_the_machine(sent) else None)
    failed_before = request.session.testsfailed
    yield page
    if request.session.testsfailed > failed_before:
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SHOTS / f"{request.node.name}.png", full_page=True)
    context.close()
    assert asked == [], "the page asked other machines"


def _leaves_the_machine(sent: Request) -> bool:
    address = urlsplit(sent.url)
    return address.scheme not in ("data", "blob") and (address.hostname or "") not in _LOCAL


def idle(page: Page) -> None:
    """Wait until the script of the page has run to its end and nothing on it is being counted."""
    page.wait_for_timeout(300)
    _script_ended(page)
    page.wait_for_function(_NOTHING_COUNTED, timeout=60_000)
    page.wait_for_timeout(300)
    _script_ended(page)
    page.wait_for_timeout(200)


def _script_ended(page: Page) -> None:
    page.wait_for_selector("[data-testid='stApp'][data-test-script-state='notRunning']", timeout=60_000)


@contextmanager
def served(folder: Path, cdm: str = "") -> Iterator[str]:
    """Serve a workspace with `rwe serve` and yield its address."""
    port = _free_port()
    call = [sys.executable, "-m", "workbench", "serve", "--dir", str(folder), "--port", str(port), "--no-browser"]
    server = subprocess.Popen([*call, *(["--cdm", cdm] if cdm else [])], start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def _wait_until_ready(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended before it was ready"
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:
                if b"ready" in answer.read():
                    return
        except OSError:
            time.sleep(0.3)
    raise AssertionError("the server was not ready in time")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
