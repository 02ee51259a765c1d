"""A music model makes a song of an idea: it becomes a song like any other, and is paid for once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import LazySettings
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Turns, User
from songs import intake, making, pipeline
from songs.making import Wish
from songs.models import Analysis, Song
from vibecraft.jobs import sweeper
from vibecraft.jobs.models import Job
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.standin.remote import Remote
from vibecraft.problems import Problem
from vibecraft.testing import stored_files

ApiOf = Callable[[User], APIClient]
ClientOf = Callable[[User], Client]
Work = Callable[[], int]
WISH: dict[str, Any] = {
    "prompt": "A slow drive along the sea.",
    "duration_sec": 12,
    "tempo": 120,
    "mood": "wistful",
    "style": "synthpop",
}
WORDING = "A slow drive along the sea, synthpop, wistful, 120 BPM"
LYRICS = "[Verse]\nFirst light on the water\nWe are driving home tonight"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _music_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The words of these songs are another matter."""
    monkeypatch.setattr("songs.listening.is_wanted", lambda song: False)


def make(client: APIClient, **changes: Any) -> Any:
    return client.post("/api/songs/make", WISH | changes, format="json")


def test_a_song_comes_of_an_idea_and_is_analyzed_by_itself(
    alice: User, ai: Remote, api_of: ApiOf, do_work: Work
) -> None:
    answer = make(api_of(alice))
    assert answer.status_code == 202
    song, job = Song.objects.get(), Job.objects.get()
    assert answer.json() == {"job_id": str(job.pk), "song_id": str(song.pk)}
    assert (song.status, song.source, song.idea) == ("new", "made", WORDING)
    assert (song.title, job.kind, job.status) == ("A slow drive along the sea.", "music", "queued")
    do_work()
    song.refresh_from_db()
    job.refresh_from_db()
    assert (job.status, job.progress) == ("succeeded", 100)
    assert (song.status, song.duration_sec, song.frames) == ("ready", 12.0, 288)
    assert round(Analysis.objects.get().bpm) == 120
    (asked,) = ai.predictions()
    assert asked["model"] == "stability-ai/stable-audio-2.5"
    assert asked["input"] == {"prompt": WORDING, "duration": 12}
    (call,) = Prediction.objects.all()
    assert (call.actual_usd, call.song_id) == (Decimal("0.2"), song.pk)
    sweeper.discard()
    names = [key.rsplit("/", 1)[-1] for key in stored_files(alice)]
    assert names == ["features.npz", "master.flac", "peaks.json", "source.mp3"]
    alice.refresh_from_db()
    assert alice.storage_used_bytes == song.stored_bytes > song.file_size_bytes > 0
    assert api_of(alice).get(f"/api/songs/{song.pk}").json()["cost_usd"] == 0.2


def test_lyrics_are_sung_by_the_model_that_sings_and_are_the_songs_lyrics(
    alice: User, ai: Remote, api_of: ApiOf, do_work: Work
) -> None:
    assert make(api_of(alice), lyrics=LYRICS).status_code == 202
    do_work()
    song = Song.objects.get()
    (asked,) = ai.predictions()
    assert asked["model"] == "minimax/music-1.5"
    assert (asked["input"]["lyrics"], asked["input"]["prompt"]) == (LYRICS, WORDING)
    assert "duration" not in asked["input"]
    assert song.status == "ready"
    assert [line.text for line in song.lines] == LYRICS.split("\n")[1:]
    assert song.duration_sec == pytest.approx(8 + len(LYRICS) / 10, abs=0.05)


def test_plain_lyrics_are_spread_over_the_song_that_was_made_not_over_the_wish(
    alice: User, ai: Remote, api_of: ApiOf, do_work: Work
) -> None:
    client = api_of(alice)
    make(client, duration_sec=300, lyrics=LYRICS)
    assert Song.objects.get().lines[-1].end == 300
    do_work()
    song = Song.objects.get()
    assert song.duration_sec < 20
    assert [line.text for line in song.lines] == LYRICS.split("\n")[1:]
    assert all(line.is_estimated for line in song.lines)
    assert song.lines[-1].end == pytest.approx(song.duration_sec, abs=0.001)
    before = song.lyrics
    answer = client.put(f"/api/songs/{song.pk}/lyrics", {"lines": before}, format="json")
    assert (answer.status_code, answer.json()["lyrics"]) == (200, before)


