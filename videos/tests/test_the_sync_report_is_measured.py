"""The sync report is computed from the finished film by decoding it, not from the plan [I4]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accounts.models import User
from songs.models import Song
from vibecraft import storage
from vibecraft.media import concat
from vibecraft.media.frames import to_frames
from vibecraft.media.verify import inspect_film
from videos import film, pipeline
from videos.models import Video
from videos.sync import sync_report
from videos.tests.finished import finished
from videos.tests.test_a_clip_is_lip_synced import film_of, numbers_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(
    alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any], tmp_path: Path
) -> Video:
    song = ready_song(alice)
    sections_of(song)
    return finished(song, tmp_path)


def test_its_cuts_are_where_the_pictures_of_the_film_change(
    video: Video, do_work: Callable[[], int], tmp_path: Path
) -> None:
    pipeline.start_composition(video)
    do_work()
    video.refresh_from_db()
    jumps = np.flatnonzero(np.diff(numbers_of(film_of(video), tmp_path)) != 1) + 1
    report = video.sync_report
    assert [to_frames(cut["time"]) for cut in report["each"]] == jumps.tolist()
    assert (report["cuts"], report["frames"]) == (len(jumps), video.song.frames)
    assert report["sound_offset_ms"] < 1


def test_a_film_that_is_not_as_planned_is_reported_as_it_is(video: Video) -> None:
    clips = list(video.clips.all())
    with storage.local(video.film_key) as path, storage.local(video.song.master_key) as master:
        facts = inspect_film(path, audio=master, every_picture=False)
    late = tuple(clip.start_frame + 6 for clip in clips)
    report = sync_report(clips, video.song.analysis, replace(facts, cuts=late))
    assert [cut.distance for cut in report.each] == [0.25] * (len(clips) - 1)
    assert (report.cuts, report.cuts_on_beats, report.cuts_on_downbeats) == (len(clips) - 1, 0, 0)


def test_clips_in_another_order_are_found_and_the_old_film_stays(
    video: Video, do_work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    join, before = film.concat.join, film_of(video)

    def join_swapped(clips: Sequence[concat.Clip], *rest: Any, **more: Any) -> None:
        join([clips[1], clips[0], *clips[2:]], *rest, **more)

    monkeypatch.setattr(film.concat, "join", join_swapped)
    job = pipeline.start_composition(video)
    do_work()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("queued", "verify_failed")
    assert "cuts: (96, 0, 192), not (0, 96, 192)" in job.error_detail
    assert film_of(video) == before
