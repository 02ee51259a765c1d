"""The sample song: what it is, and one button that makes it a song of the user."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.gate import signed_in, user_of
from songs import pipeline, sample
from vibecraft.problems import Problem


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def sample_song(request: HttpRequest) -> HttpResponseBase:
    """Its words and a part of it as a film; a POST brings it."""
    if request.method == "POST":
        return _bring(request)
    context = {
        "nav": "songs",
        "title": sample.TITLE,
        "lines": sample.lyric_lines(),
        "timeline": sample.film_timeline(),
    }
    return render(request, "songs/sample.html", context)


def _bring(request: HttpRequest) -> HttpResponseBase:
    try:
        song = pipeline.bring_sample(user_of(request))
    except Problem as problem:
        messages.error(request, problem.sentence)
        return redirect("songs")
    return redirect("song", song.pk)