def test_times_that_somebody_gave_are_not_touched_when_the_music_comes(
    alice: User, ai: Remote, api_of: ApiOf, do_work: Work
) -> None:
    make(api_of(alice), lyrics="[00:02.00]First light on the water\n[00:04.50]")
    before = Song.objects.get().lyrics
    do_work()
    assert Song.objects.get().lyrics == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"duration_sec": 200}, "duration_sec"),
        ({"duration_sec": 5}, "duration_sec"),
        ({"duration_sec": 40, "model": "musicgen"}, "duration_sec"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "sea " * 499}, "prompt"),
        ({"lyrics": "la " * 300}, "lyrics"),
        ({"lyrics": LYRICS, "prompt": "sea " * 80}, "prompt"),
        ({"lyrics": LYRICS, "model": "musicgen"}, "lyrics"),
        ({"tempo": 20}, "tempo"),
        ({"model": "flux-schnell"}, "model"),
    ],
)
def test_what_no_model_takes_is_refused_before_anything_is_stored(
    alice: User, ai: Remote, api_of: ApiOf, changes: dict[str, Any], field: str
) -> None:
    answer = make(api_of(alice), **changes)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert not Song.objects.exists()
    assert not Job.objects.exists()
    assert not Prediction.objects.exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("[Verse]\n[Chorus]", "There are no lyrics in this text."),
        ("la " * 180, "Line 1 has 539 characters; 500 are allowed."),
        ("[01:20.00]la la la la", "Line 1 starts at 1:20, after the song has ended at 0:12."),
        ("la la la\x07 la la la", "This is not a text file."),
    ],
)
def test_lyrics_that_cannot_be_read_are_refused_at_their_place_and_take_no_turn(
    alice: User, ai: Remote, api_of: ApiOf, client_of: ClientOf, words: str, sentence: str
) -> None:
    answer = make(api_of(alice), lyrics=words)
    assert (answer.status_code, answer.json()["code"]) == (400, "lyrics_invalid")
    assert answer.json()["errors"] == {"lyrics": [sentence]}
    page = client_of(alice).post("/songs/make", WISH | {"lyrics": words})
    assert page.status_code == 400
    assert page.context["wish_form"].errors == {"lyrics": [sentence]}
    assert sentence in page.content.decode()
    assert not Turns.objects.exists()
    assert not Song.objects.exists()
    assert not Prediction.objects.exists()


def test_without_ai_nothing_is_made_and_the_page_says_how_to_turn_it_on(
    alice: User, api_of: ApiOf, client_of: ClientOf
) -> None:
    answer = make(api_of(alice))
    assert (answer.status_code, answer.json()["code"]) == (409, "ai_is_off")
    page = client_of(alice).get("/songs").content.decode()
    assert "AI models are switched off here." in page
    assert 'action="/songs/make"' not in page
    assert not Song.objects.exists()


def test_a_full_storage_orders_nothing(alice: User, ai: Remote, api_of: ApiOf) -> None:
    User.objects.filter(pk=alice.pk).update(storage_used_bytes=alice.storage_limit_bytes)
    answer = make(api_of(alice))
    assert (answer.status_code, answer.json()["code"]) == (429, "quota_reached")
    assert not Prediction.objects.exists()


def test_more_than_five_a_minute_are_refused(
    alice: User, ai: Remote, api_of: ApiOf, settings: LazySettings
) -> None:
    settings.PAID_STARTS_A_MINUTE = 5
    client = api_of(alice)
    assert [make(client).status_code for _ in range(6)] == [202] * 5 + [429]
    assert Prediction.objects.count() == Song.objects.count() == 5


