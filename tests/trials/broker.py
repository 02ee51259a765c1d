"""A Redis that a trial may empty, kill and leave switched off."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from vibecraft.supervisor import free_ports, listens
from vibecraft.testservers import ServerMissing

START_SECONDS = 20


class Broker:
    """One server on a port of its own that keeps nothing on disk; a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (self.port,) = free_ports(1)
        self._child: subprocess.Popen[bytes] | None = None

    def url(self, number: int) -> str:
        return f"redis://127.0.0.1:{self.port}/{number}"

    def __enter__(self) -> Self:
        self.folder.mkdir()
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, empty."""
        program = shutil.which("redis-server")
        if program is None:
            raise ServerMissing("redis-server is missing. On Debian: apt-get install redis-server")
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        with (self.folder / "log").open("ab") as log:
            self._child = subprocess.Popen(
                [program, *options, "--dir", str(self.folder)], stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_SECONDS
        while not listens(self.port):
            if time.monotonic() > deadline:
                raise ServerMissing("Redis did not come up.")
            time.sleep(0.05)

    def kill(self) -> None:
        """kill -9."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def flush(self) -> None:
        """Forget everything: messages, and what workers have told each other."""
        with redis.Redis(port=self.port) as client:
            client.flushall()
