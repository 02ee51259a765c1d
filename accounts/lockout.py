"""What somebody sees who has failed to sign in too often [A4]."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from vibecraft.media.errors import spoken_length


def respond(request: HttpRequest, *_given_by_axes: Any) -> HttpResponse:
    """429 with Retry-After: a page for people, the usual error body under /api/."""
    wait = getattr(request, "axes_wait", settings.AXES_COOLOFF_TIME)
    seconds = int(wait.total_seconds())
    sentence = (
        f"Too many failed attempts to sign in. Please wait {spoken_length(seconds)} and try again."
    )
    if request.path.startswith("/api/"):
        body = {"detail": sentence, "code": "too_many_attempts"}
        response: HttpResponse = JsonResponse(body, status=429)
    else:
        response = render(request, "accounts/locked.html", {"sentence": sentence}, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response
