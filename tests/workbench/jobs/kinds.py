"""Kinds of jobs that behave as a test needs."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from omop_etl.errors import RweError
from workbench.jobs import Progress, Work


def count(folder: Path, parameters: dict[str, Any], progress: Progress) -> dict[str, Any]:
    for number in range(int(parameters["steps"])):
        progress("Counting", number / parameters["steps"])
        time.sleep(0.2)
    (folder / "counted").write_text(str(parameters["steps"]))
    return {"counted": parameters["steps"]}


def refuse(folder: Path, parameters: dict[str, Any], progress: Progress) -> dict[str, Any]:
    raise RweError("there is no file {file}", todo="check the path of the definition", file="a.json")


def crash(folder: Path, parameters: dict[str, Any], progress: Progress) -> dict[str, Any]:
    os._exit(9)


KINDS: dict[str, Work] = {"count": count, "refuse": refuse, "crash": crash}
