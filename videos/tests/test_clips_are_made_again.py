"""One clip or one section made again: what is another one then, what is not, and whose turn it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from songs.models import Section, Song
from vibecraft.jobs.models import Discard, Job
from vibecraft.jobs.sweeper import sweep
from vibecraft.media.house import SIZES, house_writer
from vibecraft.media.tests.making import SMALL, numbered
from vibecraft.problems import Problem
from vibecraft.testing import stored_files
from videos import pipeline, remaking, takes
from videos.models import Clip, SectionTurn, Take, Video
from videos.tests.finished import FIRST_NUMBER_OF_NEXT_CLIP, finished
from videos.tests.test_a_clip_is_lip_synced import film_of, numbers_of, sound_of

pytestmark = pytest.mark.django_db

Work = Callable[[], int]
AGAIN = 2000


def draw_numbers(brief: Any, *rest: Any, on_frame: Any, should_stop: Any) -> None:
    """Instead of the visualizer: pictures whose numbers say which clip they are of, made again."""
    target: Path = rest[-1]
    frames = brief.end_frame - brief.start_frame
    first = AGAIN + brief.clip_index * FIRST_NUMBER_OF_NEXT_CLIP
    with house_writer(target, size=SIZES["16:9"], drawn_size=SMALL, frames=frames) as write:
        for number in range(first, first + frames):
            write(numbered(number))


def fail_to_draw(*_: Any, **__: Any) -> None:
    raise Problem("too_dark", "Nothing can be seen.")


@pytest.fixture
def video(
    alice: User,
    ready_song: Callable[..., Song],
    sections_of: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Video:
    monkeypatch.setattr(takes, "render", draw_numbers)
    song = ready_song(alice)
    sections_of(song)
    return finished(song, tmp_path)


@pytest.fixture
def api(alice: User, api_of: Callable[[User], APIClient]) -> APIClient:
    return api_of(alice)


def section_of(video: Video, index: int) -> Section:
    section: Section = video.song.sections.get(section_index=index)
    return section


def clips_of(video: Video) -> list[Clip]:
    return list(video.clips.select_related("chosen_take"))


def expected_numbers(video: Video, again: set[int]) -> list[int]:
    """The number of every picture of the film where the clips of these indexes are made again."""
    return [
        (AGAIN if clip.clip_index in again else 0)
        + clip.clip_index * FIRST_NUMBER_OF_NEXT_CLIP
        + frame
        for clip in clips_of(video)
        for frame in range(clip.frames)
    ]


def test_one_clip_is_made_again_and_nothing_else(
    video: Video, do_work: Work, tmp_path: Path
) -> None:
    before, sound = clips_of(video), sound_of(film_of(video), tmp_path)
    job = remaking.remake_clip(video, before[1], prompt="Another rain")
    assert film_of(video), "the old film can be watched while the new one is made"
    do_work()
    job.refresh_from_db()
    video.refresh_from_db()
    assert (job.status, job.progress, job.completed, job.total) == ("succeeded", 100, 1, 1)
    after = clips_of(video)
    changed = [b.chosen_take_id != a.chosen_take_id for b, a in zip(before, after, strict=True)]
    assert changed == [index == 1 for index in range(len(before))]
    assert [after[1].prompt, after[1].regenerations_left] == ["Another rain", 0]
    assert (after[1].chosen_take.kind, after[1].chosen_take.number) == ("regenerated", 2)
    assert [clip.film_take_id for clip in after] == [clip.chosen_take_id for clip in after]
    assert numbers_of(film_of(video), tmp_path) == expected_numbers(video, {1})
    assert sound_of(film_of(video), tmp_path) == sound
    assert video.status == "ready"


def test_each_clip_has_one_turn(video: Video, do_work: Work) -> None:
    clip = clips_of(video)[0]
    remaking.remake_clip(video, clip)
    do_work()
    with pytest.raises(Problem) as refusal:
        remaking.remake_clip(Video.objects.get(pk=video.pk), clip)
    assert (refusal.value.code, refusal.value.status) == ("no_regenerations_left", 409)
    assert Job.objects.filter(video_id=video.pk, kind="regeneration").count() == 1
    assert clip.takes.count() == 2


def test_a_section_is_made_again_once_and_gives_its_clips_their_turns_back(
    video: Video, do_work: Work, tmp_path: Path
) -> None:
    section = section_of(video, 1)
    mine = [clip for clip in clips_of(video) if clip.section_id == section.pk]
    remaking.remake_clip(video, mine[0])
    do_work()
    video.refresh_from_db()
    job = remaking.remake_section(video, section)
    assert job.total == len(mine)
    do_work()
    video.refresh_from_db()
    assert numbers_of(film_of(video), tmp_path) == expected_numbers(
        video, {clip.clip_index for clip in mine}
    )
    left = remaking.turns_left(video)
    assert left["clips"] == {str(clip.pk): 1 for clip in clips_of(video)}
    assert left["sections"][str(section.pk)] == 0
    with pytest.raises(Problem) as refusal:
        remaking.remake_section(video, section)
    assert refusal.value.code == "no_regenerations_left"
    assert SectionTurn.objects.count() == 1


def test_one_that_fails_leaves_everything_and_gives_the_turn_back(
    video: Video, do_work: Work, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takes, "render", fail_to_draw)
    film, files = film_of(video), stored_files(alice)
    used = User.objects.get(pk=alice.pk).storage_used_bytes
    before = [clip.chosen_take_id for clip in clips_of(video)]
    jobs = [remaking.remake_clip(video, clips_of(video)[0])]
    do_work()
    jobs.append(remaking.remake_section(video, section_of(video, 0)))
    do_work()
    for job in jobs:
        job.refresh_from_db()
        assert (job.status, job.error_code) == ("failed", "too_dark")
        assert job.error_sentence == "Nothing can be seen."
    sweep()
    assert not Discard.objects.exists()
    assert film_of(video) == film
    assert stored_files(alice) == files
    assert User.objects.get(pk=alice.pk).storage_used_bytes == used
    assert [clip.chosen_take_id for clip in clips_of(video)] == before
    left = remaking.turns_left(video)
    assert set(left["clips"].values()) == set(left["sections"].values()) == {1}
    assert Video.objects.get(pk=video.pk).status == "ready"


def test_a_second_click_gives_the_same_job(video: Video) -> None:
    clip = clips_of(video)[0]
    first = remaking.remake_clip(video, clip)
    assert remaking.remake_clip(video, clip) == first
    assert clip.takes.count() == 2
    with pytest.raises(Problem) as refusal:
        remaking.remake_clip(video, clips_of(video)[1])
    assert refusal.value.code == "already_running"


def test_one_that_is_canceled_gives_the_turn_back(video: Video, do_work: Work) -> None:
    clip = clips_of(video)[0]
    remaking.remake_clip(video, clip)
    assert pipeline.cancel_video(video)
    assert do_work() == 0
    clip.refresh_from_db()
    assert clip.regenerations_left == 1
    assert [take.status for take in clip.takes.order_by("number")] == ["succeeded", "canceled"]


def test_over_http_with_a_key_what_is_left_and_how_it_stands(
    video: Video, api: APIClient, do_work: Work
) -> None:
    clip = clips_of(video)[0]
    address = f"/api/videos/{video.pk}/regenerate/clip/{clip.pk}"
    key = {"HTTP_IDEMPOTENCY_KEY": "0b0e7a52-9a0e-4a55-9c7e-6a2e6a9f7e11"}
    answers = [api.post(address, {"prompt": "Fog"}, **key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    status = api.get(f"/api/videos/{video.pk}/regeneration/status").json()
    assert status["job_id"] == answers[0].json()["job_id"]
    assert (status["status"], status["total"], status["completed"]) == ("queued", 1, 0)
    assert status["left"]["clips"][str(clip.pk)] == 0
    do_work()
    assert api.get(f"/api/videos/{video.pk}/regeneration/status").json()["status"] == "succeeded"
    refused = api.post(address)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_regenerations_left")
    assert refused.json()["video_id"] == str(video.pk)


def test_while_a_clip_is_made_again_the_film_is_not_joined(video: Video, api: APIClient) -> None:
    job = remaking.remake_clip(video, clips_of(video)[0])
    refused = api.post(f"/api/videos/{video.pk}/restitch")
    assert (refused.status_code, refused.json()["code"]) == (409, "already_running")
    assert Job.objects.active().get() == job


def test_a_final_video_and_one_without_a_film_are_refused(video: Video) -> None:
    clip = clips_of(video)[0]
    for change, code in (
        ({"status": "draft", "film_key": ""}, "film_not_ready"),
        ({"is_finalized": True}, "video_is_final"),
    ):
        Video.objects.filter(pk=video.pk).update(**change)
        with pytest.raises(Problem) as refusal:
            remaking.remake_clip(Video.objects.get(pk=video.pk), clip)
        assert (refusal.value.code, refusal.value.status) == (code, 409)
    assert Take.objects.filter(kind="regenerated").count() == 0


def test_another_take_is_chosen_and_the_film_joined_again(
    video: Video, api: APIClient, do_work: Work, tmp_path: Path
) -> None:
    clip = clips_of(video)[0]
    remaking.remake_clip(video, clip)
    do_work()
    first = clip.takes.get(number=1)
    chosen = api.patch(f"/api/videos/{video.pk}/clips/{clip.pk}", {"chosen_take_id": str(first.pk)})
    assert chosen.status_code == 200
    clip.refresh_from_db()
    assert clip.film_take_id != clip.chosen_take_id, "the film shows the other one until joined"
    started = [api.post(f"/api/videos/{video.pk}/restitch") for _ in range(2)]
    assert [answer.status_code for answer in started] == [202, 202]
    assert started[0].json() == started[1].json(), "the second click is answered with the first"
    do_work()
    clip.refresh_from_db()
    assert clip.film_take_id == clip.chosen_take_id == first.pk
    video.refresh_from_db()
    assert numbers_of(film_of(video), tmp_path) == expected_numbers(video, set())
