"""T23: from one version to the next with a full queue, old messages and rows that wait.

    python -m tests.trials.t23_upgrade             20 songs wait, then 5 rounds of new workers
    python -m tests.trials.t23_upgrade --short     4 songs wait, then one round

The site is told to stop while it works on a film and on songs; its database goes back to what the version
before knew, and its broker gets messages as other versions send them: every task by its name, with
words that nobody here knows, and for rows that are gone. Then the site is started anew, which migrates, and
its workers are told to stop and are started again while they work. Passes when no message is unknown or
an error, and everything that was ordered is made, once.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
from celery import Celery

from tests.stack import ROOT, running_site
from tests.trials.broker import Broker
from tests.trials.harness import (
    PLENTY,
    QUICK,
    SONG_SECONDS,
    Options,
    Trial,
    Verdict,
    World,
    wait_for,
)
from tests.trials.musician import Musician
from vibecraft.testservers import cluster, numba_cache
from vibecraft.testsounds import beat_samples, write_wav

READY_SECONDS, RECOVERY_SECONDS = 180, 600
SONGS_A_ROUND = 4
# What the version before sends, and where to. A name that was ever here stays understood.
OLD_MESSAGES = {
    "run_analysis": "media",
    "make_take": "media",
    "run_generation": "media",
    "run_composition": "media",
    "make_still": "media",
    "run_storyboard": "default",
    "run_lipsync": "media",
    "run_regeneration": "media",
    "run_reframing": "media",
    "run_music": "media",
    "run_lyrics": "media",
    "run_export": "media",
    "run_import": "io",
    "run_character": "io",
    "run_scenes": "io",
    "advance_prediction": "io",
    "ring_predictions": "io",
    "close_account": "default",
    "sweep": "default",
    "discard": "default",
}
WITHOUT_ROW = frozenset({"ring_predictions", "sweep", "discard"})
# The last migration of the app that changes most: with rows waiting it is undone and done again.
BEFORE = ("videos", "0006_formats")
# A worker that is ended at once says so as an error; these are about messages.
WRONG = re.compile(r"unregistered task|TypeError|InvalidTaskError|unexpected keyword")
WORKERS = ("media", "io")


def run(options: Options) -> Verdict:
    waiting = 4 if options.is_short else 20
    verdict = Verdict(n=waiting + (1 + SONGS_A_ROUND) * options.rounds + 1)
    with tempfile.TemporaryDirectory(prefix="vc-trial-") as name, _servers(Path(name)) as servers:
        with servers.site() as world:
            alice = Musician(world.address)
            song = str(alice.bring(world.song))
            assert wait_for(lambda: alice.are_ready("songs", [song]), READY_SECONDS)
            alice.draw_sections(song)
            film = alice.start_film(song)
            songs = [str(alice.bring(world.song)) for _ in range(waiting)]
        verdict.figures["rows waiting"] = world.unended()
        verdict.figures["messages waiting"] = servers.messages()
        servers.migrate_back()
        verdict.figures["old messages"] = servers.send_old_messages()
        with servers.site() as world:
            alice.address = world.address
            _await(verdict, "before", alice, songs, [film])
            for number in range(options.rounds):
                _roll(verdict, world, alice, song, f"round {number + 1}", options)
            _weigh(verdict, world, alice)
        verdict.expect("unknown or failed messages", servers.wrong_lines(), [])
    return verdict


def _roll(
    verdict: Verdict, world: World, alice: Musician, song: str, name: str, options: Options
) -> None:
    """Workers are told to stop while they work; the supervisor starts them anew."""
    film = alice.start_film(song)
    songs = [str(alice.bring(world.song)) for _ in range(SONGS_A_ROUND)]
    time.sleep(options.rng.uniform(0.5, 4.0))
    for worker in world.processes(" worker "):
        os.kill(worker, signal.SIGTERM)
    _await(verdict, name, alice, songs, [film])


def _await(
    verdict: Verdict, name: str, alice: Musician, songs: list[str], films: list[str]
) -> None:
    wait_for(
        lambda: alice.are_over("songs", songs) and alice.are_over("videos", films),
        RECOVERY_SECONDS,
        1.0,
    )
    made = [alice.status_of("songs", song) for song in songs]
    made += [alice.status_of("videos", film) for film in films]
    verdict.expect(f"made, {name}", made.count("ready"), len(made))


def _weigh(verdict: Verdict, world: World, alice: Musician) -> None:
    twice = "select count(*) from videos_take where number > 1"
    verdict.expect("takes made twice", world.count(twice), 0)
    verdict.expect("rows left open", world.unended(), 0)
    verdict.expect("server errors", alice.server_errors() + alice.answers[0], 0)


# --- two versions on the same servers ----------------------------------------------------------------


@dataclass
class Servers:
    """A database and a broker that stay while sites come and go, with the folder of the sites."""

    data: Path
    song: Path
    database: str
    broker: Broker

    @property
    def environment(self) -> dict[str, str]:
        ours = {
            "DATABASE_URL": self.database,
            "BROKER_URL": self.broker.url(0),
            "CACHE_URL": self.broker.url(1),
        }
        return PLENTY | QUICK | ours

    @contextmanager
    def site(self) -> Iterator[World]:
        with running_site(self.data, is_new=True, **self.environment) as address:
            yield World(address, self.data, self.database, None, self.broker, self.song)

    def messages(self) -> int:
        """How many lie in the queues."""
        with redis.Redis(port=self.broker.port) as client:
            return sum(client.llen(queue) for queue in set(OLD_MESSAGES.values()))

    def migrate_back(self) -> None:
        """What the version before knew of the database."""
        command = [sys.executable, "manage.py", "migrate", *BEFORE, "-v0"]
        ours = {**os.environ, **self.environment, "VIBECRAFT_DATA": str(self.data)}
        subprocess.run(command, cwd=ROOT, env=ours, check=True)

    def send_old_messages(self) -> int:
        """Each task by its name: for rows that wait, and for one that is gone."""
        older = Celery("older", broker=self.broker.url(0))
        sent = 0
        for task, queue in OLD_MESSAGES.items():
            for pk in [*self._waiting_for(task), str(uuid.uuid4())]:
                words = [] if task in WITHOUT_ROW else [pk, "one more word"]
                older.send_task(task, args=words, kwargs={"version": 1}, queue=queue)
                sent += 1
        older.close()
        return sent

    def _waiting_for(self, task: str) -> list[str]:
        world = World("", self.data, self.database, None, self.broker, self.song)
        if task == "make_take":
            rows = world.rows("select id from videos_take where status = 'queued'")
        else:
            query = "select id from jobs_job where status = 'queued' and 'run_' || kind = %s"
            rows = world.rows(query, task)
        return [str(pk) for (pk,) in rows]

    def wrong_lines(self) -> list[str]:
        """What workers have logged of messages that they could not take."""
        logs = [(self.data / "run" / f"{name}.log").read_text() for name in WORKERS]
        lines = [line for log in logs for line in log.splitlines() if WRONG.search(line)]
        return [line[:200] for line in lines[:10]]


@contextmanager
def _servers(folder: Path) -> Iterator[Servers]:
    os.environ.setdefault("NUMBA_CACHE_DIR", numba_cache())
    song = write_wav(folder / "song.wav", beat_samples(SONG_SECONDS, 120))
    with cluster() as database, Broker(folder / "redis") as broker:
        yield Servers(folder / "data", song, database.url, broker)


TRIAL = Trial("T23", run, rounds=5, short_rounds=1)

if __name__ == "__main__":
    sys.exit(TRIAL.main(sys.argv[1:]))
