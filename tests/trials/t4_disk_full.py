"""T4: the scratch disk is full while songs are brought and a film is made.

    python -m tests.trials.t4_disk_full            20 songs and a film
    python -m tests.trials.t4_disk_full --short    2 songs and a film

The scratch folder is a file system of 64 MB, filled to the brim, or so far that it becomes full a
little later. Every refusal says so in plain words, nothing half is kept, and once there is space
again everything is finished with no attempt counted.
"""

from __future__ import annotations

import sys
import time
import uuid
from pathlib import Path

from tests.trials.harness import QUICK, Options, Trial, Verdict, World, running_world, wait_for
from tests.trials.musician import Musician
from tests.trials.small_disk import small_disk
from vibecraft.media.errors import SENTENCES

SCRATCH_BYTES = 64 * 1024**2
READY_SECONDS = 240
# What is left free: nothing, less than the upload, less than the upload and what is made of it.
LEFT_BYTES = (0, 200 * 1024, 700 * 1024, 1100 * 1024)
# Long enough for a worker to meet the full disk again and again.
FULL_SECONDS = 20
SHORT_SECONDS = 6
CLEAR_SECONDS = 10


def run(options: Options) -> Verdict:
    count = options.rounds
    verdict = Verdict(n=count)
    with running_world(lambda folder: small_disk(folder, SCRATCH_BYTES), **QUICK) as world:
        alice = Musician(world.address)
        song = str(alice.bring(world.song))
        assert wait_for(lambda: alice.are_ready("songs", [song]), READY_SECONDS)
        alice.draw_sections(song)
        before = _kept(world)
        keys = [uuid.uuid4() for _ in range(count)]
        ballast = world.data / "scratch" / "ballast"
        verdict.expect("clear_refusals", _refused(world, alice, keys, ballast), count)
        verdict.expect("kept_of_what_was_refused", len(_kept(world) - before), 0)
        # Only now: what a worker clears away while it finds no room would be room for a song.
        _fill(ballast, 0)
        video = alice.start_film(song)
        time.sleep(SHORT_SECONDS if options.is_short else FULL_SECONDS)
        verdict.expect("film_while_full", alice.status_of("videos", video), "generating")
        ballast.unlink()
        _recover(verdict, world, alice, keys, video)
    return verdict


def _refused(world: World, alice: Musician, keys: list[uuid.UUID], ballast: Path) -> int:
    """How many uploads are refused with the sentence of a full disk and a time to come back."""
    clear = 0
    for number, key in enumerate(keys):
        _fill(ballast, LEFT_BYTES[number % len(LEFT_BYTES)])
        answer = alice.send(world.song, key)
        clear += (
            answer is not None
            and answer.status_code == 503
            and answer.json() == {"detail": SENTENCES["disk_full"], "code": "disk_full"}
        )
    return clear


def _recover(
    verdict: Verdict, world: World, alice: Musician, keys: list[uuid.UUID], video: str
) -> None:
    answers = [alice.send(world.song, key) for key in keys]
    brought = [str(one.json()["id"]) for one in answers if one is not None and one.ok]
    wait_for(lambda: alice.are_over("songs", brought), READY_SECONDS, 1.0)
    ready = sum(alice.status_of("songs", song) == "ready" for song in brought)
    verdict.expect("songs_finished_afterwards", ready, len(keys))
    wait_for(lambda: alice.are_over("videos", [video]), READY_SECONDS, 1.0)
    verdict.expect("film_afterwards", alice.status_of("videos", video), "ready")
    takes = world.rows("select max(attempts) from videos_take")[0][0]
    verdict.expect("attempts_of_a_take", takes, 1)


def _fill(ballast: Path, left: int) -> None:
    """Fill the disk but for so many bytes.

    A request's files are cleared away after its answer: until then they would be room for the next.
    """
    wait_for(
        lambda: not [path for path in _files(ballast.parent) if path != ballast], CLEAR_SECONDS
    )
    ballast.unlink(missing_ok=True)
    piece = bytes(64 * 1024)
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(piece) == len(piece):
                continue
        except OSError:
            pass  # full: that is what was wanted
        file.truncate(max(0, file.tell() - left))


def _kept(world: World) -> set[str]:
    """Every stored file and every row of a song."""
    media = world.data / "media"
    files = {str(path) for path in _files(media)}
    return files | {str(pk) for (pk,) in world.rows("select id from songs_song")}


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


TRIAL = Trial("T4", run, rounds=20, short_rounds=2)

if __name__ == "__main__":
    sys.exit(TRIAL.main(sys.argv[1:]))
