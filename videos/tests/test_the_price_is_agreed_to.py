"""What costs more than its button has said is not started: the page says the price, and asks again."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from accounts.models import Turns, User
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.money import usd_text
from vibecraft.predictions.models import Prediction
from videos import drafts, pipeline, rework, storyboard
from videos.models import Still, Take, Video
from videos.tests import boards, cast

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
CHEAP, DEAR = "p-video-draft", "seedance-1-pro-fast"


@pytest.fixture(autouse=True)
def _ai_is_on(settings: LazySettings) -> None:
    settings.REPLICATE_API_TOKEN = "r8_only_for_this_test"


@pytest.fixture
def client(alice: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(alice)


@pytest.fixture
def free(song: Song) -> Video:
    return cast.draft_of(song, model="visualizer")


@pytest.fixture
def paid(song: Song) -> Video:
    return cast.draft_of(song, model=CHEAP)


@pytest.fixture
def unplanned(paid: Video) -> Video:
    paid.clips.all().delete()
    return paid


def page(client: Client, video: Video, name: str = "video") -> str:
    return client.get(reverse(name, args=[video.pk])).content.decode()


def agreed(html: str) -> str:
    """What the form of the button would send; of several, that of the last one, at the bottom."""
    return str(re.findall(r'name="agreed_usd" value="([^"]*)"', html)[-1])


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def launch(html: str) -> str:
    """What the bar with the button says."""
    return words(html[html.index('class="launch"') :])


def generate(client: Client, video: Video, **sent: object) -> Any:
    return client.post(reverse("video-generate", args=[video.pk]), sent)


def whole_form(html: str, **changed: str) -> dict[str, str]:
    """What a browser without scripts sends from the page: the direction beside price and key."""
    return {"overall_prompt": "Paper boats.", "agreed_usd": agreed(html)} | changed


def price(video: Video) -> Decimal:
    return drafts.price_of(boards.fresh(video))


def asks(video: Video) -> str:
    return (
        f"Nothing was started: the price is now about {usd_text(price(video))}. "
        "Press again to agree."
    )


def with_stills(video: Video) -> None:
    """Rows of stills without their files."""
    job = Job.objects.create(owner=video.owner, kind=Job.Kind.STORYBOARD, status="succeeded")
    video.begin_storyboard(job.pk)
    for clip in video.clips.all():
        still = {"number": 1, "model": "flux-schnell", "prompt": "p", "seed": 1}
        clip.chosen_still = Still.objects.create(clip=clip, job=job, status="succeeded", **still)
        clip.save()


def assert_nothing_started(video: Video, status: str = "draft") -> None:
    video.refresh_from_db()
    video.owner.refresh_from_db()
    assert (video.status, video.is_counted, video.owner.videos_used) == (status, False, 0)
    assert not Job.objects.filter(status__in=("queued", "running")).exists()
    assert not Take.objects.filter(status__in=("queued", "running")).exists()
    assert (Prediction.objects.count(), Turns.objects.count()) == (0, 0)


def assert_started(video: Video, usd: Decimal) -> None:
    video.refresh_from_db()
    assert (video.status, video.estimated_usd) == ("generating", usd)
    assert Take.objects.of_job(video.job_id).count() == video.clips.count() > 0


# --- the direction page --------------------------------------------------------------------------


def test_a_dearer_model_in_the_same_form_is_saved_and_starts_nothing(
    client: Client, free: Video
) -> None:
    shown = page(client, free)
    assert (agreed(shown), "Generate, free" in launch(shown)) == ("0.000000", True)
    answer = generate(client, free, **whole_form(shown, model=DEAR, title="Harbour"))
    assert_nothing_started(free)
    assert (free.model, free.title, free.overall_prompt) == (DEAR, "Harbour", "Paper boats.")
    told = answer.content.decode()
    assert answer.status_code == 409
    assert asks(free) in launch(told)
    assert f"Generate for {usd_text(price(free))}" in launch(told)
    assert price(free) > 0


def test_a_second_press_agrees_to_the_new_price(client: Client, free: Video) -> None:
    sent = whole_form(page(client, free), model=DEAR)
    told = generate(client, free, **sent).content.decode()
    usd = price(free)
    assert generate(client, free, **sent | {"agreed_usd": agreed(told)}).status_code == 302
    assert_started(free, usd)


def test_the_price_that_is_shown_is_enough(client: Client, paid: Video) -> None:
    usd = price(paid)
    assert generate(client, paid, **whole_form(page(client, paid))).status_code == 302
    assert_started(paid, usd)


def test_a_lower_price_needs_no_second_press(client: Client, paid: Video) -> None:
    sent = whole_form(page(client, paid), model="visualizer")
    assert generate(client, paid, **sent).status_code == 302
    assert_started(paid, Decimal(0))


@pytest.mark.parametrize("said", ["", "free", "$9", "-9", "NaN", "sNaN", "Infinity", "9\0"])
def test_what_is_no_price_agrees_to_nothing_that_costs(
    client: Client, paid: Video, said: str
) -> None:
    answer = generate(client, paid, agreed_usd=said)
    assert (answer.status_code, asks(paid) in launch(answer.content.decode())) == (409, True)
    assert_nothing_started(paid)


def test_a_form_without_a_price_starts_only_what_is_free(
    client: Client, paid: Video, song: Song
) -> None:
    assert generate(client, paid).status_code == 409
    assert_nothing_started(paid)
    other = cast.draft_of(song, model="visualizer")
    assert generate(client, other).status_code == 302
    assert_started(other, Decimal(0))


def test_the_new_plan_brings_button_and_form_the_same_price(client: Client, free: Video) -> None:
    choice = {"model": DEAR}
    saved = client.post(reverse("video-direction", args=[free.pk]), choice, **HTMX)
    assert saved.headers["HX-Trigger"] == "plan-changed"
    plan = client.get(reverse("video-plan", args=[free.pk]), **HTMX).content.decode()
    assert Decimal(agreed(plan)) == price(free) > 0
    assert f"Generate for {usd_text(price(free))}" in launch(plan)


def test_without_a_plan_the_first_press_plans_and_says_the_price(
    client: Client, unplanned: Video
) -> None:
    shown = page(client, unplanned)
    assert (agreed(shown), "Write the scenes" in shown) == ("", False)
    answer = generate(client, unplanned, agreed_usd="")
    told = answer.content.decode()
    assert (answer.status_code, asks(unplanned) in launch(told)) == (409, True)
    assert_nothing_started(unplanned)
    usd = price(unplanned)
    assert generate(client, unplanned, agreed_usd=agreed(told)).status_code == 302
    assert_started(unplanned, usd)


def test_a_direction_that_changes_in_the_last_moment_is_not_paid(
    client: Client, paid: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the price was compared, and before the video is held for its making."""

    def in_another_tab(user: User) -> None:
        rework.change_direction(boards.fresh(paid), model=DEAR)

    shown = page(client, paid)
    monkeypatch.setattr(pipeline, "take_paid_turn", in_another_tab)
    answer = generate(client, paid, agreed_usd=agreed(shown))
    assert Decimal(agreed(shown)) < price(paid)
    assert (answer.status_code, asks(paid) in launch(answer.content.decode())) == (409, True)
    assert_nothing_started(paid)


