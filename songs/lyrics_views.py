"""The lyrics on a song's page: shown, edited, aligned, and listened for by a speech model."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.gate import signed_in
from songs import pipeline, showing
from songs.forms import LyricsForm
from songs.lyric_files import send_lyrics
from songs.models import Song
from songs.views import get_song, is_fragment
from vibecraft.agreeing import agreed_usd
from vibecraft.problems import Problem


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def lyrics(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The lyrics, shown or (with ?edit) being edited; a POST replaces them."""
    song = get_song(request, pk)
    if request.method != "POST":
        return _shown(request, song)
    try:
        notice = _take(request, song)
    except Problem as problem:
        return _shown(request, song, problem=problem)
    if is_fragment(request):
        return _shown(request, song, notice=notice)
    if notice:
        messages.info(request, notice)
    return _to_lyrics(song)


def _to_lyrics(song: Song) -> HttpResponse:
    return redirect(f"{reverse('song', args=[song.pk])}#lyrics")


def _shown(
    request: HttpRequest, song: Song, *, notice: str = "", problem: Problem | None = None
) -> HttpResponse:
    is_refused_edit = problem is not None and problem.code == "lyrics_invalid"
    context: dict[str, Any] = {
        "nav": "songs",
        "song": song,
        "lyrics_form": _form(request, song),
        "refusal": problem.sentence if problem else "",
        "notice": notice,
        "is_editing": is_refused_edit or "edit" in request.GET,
    } | showing.lyrics_shown(song)
    template = "songs/_lyrics.html" if is_fragment(request) else "songs/lyrics.html"
    return render(request, template, context, status=problem.status if problem else 200)


def _take(request: HttpRequest, song: Song) -> str:
    """Write what was sent; return what the user should know of it. Raises Problem."""
    form = LyricsForm(request.POST, request.FILES)
    if not form.is_valid():
        raise Problem("lyrics_invalid", str(next(iter(form.errors.values()))[0]))
    file, align = form.cleaned_data["file"], form.cleaned_data["align"]
    if file:
        return pipeline.write_lyrics(song, file=file, align=align).notice
    return pipeline.write_lyrics(song, text=form.cleaned_data["text"], align=align).notice


def _form(request: HttpRequest, song: Song) -> LyricsForm:
    typed = request.POST.get("text")
    text = showing.lyrics_text(song.lines) if typed is None else typed
    # Ticked where it is free; where it costs something, a person has to ask for it.
    return LyricsForm(initial={"text": text, "align": bool(song.heard_words)})


@require_safe
@signed_in
def lyrics_file(request: HttpRequest, pk: uuid.UUID, ending: str) -> HttpResponseBase:
    """The lyrics as a file to keep: LRC, SRT, WebVTT or plain text."""
    song = get_song(request, pk)
    return send_lyrics(song, title=song.title, ending=ending)


@require_POST
@signed_in
def hear(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Have a speech model listen for the words, at the price that was shown; plain lyrics are aligned."""
    song = get_song(request, pk)
    try:
        pipeline.hear_lyrics(song, agreed_usd=agreed_usd(request))
    except Problem as problem:
        if is_fragment(request):
            return _shown(request, song, problem=problem)
        messages.error(request, problem.sentence)
    return _shown(request, song) if is_fragment(request) else _to_lyrics(song)


@require_POST
@signed_in
def stop(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Stop listening for the words; an analysis that waits for them goes on without."""
    song = get_song(request, pk)
    pipeline.stop_hearing(song)
    return _shown(request, song) if is_fragment(request) else _to_lyrics(song)
