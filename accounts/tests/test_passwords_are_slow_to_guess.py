"""Guesses of a password are counted before they are hashed, exactly, from one address and from many [A4]."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Guesses, User
from vibecraft.testcrowd import at_once
from vibecraft.testing import PASSWORD

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]

AT_ONCE = 50
HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"
Hashed = list[str]


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Hashed:
    """The passwords that have reached the hasher."""
    seen: Hashed = []
    check = User.check_password

    def counted(user: User, password: str) -> bool:
        seen.append(password)
        return check(user, password)

    monkeypatch.setattr(User, "check_password", counted)
    return seen


def sign_in(address: str, password: str = "not this one") -> int:
    return post(Client(REMOTE_ADDR=address), password)


def post(client: Client, password: str, **headers: str) -> int:
    sent = {"email": "alice@example.org", "password": password}
    answer = client.post("/api/auth/login", sent, "application/json", headers=headers)
    return answer.status_code


def test_of_fifty_guesses_at_once_from_one_address_five_are_looked_at(
    alice: User, hashed: Hashed
) -> None:
    met = Counter(at_once(lambda _: sign_in(ELSEWHERE), AT_ONCE))
    assert len(hashed) == 5
    # Those of the five that end last may find the others counted, and say so already.
    assert met[401] + met[429] == AT_ONCE
    assert met[401] <= 5
    assert sign_in(HOME, PASSWORD) == 200


def test_of_fifty_at_once_from_as_many_addresses_twenty_are_looked_at(
    alice: User, hashed: Hashed
) -> None:
    assert sign_in(HOME, PASSWORD) == 200
    hashed.clear()
    met = Counter(at_once(lambda number: sign_in(f"203.0.113.{number}"), AT_ONCE))
    assert (len(hashed), met) == (20, {401: 20, 429: 30})
    assert sign_in(HOME, PASSWORD) == 200, "from where she has signed in she still can"
    assert sign_in("203.0.113.200", PASSWORD) == 429


def test_an_hour_later_new_places_are_free_again_and_old_tallies_gone(alice: User) -> None:
    for number in range(21):
        sign_in(f"203.0.113.{number}")
    Guesses.objects.update(began_at=timezone.now() - timedelta(minutes=61))
    assert sign_in("203.0.113.200", PASSWORD) == 200
    assert list(Guesses.objects.values_list("where", "taken")) == [("", 0)]


def test_a_page_says_how_long_to_wait(alice: User, client: Client) -> None:
    for number in range(20):
        sign_in(f"203.0.113.{number}")
    sent = {"email": "ALICE@example.org", "password": PASSWORD}
    answer = client.post("/sign-in", sent)
    assert (answer.status_code, answer["Retry-After"]) == (429, "3600")
    assert "Please wait 60 minutes and try again." in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_the_owners_own_sign_ins_use_nothing_up(alice: User) -> None:
    assert [sign_in(ELSEWHERE, PASSWORD) for _ in range(25)] == [200] * 25
    assert list(Guesses.objects.values_list("where", "taken")) == [("", 0)]


def test_behind_a_proxy_each_visitor_is_counted_alone(alice: User, settings: Settings) -> None:
    settings.HTTPS, settings.SECURE_SSL_REDIRECT = True, False

    def by_proxy(address: str, password: str) -> int:
        seen = {"X-Forwarded-For": f"192.0.2.1, {address}"}
        return post(Client(REMOTE_ADDR="10.0.0.1"), password, **seen)

    assert [by_proxy(ELSEWHERE, "wrong") for _ in range(6)][-1] == 429
    assert by_proxy(HOME, PASSWORD) == 200
    assert by_proxy("no address", PASSWORD) == 200
