"""Accounts over HTTP: joining, tokens that live and die, leaving."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.models import Discard
from vibecraft.testing import PASSWORD

GIGABYTE = 1024**3
TOKEN_NOT_VALID = {
    "detail": "This token is not valid, or not any more. Please sign in again.",
    "code": "token_not_valid",
}
WRONG_PAIR = {
    "detail": "The e-mail address and the password do not belong together. Please try again.",
    "code": "wrong_credentials",
}
ApiOf = Callable[[User], APIClient]

pytestmark = pytest.mark.django_db


@pytest.fixture
def anybody() -> APIClient:
    cache.clear()
    return APIClient()


def user_body(user: User) -> dict[str, Any]:
    return {
        "id": str(user.pk),
        "email": user.email,
        "created_at": user.created_at.isoformat().replace("+00:00", "Z"),
        "quota": {
            "videos_used": 0,
            "videos_limit": 15,
            "storage_used_bytes": 0,
            "storage_limit_bytes": 5 * GIGABYTE,
        },
    }


def sign_in(client: APIClient, email: str, password: str = PASSWORD) -> dict[str, Any]:
    response = client.post("/api/auth/login", {"email": email, "password": password})
    assert response.status_code == 200
    body: dict[str, Any] = response.json()
    return body


def with_token(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_whoever_registers_is_signed_in(anybody: APIClient) -> None:
    body = {"email": "New.Person@Example.org", "password": "a good long secret"}
    response = anybody.post("/api/auth/register", body)
    assert response.status_code == 201
    user = User.objects.get()
    assert user.email == "new.person@example.org"
    assert user.check_password("a good long secret")
    answer = response.json()
    assert answer.keys() == {"token", "refresh", "user"}
    assert answer["user"] == user_body(user)
    assert with_token(answer["token"]).get("/api/auth/me").json() == user_body(user)


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({}, {"email": ["This field is required."], "password": ["This field is required."]}),
        (
            {"email": "nobody", "password": "a good long secret"},
            {"email": ["Enter an e-mail address like you@example.org."]},
        ),
        (
            {"email": "ALICE@example.org", "password": "a good long secret"},
            {"email": ["There is an account with this e-mail address already. Sign in instead."]},
        ),
        (
            {"email": "new@example.org", "password": "Zw7#q"},
            {"password": ["This password is too short. It must contain at least 8 characters."]},
        ),
        (
            {"email": "new@example.org", "password": "12345678"},
            {"password": ["This password is too common.", "This password is entirely numeric."]},
        ),
        (
            {"email": 5, "password": ["x"]},
            {"email": ["Must be text."], "password": ["Must be text."]},
        ),
        (
            {"email": "a\x00@b.org", "password": "a good long secret"},
            {"email": ["Null characters are not allowed."]},
        ),
        (["not", "an", "object"], None),
    ],
)
def test_a_refused_registration_makes_nobody(
    anybody: APIClient, alice: User, sent: Any, errors: dict[str, list[str]] | None
) -> None:
    response = anybody.post("/api/auth/register", sent)
    assert response.status_code == 400
    body = response.json()
    assert body["code"] == "invalid"
    if errors is not None:
        assert body["errors"] == errors
        assert body["detail"] == next(iter(errors.values()))[0]
    assert list(User.objects.all()) == [alice]


def test_signing_in_does_not_mind_the_case_of_the_address(anybody: APIClient, alice: User) -> None:
    body = sign_in(anybody, "Alice@Example.ORG")
    assert body["user"] == user_body(alice)
    assert with_token(body["token"]).get("/api/auth/me").status_code == 200


def test_a_stale_token_does_not_stand_in_the_way_of_signing_in(alice: User) -> None:
    client = with_token("stale")
    assert sign_in(client, alice.email)["user"]["id"] == str(alice.pk)


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
def test_unknown_address_and_wrong_password_look_the_same(
    anybody: APIClient, alice: User, email: str
) -> None:
    response = anybody.post("/api/auth/login", {"email": email, "password": "not this one"})
    assert response.status_code == 401
    assert response.json() == WRONG_PAIR


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
def test_unknown_address_and_wrong_password_cost_the_same_work(
    anybody: APIClient, alice: User, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    real = User.set_password
    monkeypatch.setattr(User, "set_password", lambda *args: (hashed.append("new"), real(*args))[1])
    real_check = User.check_password
    monkeypatch.setattr(
        User, "check_password", lambda *args: (hashed.append("checked"), real_check(*args))[1]
    )
    anybody.post("/api/auth/login", {"email": email, "password": "not this one"})
    assert len(hashed) == 1


def test_an_inactive_user_cannot_sign_in(anybody: APIClient, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    response = anybody.post("/api/auth/login", {"email": alice.email, "password": PASSWORD})
    assert (response.status_code, response.json()) == (401, WRONG_PAIR)


def test_the_fifth_failure_locks_the_address_for_a_while(anybody: APIClient, alice: User) -> None:
    wrong = {"email": alice.email, "password": "not this one"}
    statuses = [anybody.post("/api/auth/login", wrong).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 401, 429]
    right = {"email": alice.email.upper(), "password": PASSWORD}
    response = anybody.post("/api/auth/login", right)
    assert response.status_code == 429
    assert response["Retry-After"] == "900"
    assert response.json() == {
        "detail": "Too many failed attempts to sign in. Please wait 15 minutes and try again.",
        "code": "too_many_attempts",
    }


def test_a_sign_in_clears_the_failures_before_it(anybody: APIClient, alice: User) -> None:
    wrong = {"email": alice.email, "password": "not this one"}
    for _ in range(2):
        for _ in range(4):
            assert anybody.post("/api/auth/login", wrong).status_code == 401
        sign_in(anybody, alice.email)


def test_a_refresh_token_gives_a_new_token(anybody: APIClient, alice: User) -> None:
    refresh = sign_in(anybody, alice.email)["refresh"]
    response = anybody.post("/api/auth/refresh", {"refresh": refresh})
    assert response.status_code == 200
    assert response.json().keys() == {"token"}
    assert with_token(response.json()["token"]).get("/api/auth/me").json() == user_body(alice)


def test_an_expired_token_is_refused(alice: User) -> None:
    token = AccessToken.for_user(alice)
    token.set_exp(lifetime=-timedelta(seconds=1))
    response = with_token(str(token)).get("/api/auth/me")
    assert (response.status_code, response.json()) == (401, TOKEN_NOT_VALID)
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_refresh_token_is_no_access_token(alice: User) -> None:
    response = with_token(str(RefreshToken.for_user(alice))).get("/api/auth/me")
    assert (response.status_code, response.json()) == (401, TOKEN_NOT_VALID)


def test_without_a_token_nobody_is_signed_in(anybody: APIClient) -> None:
    response = anybody.get("/api/auth/me")
    assert response.status_code == 401
    assert response.json() == {
        "detail": "Authentication credentials were not provided.",
        "code": "not_authenticated",
    }


@pytest.mark.parametrize("refresh", ["", "nonsense", "a.b.c", "x" * 5000])
def test_a_false_refresh_token_gives_nothing(anybody: APIClient, refresh: str) -> None:
    response = anybody.post("/api/auth/refresh", {"refresh": refresh})
    assert response.status_code == (401 if refresh else 400)


def test_after_signing_out_the_refresh_token_is_dead(alice: User) -> None:
    signed_in = sign_in(APIClient(), alice.email)
    client = with_token(signed_in["token"])
    sent = {"refresh": signed_in["refresh"]}
    response = client.post("/api/auth/logout", sent)
    assert (response.status_code, response.content) == (204, b"")
    response = client.post("/api/auth/refresh", sent)
    assert (response.status_code, response.json()) == (401, TOKEN_NOT_VALID)


def test_charlie_cannot_sign_alice_out(alice: User, charlie: User, api_of: ApiOf) -> None:
    refresh = str(RefreshToken.for_user(alice))
    response = api_of(charlie).post("/api/auth/logout", {"refresh": refresh})
    assert (response.status_code, response.json()) == (401, TOKEN_NOT_VALID)
    assert APIClient().post("/api/auth/refresh", {"refresh": refresh}).status_code == 200


def test_a_new_password_kills_old_refresh_tokens(alice: User) -> None:
    refresh = str(RefreshToken.for_user(alice))
    access = str(RefreshToken(refresh).access_token)  # type: ignore[arg-type]
    alice.set_password("another long password")
    alice.save()
    response = APIClient().post("/api/auth/refresh", {"refresh": refresh})
    assert (response.status_code, response.json()) == (401, TOKEN_NOT_VALID)
    response = with_token(access).get("/api/auth/me")
    assert (response.status_code, response.json()) == (401, TOKEN_NOT_VALID)


def test_leaving_takes_everything_along(
    alice: User, bob: User, api_of: ApiOf, ready_song: Callable[..., Song]
) -> None:
    ready_song(alice)
    kept = ready_song(bob)
    client, refresh = api_of(alice), str(RefreshToken.for_user(alice))
    response = client.delete("/api/auth/me", {"password": PASSWORD})
    assert (response.status_code, response.content) == (204, b"")
    assert list(User.objects.filter(is_active=True)) == [bob]
    assert list(Song.objects.all()) == [kept]
    assert [row.prefix for row in Discard.objects.all()] == [f"{alice.pk}/"]
    assert client.get("/api/auth/me").json() == TOKEN_NOT_VALID
    assert APIClient().post("/api/auth/refresh", {"refresh": refresh}).json() == TOKEN_NOT_VALID


@pytest.mark.parametrize(
    ("sent", "code", "errors"),
    [
        ({}, "invalid", {"password": ["This field is required."]}),
        ({"password": "guessed"}, "wrong_password", {"password": ["This is not your password."]}),
    ],
)
def test_leaving_needs_the_password(
    alice: User, api_of: ApiOf, sent: dict[str, str], code: str, errors: dict[str, list[str]]
) -> None:
    response = api_of(alice).delete("/api/auth/me", sent)
    assert response.status_code == 400
    assert response.json() == {"detail": errors["password"][0], "code": code, "errors": errors}
    assert User.objects.get() == alice
    assert not Discard.objects.exists()


def test_leaving_cannot_be_guessed(alice: User, api_of: ApiOf) -> None:
    client = api_of(alice)
    tries = [client.delete("/api/auth/me", {"password": "guessed"}).status_code for _ in range(5)]
    assert tries == [400, 400, 400, 400, 429]
    assert client.delete("/api/auth/me", {"password": PASSWORD}).status_code == 429
    assert User.objects.get() == alice


def test_the_used_quota_is_shown(
    alice: User, api_of: ApiOf, ready_song: Callable[..., Song]
) -> None:
    song = ready_song(alice)
    User.objects.filter(pk=alice.pk).update(videos_used=3)
    quota = api_of(alice).get("/api/auth/me").json()["quota"]
    assert quota["videos_used"] == 3
    assert quota["storage_used_bytes"] == song.stored_bytes > 0
