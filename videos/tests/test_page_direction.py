"""The direction page saves what is typed, keeps what is right, and says what is not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from songs.models import Song
from videos import direction, drafts, rework
from videos.flavors import get_flavor
from videos.models import Clip, Video
from videos.tests import cast

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def video(alice: Any, ready_song: Callable[..., Song], sections_of: Callable[..., Any]) -> Video:
    song = ready_song(alice, seconds=30.0)
    sections_of(song)
    return cast.draft_of(song)


@pytest.fixture
def client(alice: Any, client_of: Any) -> Client:
    return client_of(alice)


def fields(video: Video, **changed: str) -> dict[str, str]:
    """What the form sends."""
    return {
        "title": video.title,
        "type_choice": video.video_type,
        "own_type": "",
        "idea": video.idea,
        "overall_prompt": video.overall_prompt,
        "negative_prompt": video.negative_prompt,
        "model": video.model,
        "flavor": video.flavor,
        "aspect_ratio": video.aspect_ratio,
    } | changed


def save(client: Client, video: Video, **changed: str) -> Any:
    sent = fields(video, **changed)
    return client.post(reverse("video-direction", args=[video.pk]), sent, **HTMX)


def spans(video: Video) -> list[tuple[int, int]]:
    return list(video.clips.values_list("start_frame", "end_frame"))


def test_what_is_typed_is_saved_and_said_to_be_saved(client: Client, video: Video) -> None:
    answer = save(client, video, title="Lanterns", idea="paper boats", aspect_ratio="9:16")
    assert answer.status_code == 200
    assert "All changes saved" in answer.content.decode()
    video.refresh_from_db()
    assert (video.title, video.idea, video.aspect_ratio) == ("Lanterns", "paper boats", "9:16")


def test_own_words_become_the_video_type(client: Client, video: Video) -> None:
    save(client, video, type_choice="own", own_type="  Stop-motion paper cut ")
    video.refresh_from_db()
    assert video.video_type == "Stop-motion paper cut"
    page = client.get(reverse("video", args=[video.pk])).content.decode()
    assert 'value="Stop-motion paper cut"' in page


def test_own_words_that_are_missing_are_asked_for_and_the_type_stays(
    client: Client, video: Video
) -> None:
    before = video.video_type
    answer = save(client, video, type_choice="own", title="Kept all the same")
    assert answer.status_code == 400
    assert "Choose a video type or describe one in your own words." in answer.content.decode()
    video.refresh_from_db()
    assert (video.video_type, video.title) == (before, "Kept all the same")


def test_an_empty_prompt_is_refused_while_the_rest_is_saved(client: Client, video: Video) -> None:
    before = video.overall_prompt
    answer = save(client, video, overall_prompt="   ", title="Another title")
    assert answer.status_code == 400
    assert "The prompt is empty." in answer.content.decode()
    video.refresh_from_db()
    assert (video.overall_prompt, video.title) == (before, "Another title")


@pytest.mark.parametrize(("field", "value"), [("model", "sora-9"), ("aspect_ratio", "4:3")])
def test_a_choice_that_does_not_exist_changes_nothing(
    client: Client, video: Video, field: str, value: str
) -> None:
    before = Video.objects.values().get(pk=video.pk)
    answer = save(client, video, **{field: value})
    assert answer.status_code == 400
    assert "Not saved" in answer.content.decode()
    assert Video.objects.values().get(pk=video.pk) == before


def test_without_scripts_saving_leads_back_to_the_page(client: Client, video: Video) -> None:
    address = reverse("video-direction", args=[video.pk])
    answer = client.post(address, fields(video, title="By hand"), follow=True)
    assert answer.redirect_chain == [(reverse("video", args=[video.pk]), 302)]
    assert "By hand" in answer.content.decode()


def test_without_scripts_a_refusal_stands_at_its_field(client: Client, video: Video) -> None:
    address = reverse("video-direction", args=[video.pk])
    answer = client.post(address, fields(video, title=""))
    assert answer.status_code == 400
    assert 'aria-describedby="title-error"' in answer.content.decode()
    assert "A video needs a title." in answer.content.decode()


def test_a_new_prompt_keeps_the_cuts_and_is_found_in_the_clips(
    client: Client, video: Video
) -> None:
    before = spans(video)
    answer = save(client, video, overall_prompt="Ten thousand paper boats at dusk.")
    assert answer.headers["HX-Trigger"] == "plan-changed"
    assert spans(video) == before
    assert all("Ten thousand paper boats" in clip.prompt for clip in video.clips.all())


def test_a_new_title_leaves_the_plan_alone(client: Client, video: Video) -> None:
    before = list(video.clips.values())
    assert "HX-Trigger" not in save(client, video, title="Only the title").headers
    assert list(video.clips.values()) == before


def test_what_is_not_sent_stays_and_is_not_missed(client: Client, video: Video) -> None:
    before = Video.objects.values().get(pk=video.pk)
    address = reverse("video-direction", args=[video.pk])
    answer = client.post(address, {"title": "Only the title"}, **HTMX)
    assert answer.status_code == 200
    assert "All changes saved" in answer.content.decode()
    assert 'name="overall_prompt"' not in answer.content.decode()
    after = Video.objects.values().get(pk=video.pk)
    changed = {name for name in after if after[name] != before[name]} - {"updated_at"}
    assert changed == {"title"}


def test_a_prompt_that_follows_the_idea_comes_with_the_answer(client: Client, video: Video) -> None:
    address = reverse("video-direction", args=[video.pk])
    answer = client.post(address, {"idea": "paper boats on a red river"}, **HTMX)
    video.refresh_from_db()
    assert "Paper boats on a red river." in video.overall_prompt
    assert "Paper boats on a red river." in answer.content.decode()


def test_what_should_not_be_seen_comes_with_the_answer_to_another_flavor(
    client: Client, video: Video
) -> None:
    page = save(client, video, flavor="stadium").content.decode()
    video.refresh_from_db()
    assert video.negative_prompt == direction.negative_prompt(get_flavor("stadium"))
    assert f'hx-swap-oob="true">{video.negative_prompt}</textarea>' in page
    assert f'hx-swap-oob="true">{escape(video.overall_prompt)}</textarea>' in page


def test_own_words_for_what_should_not_be_seen_are_not_sent_back(
    client: Client, video: Video
) -> None:
    page = save(client, video, flavor="stadium", negative_prompt="No cars.").content.decode()
    video.refresh_from_db()
    assert video.negative_prompt == "No cars."
    assert 'name="negative_prompt"' not in page


def test_words_written_into_a_clip_outlive_a_change_of_the_prompt(
    client: Client, video: Video
) -> None:
    address = reverse("video-clip", args=[video.pk, 2])
    answer = client.post(address, {"prompt": "A close look at her hands."}, **HTMX)
    assert "Saved" in answer.content.decode()
    save(client, video, overall_prompt="Something else altogether.")
    video.refresh_from_db()
    prompts = list(video.clips.values_list("prompt", flat=True))
    assert prompts[1] == "A close look at her hands."
    assert "Something else altogether" in prompts[0]
    assert list(rework.written_by_hand(video).values()) == ["A close look at her hands."]


@pytest.mark.parametrize("change", ["model", "plan"])
def test_words_written_into_clips_go_to_the_clips_that_stand_in_their_place(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, video: Video, change: str
) -> None:
    settings.REPLICATE_API_TOKEN = "r8_never_used"
    monkeypatch.setattr(drafts, "new_seed", lambda: 8)
    written = {}
    for clip in video.clips.all():
        drafts.change_clip(clip, prompt=f"Own words {clip.clip_index}.")
        written[f"Own words {clip.clip_index}."] = (clip.start_frame, clip.end_frame)
    if change == "model":
        rework.change_direction(video, model="zeroscope-v2-xl")
    else:
        rework.plan_otherwise(video)
    cuts = [(clip.start_frame, clip.end_frame) for clip in video.clips.all()]
    assert cuts != list(written.values())
    for clip in video.clips.all():
        start, end = written[clip.prompt]
        assert min(end, clip.end_frame) - max(start, clip.start_frame) > 0


def test_the_idea_is_read_while_it_is_typed_and_nothing_is_saved(
    client: Client, video: Video
) -> None:
    idea = "Generate a high energy punk rock video with urban graffiti aesthetics"
    address = reverse("video-understood", args=[video.pk])
    words = client.post(address, {"idea": idea}, **HTMX).content.decode()
    assert "punk rock" in words
    assert "high energy" in words
    video.refresh_from_db()
    assert video.idea == ""


def test_the_prompt_is_written_from_the_idea_that_is_sent(client: Client, video: Video) -> None:
    address = reverse("video-prompt", args=[video.pk])
    sent = fields(video, idea="paper boats on a red river", type_choice="nature")
    answer = client.post(address, sent, **HTMX)
    video.refresh_from_db()
    assert "Paper boats on a red river." in video.overall_prompt
    assert video.video_type == "nature"
    assert "Paper boats on a red river." in answer.content.decode()
    assert answer.headers["HX-Trigger"] == "plan-changed"
    assert all("Paper boats" in clip.prompt for clip in video.clips.all())


@pytest.mark.parametrize("name", ["video-prompt", "video-direction"])
def test_a_refusal_stands_at_the_state_and_takes_no_words(
    client: Client, video: Video, name: str
) -> None:
    made = cast.ready(video.song)
    sent = fields(made, overall_prompt="Typed too late.")
    answer = client.post(reverse(name, args=[made.pk]), sent, **HTMX)
    assert answer.status_code == 409
    assert "can no longer be changed" in answer.content.decode()
    assert "<textarea" not in answer.content.decode()
    assert answer.headers.get("HX-Retarget", "#save-state") == "#save-state"
    assert ("HX-Retarget" in answer.headers) == (name == "video-prompt")


def test_plan_again_makes_other_clips_that_tile_the_song(
    client: Client, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "new_seed", lambda: 11)
    before = spans(video)
    answer = client.post(reverse("video-plan", args=[video.pk]), **HTMX)
    assert answer.status_code == 200
    after = spans(video)
    assert after != before
    assert after[0][0] == 0
    assert after[-1][1] == video.song.frames
    assert all(one[1] == two[0] for one, two in pairwise(after))


def test_an_empty_clip_prompt_is_refused(client: Client, video: Video) -> None:
    before = video.clips.get(clip_index=0).prompt
    answer = client.post(reverse("video-clip", args=[video.pk, 1]), {"prompt": " "}, **HTMX)
    assert answer.status_code == 400
    assert "A prompt cannot be empty." in answer.content.decode()
    assert video.clips.get(clip_index=0).prompt == before


def test_a_clip_prompt_that_no_database_keeps_is_refused(client: Client, video: Video) -> None:
    before = video.clips.get(clip_index=0).prompt
    answer = client.post(reverse("video-clip", args=[video.pk, 1]), {"prompt": "a\0b"}, **HTMX)
    assert answer.status_code == 400
    assert "The prompt has characters that cannot be stored." in answer.content.decode()
    assert video.clips.get(clip_index=0).prompt == before


def test_a_clip_prompt_that_is_too_long_is_refused(client: Client, video: Video) -> None:
    address = reverse("video-clip", args=[video.pk, 1])
    answer = client.post(address, {"prompt": "x" * 6001}, **HTMX)
    assert answer.status_code == 400
    assert Clip.objects.filter(prompt__startswith="xxx").count() == 0


def test_a_clip_that_does_not_exist_is_not_found(client: Client, video: Video) -> None:
    address = reverse("video-clip", args=[video.pk, 99])
    assert client.post(address, {"prompt": "words"}, **HTMX).status_code == 404


def test_the_direction_of_a_video_that_is_made_cannot_be_changed(
    client: Client, video: Video
) -> None:
    made = cast.ready(video.song)
    before = Video.objects.values().get(pk=made.pk)
    answer = save(client, made, title="Too late")
    assert answer.status_code == 409
    assert "can no longer be changed" in answer.content.decode()
    assert Video.objects.values().get(pk=made.pk) == before


def test_the_page_says_why_a_type_is_suggested(client: Client, video: Video) -> None:
    page = client.get(reverse("video", args=[video.pk]))
    assert page.context["suggestion"].reason in page.content.decode().replace("&#x27;", "'")
    assert "Suggested" in page.content.decode()


def test_no_fragment_carries_a_style_or_a_script(client: Client, video: Video) -> None:
    page = client.get(reverse("video", args=[video.pk])).content.decode()
    assert " style=" not in page
    assert " onclick=" not in page
    assert "hx-on" not in page
