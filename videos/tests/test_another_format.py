"""A finished video in another format: exact pictures, cropped where one wants, and nothing paid."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.media.house import house_writer
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.standin.remote import Remote
from vibecraft.problems import Problem
from vibecraft.testing import stored_files
from videos import finalizing, formats, pipeline, reframing, takes
from videos.models import Clip, Take, Video
from videos.tests.cast import ready
from videos.tests.filmed import Work
from videos.tests.marked import marked, marked_video, pictures

pytestmark = pytest.mark.django_db

# Near the right edge: a tall picture cut out of the middle does not show it.
MARK = (0.85, 0.4)


def clips_of(video: Video) -> list[Clip]:
    return list(video.clips.select_related("chosen_take", "film_take"))


def numbers(video: Video) -> list[int]:
    """The number of every picture of the film."""
    return [
        200 * clip.clip_index + frame for clip in clips_of(video) for frame in range(clip.frames)
    ]


def test_takes_are_cropped_around_a_point_and_nothing_is_paid(
    ai: Remote, song: Song, alice: User, do_work: Work, tmp_path: Path
) -> None:
    video = marked_video(song, tmp_path, MARK)
    alice.refresh_from_db()
    assert alice.videos_used == 0
    made = formats.make_format(video, "9:16", key=(key := uuid.uuid4()))
    assert formats.make_format(video, "9:16", key=key) == made
    do_work()
    made.refresh_from_db()
    alice.refresh_from_db()
    assert (made.status, made.title, made.aspect_ratio) == ("ready", "Night Drive 9:16", "9:16")
    assert (made.format_of, made.seed, made.actual_usd) == (video, video.seed, 0)
    assert (made.film_facts["width"], made.film_facts["height"]) == (1080, 1920)
    assert alice.videos_used == 1
    assert [clip.prompt for clip in clips_of(made)] == [clip.prompt for clip in clips_of(video)]
    seen = pictures(made.film_key, "9:16", tmp_path)
    assert [number for number, _ in seen] == numbers(video)
    assert {mark for _, mark in seen} == {None}, "the middle of the picture does not have the mark"

    before, stored, size = clips_of(made), made.stored_bytes, made.film_size_bytes
    wishes = {before[1].pk: (0.9, 0.5), before[0].pk: (0.5, 0.5)}
    job = reframing.change_focus(made, wishes)
    do_work()
    job.refresh_from_db()
    made.refresh_from_db()
    assert (job.kind, job.status, job.total) == ("reframing", "succeeded", 1)
    after = clips_of(made)
    changed = [a.chosen_take_id != b.chosen_take_id for a, b in zip(after, before, strict=True)]
    assert changed == [index == 1 for index in range(len(before))]
    take = after[1].chosen_take
    assert take is not None
    assert (take.kind, take.number, take.focus_x, take.focus_y) == ("reframed", 2, 0.9, 0.5)
    assert [clip.film_take_id for clip in after] == [clip.chosen_take_id for clip in after]
    seen = pictures(made.film_key, "9:16", tmp_path)
    assert [number for number, _ in seen] == numbers(video)
    inside = range(before[1].start_frame, before[1].end_frame)
    # At the right edge a third of the width is seen: 0.85 lies at (0.85 - 0.684) / 0.316 of it.
    assert {mark for at, (_, mark) in enumerate(seen) if at in inside} == {(0.53, 0.4)}
    assert {mark for at, (_, mark) in enumerate(seen) if at not in inside} == {None}
    assert made.stored_bytes - stored == take.size_bytes + made.film_size_bytes - size
    assert (ai.predictions(), ai.ledger(), Prediction.objects.count()) == ([], [], 0)


def draw_marks(drawn: list[Any]) -> Callable[..., None]:
    """Instead of the visualizer: marked pictures of the wished size, and a note of each brief."""

    def draw(brief: Any, *rest: Any, on_frame: Any, should_stop: Any) -> None:
        drawn.append(brief)
        frames = brief.end_frame - brief.start_frame
        with house_writer(rest[-1], size=brief.size, drawn_size=(320, 180), frames=frames) as write:
            for number in range(frames):
                write(marked(200 * brief.clip_index + number, (0.5, 0.5)))

    return draw


def test_what_the_visualizer_drew_is_drawn_anew_in_the_new_shape(
    song: Song, do_work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = marked_video(song, tmp_path, MARK, model="visualizer")
    Take.objects.filter(clip__video=video).update(seed=77, prompt="A red sea")
    finalizing.finalize(video)
    drawn: list[Any] = []
    monkeypatch.setattr(takes, "render", draw_marks(drawn))
    made = formats.make_format(Video.objects.get(pk=video.pk), "1:1")
    do_work()
    made.refresh_from_db()
    assert (made.status, made.is_finalized) == ("ready", False)
    assert {(one.size, one.seed, one.prompt) for one in drawn} == {((1080, 1080), 77, "A red sea")}
    assert set(Take.objects.filter(clip__video=made).values_list("kind", flat=True)) == {
        "generated"
    }
    assert [number for number, _ in pictures(made.film_key, "1:1", tmp_path)] == numbers(video)
    with pytest.raises(Problem) as refusal:
        reframing.change_focus(made, {clips_of(made)[0].pk: (0.2, 0.5)})
    assert refusal.value.sentence == (
        "Clip 1 cannot be cropped anew. It was made in this format, so nothing is cropped."
    )


def paid(song: Song) -> Video:
    """A ready video of a paid model, of rows and tiny files."""
    video = ready(song)
    Take.objects.filter(clip__video=video).update(model="seedance-1-lite")
    Video.objects.filter(pk=video.pk).update(model="seedance-1-lite")
    return Video.objects.get(pk=video.pk)


def refused(video: Video, aspect_ratio: str = "9:16") -> tuple[str, int, str]:
    """Why another format is refused; nothing has begun then."""
    videos, jobs = Video.objects.count(), Job.objects.count()
    with pytest.raises(Problem) as refusal:
        formats.make_format(video, aspect_ratio)
    assert (Video.objects.count(), Job.objects.count()) == (videos, jobs)
    return refusal.value.code, refusal.value.status, refusal.value.sentence


def test_refusals_say_why(song: Song, alice: User) -> None:
    video = paid(song)
    assert refused(video, "16:9")[:2] == ("same_format", 400)
    assert refused(video, "4:3") == ("invalid", 400, "“4:3” is not one of 16:9, 9:16, 1:1.")
    User.objects.filter(pk=alice.pk).update(videos_used=15)
    assert refused(video) == (
        "quota_reached",
        429,
        "You've reached your limit (15 videos). Delete existing videos to create more.",
    )
    User.objects.filter(pk=alice.pk).update(videos_used=1)
    count = video.clips.count()
    finalizing.finalize(video)
    assert refused(Video.objects.get(pk=video.pk)) == (
        "takes_gone",
        409,
        f"This video is final, so the takes of {count} clips are gone and cannot be cropped any "
        "more. Make other formats before you make a video final.",
    )
    draft = Video.objects.create(owner=alice, song=song, title="Draft", model="visualizer")
    assert refused(draft)[:2] == ("film_not_ready", 409)


def test_what_was_canceled_is_cropped_again_and_never_ordered(song: Song, ai: Remote) -> None:
    made = formats.make_format(paid(song), "9:16")
    pipeline.cancel_video(made)
    made.refresh_from_db()
    assert (made.status, made.is_counted) == ("canceled", False)
    job = pipeline.start_generation(made)
    made.refresh_from_db()
    again = Take.objects.of_job(job.pk)
    assert set(again.values_list("kind", "number")) == {("reframed", 2)}
    assert again.filter(source__clip__video=made.format_of).count() == made.clips.count()
    assert (made.estimated_usd, made.reserved_usd, ai.ledger()) == (0, 0, [])


def test_a_crop_comes_from_the_fullest_picture_that_is_kept(song: Song) -> None:
    wide = paid(song)
    tall = formats.make_format(wide, "9:16")
    rows = Take.objects.filter(clip__video=tall)
    for take in rows:
        Take.objects.filter(pk=take.pk).update(
            status="succeeded", key=f"tall-{take.pk}", focus_x=0.7
        )
        Clip.objects.filter(pk=take.clip_id).update(chosen_take=take)
    Video.objects.filter(pk=tall.pk).update(status="ready", film_key="film")
    square = formats.make_format(Video.objects.get(pk=tall.pk), "1:1")
    of_wide = set(Take.objects.filter(clip__video=wide).values_list("pk", flat=True))
    made = Take.objects.filter(clip__video=square)
    assert set(made.values_list("source", flat=True)) == of_wide
    assert set(made.values_list("focus_x", flat=True)) == {0.7}
    pipeline.delete_video(wide)
    tall.refresh_from_db()
    Job.objects.filter(video_id=tall.pk).update(status="succeeded")
    with pytest.raises(Problem) as refusal:
        reframing.change_focus(tall, {clips_of(tall)[0].pk: (0.2, 0.5)})
    assert refusal.value.sentence == (
        "Clip 1 cannot be cropped anew. The take that it is cropped from is gone: "
        "its video was deleted or made final."
    )


def test_the_form_of_one_format_sent_with_another_is_another_video(
    song: Song, alice: User, client_of: Callable[[User], Client]
) -> None:
    video, client, key = paid(song), client_of(alice), str(uuid.uuid4())

    def send(ratio: str) -> str:
        form = {"key": key, "aspect_ratio": ratio}
        return str(client.post(f"/videos/{video.pk}/formats", form)["Location"])

    tall, square = send("9:16"), send("1:1")
    assert (send("9:16"), send("1:1")) == (tall, square)
    made = Video.objects.filter(format_of=video)
    assert {(f"/videos/{one.pk}", one.aspect_ratio) for one in made} == {
        (tall, "9:16"),
        (square, "1:1"),
    }


def test_the_form_of_the_points_sent_with_another_one_is_not_taken_for_the_first(
    song: Song, alice: User, client_of: Callable[[User], Client]
) -> None:
    tall = formats.make_format(paid(song), "9:16")
    for take in Take.objects.filter(clip__video=tall):
        Take.objects.filter(pk=take.pk).update(status="succeeded", key=f"tall-{take.pk}")
        Clip.objects.filter(pk=take.clip_id).update(chosen_take=take)
    Video.objects.filter(pk=tall.pk).update(status="ready", film_key="film")
    Job.objects.update(status="succeeded")
    client, key = client_of(alice), str(uuid.uuid4())

    def send(x: str) -> int:
        form = {"key": key, "x-1": x, "y-1": "50.0"}
        return client.post(f"/videos/{tall.pk}/focus", form).status_code

    assert (send("20.0"), send("20.0"), send("80.0")) == (302, 302, 409)
    assert Take.objects.get(clip__video=tall, number=2).focus_x == 0.2


def test_over_http_it_is_started_once_and_only_by_its_owner(
    song: Song,
    alice: User,
    charlie: User,
    api_of: Callable[[User], APIClient],
    client_of: Callable[[User], Client],
) -> None:
    video = paid(song)
    where, wish = f"/api/videos/{video.pk}/formats", {"aspect_ratio": "9:16"}
    before = stored_files(alice)
    assert api_of(charlie).post(where, wish, format="json").status_code == 404
    assert client_of(charlie).post(f"/videos/{video.pk}/formats", wish).status_code == 404
    assert (Video.objects.count(), stored_files(charlie)) == (1, [])
    key = {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}
    first = api_of(alice).post(where, wish, format="json", **key)
    second = api_of(alice).post(where, wish, format="json", **key)
    assert (first.status_code, first.json()) == (202, second.json())
    made = Video.objects.get(pk=first.json()["video_id"])
    assert api_of(alice).get(f"/api/videos/{made.pk}").json()["format_of_id"] == str(video.pk)
    body = {"clips": [{"clip_id": str(clips_of(made)[0].pk), "x": 1.2, "y": 0.5}]}
    focus = f"/api/videos/{made.pk}/focus"
    assert api_of(alice).post(focus, body, format="json").status_code == 400
    body["clips"][0]["x"] = 1
    answer = api_of(alice).post(focus, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "film_not_ready")
    assert api_of(charlie).post(focus, body, format="json").status_code == 404
    assert (Job.objects.filter(kind="reframing").count(), stored_files(alice)) == (0, before)
