"""A still, a clip, a section, scenes and lips are made at the price that their button has said."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Turns, User
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.money import usd_text
from vibecraft.predictions.catalog import default_key, get_model
from vibecraft.predictions.models import Prediction, Price
from videos import assets, lipsync, remaking, rework, scenes, stills, storyboard
from videos.models import Asset, Clip, SectionTurn, Still, Take, Video
from videos.tests import boards, cast

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}
LINES = [{"start": 0.5, "end": 3.0, "text": "Say my name", "words": []}]
OTHERWISE = "A lighthouse & a storm"
# It cannot begin without a picture: where there is none, one is paid for first.
FROM_A_PICTURE = "kling-v2.1"
LONGER = "A red kite over the harbor at dawn. " * 20


@pytest.fixture(autouse=True)
def _ai_is_on(settings: LazySettings) -> None:
    settings.REPLICATE_API_TOKEN = "r8_only_for_this_test"


@pytest.fixture
def client(alice: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(alice)


@pytest.fixture
def sung(song: Song) -> Song:
    song.lyrics = LINES
    song.save()
    return song


@pytest.fixture
def nadia(alice: User) -> Asset:
    picture = boards.character(alice)
    Turns.objects.all().delete()
    return picture


@pytest.fixture
def board(song: Song) -> Video:
    """A storyboard with all its stills, which are rows without files."""
    video = cast.draft_of(song, model=boards.AI_MODEL)
    job = Job.objects.create(owner=video.owner, kind=Job.Kind.STORYBOARD, status="succeeded")
    video.begin_storyboard(job.pk)
    for clip in video.clips.all():
        still = {"number": 1, "model": "flux-schnell", "prompt": "p", "seed": 1}
        clip.chosen_still = Still.objects.create(clip=clip, job=job, status="succeeded", **still)
        clip.save()
    return video


@pytest.fixture
def film(alice: User, ready_song: Any, sections_of: Any, nadia: Asset) -> Video:
    """Three clips in the first section, each of which would start from Nadia's picture."""
    song = ready_song(alice, seconds=48.0)
    sections_of(song)
    video = cast.ready(song)
    Video.objects.filter(pk=video.pk).update(model=FROM_A_PICTURE, character_id=nadia.pk)
    return boards.fresh(video)


def first(video: Video) -> Clip:
    return boards.clips(video)[0]


def form(html: str, address: str) -> str:
    found = re.search(rf'<form[^>]*action="{address}".*?</form>', html, re.DOTALL)
    assert found, html
    return found[0]


def agreed(html: str) -> dict[str, str]:
    """What the form with the price sends of it."""
    (value,) = re.findall(r'name="agreed_usd" value="([^"]*)"', html)
    return {"agreed_usd": value}


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def asks(usd: Decimal) -> str:
    return f"Nothing was started: the price is now about {usd_text(usd)}. Press again to agree."


def page(client: Client, video: Video, name: str = "video") -> str:
    return client.get(reverse(name, args=[video.pk])).content.decode()


def assert_nothing_started(video: Video) -> None:
    video.refresh_from_db()
    assert (video.refinements_left, video.actual_usd, video.reserved_usd) == (5, 0, 0)
    assert set(video.clips.values_list("regenerations_left", flat=True)) == {1}
    assert not Job.objects.active().exists()
    assert not Take.objects.active().exists()
    assert not Still.objects.active().exists()
    assert not SectionTurn.objects.exists()
    assert Prediction.objects.count() == 0


def dearer(model: str, usd: str) -> None:
    """As an operator enters it while the page is open."""
    variant = get_model(model).price.tiers[0].variant
    Price.objects.create(model=model, variant=variant, usd=Decimal(usd), valid_from=timezone.now())


# --- one still -----------------------------------------------------------------------------------


def refining(clip: Clip) -> str:
    return reverse("storyboard-refine", args=[clip.video_id, clip.pk])


def scene_of(html: str, clip: Clip) -> str:
    return html.split(f'id="scene-{clip.pk}"')[1].split("</li>")[0]


def act_of(html: str, clip: Clip) -> str:
    """The button of one scene with its price, as it comes alone."""
    return html.split(f'id="agreed-{clip.pk}"')[1].split("</button>")[0]


