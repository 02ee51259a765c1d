"""What everybody sees who has the address of a shared film: one page, the film, its poster.

Nothing here asks who the visitor is, and nothing says whose film it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from vibecraft.problems import Problem
from vibecraft.ranged import ranged
from vibecraft.visitors import address_of
from videos import sharing
from videos.models import Video

# The address itself is the key: it must not be indexed, sent on as a referrer or kept by a proxy.
HEADERS = {
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


def shows_shared_film(
    view: Callable[[HttpRequest, Video, str], HttpResponseBase],
) -> Callable[[HttpRequest, str], HttpResponseBase]:
    """Hand the view the film that the token opens; what opens nothing is a 404 like any other."""

    @wraps(view)
    def guarded(request: HttpRequest, token: str) -> HttpResponseBase:
        try:
            video = sharing.find(token, address_of(request))
        except Problem as problem:
            return _refused(request, problem)
        if video is None:
            raise Http404
        return _discreet(view(request, video, token))

    return require_safe(guarded)


def _refused(request: HttpRequest, problem: Problem) -> HttpResponseBase:
    context = {"sentence": problem.sentence}
    response = render(request, "videos/too_many.html", context, status=problem.status)
    response.headers["Retry-After"] = str(sharing.MINUTE_SECONDS)
    return _discreet(response)


def _discreet(response: HttpResponseBase) -> HttpResponseBase:
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response


@shows_shared_film
def shared(request: HttpRequest, video: Video, token: str) -> HttpResponseBase:
    """The public page of a shared film."""
    return render(request, "videos/shared.html", _page(video, token))


def _page(video: Video, token: str) -> dict[str, Any]:
    """Only what is seen: the template gets no row of anybody."""
    paths = {
        name: reverse(name, args=[token]) for name in ("shared", "shared-film", "shared-poster")
    }
    return {
        "title": video.title,
        "duration": video.song.duration_sec,
        "width": video.film_facts.get("width", 1920),
        "height": video.film_facts.get("height", 1080),
        "film_path": paths["shared-film"],
        "poster_path": paths["shared-poster"],
        "page_url": sharing.absolute(paths["shared"]),
        "film_url": sharing.absolute(paths["shared-film"]),
        "poster_url": sharing.absolute(paths["shared-poster"]),
        "is_https": settings.HTTPS,
    }


@shows_shared_film
def shared_film(request: HttpRequest, video: Video, token: str) -> HttpResponseBase:
    """The film, in ranges."""
    return ranged(request, video.film_key, content_type="video/mp4")


@shows_shared_film
def shared_poster(request: HttpRequest, video: Video, token: str) -> HttpResponseBase:
    """A still of the film."""
    return ranged(request, video.poster_key, content_type="image/jpeg")
