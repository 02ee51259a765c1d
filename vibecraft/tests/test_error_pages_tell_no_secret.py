"""What goes wrong is told in sentences: no secret of the site or of the request stands in them."""

from __future__ import annotations

import uuid

import pytest
from django.conf import LazySettings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from vibecraft import metrics
from vibecraft.jobs.models import JobQuerySet

OF_THE_SITE = (
    "SECRET_KEY",
    "METRICS_TOKEN",
    "REPLICATE_API_TOKEN",
    "REPLICATE_WEBHOOK_SECRET",
    "STORAGE_SECRET_KEY",
)
PASSWORD, BEARER, SESSION, SHARE = (f"planted-{word}-of-hers" for word in "abcd")
PLANTED = {*(f"planted-{name}-of-the-site" for name in OF_THE_SITE)} | {
    PASSWORD,
    BEARER,
    SESSION,
    SHARE,
}
METRICS = {"Authorization": "Bearer planted-METRICS_TOKEN-of-the-site"}


@pytest.fixture
def visitor(settings: LazySettings, db: None) -> Client:
    """Somebody who brings secrets along, to a site that has some."""
    for name in OF_THE_SITE:
        setattr(settings, name, f"planted-{name}-of-the-site")
    assert settings.DEBUG is False
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.cookies["sessionid"] = SESSION
    return client


def assert_silent(answer: HttpResponse, status: int, kind: str = "text/html") -> None:
    told = answer.serialize().decode()
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (status, kind)
    assert [secret for secret in PLANTED if secret in told] == []
    assert "Traceback" not in told
    assert "RuntimeError" not in told


def fail(error: Exception) -> object:
    def raise_it(*_: object, **__: object) -> None:
        raise error

    return raise_it


def test_pages(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    form = {"username": "alice@example.org", "password": PASSWORD}
    assert_silent(visitor.get(f"/v/{SHARE}", headers={"Host": f"{SHARE}.example"}), 400)
    assert_silent(visitor.post("/sign-in", form), 403)
    for address in (f"/v/{SHARE}", f"/nothing/{SHARE}", f"/nothing?password={PASSWORD}"):
        assert_silent(visitor.get(address), 404)
    everything = " ".join(sorted(PLANTED))
    for error, status in ((PermissionDenied(everything), 403), (RuntimeError(everything), 500)):
        monkeypatch.setattr(metrics, "text", fail(error))
        assert_silent(visitor.get("/metrics", headers=METRICS), status)


def test_problems_of_the_api(visitor: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def assert_problem(answer: HttpResponse, status: int) -> None:
        assert_silent(answer, status, "application/json")

    body, kind = f'{{"email": "a@b.org", "password": "{PASSWORD}", ', "application/json"
    token = {"Authorization": f"Bearer {BEARER}"}
    assert_problem(visitor.post("/api/auth/login", body, kind), 400)
    assert_problem(visitor.get("/api/songs", headers={"Host": f"{SHARE}.example"}), 400)
    assert_problem(visitor.get("/api/songs", headers=token), 401)
    assert_problem(visitor.get(f"/api/nothing/{SHARE}", headers=token), 404)
    visitor.force_login(alice)
    assert_problem(visitor.post("/api/songs", {"password": PASSWORD}), 403)
    assert_problem(visitor.get(f"/api/jobs/{uuid.uuid4()}?password={PASSWORD}"), 404)
    broken = fail(RuntimeError(" ".join(sorted(PLANTED))))
    monkeypatch.setattr(JobQuerySet, "for_user", broken)
    assert_problem(visitor.get(f"/api/jobs/{uuid.uuid4()}"), 500)
