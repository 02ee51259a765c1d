"""Nobody wipes what they did as an operator; and what stays of who has left names nobody [A5]."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db.models import F
from django.test import Client

from accounts.closing import STILL_AN_OPERATOR, delete_account
from accounts.models import Closing, Guesses, User
from accounts.tasks import close_account
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.testing import PASSWORD

pytestmark = [pytest.mark.databases, pytest.mark.django_db]
ClientOf = Callable[[User], Client]


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_superuser("olga@example.org", PASSWORD)


@pytest.fixture
def oleg(db: None) -> User:
    return User.objects.create_superuser("oleg@example.org", PASSWORD)


def act(client: Client, name: str, row: Song | Job | Guesses) -> None:
    sent = {"action": name, "_selected_action": [str(row.pk)], "confirmed": name}
    address = f"/admin/{row._meta.app_label}/{row._meta.model_name}/"
    assert client.post(address, sent).status_code == 302


def change(client: Client, user: User, **fields: object) -> None:
    form = {
        "email": user.email,
        "videos_limit": user.videos_limit,
        "storage_limit_bytes": user.storage_limit_bytes,
        "is_active": "on",
    }
    answer = client.post(f"/admin/accounts/user/{user.pk}/change/", form | fields)
    assert answer.status_code == 302


def end_closing() -> Closing:
    """What a worker does, once every lease of the time before is over."""
    closing = Closing.objects.get()
    Closing.objects.update(next_run_at=F("created_at"))
    close_account(str(closing.pk))
    closing.refresh_from_db()
    return closing


def told() -> list[tuple[str, str, str]]:
    """(who, to what, what), as the audit shows it."""
    lines = LogEntry.objects.select_related("user").order_by("id")
    return [(line.user.email, line.object_repr, line.change_message) for line in lines]


def test_an_operator_cannot_close_their_account(olga: User, client_of: ClientOf) -> None:
    client = client_of(olga)
    answer = client.post("/account/delete", {"delete-password": PASSWORD}, follow=True)
    assert STILL_AN_OPERATOR in answer.content.decode().replace("&#x27;", "'")
    answer = client.delete("/api/auth/me", {"password": PASSWORD}, "application/json")
    assert answer.status_code == 409
    assert answer.json() == {"detail": STILL_AN_OPERATOR, "code": "still_an_operator"}
    olga.refresh_from_db()
    assert (olga.email, olga.is_staff, olga.is_active) == ("olga@example.org", True, True)
    assert not Closing.objects.exists()


def test_only_another_operator_takes_the_right_away(
    olga: User, oleg: User, client_of: ClientOf
) -> None:
    change(client_of(olga), olga)
    olga.refresh_from_db()
    assert olga.is_staff
    change(client_of(oleg), olga, is_superuser="")
    olga.refresh_from_db()
    assert not olga.is_staff


def test_what_an_operator_did_stays_under_an_id(
    olga: User, oleg: User, alice: User, client_of: ClientOf, settings: LazySettings
) -> None:
    settings.LEASE_SECONDS = 0
    act(client_of(olga), "cancel", Job.objects.create(owner=alice, kind="export"))
    change(client_of(oleg), olga)
    olga.refresh_from_db()
    olga.user_permissions.add(Permission.objects.get(codename="view_job"))
    Job.objects.create(owner=olga, kind="export")
    delete_account(olga)
    assert end_closing().status == "succeeded"
    nobody = f"{olga.pk}@closed.invalid"
    lines = told()
    assert [line[:2] for line in lines] == [(nobody, lines[0][1]), (oleg.email, nobody)]
    assert lines[0][2] == "Cancel: done."
    left = User.objects.get(pk=olga.pk)
    assert (left.is_active, left.is_staff, left.is_superuser) == (False, False, False)
    assert (left.last_login, left.has_usable_password()) == (None, False)
    assert not left.user_permissions.exists()
    assert not Job.objects.filter(owner=olga).exists()


def test_of_who_was_no_operator_no_name_stays(
    olga: User,
    alice: User,
    ready_song: Callable[..., Song],
    client_of: ClientOf,
    settings: LazySettings,
) -> None:
    settings.LEASE_SECONDS = 0
    operator = client_of(olga)
    song = ready_song(alice, title="For my Anna")
    tally = Guesses.objects.create(name=alice.email, where="at 203.0.113.9", taken=5)
    act(operator, "reanalyze", song)
    act(operator, "forgive", tally)
    change(operator, alice)
    namesake = User.objects.create_user(f"x{alice.email}", PASSWORD)
    change(operator, namesake)
    delete_account(alice)
    assert end_closing().status == "succeeded"
    nobody = f"{alice.pk}@closed.invalid"
    assert [line[1] for line in told()] == ["song", nobody, nobody, namesake.email]
    assert {line[0] for line in told()} == {olga.email}
    assert not User.objects.filter(pk=alice.pk).exists()


def test_an_operator_is_not_deleted_in_the_admin(
    olga: User, oleg: User, alice: User, client_of: ClientOf
) -> None:
    act(client_of(olga), "cancel", Job.objects.create(owner=alice, kind="export"))
    client = client_of(oleg)
    answer = client.post(f"/admin/accounts/user/{olga.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 403
    sent = {"action": "delete_selected", "_selected_action": str(olga.pk), "post": "yes"}
    client.post("/admin/accounts/user/", sent)
    assert User.objects.filter(pk=olga.pk).exists()
    assert LogEntry.objects.count() == 1
