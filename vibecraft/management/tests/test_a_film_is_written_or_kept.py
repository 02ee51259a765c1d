"""`make_video` writes a film whole or not at all; one that cannot be written is not thrown away."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from accounts.models import User
from songs.models import Song
from vibecraft import storage
from vibecraft.away import StorageAway
from vibecraft.jobs.models import Discard, Job
from vibecraft.management import batch
from vibecraft.management.commands import make_video
from vibecraft.management.selecting import SomeFailed, WrongUse
from vibecraft.money import usd_text
from vibecraft.predictions.catalog import get_model
from vibecraft.predictions.models import Prediction, Price
from vibecraft.problems import Problem
from videos import drafts
from videos.models import Take, Video
from videos.tests import cast

FILM = b"a film that was paid for"


def test_a_film_that_cannot_be_written_leaves_no_half(tmp_path: Path) -> None:
    film, output = tmp_path / "film", tmp_path / "out" / "song.mp4"
    film.write_bytes(FILM)
    output.mkdir(parents=True)
    with pytest.raises(make_video.NotWritten, match="could not be written to"):
        make_video.write_film(film, output)
    assert list(output.parent.iterdir()) == [output]


def test_a_film_whose_writing_is_interrupted_leaves_no_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "song.mp4"
    output.write_bytes(b"the one before")

    def interrupt(_: Path, part: Path) -> None:
        part.write_bytes(FILM[:5])
        raise KeyboardInterrupt

    monkeypatch.setattr(make_video.shutil, "copyfile", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make_video.write_film(tmp_path / "film", output)
    assert [(path, path.read_bytes()) for path in tmp_path.iterdir()] == [
        (output, b"the one before")
    ]


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


WAY_ON = (
    "“manage.py render_videos --user alice@example.org --state generating --state composing --here” "
    "goes on with what was begun."
)
WAY_OUT = (
    "“manage.py export_videos --user alice@example.org --wait --output FOLDER” writes what is "
    "finished there into a folder.\n"
)


UNFORESEEN = [
    OperationalError("the connection is lost"),
    BrokenProcessPool("a process ended abruptly"),
    StorageAway("503"),
    ValueError("in a child"),
]


@pytest.mark.django_db
@pytest.mark.parametrize("error", UNFORESEEN)
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
        f"alice@example.org. {WAY_ON} {WAY_OUT}"
    )
    # No film was agreed to yet: nothing more is made of it, and nothing more is paid for.
    assert [job.status for job in Job.objects.all()] == ["canceled"]


@pytest.fixture
def heard_at_once(
    alice: User, ready_song: Callable[..., Song], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A song is brought and heard in no time, and nobody else works."""
    monkeypatch.setattr(make_video, "bring_song", lambda owner, _: ready_song(owner))
    monkeypatch.setattr(make_video, "crew", lambda *_, **__: nullcontext())
    monkeypatch.setattr(make_video.Command, "hear", lambda *_: None)


@pytest.fixture
def left(
    heard_at_once: None,
    made_song_file: Callable[..., Path],
    sections_of: Callable[..., object],
) -> Video:
    """A film of which one take is made and one is ordered, when something unforeseen happens."""

    def break_off(song: Song) -> None:
        sections_of(song)
        video = cast.generating(song)
        ordered_for(Take.objects.of_job(video.job_id).active()[0])
        raise BrokenProcessPool("a process ended abruptly")

    command = make_video.Command(stderr=StringIO())
    with pytest.raises(BrokenProcessPool), song_of(command, made_song_file()) as song:
        break_off(song)
    return Video.objects.get()


def ordered_for(take: Take) -> None:
    """A paid call of which the service knows."""
    video = take.clip.video
    Prediction.objects.create(
        owner=video.owner,
        job=take.job,
        purpose="clip",
        subject_id=take.pk,
        video_id=video.pk,
        song_id=video.song_id,
        keep_at="somewhere",
        model="p-video-draft",
        phase="waiting",
        provider_id="made-there",
        estimated_usd="0.10",
    )


def test_a_film_that_was_begun_is_not_canceled_by_what_nobody_foresaw(left: Video) -> None:
    left.refresh_from_db()
    job = Job.objects.get(pk=left.job_id)
    assert (left.status, job.status, job.completed) == ("generating", "running", 1)
    made = Take.objects.of_job(job.pk).exclude(key="")
    assert [take.status for take in made] == ["succeeded"]
    chosen = left.clips.exclude(chosen_take=None).values_list("chosen_take", flat=True)
    assert list(chosen) == [take.pk for take in made]
    assert Take.objects.of_job(job.pk).active().count() == left.clips.count() - 1 > 0
    assert not Discard.objects.exists()
    call = Prediction.objects.get()
    assert (call.phase, call.cancel_asked) == ("waiting", False)


