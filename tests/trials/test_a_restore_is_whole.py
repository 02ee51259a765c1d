"""Trial T22: a dump, a copy of the objects and a manifest are enough to begin again elsewhere."""

from __future__ import annotations

import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from songs import pipeline as song_pipeline
from songs.models import Section, Song
from tests.trials import figures
from vibecraft import storage
from vibecraft.jobs.claims import ACTIVE
from vibecraft.jobs.models import Job
from vibecraft.media import house
from videos import drafts, pipeline
from videos.models import Video

pytestmark = [pytest.mark.clock, pytest.mark.django_db(transaction=True)]

SHORT_SONGS = 2
RESTORE_SECONDS = 600


def keep_files_in(folder: Path, settings: LazySettings) -> None:
    default = {"BACKEND": "vibecraft.disk.Disk", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = settings.STORAGES | {"default": default}


@pytest.fixture
def media(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the objects are. Films are small: what is seen in them does not matter."""
    monkeypatch.setitem(house.SIZES, "16:9", (320, 180))
    folder = tmp_path / "media"
    keep_files_in(folder, settings)
    return folder


def _address(name: str) -> str:
    about: dict[str, Any] = connection.settings_dict
    return f"postgresql://{about['USER']}@{about['HOST']}:{about['PORT']}/{name}"


def _call(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """An empty database; at the end it is gone, and the tests' own is used again."""
    name, before = f"restored_{uuid.uuid4().hex[:8]}", connection.settings_dict["NAME"]
    server = _address("postgres")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
    yield name
    connection.close()
    connection.settings_dict["NAME"] = before
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_what_was_saved_is_all_there_and_open_work_goes_on(
    alice: User,
    ready_song: Callable[..., Song],
    sections_of: Callable[..., list[Section]],
    made_song_file: Callable[..., Path],
    do_work: Callable[[], int],
    media: Path,
    elsewhere: str,
    settings: LazySettings,
    tmp_path: Path,
) -> None:
    songs = [ready_song(alice) for _ in range(figures.size(SHORT_SONGS))]
    sections_of(songs[0])
    brought = SimpleUploadedFile("new.wav", made_song_file(seconds=12).read_bytes())
    heard = song_pipeline.bring_song(alice, brought)
    video = drafts.create_video(alice, songs[0], model="visualizer")
    pipeline.start_generation(video)
    opened = set(Job.objects.filter(status__in=ACTIVE).values_list("pk", flat=True))
    assert len(opened) == 2

    manifest, dump, copy = tmp_path / "manifest.jsonl", tmp_path / "site.dump", tmp_path / "copy"
    call_command("backup_manifest", "--output", str(manifest), stdout=StringIO())
    _call("pg_dump", "-Fc", "-f", str(dump), _address(connection.settings_dict["NAME"]))
    shutil.copytree(media, copy)
    connection.close()
    shutil.rmtree(media)

    begun = time.monotonic()
    _call("pg_restore", "--no-owner", "--exit-on-error", "-d", _address(elsewhere), str(dump))
    shutil.copytree(copy, tmp_path / "restored")
    keep_files_in(tmp_path / "restored", settings)
    connection.settings_dict["NAME"] = elsewhere
    said = StringIO()
    call_command("backup_manifest", "--check", str(manifest), stdout=said)
    lasted = time.monotonic() - begun
    objects = len(storage.keys(""))
    assert objects == 4 * len(songs) + 2
    assert (
        f"{objects} of {objects} objects are as they were, and every table has" in said.getvalue()
    )
    assert lasted < RESTORE_SECONDS

    do_work()
    jobs = dict(Job.objects.filter(pk__in=opened).values_list("pk", "status"))
    assert jobs == dict.fromkeys(opened, "succeeded")
    assert Song.objects.get(pk=heard.pk).status == "ready"
    film = Video.objects.get(pk=video.pk)
    assert film.status == "ready"
    assert storage.exists(film.film_key)
    figures.note("objects", objects)
    figures.note("restore seconds", round(lasted, 1))
    figures.note("open jobs", len(opened))
    figures.note("resumed", sum(status == "succeeded" for status in jobs.values()))