def price_of(html: str, clip: Clip) -> dict[str, str]:
    (value,) = re.findall(rf'id="agreed-{clip.pk}" name="agreed_usd" value="([^"]*)"', html)
    return {"agreed_usd": value}


def test_a_still_with_a_character_that_was_chosen_elsewhere_is_asked_for(
    client: Client, board: Video, nadia: Asset
) -> None:
    clip, other = boards.clips(board)[:2]
    shown = page(client, board, "storyboard")
    assert "Make it again for $0.003" in words(scene_of(shown, clip))
    rework.change_direction(boards.fresh(board), character_id=nadia.pk)
    sent = price_of(shown, clip) | {"prompt": OTHERWISE}
    answer = client.post(refining(clip), sent, headers=HX)
    told = answer.content.decode()
    assert (answer.status_code, answer["HX-Retarget"]) == (409, "#storyboard-state")
    assert asks(Decimal("0.04")) in words(told)
    for one in (clip, other):
        assert "Make it again for $0.04" in words(act_of(told, one))
    assert "<textarea" not in told, "what is being written on the page stays"
    assert first(board).prompt == clip.prompt
    assert_nothing_started(board)
    assert not Turns.objects.exists()
    second = client.post(refining(clip), sent | price_of(told, clip), headers=HX)
    assert second.status_code == 200
    still = Still.objects.active().get()
    assert (still.clip_id, still.prompt) == (clip.pk, OTHERWISE)
    assert still.model == stills.model_for(boards.fresh(board)) == "flux-kontext-pro"


def test_the_price_that_a_still_shows_is_enough(client: Client, board: Video) -> None:
    clip = first(board)
    sent = agreed(scene_of(page(client, board, "storyboard"), clip))
    assert client.post(refining(clip), sent | {"prompt": "x"}).status_code == 302
    assert Still.objects.active().get().clip_id == clip.pk


def test_a_missing_still_is_made_at_the_price_that_is_shown(
    client: Client, board: Video, nadia: Asset
) -> None:
    clip = first(board)
    board.clips.filter(pk=clip.pk).update(chosen_still=None)
    shown = scene_of(page(client, board, "storyboard"), clip)
    assert "Make it for $0.003" in words(shown)
    rework.change_direction(boards.fresh(board), character_id=nadia.pk)
    assert client.post(refining(clip), agreed(shown)).status_code == 409
    assert_nothing_started(board)


def test_a_form_of_a_still_without_a_price_starts_only_what_is_free(
    client: Client, board: Video, settings: LazySettings
) -> None:
    clip = first(board)
    answer = client.post(refining(clip), {"prompt": "x"}, headers=HX)
    assert (answer.status_code, asks(Decimal("0.003")) in words(answer.content.decode())) == (
        409,
        True,
    )
    assert_nothing_started(board)
    Video.objects.filter(pk=board.pk).update(model="visualizer")
    assert client.post(refining(clip), {"prompt": "x"}, headers=HX).status_code == 200
    assert Still.objects.active().get().model == "visualizer"