def test_a_film_that_was_begun_is_gone_on_with_as_it_was_told(
    left: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the message names as the way on is one: nothing is ordered, and no price asked for."""
    asked, told, takes = StringIO(), StringIO(), Take.objects.count()
    words = re.findall(r"manage\.py (.+?) --here", WAY_ON)[0].split()
    monkeypatch.setattr(
        batch.Run, "pause", lambda _: Job.objects.active().update(status="succeeded")
    )
    call_command(*words, "--wait", stdout=asked, stderr=told)
    assert asked.getvalue() == "1 of 1 rendered.\n"
    assert (Job.objects.filter(kind="generation").count(), Take.objects.count()) == (1, takes)
    assert Prediction.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("away", [OperationalError("it is away"), InterfaceError("it is closed")])
def test_a_database_that_stays_away_hides_nothing(
    made_song_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, away: Exception
) -> None:
    def refuse(_: Job) -> bool:
        raise away

    monkeypatch.setattr(Job, "cancel", refuse)
    told, first = StringIO(), OperationalError("the connection is lost")
    with (
        pytest.raises(OperationalError) as raised,
        song_of(make_video.Command(stderr=told), made_song_file()),
    ):
        raise first
    assert raised.value is first
    assert told.getvalue().splitlines()[1:] == [
        f"What still runs for it could not be canceled: {away}"
    ]
    assert (Song.objects.count(), Job.objects.active().count()) == (1, 1)


def test_a_film_that_costs_more_than_was_told_is_not_begun(
    ai: object,
    heard_at_once: None,
    made_song_file: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between what was said and the start an operator has entered another price."""
    say = make_video.Command.check_price

    def check_price(command: make_video.Command, video: Video, options: dict[str, Any]) -> Any:
        told = say(command, video, options)
        for variant in get_model("p-video-draft").price.usd:
            an_hour_ago = timezone.now() - timedelta(hours=1)
            Price.objects.create(
                model="p-video-draft", variant=variant, usd=1, valid_from=an_hour_ago
            )
        return told

    monkeypatch.setattr(make_video.Command, "check_price", check_price)
    said, chosen = StringIO(), dict.fromkeys(make_video.CHOSEN)
    options = chosen | {"model": "p-video-draft", "email": "alice@example.org", "parallel": 1}
    with pytest.raises(Problem) as refused:
        make_video.Command(stdout=said, stderr=StringIO()).produce(
            made_song_file(),
            made_song_file(name="film.mp4"),
            options | {"keep": True, "yes": True, "budget": None},
        )
    assert "by P-Video Draft: this costs $0." in said.getvalue()
    video = Video.objects.get()
    assert refused.value.code == "price_is_higher"
    assert usd_text(drafts.price_of(video)) in refused.value.sentence
    assert (video.status, Job.objects.count(), Prediction.objects.count()) == ("draft", 0, 0)


@pytest.fixture
def made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A song is heard and its film is made in no time, and nobody else works."""

    def make(video: Video, *, agreed_usd: Decimal) -> None:
        assert agreed_usd == 0
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
    for name in ("hear", "watch"):
        monkeypatch.setattr(make_video.Command, name, lambda *_: None)
    monkeypatch.setattr(make_video.Command, "check_price", lambda *_: Decimal(0))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "raised_as", "reason"),
    [
        (StorageAway("the store answers 503"), make_video.NotWritten, "the store answers 503"),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            make_video.NotWritten,
            "No space left on device",
        ),
        (KeyboardInterrupt(), KeyboardInterrupt, ""),
    ],
)
def test_a_film_that_cannot_be_fetched_stays_in_the_library(
    made_song_file: Callable[..., Path],
    made_at_once: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    error: BaseException,
    raised_as: type[BaseException],
    reason: str,
) -> None:
    def refuse(_: str) -> Path:
        raise error

    told, output = StringIO(), tmp_path / "film.mp4"
    options = {"email": "alice@example.org", "keep": False, "parallel": 1}
    monkeypatch.setattr(make_video.storage, "local", refuse)
    with pytest.raises(raised_as) as raised:
        make_video.Command(stderr=told).produce(
            made_song_file(), output, options | {"yes": True, "budget": None}
        )
    sentence = f"The film could not be written to {output}: {reason}." if reason else ""
    assert str(raised.value) == sentence
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
