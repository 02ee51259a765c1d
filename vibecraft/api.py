"""The API as a whole: is it alive, is it ready, its description, and its answers to the unknown."""

from __future__ import annotations

import logging
import shutil
import sys
import uuid
from collections.abc import Callable

from celery import current_app
from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from kombu.exceptions import KombuError
from prometheus_client import CONTENT_TYPE_LATEST
from redis.exceptions import RedisError

from vibecraft import metrics, storage
from vibecraft.away import say_away
from vibecraft.jobs import pulse

log = logging.getLogger(__name__)
BROKER_SECONDS = 2
API = "/api/"
PROBES = storage.user_prefix("ready")


class Away(Exception):
    """A service that is needed does not answer; the text is for the log."""


@require_safe
@never_cache
def health(_request: HttpRequest) -> HttpResponse:
    """Alive: this process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(_request: HttpRequest) -> HttpResponse:
    """Ready: everything that is needed answers; 503 with the names of what is away."""
    answers = {name: _answers(name, ask) for name, ask in SERVICES.items()}
    away = [name for name, is_there in answers.items() if not is_there]
    if not away:
        return JsonResponse({"status": "ok", "services": answers})
    sentence = f"Not ready: {', '.join(away)} cannot be reached."
    body = {"detail": sentence, "code": "not_ready", "away": away, "services": answers}
    return JsonResponse(body, status=503)


@require_safe
@never_cache
def figures(request: HttpRequest) -> HttpResponse:
    """Figures for a monitor: for operators, and for whoever has the token; else there is nothing."""
    if not (request.user.is_staff or _has_token(request)):
        raise Http404
    return HttpResponse(metrics.text(), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    sent = request.headers.get("Authorization", "").encode()
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    return bool(settings.METRICS_TOKEN) and constant_time_compare(sent, wanted)


def _answers(name: str, ask: Callable[[], None]) -> bool:
    try:
        ask()
    except Away as reason:
        log.warning("%s is away: %s", name, reason)
        return False
    return True


def ask_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        raise Away(str(error)) from error


def ask_broker() -> None:
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)
    except (KombuError, RedisError, OSError) as error:
        raise Away(str(error)) from error


def ask_storage() -> None:
    """Store a small object and delete it again: a full or read-only disk is away, too."""
    key = f"{PROBES}{uuid.uuid4()}"  # its own: several may ask at once
    try:
        with storage.scratch("ready") as folder:
            probe = folder / "probe"
            probe.write_bytes(b"ready")
            storage.put(key, probe)
        storage.delete_prefix(key)
    except OSError as error:
        raise Away(str(error)) from error


def ask_worker() -> None:
    if not pulse.is_heard_lately():
        raise Away(f"no worker was heard in the last {pulse.HEARD_LATELY_SECONDS} seconds")


def ask_ffmpeg() -> None:
    missing = [program for program in ("ffmpeg", "ffprobe") if shutil.which(program) is None]
    if missing:
        raise Away(f"{' and '.join(missing)} cannot be found")


SERVICES: dict[str, Callable[[], None]] = {
    "database": ask_database,
    "broker": ask_broker,
    "storage": ask_storage,
    "worker": ask_worker,
    "ffmpeg": ask_ffmpeg,
}

# Swagger sets styles on its elements and draws its icons from data: addresses; scripts stay strict.
DOCS_POLICY = {"style-src": [UNSAFE_INLINE], "img-src": ["data:"]}


@method_decorator(csp_update(DOCS_POLICY), name="dispatch")
class Docs(SpectacularSwaggerSplitView):
    """The API to be read and tried in a browser."""

    url_name = "api-schema"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 of addresses that lead nowhere: in JSON under /api/, else the page."""
    if request.path.startswith(API):
        return _refused(404, "not_found", "There is nothing at this address.")
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 of requests that no view has seen."""
    if request.path.startswith(API):
        return _refused(400, "invalid", "This request is malformed.")
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: the log has the reason, under the id in the X-Request-ID header.

    What a middleware could not reach, before or after the view, is away here as it is there.
    """
    away = say_away(request, sys.exception())
    if away is not None:
        return away
    if request.path.startswith(API):
        sentence = "Something went wrong on our side. Please try again."
        return _refused(500, "internal", sentence)
    return defaults.server_error(request)


def _refused(status: int, code: str, sentence: str) -> HttpResponse:
    return JsonResponse({"detail": sentence, "code": code}, status=status)


urlpatterns = [
    path("health", health, name="health"),
    path("ready", ready, name="ready"),
    path("metrics", figures, name="metrics"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", Docs.as_view(), name="api-docs"),
]
