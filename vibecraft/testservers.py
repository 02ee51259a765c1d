"""`python -m vibecraft.testservers`: start the servers that the tests need, run the tests, end both.

PostgreSQL is a throw-away cluster in a temporary folder. All tests run on it; those marked
`databases` (claims, quotas, races) run again on SQLite, the embedded default.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BINARIES = Path("/usr/lib/postgresql")
SLOW = "not browser and not workers"


class ServerMissing(Exception):
    """A server that the tests need cannot be started; the text says what to do."""


def _postgres(program: str) -> str:
    found = sorted(BINARIES.glob(f"*/bin/{program}"))
    path = str(found[-1]) if found else shutil.which(program)
    if path is None:
        raise ServerMissing("PostgreSQL is missing. On Debian: apt-get install postgresql")
    return path


def _as_other_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: use its own account there."""
    if os.getuid() != 0:
        return []
    shutil.chown(folder, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL: its DATABASE_URL, and the command that ends and starts it."""

    url: str
    control: list[str]

    def crash(self) -> None:
        """End it as a power cut would: connections break, what is not in its log is lost."""
        _call([*self.control, "-m", "immediate", "stop"])

    def start(self) -> None:
        _call([*self.control, "-w", "start"])

    def restart(self) -> None:
        _call([*self.control, "-w", "-m", "immediate", "restart"])


@contextmanager
def postgres() -> Iterator[str]:
    """A throw-away cluster; yields its DATABASE_URL."""
    with cluster("synchronous_commit=off", "full_page_writes=off") as started:
        yield started.url


@contextmanager
def cluster(*chosen: str) -> Iterator[Cluster]:
    """A throw-away cluster with some options; with none, it keeps what it has acknowledged."""
    with tempfile.TemporaryDirectory(prefix="vc-pg-") as name:
        folder, port = Path(name), free_port()
        user = _as_other_user(folder)
        data = str(folder / "data")
        init = ["--no-sync", "--auth=trust", "--username=vibecraft", "--encoding=UTF8", "-D", data]
        _call([*user, _postgres("initdb"), *init])
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=200"
        # The machine itself does not crash.
        options += "".join(f" -c {one}" for one in ("fsync=off", *chosen))
        control = [*user, _postgres("pg_ctl"), "-D", data, "-l", str(folder / "log"), "-o", options]
        started = Cluster(f"postgres://vibecraft@127.0.0.1:{port}/postgres", control)
        started.start()
        try:
            yield started
        finally:
            started.crash()


def _call(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    if done.returncode != 0:
        raise ServerMissing(f"{command[-1]} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def run_pytest(environment: dict[str, str], *arguments: str) -> int:
    """Run tests in a process of their own, with more in its environment; its exit code."""
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, env=os.environ | environment, check=False).returncode


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """All that tests need, for as long as the block lasts; yields what their environment names."""
    with tempfile.TemporaryDirectory(prefix="vc-") as data, postgres() as database:
        base = {
            "VIBECRAFT_DATA": data,
            "NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", numba_cache()),
            "DATABASE_URL": database,
            "BROKER_URL": "memory://",
        }
        subprocess.run(
            [sys.executable, "manage.py", "warm", "-v0"], env=os.environ | base, check=True
        )
        yield base


def main(arguments: list[str]) -> int:
    """Run the suite; arguments other than --quick go to pytest."""
    quick = "--quick" in arguments
    rest = [argument for argument in arguments if argument != "--quick"]
    with servers() as base:
        if rest:
            return run_pytest(base, *rest)
        failed = run_pytest(base, "-n", "auto", "-m", SLOW)
        sqlite = f"sqlite:///{base['VIBECRAFT_DATA']}/tests.sqlite3"
        base_sqlite = base | {"DATABASE_URL": sqlite}
        failed |= run_pytest(base_sqlite, "-n", "auto", "-m", f"databases and {SLOW}")
        if not quick:
            # Two files at once: most of their time is waiting for pages and workers.
            failed |= run_pytest(base, "-n", "2", "--dist", "loadfile", "-m", "browser or workers")
    return 1 if failed else 0


def numba_cache() -> str:
    """Compiled kernels outlive one run: they are keyed by the lock file inside a cache folder."""
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return str(home / "vibecraft" / "numba")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ServerMissing as error:
        sys.exit(str(error))
