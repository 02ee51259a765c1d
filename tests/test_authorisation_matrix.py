"""Every route of the site × every kind of visitor. A route that is not declared here fails.

Alice owns everything in this small world. Charlie has an account, Olga is an operator: neither may
see that Alice's rows exist. What is not theirs looks, byte for byte, like what is not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from accounts.models import User
from tests.alices_world import ABSENT, World, build_world
from tests.route_rules import NOUNS, RULES
from tests.route_rules.kinds import NO_TOKEN, OK, SIGN_IN, UNKNOWN, WRONG_METHOD
from vibecraft.testing import PASSWORD

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routes() -> dict[str, str]:
    """Every named route outside of the admin with its pattern."""
    found: dict[str, str] = {}
    for name, pattern in _walk(get_resolver().url_patterns, ""):
        assert name not in found, f"two routes are named {name}"
        found[name] = pattern
    return found


def _walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, str]]:
    for one in patterns:
        if isinstance(one, URLResolver) and one.namespace == "admin":
            continue
        if isinstance(one, URLResolver):
            yield from _walk(one.url_patterns, prefix + str(one.pattern))
        else:
            assert isinstance(one, URLPattern)
            assert one.name, f"the route {prefix}{one.pattern} has no name"
            yield one.name, f"/{prefix}{one.pattern}"


@pytest.fixture
def world(alice: User) -> World:
    return build_world(alice)


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_superuser("olga@example.org", PASSWORD)


Ask = Callable[..., HttpResponseBase]


@pytest.fixture
def ask() -> Ask:
    """Ask as somebody: with a bearer token under /api/, else with a session."""

    def send(user: User | None, method: str, address: str) -> HttpResponseBase:
        if address.startswith("/api/"):
            client = APIClient()
            if user is not None:
                client.force_authenticate(user)
            uploads = ("/api/songs", "/api/assets")
            form = "multipart" if address in uploads and method == "POST" else "json"
            answer: HttpResponseBase = getattr(client, method.lower())(address, format=form)
            return answer
        browser = Client()
        if user is not None:
            browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return browser.generic(method, address, content_type="application/x-www-form-urlencoded")

    return send


def outcome(response: HttpResponseBase) -> str:
    """What an answer means to who gets it."""
    status = response.status_code
    if status in (302, 303) and response["Location"].startswith("/sign-in?"):
        return SIGN_IN
    if status in (302, 303) and response["Location"].startswith("/admin/login/"):
        return "admin"
    known = {401: NO_TOKEN, 403: "forbidden", 404: UNKNOWN, 405: WRONG_METHOD}
    assert status < 500 or status == 503, f"answered {status}"
    return known.get(status, OK)


def body(response: HttpResponseBase) -> bytes:
    if response.streaming:
        return b"".join(response.streaming_content)  # type: ignore[attr-defined]
    return response.content  # type: ignore[attr-defined, no-any-return]


def state() -> dict[str, list[dict[str, Any]]]:
    """All rows of ours, to see that nothing has changed."""
    ours = ("accounts", "songs", "videos", "jobs")
    return {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for label in ours
        for model in apps.get_app_config(label).get_models()
    }


def strip_token(content: bytes) -> bytes:
    """Pages carry a CSRF token that is new each time."""
    return re.sub(
        rb'(csrfmiddlewaretoken" value="|X-CSRFToken": "|csrftoken=)[^"]+', rb"\1", content
    )


def test_every_route_is_declared_and_every_declaration_is_a_route() -> None:
    assert sorted(routes()) == sorted(RULES)
    assert len(RULES) == sum(len(noun.RULES) for noun in NOUNS), "a route is declared twice"


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(RULES))
def test_each_visitor_meets_what_is_declared(
    name: str, world: World, charlie: User, olga: User, ask: Ask
) -> None:
    rule, address = RULES[name], world.address(routes()[name])
    visitors = (("anonymous", None), ("charlie", charlie), ("staff", olga), ("owner", world.alice))
    for who, user in visitors:
        for method in METHODS:
            met = outcome(ask(user, method, address))
            if method in rule.methods:
                assert (who, method, met) == (who, method, getattr(rule, who))
            elif rule.anonymous != OK:
                assert met != OK, f"{who} may {method} {address}"


ROWS = [
    name for name, rule in sorted(RULES.items()) if rule.charlie == UNKNOWN and rule.owner == OK
]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ROWS)
def test_what_is_not_yours_looks_like_what_is_not_there(
    name: str, world: World, charlie: User, olga: User, ask: Ask
) -> None:
    pattern, before = routes()[name], state()
    for user in (charlie, olga):
        for method in RULES[name].methods:
            foreign = ask(user, method, world.address(pattern))
            absent = ask(user, method, world.address(pattern, absent=True))
            contents = [
                strip_token(body(one)).replace(str(pk).encode(), b"")
                for one, pk in ((foreign, world.address(pattern)), (absent, ABSENT))
            ]
            assert foreign.status_code == absent.status_code == 404
            assert contents[0] == contents[1]
            assert b"Alice only" not in contents[0]
    users = {"User": [row | {"last_login": None} for row in before.pop("User")]}
    after = state()
    after["User"] = [row | {"last_login": None} for row in after["User"]]
    assert after == before | users


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.charlie == OK])
def test_what_all_may_ask_for_shows_nothing_of_alice(
    name: str, world: World, charlie: User, olga: User, ask: Ask
) -> None:
    secrets = [b"Alice only", b"secret words", world.alice.email.encode()]
    secrets += [str(row.pk).encode() for row in (world.alice, world.song, world.video, world.job)]
    if "GET" in RULES[name].methods:
        for user in (None, charlie, olga):
            content = body(ask(user, "GET", world.address(routes()[name])))
            assert [secret for secret in secrets if secret in content] == []


def admin_pages(world: World) -> list[str]:
    lists = [f"/admin/{row._meta.app_label}/{row._meta.model_name}/" for row in world.rows]
    pages = [f"{address}{row.pk}/change/" for address, row in zip(lists, world.rows, strict=True)]
    return ["/admin/", *lists, *pages, "/admin/jobs/discard/"]


@pytest.mark.django_db
def test_the_admin_is_for_operators_alone(
    world: World, charlie: User, olga: User, ask: Ask
) -> None:
    for address in admin_pages(world):
        met = [outcome(ask(user, "GET", address)) for user in (None, charlie, world.alice, olga)]
        assert (address, met) == (address, ["admin", "admin", "admin", OK])
