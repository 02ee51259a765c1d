"""The page of API tokens: made, shown once, listed, revoked; each user sees only their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import living_tokens, make_token

ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db


def test_a_token_is_shown_once_and_opens_the_api(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    answer = client.post("/account/tokens")
    made = answer.context["made"]
    assert made in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert made not in client.get("/account/tokens").content.decode()
    access = APIClient().post("/api/auth/refresh", {"refresh": made}).json()["token"]
    me = APIClient().get("/api/auth/me", headers={"Authorization": f"Bearer {access}"})
    assert me.json()["email"] == alice.email


def test_a_revoked_token_opens_nothing_more(alice: User, client_of: ClientOf) -> None:
    token = make_token(alice)
    client = client_of(alice)
    assert client.post(f"/account/tokens/{token['jti']}/revoke").status_code == 302
    refused = APIClient().post("/api/auth/refresh", {"refresh": str(token)})
    assert refused.status_code == 401
    assert "No program has a token of yours." in client.get("/account/tokens").content.decode()
    assert client.post(f"/account/tokens/{token['jti']}/revoke").status_code == 404


def test_nobody_sees_or_revokes_the_token_of_another(
    alice: User, charlie: User, client_of: ClientOf
) -> None:
    token = make_token(alice)
    client = client_of(charlie)
    assert list(client.get("/account/tokens").context["tokens"]) == []
    assert client.post(f"/account/tokens/{token['jti']}/revoke").status_code == 404
    assert living_tokens(alice).count() == 1
