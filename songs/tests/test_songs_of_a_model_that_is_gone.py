"""A music model that the catalog knows no more: its songs say so, and all else goes on."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Turns, User
from songs import making, pipeline
from songs.making import Wish
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.predictions import errors
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.standin.remote import Remote
from vibecraft.problems import Problem
from vibecraft.testing import PASSWORD

pytestmark = pytest.mark.django_db
Ready = Callable[..., Song]
Work = Callable[[], int]
GONE = "The music model of this song is not offered any more. Make a new song with another one."


@pytest.fixture
def song(ai: Remote, alice: User) -> Song:
    """Alice's: its making failed, and then its model left the catalog."""
    made, job = pipeline.make_song(alice, Wish("the sea", 12))
    assert job.fail(Problem("crashed", "The music did not come."))
    Prediction.objects.update(model="no-such-model")
    Turns.objects.all().delete()
    made.refresh_from_db()
    return made


def assert_nothing_is_begun(song: Song) -> None:
    song.refresh_from_db()
    assert song.status == "failed"
    assert (Job.objects.active().count(), Prediction.objects.count()) == (0, 1)
    assert not Turns.objects.exists()


def retried(*words: str) -> tuple[str, str]:
    """What `retry_failed` has said, and what it said of each refusal."""
    out, err = StringIO(), StringIO()
    try:
        call_command("retry_failed", *words, stdout=out, stderr=err)
    except CommandError as error:
        return str(error), err.getvalue()
    return out.getvalue(), err.getvalue()


def test_the_work_of_others_is_retried_all_the_same(
    song: Song, bob: User, ready_song: Ready
) -> None:
    other = Job.objects.create(owner=bob, kind="analysis", song_id=ready_song(bob).pk)
    Job.objects.filter(pk=other.pk).update(status="failed")
    listed, total = retried("--dry-run")[0].splitlines()
    assert listed.split()[0] == str(other.pk)
    assert total.startswith("Would be retried: 1")
    assert retried("--yes")[0] == "1 of 1 begun to be retried.\n"
    assert Job.objects.active().get().song_id == other.song_id
    assert retried("--yes")[0] == "Nothing to do.\n"


def test_whoever_names_its_job_is_told_why_it_cannot_be_begun(song: Song) -> None:
    said, told = retried("--yes", "--id", str(Job.objects.get().pk))
    assert said == "0 of 1 begun to be retried; 1 could not."
    assert GONE in told
    assert_nothing_is_begun(song)


def test_the_admin_asks_without_a_price_and_says_why_it_could_not(
    song: Song, client_of: Callable[[User], Client]
) -> None:
    operator = client_of(User.objects.create_superuser("olga@example.org", PASSWORD))
    sent = {"action": "retry", "_selected_action": [str(Job.objects.get().pk)]}
    asked = operator.post("/admin/jobs/job/", sent)
    assert (asked.status_code, asked.context["usd"]) == (200, 0)
    done = operator.post("/admin/jobs/job/", sent | {"confirmed": "retry"}, follow=True)
    assert f"0 of 1 retried; 1 could not: {GONE}" in done.content.decode()
    assert_nothing_is_begun(song)


def test_its_user_reads_why_it_cannot_be_tried_again(
    song: Song, alice: User, client_of: Callable[[User], Client]
) -> None:
    client, address = client_of(alice), f"/songs/{song.pk}/make"
    page = client.get(f"/songs/{song.pk}").content.decode()
    assert f"It cannot be tried again. {GONE}" in page
    assert f'action="{address}"' not in page
    said = client.post(address, follow=True)
    assert (said.status_code, GONE in said.content.decode()) == (200, True)
    assert_nothing_is_begun(song)


@pytest.mark.parametrize("said", [errors.SENTENCES["provider_failed"], ""])
@pytest.mark.parametrize("is_ai_on", [True, False])
def test_nobody_is_told_to_try_again_what_cannot_be_tried_again(
    song: Song, client_of: Callable[[User], Client], settings: Any, said: str, is_ai_on: bool
) -> None:
    Job.objects.update(error_sentence=said)
    settings.REPLICATE_API_TOKEN = settings.REPLICATE_API_TOKEN if is_ai_on else ""
    card = client_of(song.owner).get(f"/songs/{song.pk}/progress").content.decode()
    told = re.findall(r"<p>(.*?)</p>", card)
    why = GONE if is_ai_on else "AI models are switched off here. The operator can switch them on"
    assert told[0] == "The music did not come."
    assert told[1].startswith(f"It cannot be tried again. {why}")
    assert len(told) == 2
    assert "try it again" not in card.lower()
    assert "try again" not in card.lower()


def test_over_the_api_it_is_refused_with_its_reason(
    song: Song, alice: User, charlie: User, api_of: Callable[[User], APIClient]
) -> None:
    address = f"/api/songs/{song.pk}/make"
    refused = api_of(alice).post(address)
    expected = {"detail": GONE, "code": "model_gone", "song_id": str(song.pk)}
    assert (refused.status_code, refused.json()) == (409, expected)
    assert api_of(charlie).post(address).status_code == 404
    assert_nothing_is_begun(song)


def test_music_that_is_paid_for_is_brought_in_all_the_same(
    ai: Remote, alice: User, do_work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise Problem("disk_full", "The disk is full.")

    monkeypatch.setattr("songs.listening.is_wanted", lambda song: False)
    song, _ = pipeline.make_song(alice, Wish("the sea", 12, tempo=120))
    with monkeypatch.context() as patch:
        patch.setattr("songs.making._check", full)
        do_work()
    Prediction.objects.update(model="no-such-model")
    song.refresh_from_db()
    assert (song.status, making.price_of_another(song)) == ("failed", 0)
    pipeline.make_again(song)
    do_work()
    song.refresh_from_db()
    assert song.status == "ready"
    assert len(ai.ledger()) == 1