def test_a_character_that_is_chosen_in_the_last_moment_is_not_paid(
    client: Client, board: Video, nadia: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the price was compared, and before the video is held for its still."""

    def in_another_tab(user: User) -> None:
        rework.change_direction(boards.fresh(board), character_id=nadia.pk)

    clip = first(board)
    monkeypatch.setattr(storyboard, "take_paid_turn", in_another_tab)
    answer = client.post(refining(clip), {"agreed_usd": "0.003", "prompt": "x"}, headers=HX)
    assert (answer.status_code, asks(Decimal("0.04")) in words(answer.content.decode())) == (
        409,
        True,
    )
    assert first(board).prompt == clip.prompt
    assert_nothing_started(board)


def test_without_scripts_the_storyboard_comes_back_with_the_words_that_were_typed(
    client: Client, board: Video, nadia: Asset
) -> None:
    clip, other = boards.clips(board)[:2]
    rework.change_direction(boards.fresh(board), character_id=nadia.pk)
    answer = client.post(refining(clip), {"agreed_usd": "0.003", "prompt": OTHERWISE})
    told = answer.content.decode()
    assert (answer.status_code, asks(Decimal("0.04")) in words(told)) == (409, True)
    mine = scene_of(told, clip)
    assert ">A lighthouse &amp; a storm</textarea>" in mine
    assert f'id="words-{clip.pk}" open>' in mine
    assert f'id="words-{other.pk}">' in scene_of(told, other)
    sent = agreed(mine) | {"prompt": OTHERWISE}
    assert client.post(refining(clip), sent).status_code == 302
    assert Still.objects.active().get().prompt == OTHERWISE


# --- a clip, or its section, of a finished film ---------------------------------------------------

AGAIN = ("clip-again", "section-again")


def price_again(video: Video, name: str) -> Decimal:
    clips = boards.clips(video)
    wanted = [one for one in clips if one.section_id == clips[0].section_id]
    prices = remaking.prices_of(boards.fresh(video), clips)
    return sum(
        (prices[one.pk] for one in (wanted if name == "section-again" else clips[:1])), Decimal(0)
    )


@pytest.mark.parametrize("name", AGAIN)
def test_what_costs_more_without_its_character_is_asked_for(
    client: Client, film: Video, nadia: Asset, name: str
) -> None:
    address = reverse(name, args=[film.pk, 1])
    shown, before = form(page(client, film), address), price_again(film, name)
    assert f"for {usd_text(before)}" in words(shown)
    assets.delete(nadia)
    usd = price_again(film, name)
    count = 1 if name == "clip-again" else 3
    assert usd == before + count * Decimal("0.003")
    answer = client.post(address, agreed(shown), headers=HX)
    told = answer.content.decode()
    assert (answer.status_code, asks(usd) in words(told)) == (409, True)
    assert f"for {usd_text(usd)}" in words(form(told, address))
    assert_nothing_started(film)
    assert not Turns.objects.exists()
    assert client.post(address, agreed(form(told, address)), headers=HX).status_code == 200
    assert Take.objects.active().count() == count


@pytest.mark.parametrize("name", AGAIN)
def test_the_price_of_making_again_that_is_shown_is_enough(
    client: Client, film: Video, name: str
) -> None:
    address = reverse(name, args=[film.pk, 1])
    sent = agreed(form(page(client, film), address))
    assert client.post(address, sent).status_code == 302
    assert Job.objects.active().get().kind == "regeneration"


@pytest.mark.parametrize("name", AGAIN)
def test_making_again_without_a_price_starts_only_what_is_free(
    client: Client, film: Video, name: str
) -> None:
    address, usd = reverse(name, args=[film.pk, 1]), price_again(film, name)
    answer = client.post(address)
    assert (answer.status_code, asks(usd) in words(answer.content.decode())) == (409, True)
    assert_nothing_started(film)
    Video.objects.filter(pk=film.pk).update(model="visualizer")
    assert client.post(address).status_code == 302
    assert Job.objects.active().get().kind == "regeneration"


@pytest.mark.parametrize("name", AGAIN)
def test_a_character_that_is_deleted_in_the_last_moment_makes_nothing_dearer(
    client: Client, film: Video, nadia: Asset, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the price was compared, and before the video is held for its takes."""
    monkeypatch.setattr(remaking, "take_paid_turn", lambda user: assets.delete(nadia))
    address = reverse(name, args=[film.pk, 1])
    sent = agreed(form(page(client, film), address))
    answer = client.post(address, sent, headers=HX)
    assert (
        answer.status_code,
        asks(price_again(film, name)) in words(answer.content.decode()),
    ) == (
        409,
        True,
    )
    assert_nothing_started(film)


@pytest.mark.parametrize("headers", [{}, HX])
def test_words_for_a_clip_are_there_for_the_second_press(
    client: Client, film: Video, headers: dict[str, str]
) -> None:
    address = reverse("clip-again", args=[film.pk, 2])
    answer = client.post(address, {"prompt": OTHERWISE}, headers=headers)
    told = form(answer.content.decode(), address)
    assert answer.status_code == 409
    assert ">A lighthouse &amp; a storm</textarea>" in told
    assert '<details class="fold" open>' in told
    assert answer.content.decode().count('<details class="fold" open>') == 1
    client.post(address, agreed(told) | {"prompt": OTHERWISE}, headers=headers)
    assert Take.objects.active().get().prompt == OTHERWISE


def test_the_api_agrees_to_any_price(
    alice: User, api_of: Callable[[User], APIClient], film: Video, nadia: Asset
) -> None:
    assets.delete(nadia)
    address = f"/api/videos/{film.pk}/regenerate/clip/{first(film).pk}"
    assert api_of(alice).post(address).status_code == 202


# --- scenes --------------------------------------------------------------------------------------


def test_scenes_of_a_longer_idea_are_asked_for(client: Client, song: Song) -> None:
    video = cast.draft_of(song, model="visualizer")
    address = reverse("video-scenes", args=[video.pk])
    shown, before = form(page(client, video), address), scenes.price_of_scenes(video)
    assert f"about {usd_text(before)}" in words(shown)
    assert agreed(shown) == {"agreed_usd": str(before)}
    rework.change_direction(boards.fresh(video), idea=LONGER)
    usd = scenes.price_of_scenes(boards.fresh(video))
    assert usd > before
    answer = client.post(address, agreed(shown), headers=HX)
    told = answer.content.decode()
    assert (answer.status_code, asks(usd) in words(told)) == (409, True)
    assert f"about {usd_text(usd)}" in words(form(told, address))
    assert_nothing_started(video)
    assert not Turns.objects.exists()
    assert client.post(address, agreed(form(told, address)), headers=HX).status_code == 200
    assert Job.objects.active().get().kind == "scenes"


def test_without_scripts_the_draft_comes_back_with_the_price_of_its_scenes(
    client: Client, song: Song
) -> None:
    video = cast.draft_of(song, model="visualizer")
    address, usd = reverse("video-scenes", args=[video.pk]), scenes.price_of_scenes(video)
    answer = client.post(address)
    told = answer.content.decode()
    assert (answer.status_code, asks(usd) in words(told)) == (409, True)
    assert_nothing_started(video)
    assert client.post(address, agreed(form(told, address))).status_code == 302
    assert Job.objects.active().get().kind == "scenes"


def test_an_idea_that_grows_in_the_last_moment_is_not_paid(
    client: Client, song: Song, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the price was compared, and before the video is held for its scenes."""
    video = cast.draft_of(song, model="visualizer")

    def in_another_tab(user: User) -> None:
        rework.change_direction(boards.fresh(video), idea=LONGER)

    sent = {"agreed_usd": str(scenes.price_of_scenes(video))}
    monkeypatch.setattr(scenes, "take_paid_turn", in_another_tab)
    answer = client.post(reverse("video-scenes", args=[video.pk]), sent, headers=HX)
    usd = scenes.price_of_scenes(boards.fresh(video))
    assert (answer.status_code, asks(usd) in words(answer.content.decode())) == (409, True)
    assert_nothing_started(video)


# --- lips ----------------------------------------------------------------------------------------


def test_lips_that_have_become_dearer_are_asked_for(client: Client, sung: Song) -> None:
    video = cast.ready(sung)
    address = reverse("video-clip-lipsync", args=[video.pk, 1])
    shown = form(page(client, video), address)
    assert "Lip-sync this clip for $0.20" in words(shown)
    dearer(default_key("lipsync"), "0.07")
    answer = client.post(address, agreed(shown), headers=HX)
    told = answer.content.decode()
    assert (answer.status_code, asks(Decimal("0.28")) in words(told)) == (409, True)
    assert "Lip-sync this clip for $0.28" in words(form(told, address))
    assert_nothing_started(video)
    assert not Turns.objects.exists()
    assert client.post(address, agreed(form(told, address)), headers=HX).status_code == 200
    assert Take.objects.active().get().kind == "lipsync"


def test_lips_without_a_price_are_asked_for_once(client: Client, sung: Song) -> None:
    video = cast.ready(sung)
    address = reverse("video-clip-lipsync", args=[video.pk, 1])
    answer = client.post(address)
    told = answer.content.decode()
    assert (answer.status_code, asks(Decimal("0.20")) in words(told)) == (409, True)
    assert_nothing_started(video)
    assert client.post(address, agreed(form(told, address))).status_code == 302
    assert Take.objects.active().get().kind == "lipsync"


def test_a_clip_whose_lips_cannot_be_moved_has_no_price(client: Client, sung: Song) -> None:
    video = cast.ready(sung)
    address = reverse("video-clip-lipsync", args=[video.pk, 2])
    assert "agreed_usd" not in form(page(client, video), address)
    with pytest.raises(Exception, match="no_lyrics"):
        lipsync.start_lipsync(video, boards.clips(video)[1], agreed_usd=Decimal(0))
