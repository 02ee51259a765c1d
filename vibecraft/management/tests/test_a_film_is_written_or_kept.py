"""`make_video` writes a film whole or not at all; one that cannot be written is not thrown away."""

from __future__ import annotations

import errno
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import OperationalError

from songs.models import Song
from vibecraft import storage
from vibecraft.away import StorageAway
from vibecraft.jobs.models import Job
from vibecraft.management.commands import make_video
from vibecraft.management.selecting import SomeFailed, WrongUse
from vibecraft.problems import Problem
from videos.models import Video

FILM = b"a film that was paid for"


def test_a_film_that_cannot_be_written_leaves_no_half(tmp_path: Path) -> None:
    film, output = tmp_path / "film", tmp_path / "out" / "song.mp4"
    film.write_bytes(FILM)
    output.mkdir(parents=True)
    with pytest.raises(make_video.NotWritten, match="could not be written to"):
        make_video.write_film(film, output)
    assert list(output.parent.iterdir()) == [output]


def test_a_film_replaces_the_one_before(tmp_path: Path) -> None:
    film, output = tmp_path / "film", tmp_path / "song.mp4"
    film.write_bytes(FILM)
    output.write_bytes(b"the one before, which was longer than this one")
    make_video.write_film(film, output)
    assert output.read_bytes() == FILM
    assert sorted(tmp_path.iterdir()) == [film, output]


def test_a_folder_that_takes_no_file_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    song = tmp_path / "song.wav"
    song.write_bytes(b"sound")

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(make_video.tempfile, "TemporaryFile", refuse)
    with pytest.raises(WrongUse, match=r"Nothing can be written to .*: Permission denied"):
        make_video.check_files(song, tmp_path / "song.mp4")


def song_of(command: make_video.Command, path: Path) -> AbstractContextManager[Song]:
    return command.song_of(path, {"email": "alice@example.org", "keep": False, "parallel": 1})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "error",
    [
        SomeFailed("It was canceled."),
        Problem("no_beat", "We could not find a steady beat."),
        KeyboardInterrupt(),
    ],
)
def test_where_no_film_came_of_it_nothing_stays(
    made_song_file: Callable[..., Path], error: BaseException
) -> None:
    told = StringIO()
    with (
        pytest.raises(type(error)) as raised,
        song_of(make_video.Command(stderr=told), made_song_file()),
    ):
        raise error
    assert (raised.value, Song.objects.count()) == (error, 0)
    assert told.getvalue() == (
        "No film was made. The song is removed from the library of alice@example.org.\n"
    )


WAY_OUT = (
    "“manage.py export_videos --user alice@example.org --wait --output FOLDER” writes what is "
    "finished there into a folder.\n"
)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "error",
    [
        OperationalError("the connection is lost"),
        BrokenProcessPool("a process ended abruptly"),
        StorageAway("503"),
        ValueError("in a child"),
    ],
)
def test_what_nobody_foresaw_throws_nothing_away(
    made_song_file: Callable[..., Path], error: Exception
) -> None:
    told = StringIO()
    with (
        pytest.raises(type(error)) as raised,
        song_of(make_video.Command(stderr=told), made_song_file()) as song,
    ):
        raise error
    assert (raised.value, Song.objects.get()) == (error, song)
    assert told.getvalue() == (
        "Something unforeseen went wrong. Song and video stay in the library of "
        f"alice@example.org; if the film is made, it is there. {WAY_OUT}"
    )
    # Nothing more is made of it, and nothing more is paid for.
    assert [job.status for job in Job.objects.all()] == ["canceled"]


@pytest.fixture
def made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A song is heard and its film is made in no time, and nobody else works."""

    def make(video: Video) -> None:
        key = storage.video_key(video.owner_id, video.pk, "film.mp4")
        with storage.scratch("test") as folder:
            (folder / "film.mp4").write_bytes(FILM)
            storage.put(key, folder / "film.mp4")
        Video.objects.filter(pk=video.pk).update(status="ready", film_key=key)
        video.refresh_from_db()

    def direct(_: make_video.Command, song: Song, __: object) -> Video:
        return Video.objects.create(owner=song.owner, song=song, title=song.title)

    monkeypatch.setattr(make_video, "crew", lambda *_, **__: nullcontext())
    monkeypatch.setattr(make_video, "start_generation", make)
    monkeypatch.setattr(make_video.Command, "direct", direct)
    for name in ("hear", "check_price", "watch"):
        monkeypatch.setattr(make_video.Command, name, lambda *_: None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StorageAway("the store answers 503"), "the store answers 503"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
    ],
)
def test_a_film_that_cannot_be_fetched_stays_in_the_library(
    made_song_file: Callable[..., Path],
    made_at_once: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    error: OSError,
    reason: str,
) -> None:
    def refuse(_: str) -> Path:
        raise error

    told, output = StringIO(), tmp_path / "film.mp4"
    options = {"email": "alice@example.org", "keep": False, "parallel": 1}
    monkeypatch.setattr(make_video.storage, "local", refuse)
    with pytest.raises(make_video.NotWritten) as raised:
        make_video.Command(stderr=told).produce(
            made_song_file(), output, options | {"yes": True, "budget": None}
        )
    assert str(raised.value) == f"The film could not be written to {output}: {reason}."
    assert told.getvalue() == f"The film stays in the library of alice@example.org. {WAY_OUT}"
    assert not output.exists()
    with storage.open_read(Video.objects.get().film_key) as film:
        assert film.read() == FILM
    # What it names as the way out is one.
    folder = str(tmp_path / "films")
    call_command(
        "export_videos", "--user", "alice@example.org", "--wait", "--output", folder, stdout=told
    )
    assert [path.read_bytes() for path in Path(folder).iterdir()] == [FILM]
