"""A model is chosen for a draft: what can be used, what it makes, and what it costs beforehand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from songs.models import Song
from vibecraft.predictions.catalog import build_input, get_model, models_of
from vibecraft.predictions.models import Price
from vibecraft.predictions.prices import quote
from vibecraft.problems import Problem
from videos import choosing, drafts, rework
from videos.footage import Footage, Length, Order, footage_of
from videos.models import Video
from videos.tests import cast

HTMX = {"HTTP_HX_REQUEST": "true"}
SEEDANCE = "seedance-1-pro-fast"


@pytest.fixture
def song(alice: Any, ready_song: Callable[..., Song], sections_of: Callable[..., Any]) -> Song:
    song = ready_song(alice, seconds=30.0)
    sections_of(song)
    return song


@pytest.fixture
def on(settings: Any) -> None:
    settings.REPLICATE_API_TOKEN = "r8_test"


def refusal(do: Callable[[], Any]) -> Problem:
    with pytest.raises(Problem) as caught:
        do()
    return caught.value


# --- what can be chosen ---------------------------------------------------------------------------


def test_without_a_token_a_new_video_is_drawn_here(song: Song, settings: Any):
    settings.REPLICATE_API_TOKEN = ""
    assert drafts.create_video(song.owner, song).model == "visualizer"


def test_with_a_token_a_new_video_gets_the_model_of_the_setting(
    song: Song, on: None, settings: Any
):
    settings.VIDEO_MODEL = "p-video"
    assert drafts.create_video(song.owner, song).model == "p-video"


def test_a_model_that_is_switched_off_is_refused_and_nothing_changes(song: Song, settings: Any):
    settings.REPLICATE_API_TOKEN = ""
    video = cast.draft_of(song)
    clips = list(video.clips.values())
    problem = refusal(lambda: drafts.change_video(video, model=SEEDANCE))
    assert (problem.code, problem.status) == ("ai_is_off", 409)
    assert "REPLICATE_API_TOKEN" in problem.sentence
    problem = refusal(lambda: drafts.create_video(song.owner, song, model=SEEDANCE))
    assert problem.code == "ai_is_off"
    assert Video.objects.get().model == "visualizer"
    assert list(video.clips.values()) == clips


def test_a_draft_keeps_its_model_when_ai_is_switched_off_later(song: Song, on: None, settings: Any):
    video = cast.draft_of(song, model=SEEDANCE)
    settings.REPLICATE_API_TOKEN = ""
    drafts.change_video(video, model=SEEDANCE, title="Lanterns")
    video.refresh_from_db()
    assert (video.model, video.title) == (SEEDANCE, "Lanterns")


@pytest.mark.parametrize("key", ["sora-9", "flux-schnell"])
def test_only_models_that_make_clips_can_be_chosen(song: Song, on: None, key: str):
    problem = refusal(lambda: drafts.create_video(song.owner, song, model=key))
    assert problem.code == "unknown_model"
    assert problem.errors == {"model": [problem.sentence]}


def test_a_format_that_the_model_does_not_make_is_refused_with_a_sentence(song: Song, on: None):
    video = cast.draft_of(song, model="veo-3.1-fast")
    problem = refusal(lambda: drafts.change_video(video, aspect_ratio="1:1"))
    assert problem.code == "format_not_made"
    assert problem.sentence == (
        "Veo 3.1 Fast makes no pictures in 1:1, only in 16:9 and 9:16. "
        "Choose another format or another model."
    )
    video.refresh_from_db()
    assert video.aspect_ratio == "16:9"
    drafts.change_video(video, model=SEEDANCE, aspect_ratio="1:1")
    assert (
        refusal(lambda: drafts.change_video(video, model="veo-3.1-fast")).code == "format_not_made"
    )


# --- lengths and prices ---------------------------------------------------------------------------


def test_the_footage_of_a_model_is_what_it_truly_makes():
    hailuo = footage_of(get_model("hailuo-2.3-fast"))
    assert hailuo.lengths == (Length(Decimal(6), 141), Length(Decimal(10), 237))
    assert hailuo.order_for(72) == Order(Decimal(6), 141, Decimal("0.19"))
    assert hailuo.order_for(142) == Order(Decimal(10), 237, Decimal("0.32"))
    assert hailuo.order_for(238) is None
    wan = footage_of(get_model("wan-2.2-i2v-fast"))
    assert wan.order_for(121) == Order(Decimal("5.0625"), 121, Decimal("0.11"))
    assert wan.order_for(122) == Order(Decimal("5.125"), 123, Decimal("0.11"))
    assert footage_of(get_model("visualizer")) == Footage("visualizer")


def test_the_price_of_an_order_is_the_quote_of_its_call(db: None):
    for model in models_of("video").values():
        footage = footage_of(model, choosing.price_list())
        for length in footage.lengths:
            frame = {"first_frame": "https://example.org/a.png"} if model.needs_first_frame else {}
            sent = build_input(model, {"prompt": "Rain", "seconds": length.seconds} | frame)
            assert dict(footage.usd_by_length)[length.seconds] == quote(model, sent)


@pytest.mark.parametrize("key", [key for key in models_of("video") if key != "visualizer"])
def test_every_model_fills_every_clip_of_its_plan(song: Song, on: None, key: str):
    ratio = next(iter(get_model(key).sizes))
    video = cast.draft_of(song, model=key, aspect_ratio=ratio)
    slots = drafts.planned_slots(video)
    assert sum(slot.frames for slot in slots) == song.frames
    assert all(slot.order.frames >= slot.frames for slot in slots)
    assert drafts.estimate_video(video).usd > 0


def test_the_newest_entered_price_that_is_valid_counts(song: Song, on: None):
    video = cast.draft_of(song, model=SEEDANCE)
    before = drafts.estimate_video(video).usd
    now = timezone.now()
    for days, usd in ((-2, "0.07"), (-1, "0.05"), (1, "0.99")):
        Price.objects.create(
            model=SEEDANCE, variant="720p", usd=Decimal(usd), valid_from=now + timedelta(days=days)
        )
    assert drafts.estimate_video(video).usd == before * 2


def test_another_model_is_another_plan_and_another_price(song: Song, on: None):
    video = cast.draft_of(song, model=SEEDANCE)
    cheap = video.estimated_usd
    assert rework.change_direction(video, model="kling-v2.5-turbo-pro")
    video.refresh_from_db()
    assert {slot.order.seconds for slot in drafts.planned_slots(video)} <= {Decimal(5), Decimal(10)}
    assert video.estimated_usd > cheap


def test_stills_are_counted_where_a_model_cannot_begin_without(song: Song, on: None):
    video = cast.draft_of(song, model="hailuo-2.3-fast")
    made = drafts.estimate_video(video)
    assert made.stills_usd == Decimal("0.003") * made.clips
    clips = made.usd - made.stills_usd
    assert made.usd_with_25_percent_again == clips * Decimal("1.25") + made.stills_usd
    assert made.usd_with_50_percent_again == clips * Decimal("1.50") + made.stills_usd
    assert drafts.estimate_video(cast.draft_of(song, model=SEEDANCE)).stills_usd == 0


def test_clips_that_go_on_from_one_another_need_fewer_stills(song: Song, on: None):
    video = cast.draft_of(song, model="hailuo-2.3-fast")
    before = video.estimated_usd
    clips = list(video.clips.values())
    assert rework.change_direction(video, continuity="continuous")
    sections = song.sections.count()
    assert drafts.estimate_video(video).stills_usd == Decimal("0.003") * sections
    video.refresh_from_db()
    assert video.estimated_usd == before - Decimal("0.003") * (len(clips) - sections)
    assert list(video.clips.values()) == clips


# --- the budget -----------------------------------------------------------------------------------


def test_a_budget_is_set_and_taken_away(song: Song, on: None):
    video = cast.draft_of(song, model=SEEDANCE)
    assert rework.change_direction(video, budget_usd=Decimal("0.10"))
    assert drafts.estimate_video(video).is_over_budget
    assert refusal(lambda: drafts.check_budget(video)).code == "over_budget"
    assert rework.change_direction(video, budget_usd=None)
    drafts.check_budget(video)
    video.refresh_from_db()
    assert video.budget_usd is None


def test_a_budget_can_be_raised_after_the_making_was_stopped_by_it(song: Song):
    video = cast.failed(song)
    drafts.change_video(video, budget_usd=Decimal(5))
    video.refresh_from_db()
    assert video.budget_usd == 5
    problem = refusal(lambda: drafts.change_video(video, budget_usd=Decimal(6), title="Late"))
    assert problem.code == "not_a_draft"


def test_a_stopped_video_offers_its_budget_to_be_raised(
    song: Song, client_of: Callable[..., Client]
):
    video = cast.failed(song)
    Video.objects.update(budget_usd=Decimal(1))
    client, address = client_of(song.owner), reverse("video-budget", args=[video.pk])
    page = client.get(reverse("video", args=[video.pk])).content.decode()
    assert f'action="{address}"' in page
    assert 'value="1.00"' in page
    answer = client.post(address, {"budget_usd": "lots"})
    assert answer.status_code == 400
    assert "A budget is a number of dollars, like 12.50." in answer.content.decode()
    assert client.post(address, {"budget_usd": "7.50"}).status_code == 302
    video.refresh_from_db()
    assert video.budget_usd == Decimal("7.50")


# --- the page and the API -------------------------------------------------------------------------


def save(client: Client, video: Video, **changed: str) -> Any:
    changed = {"title": video.title, "overall_prompt": video.overall_prompt} | changed
    return client.post(reverse("video-direction", args=[video.pk]), changed, **HTMX)


def test_the_page_offers_all_models_in_groups_with_prices(
    song: Song, on: None, client_of: Callable[..., Client]
):
    video = cast.draft_of(song, model="hailuo-2.3-fast")
    Video.objects.update(budget_usd=video.estimated_usd + Decimal("0.10"))
    page = client_of(song.owner).get(reverse("video", args=[video.pk])).content.decode()
    for words in (
        "From words or a picture",
        "From words alone",
        "From a picture",
        "On this machine",
        "from $0.19 a clip",
        "$0.025 a second",
        "2 to 12 s",
        "What it will cost",
        "The budget is enough for the plan, but not if a half of it is made again.",
    ):
        assert words in page
    assert page.count('name="model"') == len(models_of("video"))
    assert "disabled" not in page.split('name="model"')[1].split(">")[0]


def test_without_a_token_the_visualizer_comes_first_and_the_page_says_how_to_turn_ai_on(
    song: Song, settings: Any, client_of: Callable[..., Client]
):
    settings.REPLICATE_API_TOKEN = ""
    video = cast.draft_of(song)
    page = client_of(song.owner).get(reverse("video", args=[video.pk])).content.decode()
    radios = [part.split(">")[0] for part in page.split('name="model"')[1:]]
    assert 'value="visualizer" checked' in radios[0]
    assert all("disabled" in radio for radio in radios[1:])
    assert "REPLICATE_API_TOKEN=r8_…" in page
    assert "make start STANDIN=1" in page


def test_the_page_saves_model_budget_and_continuity_and_asks_for_the_new_plan(
    song: Song, on: None, client_of: Callable[..., Client]
):
    client, video = client_of(song.owner), cast.draft_of(song, model=SEEDANCE)
    answer = save(client, video, model="p-video", budget_usd="2.50", continuity="continuous")
    assert answer.headers["HX-Trigger"] == "plan-changed"
    video.refresh_from_db()
    assert (video.model, video.budget_usd) == ("p-video", Decimal("2.50"))
    assert video.continuity == "continuous"
    assert save(client, video, budget_usd="").headers["HX-Trigger"] == "plan-changed"
    video.refresh_from_db()
    assert video.budget_usd is None


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"budget_usd": "ten"}, "A budget is a number of dollars, like 12.50."),
        ({"budget_usd": "-1"}, "A budget cannot be below zero."),
        ({"budget_usd": "1.005"}, "A budget is counted in whole cents."),
        ({"model": "veo-3.1-fast", "aspect_ratio": "1:1"}, "makes no pictures in 1:1"),
        ({"continuity": "sideways"}, "is not one of cuts, continuous"),
    ],
)
def test_what_cannot_be_saved_is_said(
    song: Song,
    on: None,
    client_of: Callable[..., Client],
    changed: dict[str, str],
    sentence: str,
):
    video = cast.draft_of(song, model=SEEDANCE)
    answer = save(client_of(song.owner), video, **changed)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    video.refresh_from_db()
    assert (video.model, video.budget_usd, video.continuity) == (SEEDANCE, None, "cuts")


def test_a_plan_whose_model_has_left_the_catalog_says_so(
    song: Song, on: None, client_of: Callable[..., Client]
):
    video = cast.draft_of(song, model=SEEDANCE)
    Video.objects.update(model="seedance-0")
    answer = client_of(song.owner).get(reverse("video-plan", args=[video.pk]), **HTMX)
    assert (
        "The model “seedance-0” is not offered any more. Choose another one."
        in answer.content.decode()
    )


def test_the_api_lists_the_models_with_prices_and_abilities(
    alice: Any, on: None, api_of: Callable[..., Any], db: None
):
    models = {one["key"]: one for one in api_of(alice).get("/api/models").data["results"]}
    assert list(models) == list(models_of("video"))
    assert models["hailuo-2.3-fast"] | {"description": ""} == {
        "key": "hailuo-2.3-fast",
        "name": "Hailuo 2.3 Fast",
        "description": "",
        "provider": "replicate",
        "abilities": ["first_frame", "image_to_video"],
        "needs_first_frame": True,
        "aspect_ratios": ["16:9", "9:16", "1:1"],
        "frame_rate": 24.0,
        "lengths_seconds": {"choices": [6.0, 10.0], "min": None, "max": None},
        "price": {
            "unit": "video",
            "usd": 0.19,
            "by_seconds": [{"seconds": 6.0, "usd": 0.19}, {"seconds": 10.0, "usd": 0.32}],
        },
        "is_default": False,
        "is_available": True,
    }
    assert [key for key, one in models.items() if one["is_default"]] == [SEEDANCE]
    assert models["visualizer"]["price"] == {"unit": "free", "usd": 0.0, "by_seconds": []}


def test_the_api_sets_a_budget_and_takes_it_away_with_null(
    song: Song, on: None, api_of: Callable[..., Any]
):
    api, video = api_of(song.owner), cast.draft_of(song, model=SEEDANCE)
    address = f"/api/videos/{video.pk}"
    assert api.patch(address, {"budget_usd": 0.5}).data["budget_usd"] == 0.5
    estimate = api.get(f"{address}/estimate").data
    assert (estimate["budget_usd"], estimate["model"]) == (0.5, SEEDANCE)
    assert estimate["usd"] == float(drafts.estimate_video(video).usd)
    assert api.patch(address, {"title": "Kept"}).data["budget_usd"] == 0.5
    assert api.patch(address, {"budget_usd": None}).data["budget_usd"] is None


def test_the_api_says_when_ai_is_off(song: Song, settings: Any, api_of: Callable[..., Any]):
    settings.REPLICATE_API_TOKEN = ""
    video = cast.draft_of(song)
    answer = api_of(song.owner).patch(f"/api/videos/{video.pk}", {"model": SEEDANCE})
    assert (answer.status_code, answer.data["code"]) == (409, "ai_is_off")
    models = api_of(song.owner).get("/api/models").data["results"]
    assert [one["key"] for one in models if one["is_available"]] == ["visualizer"]
    assert [one["key"] for one in models if one["is_default"]] == ["visualizer"]
