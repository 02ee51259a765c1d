"""The pages to register, sign in and sign out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.joining import NOT_AN_ADDRESS, TAKEN
from accounts.models import User
from vibecraft.testing import PASSWORD

ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db


def signed_in_as(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def test_the_first_page_tells_a_visitor_what_it_does(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert "Leave with a film." in response.content.decode()


def test_who_is_signed_in_goes_on_to_the_library(alice: User, client_of: ClientOf) -> None:
    for address in ("/", "/register"):
        response = client_of(alice).get(address)
        assert (response.status_code, response["Location"]) == (302, "/videos")


def test_a_new_user_is_signed_in_at_once_and_led_to_the_songs(client: Client) -> None:
    response = client.post("/register", {"email": "New@Example.org", "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/songs")
    user = User.objects.get()
    assert user.email == "new@example.org"
    assert signed_in_as(client) == str(user.pk)


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        ("ALICE@example.org", PASSWORD, TAKEN),
        ("nobody", PASSWORD, NOT_AN_ADDRESS),
        ("new@example.org", "12345678", "This password is too common."),
        ("new@example.org", "short", "This password is too short."),
        ("new@example.org", "", "This field is required."),
    ],
)
def test_a_refused_registration_says_why_and_makes_nobody(
    alice: User, client: Client, email: str, password: str, sentence: str
) -> None:
    response = client.post("/register", {"email": email, "password": password})
    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert list(User.objects.all()) == [alice]
    assert signed_in_as(client) is None


def test_signing_in_ignores_the_case_of_the_address(alice: User, client: Client) -> None:
    response = client.post("/sign-in", {"email": "Alice@Example.ORG", "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/videos")
    assert signed_in_as(client) == str(alice.pk)


def test_a_wrong_password_is_told_without_saying_which_half_is_wrong(
    alice: User, client: Client
) -> None:
    for email in ("alice@example.org", "nobody@example.org"):
        response = client.post("/sign-in", {"email": email, "password": "not this one"})
        assert response.status_code == 400
        assert "do not belong together" in response.content.decode()
    assert signed_in_as(client) is None


def test_after_five_failures_the_visitor_waits(alice: User, client: Client) -> None:
    wrong = {"email": "alice@example.org", "password": "not this one"}
    statuses = [client.post("/sign-in", wrong).status_code for _ in range(5)]
    assert statuses == [400, 400, 400, 400, 429]
    response = client.post("/sign-in", {"email": "alice@example.org", "password": PASSWORD})
    assert (response.status_code, response["Retry-After"]) == (429, "900")
    assert "Please wait 15 minutes and try again." in response.content.decode()
    assert signed_in_as(client) is None


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/songs?x=1", "/songs?x=1"),
        ("https://evil.example/", "/videos"),
        ("//evil.example/", "/videos"),
        ("javascript:alert(1)", "/videos"),
    ],
)
def test_signing_in_leads_back_only_to_our_own_pages(
    alice: User, client: Client, wanted: str, reached: str
) -> None:
    sent = {"email": "alice@example.org", "password": PASSWORD, "next": wanted}
    assert client.post("/sign-in", sent)["Location"] == reached


def test_a_page_behind_the_gate_leads_to_the_sign_in_and_back(client: Client) -> None:
    response = client.get("/songs")
    assert (response.status_code, response["Location"]) == (302, "/sign-in?next=/songs")


def test_a_fragment_behind_the_gate_leads_the_whole_page_to_the_sign_in(client: Client) -> None:
    response = client.get("/songs", headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (200, "/sign-in")
    assert response.content == b""


def test_signing_out_needs_a_post_and_ends_the_session(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert client.get("/sign-out").status_code == 405
    assert signed_in_as(client) == str(alice.pk)
    assert client.post("/sign-out")["Location"] == "/"
    assert signed_in_as(client) is None


@pytest.mark.parametrize("address", ["/register", "/sign-in", "/sign-out", "/account/delete"])
def test_nothing_is_taken_from_another_site(alice: User, address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    response = client.post(address, {"email": "new@example.org", "password": PASSWORD})
    assert response.status_code == 403
    assert list(User.objects.all()) == [alice]
