"""An account that is closed while its work ends: nobody waits crosswise, and all of it is gone."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from accounts.closing import delete_account
from accounts.models import Closing, User
from songs import importing
from songs.intake import Incoming
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.jobs.runner import LeaseLost
from vibecraft.media.verify import FilmFacts
from vibecraft.testcrowd import at_once
from videos import film, keeping, pipeline
from videos.models import Export, Take, Video
from videos.tests import cast

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]

# Nobody comes where the order of locks keeps the other one out, so this is how long one waits.
MEET_SECONDS = 0.5
USER, JOB = 'UPDATE "accounts_user"', 'UPDATE "jobs_job"'
ADDRESS = "https://example.org/song.wav"

Execute = Callable[..., Any]


class Meeting:
    """The end of some work takes its first lock, and goes on when the closing holds the user.

    That never happens where the order of locks is right: then the closing waits for the end.
    """

    def __init__(self) -> None:
        self.has_begun, self.is_user_held = Event(), Event()

    def stop_the_end(self, execute: Execute, sql: str, *rest: Any) -> Any:
        made = execute(sql, *rest)
        if sql.startswith((JOB, USER)) and not self.has_begun.is_set():
            self.has_begun.set()
            self.is_user_held.wait(MEET_SECONDS)
        return made

    def tell_the_end(self, execute: Execute, sql: str, *rest: Any) -> Any:
        made = execute(sql, *rest)
        if sql.startswith(USER):
            self.is_user_held.set()
        return made


def close_while(user: User, end: Callable[[], object]) -> None:
    """Close the account while some work of it ends, or finds that it has lost its lease."""
    meeting = Meeting()

    def act(number: int) -> None:
        if number == 0:
            with connection.execute_wrapper(meeting.stop_the_end), suppress(LeaseLost):
                end()
            return
        assert meeting.has_begun.wait(10)
        with connection.execute_wrapper(meeting.tell_the_end):
            delete_account(user)

    at_once(act, 2)


def assert_closed(user: User) -> None:
    user.refresh_from_db()
    assert (user.is_active, user.email) == (False, f"{user.pk}@closed.invalid")
    assert Closing.objects.get().status == "queued"
    assert (Song.objects.count(), Video.objects.count()) == (0, 0)
    assert not Job.objects.active().exists()


def ending_take(job: Job, folder: Path) -> Callable[[], None]:
    """The first take of a film, made and about to be stored."""
    take = Take.objects.of_job(job.pk).select_related("job", "clip__video__owner")[0]
    assert take.claim()
    for name in ("take.mp4", "take.jpg"):
        (folder / name).write_bytes(b"x" * 10)
    return partial(keeping.store, take, folder)


def test_a_take_is_stored_meanwhile(alice: User, song: Song, tmp_path: Path) -> None:
    job = pipeline.start_generation(cast.draft_of(song))
    close_while(alice, ending_take(job, tmp_path))
    assert_closed(alice)
    assert not Take.objects.exists()


def test_a_take_is_stored_while_another_film_is_canceled(
    alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any], tmp_path: Path
) -> None:
    """The end of a canceled film counts for the user: the jobs of all others are held by then."""
    songs = [ready_song(alice) for _ in range(2)]
    for song in songs:
        sections_of(song)
    # The newest is canceled first.
    oldest, _ = [pipeline.start_generation(cast.draft_of(song)) for song in songs]
    close_while(alice, ending_take(oldest, tmp_path))
    assert_closed(alice)


def test_a_song_is_imported_meanwhile(
    alice: User, shelf: Callable[[float, float], Incoming], tmp_path: Path
) -> None:
    wanted = importing.order(alice, ADDRESS, urlsplit(ADDRESS), uuid.uuid4())
    assert wanted.job.claim()
    kept = shelf(12.0, 120.0)
    shutil.copytree(kept.source.parent, tmp_path / "copy")
    incoming = replace(
        kept, source=tmp_path / "copy" / "song.wav", master=tmp_path / "copy" / "master.flac"
    )
    close_while(alice, lambda: importing._keep(wanted.job, wanted, incoming, "song.wav", ""))
    assert_closed(alice)


def facts_of(video: Video) -> FilmFacts:
    """What is found of a film as it should be."""
    frames, seconds = video.song.frames, video.song.duration_sec
    cuts = tuple(video.clips.values_list("start_frame", flat=True))
    return FilmFacts(
        width=1920,
        height=1080,
        frame_rate=Fraction(24),
        frames=frames,
        duration=seconds,
        codec="h264",
        pixel_format="yuv420p",
        sample_aspect=Fraction(1),
        color_space="bt709",
        color_range="tv",
        has_even_times=True,
        undecoded=0,
        decode_errors=0,
        keyframes=cuts,
        black_frames=0,
        longest_freeze=1,
        sound_codec="aac",
        sound_seconds=seconds,
        song_seconds=seconds,
        offset_start=0.0,
        offset_middle=0.0,
        offset_end=0.0,
        cuts=cuts,
    )


def running(video: Video, kind: str, number: int) -> Job:
    """A claimed job with an id of its own choice: jobs are held in the order of their ids."""
    job: Job = Job.objects.create(
        id=uuid.UUID(int=number), owner=video.owner, kind=kind, video_id=video.pk
    )
    assert job.claim()
    return job


def test_a_film_is_shown_while_exports_of_the_earlier_one_are_made(alice: User, song: Song) -> None:
    video = cast.ready(song)
    makers = [running(video, "export", number) for number in (1, 3)]
    for job, height in zip(makers, (480, 720), strict=True):
        Export.objects.create(video=video, format="mov", height=height, made_of="x", job=job)
    joining, facts = running(video, "composition", 2), facts_of(video)
    clips = list(video.clips.select_related("chosen_take"))
    close_while(alice, lambda: film._show(joining, video, clips, facts, len(cast.FILM)))
    assert_closed(alice)
    ended = Job.objects.filter(video_id=video.pk).order_by("pk").exclude(kind="generation")
    assert list(ended.values_list("status", flat=True)) == ["canceled", "succeeded", "canceled"]
    assert not Export.objects.exists()