# --- the other buttons ---------------------------------------------------------------------------


def test_generate_again_asks_where_the_price_has_risen(client: Client, song: Song) -> None:
    video = cast.failed(song)
    Video.objects.filter(pk=video.pk).update(model="visualizer")
    shown = page(client, video)
    assert (agreed(shown), "Generate again, free" in words(shown)) == ("0.000000", True)
    Video.objects.filter(pk=video.pk).update(model=CHEAP)
    answer = generate(client, video, agreed_usd=agreed(shown))
    told = answer.content.decode()
    assert (answer.status_code, asks(video) in words(told)) == (409, True)
    assert_nothing_started(video, "failed")
    usd = price(video)
    assert f"Generate again for {usd_text(usd)}" in words(told)
    assert generate(client, video, agreed_usd=agreed(told)).status_code == 302
    assert_started(video, usd)


def test_generate_on_the_storyboard_sends_its_price(client: Client, paid: Video) -> None:
    with_stills(paid)
    storyboard.approve(boards.fresh(paid))
    shown = page(client, paid, "storyboard")
    assert Decimal(agreed(shown)) == price(paid) > 0
    assert f"Generate for {usd_text(price(paid))}" in launch(shown)


def test_stills_without_a_plan_are_planned_and_then_asked_for(
    client: Client, unplanned: Video
) -> None:
    address = reverse("storyboard", args=[unplanned.pk])
    assert agreed(page(client, unplanned, "storyboard")) == "0.000000"
    answer = client.post(address, {"agreed_usd": "0.000000"})
    usd = storyboard.price(boards.fresh(unplanned))
    told = answer.content.decode()
    sentence = f"Nothing was started: the price is now about {usd_text(usd)}. Press again to agree."
    assert (answer.status_code, sentence in words(told)) == (409, True)
    assert f"Make the stills for {usd_text(usd)}" in words(told)
    assert_nothing_started(unplanned)
    assert Still.objects.count() == 0
    assert client.post(address, {"agreed_usd": agreed(told)}).status_code == 302
    assert Still.objects.count() == unplanned.clips.count() > 0


def test_stills_that_are_more_in_the_last_moment_are_not_paid(
    client: Client, paid: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the price was compared, and before the video is held for its stills."""
    with_stills(paid)
    paid.clips.filter(clip_index=0).update(chosen_still=None)
    above_the_scenes, _ = page(client, paid, "storyboard").split('id="board-scenes"')
    shown = agreed(above_the_scenes)
    monkeypatch.setattr(
        storyboard, "take_paid_turn", lambda user: paid.clips.update(chosen_still=None)
    )
    answer = client.post(reverse("storyboard", args=[paid.pk]), {"agreed_usd": shown})
    assert Decimal(shown) < storyboard.price(boards.fresh(paid))
    assert (answer.status_code, "Press again to agree." in words(answer.content.decode())) == (
        409,
        True,
    )
    assert_nothing_started(paid, "storyboard")
    assert not Still.objects.active().exists()
