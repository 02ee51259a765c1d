"""What the trials share: their command line, a site to break, and a musician who uses it meanwhile.

A trial prints one JSON line {id, n, pass, figures, seed} and ends with code 0 or 1.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.stack import running_site
from tests.trials import figures
from tests.trials.broker import Broker
from vibecraft.testservers import (
    Cluster,
    ServerMissing,
    cluster,
    copied_database,
    numba_cache,
)
from vibecraft.testsounds import beat_samples, write_wav

SONG_SECONDS = 12.0
# Recovery within seconds instead of minutes: the same code on a quicker clock.
QUICK = {
    "LEASE_SECONDS": "6",
    "HEARTBEAT_SECONDS": "1",
    "SWEEP_SECONDS": "1",
    "RING_AGAIN_SECONDS": "5",
}
PLENTY = {
    "QUOTA_VIDEOS": "1000",
    "PAID_STARTS_A_MINUTE": "1000",
    "UPLOADS_A_MINUTE": "1000",
}


@dataclass(frozen=True)
class Options:
    """How a trial is asked for: `rounds` is its own measure of length."""

    rounds: int
    is_short: bool
    seed: int

    @property
    def rng(self) -> random.Random:
        return random.Random(self.seed)


@dataclass
class Verdict:
    """What a trial has found; it has passed when every check holds."""

    n: int
    figures: dict[str, Any] = field(default_factory=dict)
    checks: dict[str, bool] = field(default_factory=dict)

    @property
    def has_passed(self) -> bool:
        return all(self.checks.values())

    def expect(self, name: str, found: object, wanted: object) -> None:
        """Note a figure that must have one value."""
        self.figures[name] = found
        self.checks[name] = found == wanted

    def expect_at_most(self, name: str, found: float, most: float) -> None:
        self.figures[name] = round(found, 1)
        self.checks[name] = found <= most


@dataclass(frozen=True)
class Trial:
    """A trial and how long it is, in full and in short."""

    id: str
    run: Callable[[Options], Verdict]
    rounds: int
    short_rounds: int

    def measure(self, options: Options) -> Verdict:
        """Run it; the figures have the seconds it took, and the names of the marks that it missed."""
        began = time.monotonic()
        verdict = self.run(options)
        verdict.figures["seconds"] = round(time.monotonic() - began)
        if missed := sorted(name for name, holds in verdict.checks.items() if not holds):
            verdict.figures["missed"] = missed
        return verdict

    def short(self, seed: int = 1) -> Verdict:
        return self.measure(Options(self.short_rounds, True, seed))

    def main(self, arguments: Sequence[str]) -> int:
        parser = argparse.ArgumentParser(description=f"Trial {self.id}")
        parser.add_argument("--rounds", type=int, help="how long; each trial has its own measure")
        parser.add_argument("--short", action="store_true", help="within 45 seconds or so")
        parser.add_argument("--seed", type=int, default=1)
        given = parser.parse_args(arguments)
        # Ended from outside, it ends the servers that it has started.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("interrupted"))
        usual = self.short_rounds if given.short else self.rounds
        try:
            told = self.measure(Options(given.rounds or usual, given.short, given.seed))
        except ServerMissing as error:
            sys.exit(str(error))
        line = figures.line(self.id, told.n, told.has_passed, told.figures, given.seed)
        sys.stdout.write(f"{line}\n")
        return 0 if told.has_passed else 1


# --- the site ----------------------------------------------------------------------------------------


@dataclass
class World:
    """A running site with its servers, all of its own."""

    address: str
    data: Path
    database: str
    cluster: Cluster | None
    broker: Broker
    song: Path

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def count(self, query: str, *values: object) -> int:
        return int(self.rows(query, *values)[0][0])

    def failures(self) -> list[str]:
        """Why takes and jobs have failed, in the words for operators."""
        told = "attempts || ' attempts: ' || error_code || ' ' || error_detail"
        tables = ("videos_take", "jobs_job")
        asked = [f"select {told} from {table} where status = 'failed'" for table in tables]
        return [text for query in asked for (text,) in self.rows(query)]

    def arm(self, *points: str) -> None:
        """Have the next process that reaches a point killed there."""
        for point in points:
            (self.data / "failpoints" / point).touch()

    def armed(self) -> list[str]:
        return sorted(path.name for path in (self.data / "failpoints").iterdir())

    def processes(self, mark: str) -> list[int]:
        """The processes that the site keeps alive and whose command holds `mark`."""
        start = int((self.data / "run" / "start.pid").read_text())
        return [pid for pid in children_of(start) if mark in command_of(pid)]

    def unended(self) -> int:
        """Work that is neither done nor given up."""
        counted = "select count(*) from {} where status in ('queued', 'running')"
        tables = ("jobs_job", "videos_take", "predictions_prediction")
        return sum(self.count(counted.format(table)) for table in tables)

    def strays(self) -> list[str]:
        """What is left in the scratch folder, and encoders that work there."""
        scratch = self.data / "scratch"
        left = [path.name for path in scratch.iterdir() if path.is_dir()]
        return left + [command for command in all_commands("ffmpeg") if str(scratch) in command]


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def all_commands(mark: str) -> list[str]:
    pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return [command for command in map(command_of, pids) if mark in command]


def kill(*pids: int) -> None:
    """kill -9, if they live still."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


@contextmanager
def running_world(
    scratch_disk: Callable[[Path], AbstractContextManager[None]] = nullcontext,
    *,
    own_cluster: bool = False,
    **environment: str,
) -> Iterator[World]:
    """A site on a database and a Redis of its own; `scratch_disk` may mount its scratch folder.

    Among the tests it has a copy of their migrated database, unless it wants a PostgreSQL that it
    may end: then that is its `cluster`.
    """
    os.environ.setdefault("NUMBA_CACHE_DIR", numba_cache())
    with tempfile.TemporaryDirectory(prefix="vc-trial-") as name, _database(own_cluster) as where:
        data = Path(name) / "data"
        for folder in ("failpoints", "scratch", "run"):
            (data / folder).mkdir(parents=True)
        song = write_wav(Path(name) / "song.wav", beat_samples(SONG_SECONDS, 120))
        with scratch_disk(data / "scratch"), Broker(Path(name) / "redis") as broker:
            ours = {
                "DATABASE_URL": where[0],
                "BROKER_URL": broker.url(0),
                "CACHE_URL": broker.url(1),
                "FAILPOINTS_DIR": str(data / "failpoints"),
            }
            with running_site(data, **(PLENTY | ours | environment)) as address:
                yield World(address, data, *where, broker, song)


@contextmanager
def _database(own_cluster: bool) -> Iterator[tuple[str, Cluster | None]]:
    """Its address, and the PostgreSQL that was started for it."""
    with nullcontext() if own_cluster else copied_database() as copy:
        if copy is not None:
            yield copy, None
            return
    with cluster() as started:
        yield started.url, started


def wait_for(condition: Callable[[], bool], seconds: float, pause: float = 0.3) -> float | None:
    """Seconds until a condition holds; None if it does not within so many."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if condition():
            return time.monotonic() - began
        time.sleep(pause)
    return None
