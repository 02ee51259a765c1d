"""The short way for polls: most of them are told that nothing is new, before anything else is done.

Whoever asks is known by the session, whose proof is checked with the same query that reads the jobs.
This door only ever says "nothing new" (204, which htmx leaves alone) or what was told to the same
user at the same address of the same version. Everything else, every doubt among it, goes the usual way
through all middlewares to the view, which decides who may see what.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from vibecraft.jobs import statuscache
from vibecraft.jobs.watching import Standing, Watch, standing

HEADERS = {"Cache-Control": "no-store", "Vary": "Cookie"}


def is_poll(request: HttpRequest) -> bool:
    """Whether an open page asks what is new since what it has seen."""
    is_htmx = "HTTP_HX_REQUEST" in request.META and request.method == "GET"
    return is_htmx and "seen" in request.GET


class NothingNew:
    """Middleware: answers a poll whose page shows all that there is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.sessions = import_module(settings.SESSION_ENGINE).SessionStore

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = self._known(request) if is_poll(request) else None
        return known or self.get_response(request)

    def _known(self, request: HttpRequest) -> HttpResponse | None:
        seen = Watch.parse(request.GET["seen"])
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        now = standing(seen.job_ids) if seen and key else None
        if now is None or seen is None or not _is_theirs(now, self.sessions(key)):
            return None
        if now.watch.version == seen.version:
            statuscache.TALLY.add("hits")
            return HttpResponse(status=204, headers=HEADERS)
        told: bytes | None = statuscache.get(_key(request, now.owner_id), str(now.watch))
        return None if told is None else HttpResponse(told, headers=HEADERS)


def _is_theirs(now: Standing, session: Any) -> bool:
    """Whether the session is the owner's, who has not signed out or changed the password since."""
    if not now.is_owner_active or session.get(SESSION_KEY) != now.owner_id:
        return False
    proof = get_user_model()(password=now.owner_password).get_session_auth_hash()
    return constant_time_compare(session.get(HASH_SESSION_KEY, ""), proof)


def remember(request: HttpRequest, shown: Watch | None, fragment: HttpResponse) -> None:
    """Keep a fragment for the owner's other open pages. It must have no form: its token is one
    browser's own."""
    if shown is not None:
        statuscache.put(_key(request, str(request.user.pk)), str(shown), fragment.content)


def _key(request: HttpRequest, owner_id: str) -> str:
    return "poll:" + hashlib.sha256(f"{owner_id} {request.path}".encode()).hexdigest()[:32]
