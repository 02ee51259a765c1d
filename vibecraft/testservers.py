"""`python -m vibecraft.testservers`: start the servers that the tests need, run the tests, end both.

PostgreSQL is a throw-away cluster in a temporary folder. All tests run on it, in one run; those
marked `databases` (claims, quotas, races) run again on SQLite, the embedded default. What every
site needs, a migrated database and collected files, is made once and copied (`prepared`).
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

BINARIES = Path("/usr/lib/postgresql")
QUICK = "not browser and not workers"
BY_A_CLOCK = "browser or workers or clock"
# pytest's exit code for it.
TESTS_FAILED = 1
PACKAGES = ("vibecraft", "accounts", "songs", "videos", "tests")
# Names of the environment: the database that new ones are copied from, the folder of `prepared`.
TEMPLATE, PREPARED = "TEST_DATABASE_TEMPLATE", "TEST_PREPARED_DIR"


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
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=400"
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
    """Run tests in a process of their own, with more in its environment; its exit code.

    Databases are not dropped one by one: they go with the cluster and the folder that hold them.
    """
    command = [sys.executable, "-m", "pytest", "--reuse-db", *arguments]
    return subprocess.run(command, env=os.environ | environment, check=False).returncode


def run_suite(environment: dict[str, str], chosen: list[str], *, processes: int) -> int:
    """Run tests side by side; those that wait for a clock and fail get one more chance, alone.

    A browser, a worker or a service may be late on a machine that others use as well. What holds alone
    is told, as it may be a fault that only a busy machine shows; whatever else fails has failed.
    """
    cache = Path(environment["VIBECRAFT_DATA"]) / "pytest"
    shutil.rmtree(cache, ignore_errors=True)
    kept = [*chosen, "-o", f"cache_dir={cache}"]
    code = run_pytest(environment, *kept, "-n", str(processes))
    failed = _failed(cache)
    if code != TESTS_FAILED or not failed:
        return code
    _tell("Failed, and tried once more alone if it waits for a clock:", failed)
    run_pytest(environment, *kept, "--last-failed", "-m", BY_A_CLOCK)
    left = _failed(cache)
    _tell("Failed beside others, and held alone:", failed - left)
    _tell("Failed:", left)
    return TESTS_FAILED if left else 0


def _failed(cache: Path) -> set[str]:
    """The tests that pytest has noted there as failed and not passed since."""
    noted = cache / "v/cache/lastfailed"
    return set(json.loads(noted.read_text())) if noted.exists() else set()


def _tell(what: str, tests: set[str]) -> None:
    if tests:
        sys.stdout.write("\n  ".join([f"\n{what}", *sorted(tests)]) + "\n")
        sys.stdout.flush()


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """All that tests need, for as long as the block lasts; yields what their environment names."""
    with tempfile.TemporaryDirectory(prefix="vc-") as data, postgres() as database:
        base = {
            "VIBECRAFT_DATA": data,
            "NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", numba_cache()),
            "DATABASE_URL": database,
            "BROKER_URL": "memory://",
            # Tests that wait for films share the cores with tests that do not.
            "MEDIA_NICENESS": "0",
            # Hundreds of processes read the same code: compiled once, it is kept, wherever we run.
            "PYTHONDONTWRITEBYTECODE": "",
            PREPARED: str(Path(data) / "prepared"),
            TEMPLATE: "template_of_tests",
        }
        execute(database, f"CREATE DATABASE {base[TEMPLATE]}")
        copied = database_beside(database, base[TEMPLATE])
        template = {"DATABASE_URL": copied, "VIBECRAFT_DATA": base[PREPARED]}
        begun = [_begin(base | template, "migrate"), _begin(base, "warm")]
        codes = [child.wait() for child in begun]
        if any(codes):
            raise ServerMissing("The database cannot be migrated, or what draws not compiled.")
        yield base


def _begin(environment: dict[str, str], command: str) -> subprocess.Popen[bytes]:
    words = [sys.executable, "manage.py", command, "-v0"]
    return subprocess.Popen(words, env=os.environ | environment, stdout=subprocess.DEVNULL)


def execute(database: str, statement: str) -> None:
    """A statement that cannot run inside a transaction."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(statement.encode())


def database_beside(database: str, name: str) -> str:
    """The address of another database of the same cluster."""
    return f"{database.rsplit('/', 1)[0]}/{name}"


@contextmanager
def copied_database() -> Iterator[str | None]:
    """A migrated database in the cluster of this run; None where it has none to copy."""
    server, template = os.environ.get("DATABASE_URL", ""), os.environ.get(TEMPLATE)
    if template is None or not server.startswith("postgres"):
        yield None
        return
    name = f"copy_{uuid.uuid4().hex[:8]}"
    execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield database_beside(server, name)
    finally:
        execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def prepared() -> Path | None:
    """A data folder with a migrated SQLite and the static files; None outside of such a run."""
    if PREPARED not in os.environ:
        return None
    folder = Path(os.environ[PREPARED])
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            sqlite = f"sqlite:///{folder / 'vibecraft.sqlite3'}"
            child = _begin({"VIBECRAFT_DATA": str(folder), "DATABASE_URL": sqlite}, "prepare")
            assert child.wait() == 0
            (folder / "done").touch()
    return folder


def main(arguments: list[str]) -> int:
    """Run the suite; arguments other than --quick go to pytest."""
    rest = [argument for argument in arguments if argument != "--quick"]
    with servers() as base:
        if rest:
            return run_pytest(base, *rest)
        # Twice as many processes as cores: most of the time of the longest tests is waiting.
        chosen = ["-m", QUICK] if "--quick" in arguments else []
        failed = run_suite(base, chosen, processes=2 * (os.cpu_count() or 1))
        sqlite = {"DATABASE_URL": f"sqlite:///{base['VIBECRAFT_DATA']}/tests.sqlite3"}
        again = ["-m", f"databases and {QUICK}", *files_with("mark.databases")]
        failed |= run_suite(base | sqlite, again, processes=os.cpu_count() or 1)
    return 1 if failed else 0


def files_with(word: str) -> list[str]:
    """The test files that hold a word: others need not be read to choose tests by a mark."""
    files = (path for package in PACKAGES for path in Path(package).rglob("test_*.py"))
    return sorted(str(path) for path in files if word in path.read_text())


def numba_cache() -> str:
    """Compiled kernels outlive one run: they are keyed by the lock file inside a cache folder."""
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return str(home / "vibecraft" / "numba")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ServerMissing as error:
        sys.exit(str(error))