def test_the_task_run_often_orders_once(alice: User, ai: Remote, do_work: Work) -> None:
    song, job = pipeline.make_song(alice, Wish("the sea", 12, tempo=120))
    for _ in range(3):
        current_app.tasks["run_music"](str(job.pk))
    Job.objects.filter(pk=job.pk).update(next_run_at=job.created_at)
    current_app.tasks["run_music"](str(job.pk))
    do_work()
    song.refresh_from_db()
    assert song.status == "ready"
    assert len(ai.ledger()) == 1


def test_what_passes_with_time_is_ordered_again(alice: User, ai: Remote, do_work: Work) -> None:
    ai.fault(fail="E9828")
    song, _ = pipeline.make_song(alice, Wish("the sea", 12, tempo=120))
    do_work()
    song.refresh_from_db()
    assert song.status == "ready"
    assert [call.status for call in making.calls_for(song)] == ["failed", "succeeded"]
    assert len(ai.ledger()) == 1


def test_a_song_that_could_not_be_made_says_why_and_can_be_made_again(
    alice: User, ai: Remote, client_of: ClientOf, do_work: Work
) -> None:
    ai.fault(refuse="422")
    song, job = pipeline.make_song(alice, Wish("the sea", 12, tempo=120))
    do_work()
    song.refresh_from_db()
    job.refresh_from_db()
    assert (song.status, job.status, job.error_code) == ("failed", "failed", "bad_input")
    client = client_of(alice)
    page = client.get(f"/songs/{song.pk}").content.decode()
    assert "This song could not be made" in page
    assert job.error_sentence in page
    assert client.post(f"/songs/{song.pk}/make", {"agreed_usd": "0.20"}).status_code == 302
    do_work()
    song.refresh_from_db()
    assert song.status == "ready"
    assert len(ai.ledger()) == 1


def test_paid_music_is_kept_when_a_later_step_fails_and_brought_in_without_paying_again(
    alice: User, ai: Remote, api_of: ApiOf, do_work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = intake.check

    def broken(path: Path, *args: Any, **options: Any) -> Any:
        raise Problem("disk_full", "The disk is full.", is_permanent=True)

    song, _ = pipeline.make_song(alice, Wish("the sea", 12, tempo=120))
    monkeypatch.setattr("songs.making._check", broken)
    do_work()
    song.refresh_from_db()
    assert (song.status, song.master_key) == ("failed", "")
    sweeper.discard()
    assert [key.rsplit(".", 1)[-1] for key in stored_files(alice)] == ["mp3"]
    monkeypatch.setattr(
        "songs.making._check", lambda folder: check(folder / "in", folder, min_seconds=9)
    )
    assert api_of(alice).post(f"/api/songs/{song.pk}/make").status_code == 202
    do_work()
    song.refresh_from_db()
    assert song.status == "ready"
    assert len(ai.ledger()) == 1


def test_music_that_the_gate_refuses_is_ordered_anew_only_by_the_user(
    alice: User, ai: Remote, do_work: Work, settings: LazySettings
) -> None:
    song, job = pipeline.make_song(alice, Wish("the sea", 12, tempo=120))
    settings.SONG_MIN_SECONDS = 20
    do_work()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "made_unusable")
    assert "cannot be used" in job.error_sentence
    assert len(ai.ledger()) == 1
    settings.SONG_MIN_SECONDS = 10
    song.refresh_from_db()
    assert not making.is_paid_for(song)


def test_music_may_finish_past_the_limit_of_the_storage(
    alice: User, ai: Remote, do_work: Work
) -> None:
    song, _ = pipeline.make_song(alice, Wish("the sea", 12, tempo=120))
    User.objects.filter(pk=alice.pk).update(storage_used_bytes=alice.storage_limit_bytes)
    do_work()
    song.refresh_from_db()
    alice.refresh_from_db()
    assert song.status == "ready"
    assert alice.storage_used_bytes == alice.storage_limit_bytes + song.stored_bytes


def test_a_song_whose_analysis_fails_keeps_its_music_and_tries_again_for_nothing(
    alice: User, ai: Remote, do_work: Work, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any, **__: Any) -> None:
        raise Problem("no_tempo", "No beat.")

    song, _ = pipeline.make_song(alice, Wish("the sea", 12, tempo=120))
    with monkeypatch.context() as patch:
        patch.setattr("songs.analysis._hear", silent)
        do_work()
    song.refresh_from_db()
    assert (song.status, song.has_sound) == ("failed", True)
    client_of(alice).post(f"/songs/{song.pk}/analyze")
    do_work()
    song.refresh_from_db()
    assert song.status == "ready"
    assert len(ai.ledger()) == 1


