"""A running VibeCraft for tests: the very processes of `manage.py start`, on a folder of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vibecraft.supervisor import answers
from vibecraft.testservers import free_port, prepared

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 240


@contextmanager
def running_site(data: Path, *, is_new: bool = False, **environment: str) -> Iterator[str]:
    """Run `manage.py start` with its embedded defaults; yields the address.

    Unless it `is_new`, it finds what a first start has made: the database and the static files.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    defaults = {
        "VIBECRAFT_DATA": str(data),
        "PORT": str(port),
        "DATABASE_URL": "",
        "BROKER_URL": "",
    }
    inherited = {name: value for name, value in os.environ.items() if name not in defaults}
    chosen = {name: value for name, value in (defaults | environment).items() if value}
    data.mkdir(parents=True, exist_ok=True)
    if not is_new:
        furnish(data)
    with (data / "start.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "manage.py", "start"],
            cwd=ROOT,
            env=inherited | chosen,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: _is_up(child, address, data), START_SECONDS)
        yield address
    finally:
        child.terminate()
        child.wait(timeout=60)


def furnish(data: Path) -> Path:
    """Put into a data folder what a first start makes there, if it is kept; returns the folder."""
    kept = prepared()
    if kept is not None:
        shutil.copytree(kept / "static", data / "static")
        shutil.copy(kept / "vibecraft.sqlite3", data)
    return data


def _is_up(child: subprocess.Popen[bytes], address: str, data: Path) -> bool:
    assert child.poll() is None, (data / "start.log").read_text()
    return answers(f"{address}/health")


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.2) -> None:
    """Wait for a condition, or fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not true within {seconds} s"
        time.sleep(pause)
