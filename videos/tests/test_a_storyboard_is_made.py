"""The storyboard: one still for each clip, by an image model or drawn here; approved, then filmed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.jobs.sweeper import discard
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.standin.remote import Remote
from vibecraft.problems import Problem
from vibecraft.testing import stored_files
from videos import drafts, pipeline, rework, stills, storyboard
from videos.models import Still, Take, Video
from videos.tests import boards
from videos.tests.filmed import charged, make_clips, sent

Work = Callable[[], int]


@pytest.fixture
def song(alice: User, ready_song: Callable[..., Song]) -> Song:
    return ready_song(alice)


@pytest.fixture
def drawn(song: Song, sections_of: Callable[..., Any]) -> Video:
    """A draft whose stills are drawn here."""
    return boards.draft(song, sections_of, model="visualizer")


@pytest.fixture
def filmed(song: Song, sections_of: Callable[..., Any], ai: Remote) -> Video:
    """A draft whose stills are made by an image model."""
    return boards.draft(song, sections_of, model=boards.AI_MODEL)


def start(video: Video, do_work: Work) -> Job:
    job = storyboard.start_storyboard(video)
    do_work()
    job.refresh_from_db()
    video.refresh_from_db()
    return job


# --- made by a model -------------------------------------------------------------------------------


def test_every_clip_gets_a_still_in_the_size_of_the_film(
    filmed: Video, ai: Remote, do_work: Work
) -> None:
    count = filmed.clips.count()
    price = storyboard.price(filmed)
    job = start(filmed, do_work)
    assert (job.status, job.progress, job.completed, job.total) == ("succeeded", 100, count, count)
    assert job.message == f"{count} of {count} stills are made."
    assert (filmed.status, filmed.job_id) == (Video.Status.STORYBOARD, job.pk)
    made = boards.chosen(filmed)
    assert [still.model for still in made] == ["flux-schnell"] * count
    assert {boards.size_of(still.key) for still in made} == {(1920, 1080)}
    assert {boards.size_of(still.thumbnail_key) for still in made} == {(640, 360)}
    asked = sorted((one["prompt"], one["aspect_ratio"]) for one in sent(ai))
    assert asked == sorted((clip.prompt.strip(), "16:9") for clip in boards.clips(filmed))
    assert price == charged(ai) == filmed.actual_usd == Decimal("0.003") * count
    assert filmed.reserved_usd == 0


def test_its_files_are_counted_and_what_the_service_sent_is_gone(
    filmed: Video, alice: User, do_work: Work
) -> None:
    before = boards.used(alice)
    start(filmed, do_work)
    discard()
    size = sum(still.size_bytes for still in boards.chosen(filmed))
    assert boards.used(alice) - before == filmed.stored_bytes == size
    kept = [key for key in stored_files(alice) if key.startswith("videos/")]
    assert len(kept) == 2 * filmed.clips.count()
    assert [key for key in kept if "predictions" in key] == []


def test_the_character_is_sent_as_the_reference(
    filmed: Video, alice: User, ai: Remote, do_work: Work
) -> None:
    asset = boards.character(alice)
    drafts.change_video(filmed, character_id=asset.pk)
    assert storyboard.price(filmed) == Decimal("0.04") * filmed.clips.count()
    start(filmed, do_work)
    assert {still.model for still in boards.chosen(filmed)} == {"flux-kontext-pro"}
    assert {call.input["input_image"]["$file"] for call in Prediction.objects.all()} == {asset.key}
    received = sent(ai)
    assert all(one["input_image"].startswith(ai.api) for one in received)
    assert all(one["prompt"].startswith(stills.AS_IN_THE_REFERENCE) for one in received)
    assert charged(ai) == Decimal("0.04") * filmed.clips.count()


@pytest.mark.parametrize(("ratio", "size"), [("9:16", (1080, 1920)), ("1:1", (1080, 1080))])
def test_stills_have_the_format_of_the_video(
    filmed: Video, ai: Remote, do_work: Work, ratio: str, size: tuple[int, int]
) -> None:
    drafts.change_video(filmed, aspect_ratio=ratio)
    start(filmed, do_work)
    assert {boards.size_of(still.key) for still in boards.chosen(filmed)} == {size}
    assert {one["aspect_ratio"] for one in sent(ai)} == {ratio}


def test_a_still_that_fails_leaves_the_others_and_can_be_made_again(
    filmed: Video, ai: Remote, do_work: Work
) -> None:
    count = filmed.clips.count()
    ai.fault({"model": "black-forest-labs/flux-schnell"}, times=1, fail="NSFW content detected")
    job = start(filmed, do_work)
    assert job.status == "succeeded"
    assert job.message == f"{count - 1} of {count} stills are made."
    assert len(boards.chosen(filmed)) == count - 1
    failed = Still.objects.get(status=Still.Status.FAILED)
    assert failed.error_code == "refused_content"
    assert "rules on content" in failed.error_sentence
    with pytest.raises(Problem) as refusal:
        storyboard.approve(filmed)
    assert refusal.value.code == "storyboard_incomplete"
    again = start(filmed, do_work)
    assert (again.total, again.status) == (1, "succeeded")
    assert len(boards.chosen(filmed)) == count
    assert filmed.refinements_left == 5


def test_what_can_pass_with_time_is_tried_three_times(
    filmed: Video, ai: Remote, do_work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("videos.picturing.PAUSES_SECONDS", (0.0, 0.0))
    ai.fault({"model": "black-forest-labs/flux-schnell"}, times=0, fail="E9828: something")
    job = start(filmed, do_work)
    count = filmed.clips.count()
    assert (job.status, job.error_code) == ("failed", "provider_failed")
    assert Prediction.objects.count() == 3 * count == len(sent(ai))
    assert (filmed.status, filmed.reserved_usd) == (Video.Status.DRAFT, 0)
    assert boards.chosen(filmed) == []


def test_a_storyboard_over_the_budget_is_refused_before_anything_is_sent(
    filmed: Video, ai: Remote
) -> None:
    filmed.budget_usd = Decimal("0.00")
    filmed.save()
    with pytest.raises(Problem) as refusal:
        storyboard.start_storyboard(filmed)
    assert (refusal.value.status, refusal.value.code) == (402, "over_budget")
    assert (Still.objects.count(), Job.objects.count(), ai.predictions()) == (0, 0, [])
    assert boards.fresh(filmed).status == Video.Status.DRAFT


def test_started_twice_it_is_one_job(filmed: Video) -> None:
    first = storyboard.start_storyboard(filmed)
    assert storyboard.start_storyboard(boards.fresh(filmed)) == first
    assert Still.objects.count() == filmed.clips.count()


def test_complete_it_is_not_made_twice(filmed: Video, do_work: Work, ai: Remote) -> None:
    start(filmed, do_work)
    paid = charged(ai)
    with pytest.raises(Problem) as refusal:
        storyboard.start_storyboard(filmed)
    assert refusal.value.code == "storyboard_complete"
    assert (charged(ai), Job.objects.count()) == (paid, 1)


def test_canceled_it_keeps_what_is_made_and_calls_off_the_rest(
    filmed: Video, do_work: Work, alice: User
) -> None:
    job = storyboard.start_storyboard(filmed)
    assert storyboard.cancel_storyboard(filmed)
    do_work()
    job.refresh_from_db()
    assert job.status == "canceled"
    assert not Still.objects.active().exists()
    assert not Prediction.objects.active().exists()
    assert boards.fresh(filmed).status == Video.Status.DRAFT
    assert boards.fresh(filmed).reserved_usd == 0
    assert len(boards.chosen(filmed)) == 0
    restarted = start(filmed, do_work)
    assert (restarted.status, len(boards.chosen(filmed))) == ("succeeded", filmed.clips.count())


@pytest.mark.parametrize("is_refused", [False, True], ids=["canceled", "all refused"])
def test_without_a_picture_it_does_not_lock_the_direction(
    filmed: Video, ai: Remote, do_work: Work, client_of: Any, *, is_refused: bool
) -> None:
    if is_refused:
        model = {"model": "black-forest-labs/flux-schnell"}
        ai.fault(model, times=0, fail="NSFW content detected")
        assert start(filmed, do_work).error_code == "refused_content"
    else:
        storyboard.start_storyboard(filmed)
        assert storyboard.cancel_storyboard(filmed)
    assert (boards.fresh(filmed).status, Still.objects.count() > 0) == (Video.Status.DRAFT, True)
    client, address = client_of(filmed.owner), f"/videos/{filmed.pk}"
    htmx = {"HX-Request": "true"}
    wish = {"title": "T", "overall_prompt": "Other words.", "model": "visualizer"}
    assert client.post(f"{address}/direction", wish, headers=htmx).status_code == 200
    now = boards.fresh(filmed)
    assert (now.overall_prompt, now.model) == ("Other words.", "visualizer")
    assert Still.objects.count() == 0
    assert client.post(f"{address}/plan", headers=htmx).status_code == 200


def test_while_it_is_being_made_the_direction_stands(filmed: Video) -> None:
    job = storyboard.start_storyboard(filmed)
    with pytest.raises(Problem) as refusal:
        rework.change_direction(boards.fresh(filmed), aspect_ratio="1:1")
    assert refusal.value.code == "storyboard_stands"
    job.refresh_from_db()
    assert job.status == "queued"


def test_the_status_says_how_the_stills_stand(drawn: Video, api_of: Any, do_work: Work) -> None:
    client, address = api_of(drawn.owner), f"/api/videos/{drawn.pk}"
    assert client.post(f"{address}/storyboard").status_code == 202
    told = client.get(f"{address}/status").json()
    assert (told["status"], told["message"]) == ("storyboard", f"0 of {told['total']} stills")
    do_work()
    assert client.get(f"{address}/status").json()["message"] == "The storyboard waits for you."


# --- drawn here ------------------------------------------------------------------------------------


def test_without_ai_the_stills_are_drawn_here_and_cost_nothing(drawn: Video, do_work: Work) -> None:
    assert storyboard.price(drawn) == 0
    job = start(drawn, do_work)
    assert (job.status, drawn.actual_usd) == ("succeeded", 0)
    made = boards.chosen(drawn)
    assert [still.model for still in made] == ["visualizer"] * drawn.clips.count()
    assert {boards.size_of(still.key) for still in made} == {(1920, 1080)}


def test_a_free_video_draws_its_stills_although_ai_is_on(
    drawn: Video, ai: Remote, do_work: Work
) -> None:
    start(drawn, do_work)
    assert (ai.predictions(), len(boards.chosen(drawn))) == ([], drawn.clips.count())


# --- approved --------------------------------------------------------------------------------------


def test_an_approved_storyboard_gives_every_clip_its_first_frame(
    filmed: Video, do_work: Work
) -> None:
    start(filmed, do_work)
    storyboard.approve(filmed)
    assert boards.fresh(filmed).is_storyboard_approved
    pipeline.start_generation(boards.fresh(filmed))
    make_clips()
    takes = list(Take.objects.select_related("clip__chosen_still"))
    assert [take.starts_from for take in takes] == [Take.Start.STILL] * filmed.clips.count()
    assert [take.status for take in takes] == [Take.Status.SUCCEEDED] * len(takes)


def test_the_film_waits_for_a_storyboard_that_is_being_made(filmed: Video) -> None:
    storyboard.start_storyboard(filmed)
    with pytest.raises(Problem) as refusal:
        pipeline.start_generation(boards.fresh(filmed))
    assert (refusal.value.status, refusal.value.code) == (409, "busy")
    assert boards.fresh(filmed).status == Video.Status.STORYBOARD


# --- gone ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"seed": 99}, {"aspect_ratio": "1:1"}, {"prompt": "Other"}])
def test_another_plan_or_format_lets_the_stills_go_to_the_byte(
    drawn: Video, alice: User, do_work: Work, change: dict[str, Any]
) -> None:
    before = boards.used(alice), len(stored_files(alice))
    start(drawn, do_work)
    storyboard.approve(drawn)
    drafts.change_video(drawn, **change)
    discard()
    now = boards.fresh(drawn)
    assert (now.status, now.is_storyboard_approved, now.stored_bytes) == ("draft", False, 0)
    assert Still.objects.count() == 0
    assert (boards.used(alice), len(stored_files(alice))) == before


def test_other_choices_leave_the_storyboard_as_it_is(drawn: Video, do_work: Work) -> None:
    start(drawn, do_work)
    kept = boards.chosen(drawn)
    drafts.change_video(drawn, title="Another", budget_usd=Decimal(5), negative_prompt="rain")
    assert boards.chosen(drawn) == kept


@pytest.mark.parametrize("choices", [{"idea": "a lighthouse"}, {"aspect_ratio": "1:1"}])
def test_the_direction_page_never_costs_a_storyboard_its_stills(
    drawn: Video, do_work: Work, choices: dict[str, Any]
) -> None:
    start(drawn, do_work)
    kept, idea = boards.chosen(drawn), drawn.idea
    with pytest.raises(Problem) as refusal:
        rework.change_direction(drawn, **choices)
    assert (refusal.value.status, refusal.value.code) == (409, "storyboard_stands")
    assert boards.chosen(drawn) == kept
    assert (drawn.idea, boards.fresh(drawn).idea, drawn.aspect_ratio) == (idea, idea, "16:9")
    storyboard.remove_storyboard(drawn)
    rework.change_direction(boards.fresh(drawn), **choices)


def test_deleting_the_video_frees_everything(drawn: Video, alice: User, do_work: Work) -> None:
    before = boards.used(alice), stored_files(alice)
    start(drawn, do_work)
    pipeline.delete_video(boards.fresh(drawn))
    discard()
    assert (boards.used(alice), stored_files(alice)) == before


# --- over the API ------------------------------------------------------------------------------------


def test_the_calls_of_the_contract(
    drawn: Video, alice: User, api_of: Callable[[User], APIClient], do_work: Work
) -> None:
    client, address = api_of(alice), f"/api/videos/{drawn.pk}"
    started = client.post(f"{address}/storyboard")
    assert started.status_code == 202
    job = client.get(f"/api/jobs/{started.json()['job_id']}").json()
    assert (job["kind"], job["video_id"]) == ("storyboard", str(drawn.pk))
    do_work()
    shown = client.get(f"{address}/clips").json()["clips"]
    picture = client.get(shown[0]["still_url"])
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/jpeg")
    approved = client.post(f"{address}/storyboard/approve")
    assert (approved.status_code, approved.json()["is_storyboard_approved"]) == (200, True)
    assert approved.json()["status"] == "storyboard"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "storyboard"),
        ("delete", "storyboard"),
        ("post", "storyboard/approve"),
        ("post", "reorder"),
        ("post", "clips/{clip}/refine"),
        ("get", "stills/{still}/file"),
    ],
)
def test_charlie_reaches_nothing_of_alices(
    drawn: Video,
    charlie: User,
    api_of: Callable[[User], APIClient],
    do_work: Work,
    method: str,
    path: str,
) -> None:
    start(drawn, do_work)
    first = boards.clips(drawn)[0]
    path = path.format(clip=first.pk, still=first.chosen_still_id)
    answer = getattr(api_of(charlie), method)(f"/api/videos/{drawn.pk}/{path}")
    assert answer.status_code == 404
    assert len(boards.chosen(drawn)) == drawn.clips.count()


def test_an_approved_still_is_drawn_with_the_seed_that_its_clip_is_drawn_with(
    drawn: Video, do_work: Work
) -> None:
    start(drawn, do_work)
    storyboard.refine(boards.clips(drawn)[0])
    do_work()
    storyboard.approve(drawn)
    pipeline.start_generation(boards.fresh(drawn))
    seeds = [(take.seed, take.clip.chosen_still.seed) for take in Take.objects.all()]
    assert [take for take, _ in seeds] == [still for _, still in seeds]
    assert len({still for _, still in seeds}) == drawn.clips.count()
