"""Fixtures for every test: the cast, made songs, and a worker that runs inside the test.

The cast is always the same: Alice owns what the test is about, Bob has his own, Charlie must have no
access.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from celery import current_app
from django.conf import LazySettings
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models.functions import Now
from django.test import Client, override_settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.models import User
from songs import intake
from songs.audio.features import FrameFeatures
from songs.intake import Incoming
from songs.models import Analysis, Section, Song
from vibecraft import storage
from vibecraft.bucket import Bucket
from vibecraft.jobs.claims import Claimable
from vibecraft.jobs.sweeper import claimable_models
from vibecraft.media import audio
from vibecraft.media.frames import total_frames
from vibecraft.media.peaks import peaks
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.standin.fixture import standin, standin_process
from vibecraft.predictions.standin.remote import Remote
from vibecraft.testservers import TEMPLATE
from vibecraft.testsounds import SAMPLE_RATE, beat_samples, write_wav
from vibecraft.teststore import TestStore, store_server

__all__ = [
    "SAMPLE_RATE",
    "beat_samples",
    "standin",
    "standin_process",
    "store_server",
    "write_wav",
]

PASSWORD = "a long password for tests"
# Fast, and yet a busy machine draws an output before the model's deadline is over.
AI_TIME_SCALE = 100.0
# A test holds one transaction all the time, and fifty threads of it wait for one row.
NO_HURRY = " -c statement_timeout=60s -c lock_timeout=60s -c idle_in_transaction_session_timeout=0"
# Of the end of a day: what a test counts as made today is counted on the day it was made.
BEFORE_MIDNIGHT = timedelta(seconds=5)


@pytest.fixture(scope="session", autouse=True)
def _cache_of_this_process() -> Iterator[None]:
    """Emptying the cache in one process of a run empties no other's."""
    process = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    own = {
        name: cache | {"LOCATION": f"{cache['LOCATION']}-{process}"}
        for name, cache in django_settings.CACHES.items()
    }
    with override_settings(CACHES=own):
        yield


@pytest.fixture(autouse=True)
def _one_day() -> None:
    """No test begins on one day and ends on the next."""
    soon = datetime.now(UTC) + BEFORE_MIDNIGHT
    if soon.date() != datetime.now(UTC).date():
        time.sleep(BEFORE_MIDNIGHT.total_seconds())


@pytest.fixture(autouse=True)
def _quick_settings(settings: LazySettings) -> None:
    """Cheap password hashes, and no heartbeat: its thread cannot see a test's transaction."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.HEARTBEAT_SECONDS = 3600
    settings.PAID_STARTS_A_MINUTE = settings.UPLOADS_A_MINUTE = 1000
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Copy a migrated database where there is one, instead of migrating one for each process.

    Of two limits that say the same the server takes the last.
    """
    if template := os.environ.get(TEMPLATE):
        connection.settings_dict["TEST"]["TEMPLATE"] = template
    if connection.vendor == "postgresql":
        connection.settings_dict["OPTIONS"]["options"] += NO_HURRY


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice@example.org", PASSWORD)


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob@example.org", PASSWORD)


@pytest.fixture
def charlie(db: None) -> User:
    return User.objects.create_user("charlie@example.org", PASSWORD)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser session of a user."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


@pytest.fixture
def api_of() -> Callable[[User], APIClient]:
    """An API client with a user's bearer token."""

    def with_token(user: User) -> APIClient:
        client = APIClient()
        token = RefreshToken.for_user(user).access_token
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    return with_token


@pytest.fixture
def made_song_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a small WAV with a clear beat and return its path."""

    def make(seconds: float = 12.0, bpm: float = 120.0, name: str = "song.wav") -> Path:
        return write_wav(tmp_path / name, beat_samples(seconds, bpm))

    return make


@pytest.fixture
def upload_of() -> Callable[..., SimpleUploadedFile]:
    """A file as a form sends it."""

    def upload(path: Path, name: str | None = None) -> SimpleUploadedFile:
        return SimpleUploadedFile(name or path.name, path.read_bytes(), "application/octet-stream")

    return upload


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Callable[[float, float], Incoming]:
    """A song with a clear beat, checked, decoded and analyzed: once for all tests that want it."""
    made: dict[tuple[float, float], Incoming] = {}

    def take(seconds: float, bpm: float) -> Incoming:
        if (seconds, bpm) not in made:
            folder = tmp_path_factory.mktemp("song")
            path = write_wav(folder / "song.wav", beat_samples(seconds, bpm))
            song = made[seconds, bpm] = intake.check(path, folder)
            write_analysis(song.master, total_frames(song.duration), bpm)
        return made[seconds, bpm]

    return take


@pytest.fixture
def ready_song(shelf: Callable[[float, float], Incoming], tmp_path: Path) -> Callable[..., Song]:
    """A stored song with an exact analysis, without the time that decoding and hearing take."""

    def make(
        owner: User, seconds: float = 12.0, bpm: float = 120.0, title: str = "Night Drive"
    ) -> Song:
        kept = shelf(seconds, bpm)
        folder = tmp_path / f"copy-{uuid.uuid4().hex}"
        shutil.copytree(kept.source.parent, folder)
        copy = replace(kept, source=folder / "song.wav", master=folder / "master.flac")
        song = intake.keep(owner, copy, title=title, original_filename="song.wav")
        store_analysis(song, bpm, folder)
        return song

    return make


def analyze_exactly(song: Song, bpm: float) -> Analysis:
    """Write the analysis that a perfect ear would write for `beat_samples`."""
    with storage.scratch("test") as folder, storage.local(song.master_key) as master:
        shutil.copyfile(master, folder / "master.flac")
        write_analysis(folder / "master.flac", song.frames, bpm)
        return store_analysis(song, bpm, folder)


def write_analysis(master: Path, frames: int, bpm: float) -> None:
    """The two files of an analysis, beside the song's decode."""
    _features(frames, bpm).save(master.with_name("features.npz"))
    drawn = peaks(audio.read_mono(master, SAMPLE_RATE), SAMPLE_RATE)
    master.with_name("peaks.json").write_text(json.dumps(drawn.as_dict()))


