"""Fixtures for every test: the cast, made songs, and a worker that runs inside the test.

The cast is always the same: Alice owns what the test is about, Bob has his own, Charlie must have no
access.
"""

from __future__ import annotations

import json
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from celery import current_app
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.models import User
from songs import intake
from songs.audio.features import FrameFeatures
from songs.models import Analysis, Section, Song
from vibecraft import storage
from vibecraft.jobs.claims import Claimable
from vibecraft.jobs.sweeper import claimable_models
from vibecraft.media import audio
from vibecraft.media.peaks import peaks

PASSWORD = "a long password for tests"
SAMPLE_RATE = 22050


@pytest.fixture(autouse=True)
def _quick_settings(settings: LazySettings) -> None:
    """Cheap password hashes, and no heartbeat: its thread cannot see a test's transaction."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.HEARTBEAT_SECONDS = 3600
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


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


def beat_samples(seconds: float, bpm: float) -> np.ndarray:
    """A drum on every beat (the first at 0 s), a deeper one on every fourth, over a soft chord."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    beat = time % (60 / bpm)
    is_downbeat = (time * bpm / 60).astype(int) % 4 == 0
    drum = np.sin(2 * np.pi * np.where(is_downbeat, 70, 180) * beat) * np.exp(-beat * 30)
    chord = sum(np.sin(2 * np.pi * pitch * time) for pitch in (220.0, 261.63, 329.63))
    return np.asarray(0.6 * drum * np.where(is_downbeat, 1.3, 1.0) + 0.05 * chord)


def write_wav(path: Path, samples: np.ndarray, sample_rate: int = SAMPLE_RATE) -> Path:
    """Write mono samples in -1..1 as 16-bit WAV."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


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


@pytest.fixture
def ready_song(
    made_song_file: Callable[..., Path], upload_of: Callable[..., SimpleUploadedFile]
) -> Callable[..., Song]:
    """A stored song with an exact analysis, without the time that hearing takes."""

    def make(
        owner: User, seconds: float = 12.0, bpm: float = 120.0, title: str = "Night Drive"
    ) -> Song:
        upload = upload_of(made_song_file(seconds, bpm))
        song, _ = intake.receive(owner, upload, title=title)
        analyze_exactly(song, bpm)
        return song

    return make


def analyze_exactly(song: Song, bpm: float) -> Analysis:
    """Write the analysis that a perfect ear would write for `beat_samples`."""
    beats = [float(time) for time in np.arange(0, song.duration_sec, 60 / bpm)]
    keys = {
        name: storage.song_key(song.owner_id, song.pk, name)
        for name in ("features.npz", "peaks.json")
    }
    with storage.scratch("test") as folder, storage.local(song.master_key) as master:
        _features(song.frames, bpm).save(folder / "features.npz")
        drawn = peaks(audio.read_mono(master, SAMPLE_RATE), SAMPLE_RATE)
        (folder / "peaks.json").write_text(json.dumps(drawn.as_dict()))
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


def due_rows() -> Iterator[Claimable]:
    for model in claimable_models():
        yield from model.work().due()


@pytest.fixture
def do_work() -> Callable[[], int]:
    """Run all due work here and now, as a worker would; return how many tasks ran."""
    current_app.loader.import_default_modules()

    def work() -> int:
        done = 0
        while rows := list(due_rows()):
            for row in rows:
                current_app.tasks[row.task_name](str(row.pk))
            done += len(rows)
            assert done < 1000, "the work never ends"
        return done

    return work


def stored_files(user: User) -> list[str]:
    """The keys of everything stored for a user, in order."""
    root = Path(default_storage.location) / str(user.pk)  # type: ignore[attr-defined]
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
