"""A speech model hears the words of a song: paid once, waited for, kept; and no song fails by it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from songs import pipeline
from songs.audio import hearing
from songs.models import Song
from vibecraft.jobs import sweeper
from vibecraft.jobs.models import Job
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.standin.remote import Remote
from vibecraft.testing import stored_files

ApiOf = Callable[[User], APIClient]
ClientOf = Callable[[User], Client]
Ready = Callable[..., Song]
Work = Callable[[], int]
SUNG = [
    {"word": "First", "start": 1.0, "end": 1.4},
    {"word": "light", "start": 1.5, "end": 2.0},
    {"word": "on", "start": 2.0, "end": 2.2},
    {"word": "water", "start": 2.3, "end": 3.0},
    {"word": "driving", "start": 6.0, "end": 6.5},
    {"word": "home", "start": 6.5, "end": 7.4},
]
AS_WORDS = [{"start": one["start"], "end": one["end"], "text": one["word"]} for one in SUNG]
PLAIN = "First light on the water\nWe are driving home"

pytestmark = pytest.mark.django_db


@pytest.fixture
def bring(
    made_song_file: Callable[..., Path], upload_of: Callable[..., SimpleUploadedFile]
) -> Callable[[User], Song]:
    def brought(owner: User) -> Song:
        return pipeline.bring_song(owner, upload_of(made_song_file(12.0)))

    return brought


@pytest.fixture
def sung(ai: Remote) -> Remote:
    """The service, where the song's words are known."""
    ai.act("words", {"words": SUNG})
    return ai


def calls(song: Song) -> list[Prediction]:
    return list(Prediction.objects.filter(song_id=song.pk).order_by("created_at"))


def test_an_analysis_hears_the_words_and_waits_for_them(
    alice: User, sung: Remote, bring: Callable[[User], Song], do_work: Work
) -> None:
    song = bring(alice)
    do_work()
    song.refresh_from_db()
    assert song.status == "ready"
    assert song.lyrics_source == "heard"
    assert song.heard_words == AS_WORDS
    assert [line.text for line in song.lines] == ["First light on water", "driving home"]
    assert song.lines[0].words[1].start == 1.5
    job = Job.objects.get()
    assert (job.status, job.progress) == ("succeeded", 100)
    steps = [event.data["progress"] for event in job.events.filter(kind="step")]
    assert steps == [25, 50, 70, 85]
    (call,) = calls(song)
    (charged,) = sung.ledger()
    assert (call.status, call.subject_id, call.job_id) == ("succeeded", song.pk, job.pk)
    assert call.actual_usd == Decimal(str(charged["amount"])).quantize(Decimal("0.000001"))


def test_the_service_gets_a_small_exact_copy_and_is_asked_for_word_times(
    alice: User, sung: Remote, bring: Callable[[User], Song], do_work: Work
) -> None:
    song = bring(alice)
    do_work()
    (asked,) = sung.predictions()
    assert asked["input"]["align_output"] is True
    assert "/files/" in asked["input"]["audio_file"]
    sweeper.discard()
    names = [key.rsplit("/", 1)[-1] for key in stored_files(alice)]
    assert sorted(names) == ["features.npz", "master.flac", "peaks.json", "source.wav"]
    alice.refresh_from_db()
    song.refresh_from_db()
    assert alice.storage_used_bytes == song.stored_bytes


