"""A Spark cluster for tests: a standalone master and two workers, real processes on the loopback address."""

from __future__ import annotations

import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.postgres import free_port

WORKERS = 2


@contextmanager
def started_spark(folder: Path) -> Iterator[str]:
    """Start a cluster and yield the address of its master, ``spark://127.0.0.1:port``."""
    import pyspark

    home = Path(pyspark.__file__).parent
    port, web = free_port(), free_port()
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_NO_DAEMONIZE": "true",
        "SPARK_DAEMON_MEMORY": "512m",
        "SPARK_WORKER_DIR": str(folder / "work"),
        "SPARK_LOCAL_DIRS": str(folder / "local"),
    }
    master = f"spark://127.0.0.1:{port}"
    run = str(home / "bin" / "spark-class")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "spark.log").open("wb") as log:

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            return subprocess.Popen([run, *arguments], env=environment, stdout=log, stderr=log)

        deploy = "org.apache.spark.deploy"
        processes = [
            start(f"{deploy}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(web))
        ]
        try:
            processes += [
                start(f"{deploy}.worker.Worker", "--cores", "1", "--memory", "1g", "--webui-port", "0", master)
                for _ in range(WORKERS)
            ]
            _wait_for_workers(web)
            yield master
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(30)


def _wait_for_workers(web: int) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{web}/json/", timeout=2) as answer:
                alive = re.search(rb'"aliveworkers"\s*:\s*(\d+)', answer.read())
            if alive and int(alive[1]) == WORKERS:
                return
        except OSError:
            pass
        time.sleep(0.3)
    raise AssertionError("the Spark cluster was not ready in time")