def test_stopped_before_it_was_sent_it_costs_nothing_and_can_be_made_again(
    alice: User, ai: Remote, client_of: ClientOf, do_work: Work
) -> None:
    song, job = pipeline.make_song(alice, Wish("the sea", 12, tempo=120))
    client = client_of(alice)
    assert "Your song is being made" in client.get(f"/songs/{song.pk}").content.decode()
    client.post(f"/songs/{song.pk}/make/stop")
    song.refresh_from_db()
    job.refresh_from_db()
    assert (song.status, job.status) == ("failed", "canceled")
    assert "You have stopped it." in client.get(f"/songs/{song.pk}").content.decode()
    do_work()
    assert ai.predictions() == []
    pipeline.make_again(song)
    do_work()
    assert Song.objects.get().status == "ready"
    assert len(ai.ledger()) == 1


def test_deleted_while_it_is_made_it_leaves_nothing_behind(
    alice: User, ai: Remote, api_of: ApiOf, do_work: Work
) -> None:
    song, _ = pipeline.make_song(alice, Wish("the sea", 12, tempo=120))
    call = Prediction.objects.get()
    while not Prediction.objects.get().provider_id:
        current_app.tasks["advance_prediction"](str(call.pk))
    assert api_of(alice).delete(f"/api/songs/{song.pk}").status_code == 204
    do_work()
    sweeper.discard()
    assert not Song.objects.exists()
    assert Prediction.objects.get().is_terminal
    assert stored_files(alice) == []
    alice.refresh_from_db()
    assert alice.storage_used_bytes == 0


def test_a_song_without_sound_is_neither_heard_nor_analyzed(
    alice: User, ai: Remote, api_of: ApiOf
) -> None:
    song, _ = pipeline.make_song(alice, Wish("the sea", 12))
    client = api_of(alice)
    assert client.get(f"/api/songs/{song.pk}/audio").json()["code"] == "song_not_made"
    assert client.post(f"/api/songs/{song.pk}/analyze").json()["code"] == "song_not_made"
    assert client.get(f"/api/songs/{song.pk}/analysis").status_code == 409
    assert client.post(f"/api/songs/{song.pk}/copy").status_code == 409
    assert client.post(f"/api/songs/{song.pk}/make").json()["code"] == "nothing_to_make"


def test_the_form_shows_prices_and_orders(
    alice: User, ai: Remote, client_of: ClientOf, do_work: Work
) -> None:
    client = client_of(alice)
    page = client.get("/songs").content.decode()
    assert "Chosen for you: about $0.20, with lyrics about $0.03" in page
    assert "MiniMax Music 1.5: sings, as long as its lyrics, about $0.03" in page
    refused = client.post("/songs/make", WISH | {"duration_sec": "250"})
    assert refused.status_code == 400
    assert "makes songs of 10 to 190 seconds here" in refused.content.decode()
    answer = client.post("/songs/make", WISH)
    song = Song.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/songs/{song.pk}")
    assert "Being made" in client.get("/songs").content.decode()
    do_work()
    assert "120 BPM" in client.get("/songs").content.decode()


def test_nobody_makes_or_stops_the_song_of_another(
    alice: User, bob: User, charlie: User, ai: Remote, client_of: ClientOf, api_of: ApiOf
) -> None:
    song, job = pipeline.make_song(alice, Wish("the sea", 12))
    pipeline.make_song(bob, Wish("a storm", 12))
    assert client_of(charlie).post(f"/songs/{song.pk}/make/stop").status_code == 404
    assert client_of(charlie).post(f"/songs/{song.pk}/make").status_code == 404
    assert api_of(charlie).post(f"/api/songs/{song.pk}/make").status_code == 404
    job.refresh_from_db()
    assert job.status == "queued"
    assert Prediction.objects.for_user(bob).count() == 1
