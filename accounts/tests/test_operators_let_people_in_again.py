"""Operators see whose sign-ins are slowed, and end the waiting; who may only look does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import Guesses, User
from vibecraft.testing import PASSWORD

pytestmark = [pytest.mark.databases, pytest.mark.django_db]
LIST = "/admin/accounts/guesses/"
ELSEWHERE = "203.0.113.9"


@pytest.fixture
def operator(client_of: Callable[[User], Client]) -> Client:
    return client_of(User.objects.create_superuser("olga@example.org", PASSWORD))


def sign_in(password: str = "not this one", address: str = ELSEWHERE) -> int:
    sent = {"email": "alice@example.org", "password": password}
    client = Client(REMOTE_ADDR=address)
    return client.post("/api/auth/login", sent, "application/json").status_code


def let_in(client: Client, *tallies: Guesses, is_sure: bool = True) -> str:
    sent = {"action": "forgive", "_selected_action": [tally.pk for tally in tallies]}
    sure = {"confirmed": "forgive"} if is_sure else {}
    return client.post(LIST, sent | sure, follow=True).content.decode()


def waiting(client: Client) -> list[str]:
    return [str(row) for row in client.get(f"{LIST}?slowed=yes").context["cl"].result_list]


def test_who_has_to_wait_is_seen_and_let_in_again(operator: Client, alice: User) -> None:
    for _ in range(5):
        sign_in()
    assert sign_in(PASSWORD) == 429
    assert waiting(operator) == ["alice@example.org at 203.0.113.9"]
    assert "5 of 5" in operator.get(LIST).content.decode()
    tally = Guesses.objects.get(where=f"at {ELSEWHERE}")
    assert "Let in again: are you sure?" in let_in(operator, tally, is_sure=False)
    assert (sign_in(PASSWORD), LogEntry.objects.count()) == (429, 0)
    assert "1 of 1 let in again." in let_in(operator, tally)
    assert (sign_in(PASSWORD), waiting(operator)) == (200, [])
    line = LogEntry.objects.get()
    assert (line.object_repr, line.change_message) == (str(tally), "Let in again: done.")


def test_who_was_tried_from_everywhere_is_let_in_again(operator: Client, alice: User) -> None:
    for number in range(20):
        sign_in(address=f"198.51.100.{number}")
    assert sign_in(PASSWORD) == 429
    assert waiting(operator) == ["alice@example.org everywhere"]
    let_in(operator, Guesses.objects.get(where=""))
    assert sign_in(PASSWORD) == 200
    assert AccessAttempt.objects.filter(ip_address="198.51.100.7").exists()


def test_what_is_over_and_what_is_not_used_up_does_not_wait(operator: Client) -> None:
    now = timezone.now()
    for name, where, taken, minutes in (
        ("over", "at 192.0.2.1", 5, 16),
        ("waits", "at 192.0.2.1", 5, 14),
        ("few", "at 192.0.2.1", 4, 1),
        ("over everywhere", "", 20, 61),
        ("waits everywhere", "", 20, 59),
        ("few everywhere", "", 19, 1),
    ):
        began_at = now - timedelta(minutes=minutes)
        Guesses.objects.create(name=name, where=where, taken=taken, began_at=began_at)
    assert sorted(waiting(operator)) == ["waits at 192.0.2.1", "waits everywhere everywhere"]


def test_a_place_that_nobody_knows_is_forgiven_too(operator: Client) -> None:
    tally = Guesses.objects.create(name="alice@example.org", where="at ", taken=5)
    assert "1 of 1 let in again." in let_in(operator, tally)
    assert not Guesses.objects.exists()


def test_the_log_beside_it_is_not_deleted_by_hand(operator: Client, alice: User) -> None:
    sign_in()
    attempt = AccessAttempt.objects.get()
    path = f"/admin/axes/accessattempt/{attempt.pk}/delete/"
    assert operator.post(path, {"post": "yes"}).status_code == 403
    assert AccessAttempt.objects.get() == attempt


def test_who_may_only_look_lets_nobody_in(client_of: Callable[[User], Client], bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    bob.user_permissions.add(Permission.objects.get(codename="view_guesses"))
    tally = Guesses.objects.create(name="alice@example.org", where="at 192.0.2.1", taken=5)
    client = client_of(bob)
    assert "192.0.2.1" in client.get(LIST).content.decode()
    let_in(client, tally)
    assert Guesses.objects.get() == tally
    assert not LogEntry.objects.exists()