def test_the_heavy_hearing_is_done_once_although_the_job_runs_again_and_again(
    alice: User,
    sung: Remote,
    bring: Callable[[User], Song],
    do_work: Work,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = []
    hear = hearing.hear

    def counted(*args: Any, **options: Any) -> Any:
        heard.append(1)
        return hear(*args, **options)

    monkeypatch.setattr(hearing, "hear", counted)
    song = bring(alice)
    job = Job.objects.get()
    for _ in range(3):
        current_app.tasks["run_analysis"](str(job.pk))
    job.refresh_from_db()
    assert (job.status, job.step, job.progress) == ("running", "words", 55)
    Job.objects.filter(pk=job.pk).update(next_run_at=job.created_at)
    current_app.tasks["run_analysis"](str(job.pk))
    do_work()
    song.refresh_from_db()
    assert song.status == "ready"
    assert heard == [1]
    assert len(calls(song)) == len(sung.ledger()) == 1


def test_analyzed_again_nothing_is_paid_again(
    alice: User, sung: Remote, bring: Callable[[User], Song], do_work: Work
) -> None:
    song = bring(alice)
    do_work()
    pipeline.start_analysis(Song.objects.get(pk=song.pk))
    do_work()
    assert Song.objects.get(pk=song.pk).status == "ready"
    assert len(sung.ledger()) == 1


def test_lyrics_with_times_need_nobody_to_hear_them(
    alice: User, sung: Remote, bring: Callable[[User], Song], do_work: Work
) -> None:
    song = bring(alice)
    pipeline.write_lyrics(song, text="[00:01.00]First light")
    do_work()
    assert sung.predictions() == []
    assert Song.objects.get(pk=song.pk).lyrics_source == "typed"


def test_an_instrumental_has_no_lyrics_and_is_ready(
    alice: User, ai: Remote, bring: Callable[[User], Song], do_work: Work
) -> None:
    ai.act("answers", {"value": {"segments": [], "detected_language": "en"}})
    song = bring(alice)
    do_work()
    song.refresh_from_db()
    assert (song.status, song.lyrics, song.lyrics_source) == ("ready", [], "")
    pipeline.start_analysis(song)
    do_work()
    assert len(ai.predictions()) == 1


@pytest.mark.parametrize("answer", [{"something": "else"}, [1, 2], "words"])
def test_an_answer_that_cannot_be_read_fails_no_analysis(
    alice: User, ai: Remote, bring: Callable[[User], Song], do_work: Work, answer: Any
) -> None:
    ai.act("answers", {"value": answer})
    song = bring(alice)
    do_work()
    song.refresh_from_db()
    assert (song.status, song.lyrics) == ("ready", [])


def test_a_failed_hearing_fails_no_analysis_and_says_so_on_the_page(
    alice: User, ai: Remote, bring: Callable[[User], Song], do_work: Work, client_of: ClientOf
) -> None:
    ai.fault(refuse="422")
    song = bring(alice)
    do_work()
    song.refresh_from_db()
    assert (song.status, song.lyrics) == ("ready", [])
    assert ai.ledger() == []
    page = client_of(alice).get(f"/songs/{song.pk}").content.decode()
    assert "The words could not be heard." in page
    assert "Hear the lyrics" in page


def test_a_hearing_that_failed_in_passing_is_ordered_again(
    alice: User, sung: Remote, bring: Callable[[User], Song], do_work: Work
) -> None:
    sung.fault(fail="E9828")
    song = bring(alice)
    do_work()
    song.refresh_from_db()
    assert [call.status for call in calls(song)] == ["failed", "succeeded"]
    assert song.lyrics_source == "heard"


def test_going_on_without_the_lyrics_leaves_a_ready_song(
    alice: User, sung: Remote, bring: Callable[[User], Song], client_of: ClientOf, do_work: Work
) -> None:
    song = bring(alice)
    job = Job.objects.get()
    current_app.tasks["run_analysis"](str(job.pk))
    page = client_of(alice).get(f"/songs/{song.pk}").content.decode()
    assert "Go on without the lyrics" in page
    assert client_of(alice).post(f"/songs/{song.pk}/lyrics/stop").status_code == 302
    do_work()
    song.refresh_from_db()
    assert (song.status, song.lyrics) == ("ready", [])
    assert sung.ledger() == []


def test_a_song_that_is_deleted_meanwhile_stops_its_call(
    alice: User, sung: Remote, bring: Callable[[User], Song], do_work: Work
) -> None:
    song = bring(alice)
    current_app.tasks["run_analysis"](str(Job.objects.get().pk))
    pipeline.delete_song(song)
    do_work()
    assert [call.status for call in Prediction.objects.all()] == ["canceled"]
    assert sung.ledger() == []


# --- the button, and alignment -------------------------------------------------------------------


def test_the_button_hears_the_lyrics_of_a_ready_song(
    alice: User, sung: Remote, ready_song: Ready, client_of: ClientOf, do_work: Work
) -> None:
    song, client = ready_song(alice), client_of(alice)
    page = client.get(f"/songs/{song.pk}").content.decode()
    assert "Hear the lyrics" in page
    assert "about $0.0087" in page
    client.post(f"/songs/{song.pk}/lyrics/hear", {"agreed_usd": "0.0087"})
    fragment = client.get(f"/songs/{song.pk}/lyrics", headers={"HX-Request": "true"})
    assert 'hx-trigger="every 3s, ' in fragment.content.decode()
    do_work()
    fragment = client.get(f"/songs/{song.pk}/lyrics", headers={"HX-Request": "true"})
    assert "every 3s" not in fragment.content.decode()
    assert "First light on water" in fragment.content.decode()
    song.refresh_from_db()
    assert song.lyrics_source == "heard"
    page = client.get(f"/songs/{song.pk}").content.decode()
    assert "AI models $" in page


def test_pasted_lines_are_heard_first_and_aligned_then(
    alice: User, sung: Remote, ready_song: Ready, api_of: ApiOf, do_work: Work
) -> None:
    song, client = ready_song(alice), api_of(alice)
    sent = {"text": PLAIN, "align": True}
    answer = client.put(f"/api/songs/{song.pk}/lyrics", sent, format="json")
    assert answer.status_code == 200
    job = Job.objects.get()
    assert (job.kind, answer.json()["job_id"]) == ("lyrics", str(job.pk))
    assert all(line["is_estimated"] for line in answer.json()["lyrics"])
    do_work()
    song.refresh_from_db()
    assert song.lyrics_source == "aligned"
    assert [line.text for line in song.lines] == PLAIN.split("\n")
    assert [word.text for word in song.lines[0].words] == ["First", "light", "on", "the", "water"]
    assert (song.lines[0].start, song.lines[0].end) == (1.0, 3.0)
    assert (song.lines[1].words[2].start, song.lines[1].end) == (6.0, 7.4)
    assert not any(line.is_estimated for line in song.lines)


def test_what_was_heard_once_aligns_again_at_once_and_free_of_charge(
    alice: User, sung: Remote, ready_song: Ready, api_of: ApiOf
) -> None:
    song, client = ready_song(alice), api_of(alice)
    Song.objects.filter(pk=song.pk).update(heard_words=AS_WORDS)
    sent = {"text": "First light on the water", "align": True}
    answer = client.put(f"/api/songs/{song.pk}/lyrics", sent, format="json").json()
    assert (answer["job_id"], answer["notice"]) == (None, "")
    (line,) = answer["lyrics"]
    assert (line["start"], line["end"], line["is_doubtful"]) == (1.0, 3.0, False)
    assert sung.predictions() == []


def test_doubtful_lines_are_marked(alice: User, ready_song: Ready, client_of: ClientOf) -> None:
    song, client = ready_song(alice), client_of(alice)
    Song.objects.filter(pk=song.pk).update(heard_words=AS_WORDS)
    text = "First light on water\nnobody ever said this\ndriving home"
    client.post(f"/songs/{song.pk}/lyrics", {"text": text, "align": "on"})
    song.refresh_from_db()
    assert [line.is_doubtful for line in song.lines] == [False, True, False]
    page = client.get(f"/songs/{song.pk}").content.decode()
    assert page.count("look at this one") == 1
    assert "1 line was hardly heard" in page


def test_without_ai_the_lines_are_spread_and_the_answer_says_why(
    alice: User, ready_song: Ready, api_of: ApiOf
) -> None:
    song = ready_song(alice)
    sent = {"text": PLAIN, "align": True}
    answer = api_of(alice).put(f"/api/songs/{song.pk}/lyrics", sent, format="json").json()
    assert "switched off" in answer["notice"]
    assert [line["is_estimated"] for line in answer["lyrics"]] == [True, True]
    assert not Job.objects.exists()


def test_one_hearing_at_a_time_is_ordered(
    alice: User, sung: Remote, ready_song: Ready, api_of: ApiOf, do_work: Work
) -> None:
    song, client = ready_song(alice), api_of(alice)
    assert client.post(f"/api/songs/{song.pk}/lyrics/hear").status_code == 202
    again = client.post(f"/api/songs/{song.pk}/lyrics/hear")
    assert (again.status_code, again.json()["code"]) == (409, "hearing_running")
    second = Job.objects.create(owner=alice, kind="lyrics", song_id=song.pk)
    do_work()
    assert len(sung.ledger()) == 1
    second.refresh_from_db()
    assert second.is_terminal


def test_whose_lyrics_have_times_or_whose_ai_is_off_is_told_so(
    alice: User, ready_song: Ready, api_of: ApiOf
) -> None:
    song, client = ready_song(alice), api_of(alice)
    off = client.post(f"/api/songs/{song.pk}/lyrics/hear")
    assert (off.status_code, off.json()["code"]) == (409, "ai_is_off")
    pipeline.write_lyrics(song, text="[00:01.00]First light")
    timed = client.post(f"/api/songs/{song.pk}/lyrics/hear")
    assert (timed.status_code, timed.json()["code"]) == (409, "lyrics_exist")
    assert not Job.objects.exists()


def test_a_failed_hearing_of_its_own_fails_with_its_sentence_and_can_be_repeated(
    alice: User, sung: Remote, ready_song: Ready, api_of: ApiOf, do_work: Work
) -> None:
    song, client = ready_song(alice), api_of(alice)
    sung.fault(refuse="422")
    client.post(f"/api/songs/{song.pk}/lyrics/hear")
    do_work()
    job = Job.objects.get()
    assert (job.status, job.error_code) == ("failed", "bad_input")
    assert client.post(f"/api/songs/{song.pk}/lyrics/hear").status_code == 202
    do_work()
    song.refresh_from_db()
    assert (song.status, song.lyrics_source) == ("ready", "heard")
    assert len(sung.ledger()) == 1


def test_nobody_hears_or_aligns_the_song_of_another(
    alice: User, charlie: User, sung: Remote, ready_song: Ready, api_of: ApiOf, client_of: ClientOf
) -> None:
    song = ready_song(alice)
    assert api_of(charlie).post(f"/api/songs/{song.pk}/lyrics/hear").status_code == 404
    assert client_of(charlie).post(f"/songs/{song.pk}/lyrics/hear").status_code == 404
    assert client_of(charlie).post(f"/songs/{song.pk}/lyrics/stop").status_code == 404
    assert not Prediction.objects.exists()
    assert not Job.objects.exists()
