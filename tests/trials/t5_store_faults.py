"""T5: the store refuses three of ten requests, stalls one of ten and cuts one of twenty.

    python -m tests.trials.t5_store_faults                100 songs and 20 films
    python -m tests.trials.t5_store_faults --rounds 20    20 songs and 4 films
    python -m tests.trials.t5_store_faults --short        2 songs and a film

Who brings a song repeats what was refused, with the same key. Afterwards every object has the bytes
that were meant, none is missing, and none is there that no row knows.
"""

from __future__ import annotations

import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3

from tests.trials.harness import (
    QUICK,
    SONG_SECONDS,
    Options,
    Trial,
    Verdict,
    World,
    running_world,
    wait_for,
)
from tests.trials.musician import Musician
from tests.trials.store_proxy import Faults, faulty
from vibecraft.testsounds import beat_samples, write_wav
from vibecraft.teststore import TestStore, object_store

BUCKET = "vibecraft-trial"
SONGS_A_FILM = 5
AT_ONCE = 4
TRIES = 12
# Twenty films wait for some 150 stalls of 20 s, in two processes that draw as well.
WORK_SECONDS = 3600
DISCARD_SECONDS = 120
KEYS = (
    "select source_key from songs_song",
    "select master_key from songs_song",
    "select features_key from songs_analysis",
    "select peaks_key from songs_analysis",
    "select key from videos_take where status = 'succeeded'",
    "select thumbnail_key from videos_take where status = 'succeeded'",
    "select film_key from videos_video",
    "select poster_key from videos_video",
)


def run(options: Options) -> Verdict:
    films = max(1, options.rounds // SONGS_A_FILM)
    verdict = Verdict(n=options.rounds + films)
    faults = Faults(seed=options.seed, stall_seconds=2.0 if options.is_short else 20.0)
    with ExitStack() as stack:
        store = stack.enter_context(object_store())
        address = stack.enter_context(faulty(store.endpoint, faults))
        told = store.environment(BUCKET) | {
            "STORAGE_ENDPOINT": address,
            "STORAGE_PUBLIC_ENDPOINT": address,
        }
        world = stack.enter_context(running_world(**QUICK, **told))
        alice = Musician(world.address)
        faults.are_on = True
        sent = _bring_all(world, alice, options.rounds)
        verdict.expect("songs_acknowledged", len(sent), options.rounds)
        heard = wait_for(lambda: alice.are_over("songs", list(sent)), WORK_SECONDS, 1.0)
        verdict.figures["until all songs were over"] = heard
        verdict.expect("songs_ready", _ready(alice, "songs", list(sent)), options.rounds)
        videos = _film(alice, list(sent)[:films])
        made = wait_for(lambda: alice.are_over("videos", videos), WORK_SECONDS, 1.0)
        verdict.figures["until all films were over"] = made
        verdict.expect("films_ready", _ready(alice, "videos", videos), films)
        verdict.figures["why films failed"] = world.failures()
        wait_for(lambda: _discards(world) == 0, DISCARD_SECONDS)
        verdict.figures["faults"] = dict(faults.met)
        verdict.figures["answers"] = {str(code): n for code, n in alice.answers.items()}
        _compare(verdict, world, store, alice, sent, videos)
    return verdict


def _bring_all(world: World, alice: Musician, count: int) -> dict[str, str]:
    """Bring songs that all differ; {id: sha256 of what was sent} of the acknowledged ones."""
    samples = beat_samples(SONG_SECONDS, 120)
    folder = world.song.parent
    paths = [
        write_wav(folder / f"song-{number}.wav", samples * (1 - number / 1000))
        for number in range(count)
    ]

    def bring(path: Path) -> str | None:
        return alice.bring(path, tries=TRIES)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        ids = list(pool.map(bring, paths))
    pairs = zip(ids, paths, strict=True)
    return {pk: hashlib.sha256(path.read_bytes()).hexdigest() for pk, path in pairs if pk}


def _film(alice: Musician, songs: list[str]) -> list[str]:
    for song in songs:
        alice.draw_sections(song)
    return [alice.start_film(song) for song in songs]


def _ready(alice: Musician, kind: str, ids: list[str]) -> int:
    return sum(alice.status_of(kind, pk) == "ready" for pk in ids)


def _discards(world: World) -> int:
    return world.count("select count(*) from jobs_discard")


def _compare(
    verdict: Verdict,
    world: World,
    store: TestStore,
    alice: Musician,
    sent: dict[str, str],
    videos: list[str],
) -> None:
    """Hold the rows against the store itself, without the proxy."""
    bucket = _bucket(store)
    there = {item.key for item in bucket.objects.all()}
    known = {key for query in KEYS for (key,) in world.rows(query) if key}
    verdict.figures["objects"] = len(there)
    verdict.expect("rows_without_object", sorted(known - there), [])
    verdict.expect("objects_without_row", sorted(there - known), [])

    def sha256(query: str, pk: str) -> str:
        (key,) = world.rows(query, pk)[0]
        return (
            hashlib.sha256(bucket.Object(key).get()["Body"].read()).hexdigest() if key else "none"
        )

    source = "select source_key from songs_song where id = %s"
    equal = sum(sha256(source, song) == wanted for song, wanted in sent.items())
    verdict.expect("songs_equal", equal, len(sent))
    film = "select film_key from videos_video where id = %s"
    equal = sum(sha256(film, video) == _download(alice, video) for video in videos)
    verdict.expect("films_equal", equal, len(videos))


def _download(alice: Musician, video: str) -> str:
    """sha256 of the film as a browser gets it, which tries again what was refused or cut."""
    for _ in range(TRIES):
        answer = alice.browse(f"/videos/{video}/film.mp4")
        if answer is not None and answer.status_code == 200:
            return hashlib.sha256(answer.content).hexdigest()
    return ""


def _bucket(store: TestStore) -> Any:
    resource = boto3.resource(
        "s3",
        endpoint_url=store.endpoint,
        region_name="us-east-1",
        aws_access_key_id=store.access_key,
        aws_secret_access_key=store.secret_key,
    )
    return resource.Bucket(BUCKET)


TRIAL = Trial("T5", run, rounds=100, short_rounds=2)

if __name__ == "__main__":
    sys.exit(TRIAL.main(sys.argv[1:]))
