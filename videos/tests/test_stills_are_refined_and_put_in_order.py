"""Refinements are counted exactly, and scenes move while their slots keep their times."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.jobs.sweeper import discard
from vibecraft.predictions.standin.remote import Remote
from vibecraft.problems import Problem
from vibecraft.testing import stored_files
from videos import pipeline, storyboard
from videos.models import Clip, Still, Video
from videos.tests import boards
from videos.tests.filmed import charged, sent

Work = Callable[[], int]


@pytest.fixture
def video(
    alice: User,
    ready_song: Callable[..., Song],
    sections_of: Callable[..., Any],
    ai: Remote,
    do_work: Work,
) -> Video:
    """A draft with all its stills, made by an image model."""
    draft = boards.draft(ready_song(alice), sections_of, model=boards.AI_MODEL)
    storyboard.start_storyboard(draft)
    do_work()
    discard()
    return boards.fresh(draft)


def first(video: Video) -> Clip:
    return boards.clips(video)[0]


def left(video: Video) -> int:
    return boards.fresh(video).refinements_left


# --- refining --------------------------------------------------------------------------------------


def test_a_refinement_makes_one_still_again_with_the_new_words(
    video: Video, alice: User, ai: Remote, do_work: Work, api_of: Callable[[User], APIClient]
) -> None:
    before, others = first(video).chosen_still, boards.chosen(video)[1:]
    files, paid = len(stored_files(alice)), charged(ai)
    answer = api_of(alice).post(
        f"/api/videos/{video.pk}/clips/{first(video).pk}/refine", {"prompt": " A red kite. "}
    )
    assert (answer.status_code, answer.json()["refinements_left"]) == (202, 4)
    do_work()
    discard()
    job = Job.objects.get(pk=answer.json()["job_id"])
    assert (job.status, job.message) == ("succeeded", "1 of 1 still is made.")
    now = first(video).chosen_still
    assert now is not None
    assert (now != before, now.number, now.prompt) == (True, 2, "A red kite.")
    assert boards.chosen(video)[1:] == others
    assert (sent(ai)[-1]["prompt"], charged(ai) > paid) == ("A red kite.", True)
    assert (len(stored_files(alice)), left(video)) == (files, 4)
    stored = sum(still.size_bytes for still in boards.chosen(video))
    assert boards.fresh(video).stored_bytes == stored


def test_the_sixth_refinement_is_refused_and_costs_nothing(
    video: Video, ai: Remote, do_work: Work, settings: Any
) -> None:
    settings.PAID_STARTS_A_MINUTE = 100
    for _ in range(5):
        storyboard.refine(first(video))
        do_work()
    paid, jobs = charged(ai), Job.objects.count()
    with pytest.raises(Problem) as refusal:
        storyboard.refine(first(video), prompt="Something else")
    assert (refusal.value.status, refusal.value.code) == (409, "no_refinements_left")
    assert (left(video), charged(ai), Job.objects.count()) == (0, paid, jobs)
    assert first(video).prompt != "Something else"


def test_a_refinement_that_fails_does_not_count_and_the_old_still_stays(
    video: Video, ai: Remote, do_work: Work
) -> None:
    before = first(video).chosen_still
    ai.fault({"model": "black-forest-labs/flux-schnell"}, times=1, fail="NSFW content detected")
    job = storyboard.refine(first(video))
    assert left(video) == 4
    do_work()
    job.refresh_from_db()
    assert (job.status, job.error_code, left(video)) == ("failed", "refused_content", 5)
    assert first(video).chosen_still == before
    assert boards.fresh(video).status == Video.Status.STORYBOARD


def test_a_refinement_that_is_canceled_does_not_count(video: Video, do_work: Work) -> None:
    storyboard.refine(first(video))
    assert pipeline.cancel_video(video)
    do_work()
    assert left(video) == 5
    assert len(boards.chosen(video)) == video.clips.count()


def test_a_clip_is_not_refined_while_it_is_being_made(video: Video) -> None:
    storyboard.refine(first(video))
    with pytest.raises(Problem) as refusal:
        storyboard.refine(first(video))
    assert refusal.value.code == "already_running"
    assert (left(video), Still.objects.active().count()) == (4, 1)


def test_two_clips_are_refined_side_by_side(video: Video, do_work: Work) -> None:
    for clip in boards.clips(video)[:2]:
        storyboard.refine(clip)
    do_work()
    assert left(video) == 3
    assert [still.number for still in boards.chosen(video)][:2] == [2, 2]


@pytest.mark.parametrize("prompt", ["  ", "x" * 6001])
def test_words_that_cannot_be_are_refused(video: Video, prompt: str) -> None:
    with pytest.raises(Problem) as refusal:
        storyboard.refine(first(video), prompt=prompt)
    assert refusal.value.errors is not None
    assert left(video) == 5


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same_clip", [True, False])
def test_refinements_at_once_are_counted_exactly(
    ready_song: Callable[..., Song], sections_of: Callable[..., Any], *, same_clip: bool
) -> None:
    """Eight at once: on one clip one wins; on as many clips as there are refinements, five win."""
    alice = User.objects.create_user("alice@example.org")
    song = ready_song(alice, seconds=60.0)
    draft = boards.draft(song, sections_of, model="visualizer")
    _as_if_made(draft)
    targets = boards.clips(draft)[:8]
    assert len(targets) == 8
    start, outcomes = threading.Barrier(8), []

    def refine(pk: uuid.UUID) -> None:
        try:
            clip = Clip.objects.select_related("video__owner", "video__song").get(pk=pk)
            start.wait()
            storyboard.refine(clip)
            outcomes.append("made")
        except Problem as problem:
            outcomes.append(problem.code)
        finally:
            connection.close()

    chosen = [targets[0]] * 8 if same_clip else targets
    threads = [threading.Thread(target=refine, args=[clip.pk]) for clip in chosen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = "already_running" if same_clip else "no_refinements_left"
    won = 1 if same_clip else 5
    assert sorted(outcomes) == sorted(["made"] * won + [refused] * (8 - won))
    assert left(draft) == 5 - won
    assert Still.objects.active().count() == won


def _as_if_made(video: Video) -> None:
    """Rows of stills without their files."""
    job = Job.objects.create(owner=video.owner, kind=Job.Kind.STORYBOARD, status="succeeded")
    video.begin_storyboard(job.pk)
    for clip in video.clips.all():
        clip.chosen_still = Still.objects.create(
            clip=clip, job=job, number=1, model="visualizer", prompt="p", seed=1, status="succeeded"
        )
        clip.save()


# --- the order -------------------------------------------------------------------------------------


def slots(video: Video) -> list[tuple[Any, ...]]:
    rows = video.clips.order_by("clip_index")
    return list(rows.values_list("clip_index", "start_frame", "end_frame", "section", "cut"))


def scenes(video: Video) -> list[tuple[Any, ...]]:
    rows = video.clips.order_by("clip_index")
    return [(clip.pk, clip.prompt, clip.shot, clip.chosen_still_id) for clip in rows]


def test_scenes_move_and_slots_keep_their_times(
    video: Video, alice: User, api_of: Callable[[User], APIClient]
) -> None:
    before, times = scenes(video), slots(video)
    order = [before[-1], *before[:-1]]
    answer = api_of(alice).post(
        f"/api/videos/{video.pk}/reorder", {"clip_ids": [str(scene[0]) for scene in order]}
    )
    assert answer.status_code == 200
    assert [clip["id"] for clip in answer.json()["clips"]] == [str(scene[0]) for scene in order]
    assert [clip["clip_index"] for clip in answer.json()["clips"]] == list(range(len(order)))
    assert (scenes(video), slots(video)) == (order, times)
    storyboard.reorder(boards.fresh(video), [scene[0] for scene in before])
    assert (scenes(video), slots(video)) == (before, times)


@pytest.mark.parametrize("wrong", ["one missing", "one twice", "a stranger", "none"])
def test_an_order_that_is_none_is_refused(video: Video, wrong: str) -> None:
    ids = [clip.pk for clip in boards.clips(video)]
    sent_ids = {
        "one missing": ids[1:],
        "one twice": [ids[0], *ids[:-1]],
        "a stranger": [uuid.uuid4(), *ids[1:]],
        "none": [],
    }[wrong]
    before = scenes(video)
    with pytest.raises(Problem) as refusal:
        storyboard.reorder(video, sent_ids)
    assert (refusal.value.status, list(refusal.value.errors or {})) == (400, ["clip_ids"])
    assert scenes(video) == before


def test_the_order_stands_while_a_still_is_being_made(video: Video) -> None:
    ids = [clip.pk for clip in boards.clips(video)]
    storyboard.refine(first(video))
    with pytest.raises(Problem) as refusal:
        storyboard.reorder(video, ids[::-1])
    assert refusal.value.code == "already_running"
    assert [clip.pk for clip in boards.clips(video)] == ids


def test_once_the_making_has_begun_nothing_is_changed(video: Video) -> None:
    Video.objects.filter(pk=video.pk).update(status=Video.Status.GENERATING)
    running = boards.fresh(video)
    acts: list[Callable[[], object]] = [
        lambda: storyboard.reorder(running, [clip.pk for clip in boards.clips(running)]),
        lambda: storyboard.refine(first(running)),
        lambda: storyboard.approve(running),
        lambda: storyboard.start_storyboard(running),
        lambda: storyboard.remove_storyboard(running),
    ]
    for act in acts:
        with pytest.raises(Problem) as refusal:
            act()
        assert (refusal.value.status, refusal.value.code) == (409, "not_a_draft")
