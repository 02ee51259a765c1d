"""What no client should send gets an answer of the contract's form, never a 500."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from accounts.models import User
from vibecraft import api

ApiOf = Callable[[User], APIClient]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("content_type", "raw", "status", "code"),
    [
        ("application/json", "{", 400, "parse_error"),
        ("application/json", "\xff", 400, "parse_error"),
        ("application/json", '{"song_id": NaN}', 400, "parse_error"),
        ("application/json", "[" * 100_000, 400, "parse_error"),
        ("application/json", "[]", 400, "invalid"),
        ("application/json", "5", 400, "invalid"),
        ("application/json", "null", 400, "invalid"),
        ("application/json", "", 400, "invalid"),
        ("application/xml", "<song/>", 415, "unsupported_media_type"),
        ("text/plain", "song", 415, "unsupported_media_type"),
        ("multipart/form-data; boundary=x", "--x--", 415, "unsupported_media_type"),
        ("nonsense", "x", 415, "unsupported_media_type"),
    ],
)
def test_bodies(
    alice: User, api_of: ApiOf, content_type: str, raw: str, status: int, code: str
) -> None:
    response = api_of(alice).generic("POST", "/api/videos", raw.encode("latin-1"), content_type)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["detail"]


@pytest.mark.parametrize(
    "raw", ["--x", "--x\r\n\r\n", 'Content-Disposition: form-data; name="file"']
)
def test_broken_forms(alice: User, api_of: ApiOf, raw: str) -> None:
    form = "multipart/form-data; boundary=x"
    response = api_of(alice).generic("POST", "/api/songs", raw.encode(), form)
    assert response.status_code == 400


def test_a_form_with_too_many_fields_is_refused(alice: User, api_of: ApiOf) -> None:
    sent = {f"field_{number}": "x" for number in range(1500)}
    response = api_of(alice).post("/api/songs", sent, format="multipart")
    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


def test_json_has_a_largest_size(alice: User, api_of: ApiOf, settings: LazySettings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
    raw = json.dumps({"song_id": "x" * 1024 * 1024})
    response = api_of(alice).generic("POST", "/api/videos", raw, "application/json")
    assert response.status_code == 413
    assert response.json() == {"detail": "This request is larger than 1 MB.", "code": "too_big"}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_methods_that_are_not_there(alice: User, api_of: ApiOf, method: str) -> None:
    response = api_of(alice).generic(method, "/api/songs", "{}", "application/json")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize(
    "address",
    [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/songs/",
        "/api/songs/5",
        "/api/songs/../videos",
        "/api/songs/00000000-0000-0000-0000-00000000000G",
        "/api/songs/00000000-0000-4000-8000-000000000000",
        "/api/videos/00000000-0000-4000-8000-000000000000/shares",
    ],
)
def test_addresses_that_lead_nowhere(alice: User, api_of: ApiOf, address: str) -> None:
    response = api_of(alice).get(address)
    assert response.status_code == 404
    if address.startswith("/api/"):
        body = {"detail": "There is nothing at this address.", "code": "not_found"}
        assert response.json() == body


def test_an_unexpected_failure_is_told_without_its_reason() -> None:
    response = api.server_error(RequestFactory().get("/api/songs"))
    assert response.status_code == 500
    assert json.loads(response.content) == {
        "detail": "Something went wrong on our side. Please try again.",
        "code": "internal",
    }


def test_a_malformed_request_is_told_in_json() -> None:
    response = api.bad_request(RequestFactory().get("/api/songs"), ValueError("no"))
    assert response.status_code == 400
    assert json.loads(response.content) == {
        "detail": "This request is malformed.",
        "code": "invalid",
    }


def test_a_session_needs_the_csrf_token_to_change_something(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/songs").status_code == 200
    response = client.delete("/api/auth/me", {"password": "x"}, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert User.objects.get() == alice


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "Bearer", "\xff", "x" * 10_000])
def test_tokens_that_are_none(token: str, db: None) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    response = client.get("/api/songs")
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
