"""The processes of a one-machine VibeCraft: started together, revived when they die, ended together."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError

READY_SECONDS = 120
STOP_SECONDS = 20
REVIVALS_A_MINUTE = 5
LOG_BYTES = 20 * 1024 * 1024
# Quick enough to watch, slow enough to see what waiting looks like: a clip of a minute takes 12 s.
STANDIN_TIME_SCALE = 5
# One thread for each library: several processes share the cores, and more threads only fight.
SINGLE_THREADED = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


class NotRunning(Exception):
    """A process did not start or would not stay alive; the text says which, and where its log is."""


@dataclass
class Service:
    """One process: how it is started, and when it was started lately."""

    name: str
    command: Sequence[str]
    child: subprocess.Popen[bytes]
    started: deque[float] = field(default_factory=deque)


class Supervisor:
    """Starts processes with their output in `folder/<name>.log`, and keeps them alive.

    What a log had before it was full is `<name>.log.1`: no process takes more than both together.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.environment: dict[str, str] = {**os.environ, **SINGLE_THREADED, **(environment or {})}
        self.services: dict[str, Service] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: Sequence[str]) -> None:
        child = self._spawn(name, command)
        self.services[name] = Service(name, command, child, deque([time.monotonic()]))

    def _spawn(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        path = self.folder / f"{name}.log"
        begin_anew(path)
        with path.open("ab") as log:
            return subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self.environment,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raise NotRunning if a process has ended."""
        for service in self.services.values():
            if service.child.poll() is not None:
                raise NotRunning(self._obituary(service))

    def _obituary(self, service: Service) -> str:
        code, log = service.child.returncode, self.folder / f"{service.name}.log"
        return f"The {service.name} process ended with code {code}; its log is {log}."

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until `condition` holds while every process lives."""
        deadline = time.monotonic() + READY_SECONDS
        while not condition():
            self.check()
            if time.monotonic() > deadline:
                raise NotRunning(f"{what} did not come up within {READY_SECONDS} s.")
            time.sleep(0.05)

    def revive(self) -> list[str]:
        """Start again what has died; return the names. Raises NotRunning when one dies too often."""
        dead = [one for one in self.services.values() if one.child.poll() is not None]
        for service in dead:
            now = time.monotonic()
            while service.started and now - service.started[0] > 60:
                service.started.popleft()
            if len(service.started) >= REVIVALS_A_MINUTE:
                raise NotRunning(self._obituary(service))
            service.started.append(now)
            # What the dead one left behind of its own group must not go on beside the new one.
            _signal_group(service.child, signal.SIGKILL)
            service.child = self._spawn(service.name, service.command)
        return [service.name for service in dead]

    def bound_logs(self) -> None:
        """Begin logs anew that are full; the processes go on writing."""
        for name in self.services:
            begin_anew(self.folder / f"{name}.log")

    def stop(self) -> None:
        """End all processes, the first started last; what does not end in time is killed."""
        deadline = time.monotonic() + STOP_SECONDS
        first, *others = self.services.values() or [None]
        for group in ([one for one in others if one], [first] if first else []):
            for service in group:
                _signal_group(service.child, signal.SIGTERM)
            for service in group:
                _wait_or_kill(service.child, deadline)
        self.services.clear()


def begin_anew(log: Path) -> None:
    """Keep what a full log has as its one older log, and empty it.

    It is copied and not moved, as processes hold it open: they append, so that their next line is its
    first one. What is written between copy and cut is lost; so is all where a disk has no room for it.
    """
    if not log.exists() or log.stat().st_size < LOG_BYTES:
        return
    older = log.with_name(f"{log.name}.1")
    try:
        shutil.copyfile(log, older)
    except OSError:
        older.unlink(missing_ok=True)
    os.truncate(log, 0)


def _signal_group(child: subprocess.Popen[bytes], which: signal.Signals) -> None:
    try:
        os.killpg(child.pid, which)
    except ProcessLookupError:
        return


def _wait_or_kill(child: subprocess.Popen[bytes], deadline: float) -> None:
    try:
        child.wait(timeout=max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        _signal_group(child, signal.SIGKILL)
        child.wait()


def answers(address: str) -> bool:
    """True when an address answers with 200."""
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def listens(port: int) -> bool:
    """True when something takes connections on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nothing listens on now; they stay the same over revivals."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def standin_command(ports: Sequence[int]) -> list[str]:
    """The stand-in of the paid service, on ports for its API, its outputs and its control."""
    names = ("--api-port", "--delivery-port", "--control-port")
    options = [word for name, port in zip(names, ports, strict=True) for word in (name, str(port))]
    module = [sys.executable, "-m", "vibecraft.predictions.standin"]
    return [*module, *options, "--time-scale", str(STANDIN_TIME_SCALE)]


def broker_command(program: str, socket: Path) -> list[str]:
    """A Valkey or Redis server on a Unix socket that keeps its messages through a crash."""
    options = {
        "--port": "0",
        "--unixsocket": str(socket),
        "--unixsocketperm": "700",
        "--dir": str(socket.parent),
        "--appendonly": "yes",
        "--appendfsync": "everysec",
        "--save": "",
        "--maxmemory-policy": "noeviction",
    }
    return [program, *(part for pair in options.items() for part in pair)]


def web_command(host: str, port: int, processes: int = 1) -> list[str]:
    """Processes that part once everything is read, and count together how long answers took."""
    memory = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else Path(tempfile.gettempdir())
    figures = memory / f"vibecraft-figures-{uuid.uuid4().hex}"
    options = ["--config", "python:vibecraft.webserver", "--bind", f"{host}:{port}"]
    # Where they say that they live: on a disk that is busy this would block them.
    options += ["--workers", str(processes), "--worker-tmp-dir", str(memory)]
    options += ["--env", f"PROMETHEUS_MULTIPROC_DIR={figures}"]
    return [sys.executable, "-m", "gunicorn", "vibecraft.wsgi", *options]


def worker_command(name: str, queues: str, *options: str) -> list[str]:
    # Their banners are not lines of a log.
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "vibecraft.celery", "worker"]
    quiet = ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    return [*celery, "--queues", queues, "--hostname", f"{name}@%h", *quiet, *options]


def media_worker_command(processes: int = 0) -> list[str]:
    """CPU work: a process for each core, unless another number is given."""
    return worker_command("media", "media", "--concurrency", str(processes or os.cpu_count() or 1))


def io_worker_command(threads: int = 4) -> list[str]:
    """Network work and small things: threads."""
    return worker_command("io", "io,default", "--pool", "threads", "--concurrency", str(threads))


def ask_command(name: str, host: str) -> list[str]:
    """Ends with code 0 if a worker of a machine answers."""
    celery = [sys.executable, "-m", "celery", "-A", "vibecraft.celery"]
    return [*celery, "inspect", "ping", "--destination", f"{name}@{host}", "--timeout", "10"]


def beat_command() -> list[str]:
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "vibecraft.celery"]
    return [*celery, "beat", "--loglevel", "WARNING", "--pidfile="]
