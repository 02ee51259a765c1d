"""An account is closed at once for everybody; what takes time follows, and is repeated until done."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axes.models import AccessLog
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.db.models import F
from django.test import Client
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.closing import CALLS_PATIENCE, delete_account
from accounts.joining import join
from accounts.models import Closing, Guesses, Turns, User
from accounts.tasks import close_account
from accounts.tokens import make_token
from accounts.turns import take_upload_turn
from songs.models import Song
from vibecraft import storage
from vibecraft.jobs import sweeper
from vibecraft.jobs.models import Discard, Job, JobEvent
from vibecraft.predictions.models import Phase, Prediction
from vibecraft.testing import PASSWORD

pytestmark = pytest.mark.databases

Work = Callable[[], int]


@pytest.fixture
def noticed(settings: LazySettings) -> None:
    """Every lease of the time before is over."""
    settings.LEASE_SECONDS = 0


def call_of(user: User, phase: Phase, **fields: object) -> Prediction:
    return Prediction.objects.create(
        owner=user,
        purpose="clip",
        subject_id=user.pk,
        model="p-video-draft",
        slug="prunaai/p-video",
        phase=phase,
        **fields,
    )


def store_for(user: User) -> str:
    """What a worker stores that has not noticed yet."""
    key = f"{storage.user_prefix(user.pk)}videos/late.mp4"
    with storage.scratch("test") as folder:
        (folder / "late.mp4").write_bytes(b"late")
        storage.put(key, folder / "late.mp4")
    return key


def test_at_once_nobody_is_the_user_and_nothing_of_theirs_is_there(
    alice: User, bob: User, ready_song: Callable[..., Song], client_of: Callable[[User], Client]
) -> None:
    ready_song(alice)
    kept = ready_song(bob)
    take_upload_turn(alice)
    make_token(alice)
    client = client_of(alice)
    AccessLog.objects.create(username=alice.email, ip_address="127.0.0.1")
    Guesses.objects.create(name=alice.email, where="at 127.0.0.1", taken=3)
    closing = delete_account(alice)
    assert not Guesses.objects.exists()
    assert client.get("/account").status_code == 302
    pair = {"email": "alice@example.org", "password": PASSWORD}
    assert client.post("/api/auth/login", pair, content_type="application/json").status_code == 401
    assert list(Song.objects.all()) == [kept]
    assert (Turns.objects.count(), OutstandingToken.objects.count()) == (0, 0)
    assert AccessLog.objects.count() == 0
    assert [row.prefix for row in Discard.objects.all()] == [storage.user_prefix(alice.pk)]
    assert (closing.songs, closing.videos, closing.status) == (1, 0, "queued")
    assert closing.stored_bytes == kept.stored_bytes
    assert join("alice@example.org", PASSWORD).pk != alice.pk


def test_closing_twice_closes_once(alice: User) -> None:
    assert delete_account(alice) == delete_account(User.objects.get(pk=alice.pk))
    assert Closing.objects.count() == 1


def test_the_end_waits_until_busy_workers_have_noticed(
    alice: User, do_work: Work, settings: LazySettings
) -> None:
    delete_account(alice)
    sweeper.discard()
    late = store_for(alice)
    do_work()
    assert (Closing.objects.get().status, storage.exists(late)) == ("running", True)
    settings.LEASE_SECONDS = 0
    closing = look_again()
    assert (closing.status, closing.user_id) == ("succeeded", alice.pk)
    assert not storage.exists(late)
    assert not User.objects.filter(pk=alice.pk).exists()


def test_a_call_that_runs_is_canceled_and_its_cost_is_kept(
    alice: User, noticed: None, do_work: Work
) -> None:
    intent = call_of(alice, Phase.INTENT)
    job = Job.objects.create(owner=alice, kind="lyrics")
    delete_account(alice)
    intent.refresh_from_db()
    job.refresh_from_db()
    assert (intent.status, intent.actual_usd, job.status) == ("canceled", 0, "canceled")
    sent = call_of(alice, Phase.WAITING, provider_id="abc", estimated_usd="0.25")
    Prediction.objects.filter(pk=sent.pk).update(next_run_at=None)
    look_again()
    sent.refresh_from_db()
    assert (sent.cancel_asked, sent.status) == (True, "queued")
    assert User.objects.filter(pk=alice.pk).exists()
    sent.cancel()
    closing = look_again()
    assert (closing.status, str(closing.paid_usd)) == ("succeeded", "0.250000")
    assert (Job.objects.count(), JobEvent.objects.count(), Prediction.objects.count()) == (0, 0, 0)


def test_the_service_is_not_waited_for_longer_than_it_remembers(alice: User, noticed: None) -> None:
    call_of(alice, Phase.UNKNOWN, lease_token=alice.pk)
    delete_account(alice)
    assert look_again().status == "running"
    Closing.objects.update(created_at=F("created_at") - CALLS_PATIENCE)
    assert look_again().status == "succeeded"
    assert Prediction.objects.count() == 0


def test_the_sessions_of_this_user_end_and_no_others(
    alice: User, bob: User, client_of: Callable[[User], Client], noticed: None
) -> None:
    for user in (alice, alice, bob):
        client_of(user)
    delete_account(alice)
    look_again()
    [left] = Session.objects.all()
    assert left.get_decoded()["_auth_user_id"] == str(bob.pk)


def test_a_storage_that_does_not_answer_is_tried_again(
    alice: User, noticed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = store_for(alice)
    delete_account(alice)
    with monkeypatch.context() as patched:
        patched.setattr(storage, "delete_prefix", _refuse)
        assert look_again().status == "queued"
    assert User.objects.filter(pk=alice.pk).exists()
    assert look_again().status == "succeeded"
    assert not storage.exists(late)


def _refuse(prefix: str) -> None:
    raise OSError("the store is away")


def look_again() -> Closing:
    """The task once more, now."""
    [closing] = Closing.objects.all()
    Closing.objects.update(next_run_at=F("created_at"))
    close_account(str(closing.pk))
    closing.refresh_from_db()
    return closing