def store_analysis(song: Song, bpm: float, folder: Path) -> Analysis:
    beats = [float(time) for time in np.arange(0, song.duration_sec, 60 / bpm)]
    keys = {
        name: storage.song_key(song.owner_id, song.pk, name)
        for name in ("features.npz", "peaks.json")
    }
    for name, key in keys.items():
        storage.put(key, folder / name)
    Song.objects.filter(pk=song.pk).update(status=Song.Status.READY)
    song.refresh_from_db()
    return Analysis.objects.create(
        song=song,
        bpm=bpm,
        tempo_confidence=0.9,
        beat_times=beats,
        downbeat_times=beats[::4],
        genre="electronic",
        sub_genres=["house"],
        genre_confidence=0.7,
        mood_primary="energetic",
        mood_tags=["energetic", "happy"],
        mood_vector={"energy": 0.8, "valence": 0.6, "danceability": 0.9, "tension": 0.3},
        key="A minor",
        energy_curve=[{"time": float(t), "value": 0.5} for t in range(int(song.duration_sec))],
        features_key=keys["features.npz"],
        peaks_key=keys["peaks.json"],
    )


def _features(frames: int, bpm: float) -> FrameFeatures:
    phase = (np.arange(frames) / 24) % (60 / bpm)
    pulse = np.exp(-phase * 8).astype(np.float32)
    steady = np.full(frames, 0.6, np.float32)
    spectrum = np.repeat(pulse[:, None], 48, axis=1)
    return FrameFeatures(
        energy=steady, low=pulse, mid=steady, high=steady, onset=pulse, spectrum=spectrum
    )


@pytest.fixture
def sections_of() -> Callable[..., list[Section]]:
    """Three sections of equal length over a song."""

    def make(song: Song, labels: tuple[str, ...] = ("Intro", "Chorus", "Outro")) -> list[Section]:
        borders = [round(song.frames * part / len(labels)) for part in range(len(labels) + 1)]
        return Section.objects.bulk_create(
            Section(
                song=song,
                section_index=index,
                label=label,
                start_frame=borders[index],
                end_frame=borders[index + 1],
            )
            for index, label in enumerate(labels)
        )

    return make


@pytest.fixture
def song(
    alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., list[Section]]
) -> Song:
    """Alice's, analyzed and with its three sections: a video can be made of it."""
    made = ready_song(alice)
    sections_of(made)
    return made


def due_rows() -> Iterator[Claimable]:
    for model in claimable_models():
        yield from model.work().due()


@pytest.fixture
def do_work() -> Callable[[], int]:
    """Run all due work here and now, as a worker would; return how many tasks ran.

    Paid calls are driven to their end: what is to be looked at later is looked at soon.
    """

    current_app.loader.import_default_modules()

    def work() -> int:
        done = 0
        while rows := list(due_rows()) or calls_on_the_way():
            for row in rows:
                current_app.tasks[row.task_name](str(row.pk))
            done += len(rows)
            assert done < 1000, "the work never ends"
        return done

    return work


# More than a second of the stand-in's time, which sees to it that nobody asks more often.
LOOK_SECONDS = 0.03


def calls_on_the_way() -> list[Claimable]:
    """The paid calls that wait for their time, due now: after a moment for the service to work."""
    waiting = Prediction.work().active().unclaimed().exclude(next_run_at=None)
    if not waiting.exists():
        return []
    time.sleep(LOOK_SECONDS)
    waiting.update(next_run_at=Now())
    return list(Prediction.work().due())


@pytest.fixture
def ai(standin: Remote, settings: LazySettings, db: None) -> Remote:
    """AI is switched on, and the service is the stand-in: real HTTP, made media, fast time."""
    settings.REPLICATE_API_TOKEN = standin.token
    settings.REPLICATE_BASE_URL = standin.api
    standin.settings(time_scale=AI_TIME_SCALE)
    return standin


def use_bucket(settings: LazySettings, store: TestStore) -> Bucket:
    """Keep files in a bucket of a test's own, for as long as the test lasts."""
    name = f"test-{uuid.uuid4().hex}"
    usual: dict[str, Any] = settings.BUCKET
    options = usual["OPTIONS"] | {
        "bucket_name": name,
        "endpoint_url": store.endpoint,
        "public_endpoint": store.endpoint,
        "access_key": store.access_key,
        "secret_key": store.secret_key,
    }
    settings.STORAGES = settings.STORAGES | {"default": usual | {"OPTIONS": options}}
    bucket = storage.store()
    assert isinstance(bucket, Bucket)
    assert bucket.create()
    return bucket


def stored_files(user: User) -> list[str]:
    """The keys of everything stored for a user, in order."""
    root = Path(default_storage.location) / str(user.pk)  # type: ignore[attr-defined]
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
