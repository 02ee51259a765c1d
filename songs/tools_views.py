"""The song tools as pages: correcting the beat and trimming without scripts, imports to watch."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.gate import signed_in, user_of
from songs import beat_grid, pipeline
from songs.models import Import, Song
from songs.showing import read_time
from songs.tool_forms import BeatForm, ImportForm, TrimForm
from songs.views import get_song, is_fragment, songs_page
from vibecraft.jobs.models import Job
from vibecraft.jobs.progress import progress_of
from vibecraft.jobs.watching import watch
from vibecraft.problems import Problem

# --- the beat ------------------------------------------------------------------------------------


@require_POST
@signed_in
def beat(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """One correction by a button of the panel, which scripts send to the API instead."""
    song = get_song(request, pk)
    form = BeatForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return _back_to_beat(song)
    try:
        analysis = beat_grid.correct(song, _wish(request, song, form))
    except Problem as problem:
        messages.error(request, problem.sentence)
    else:
        messages.success(request, f"The beat is corrected: {analysis.bpm:.1f} BPM.")
    return _back_to_beat(song)


def _wish(request: HttpRequest, song: Song, form: BeatForm) -> beat_grid.Wish:
    """What the pressed button means; the tempo's field is sent with every one of them."""
    if "undo" in request.POST:
        return beat_grid.with_last_undone(song)
    is_tempo = request.POST.get("does") == "bpm"
    sent = form.cleaned_data | ({} if is_tempo else {"bpm": None})
    return beat_grid.Wish.of(sent)


def _back_to_beat(song: Song) -> HttpResponse:
    return redirect(f"{reverse('song', args=[song.pk])}#beat")


# --- trimming ------------------------------------------------------------------------------------


@require_POST
@signed_in
def trim(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Make a part of the song a new song, and go there."""
    song = get_song(request, pk)
    form = TrimForm(request.POST)
    try:
        part = _part(form)
        trimmed = pipeline.trim_song(song, **part)
    except Problem as problem:
        messages.error(request, problem.sentence)
        return redirect(f"{reverse('song', args=[song.pk])}#trim")
    messages.success(request, "Here is the part that you chose. The whole song is still there.")
    return redirect("song", trimmed.pk)


def _part(form: TrimForm) -> dict[str, Any]:
    if not form.is_valid():
        raise Problem("invalid", str(next(iter(form.errors.values()))[0]))
    given = form.cleaned_data
    return {
        "start_at": read_time(given["start_at"]) if given["start_at"].strip() else 0.0,
        "end_at": read_time(given["end_at"]) if given["end_at"].strip() else None,
        "upload_id": given["upload_id"],
    }


# --- importing -----------------------------------------------------------------------------------


def get_import(request: HttpRequest, pk: uuid.UUID) -> Import:
    """The user's own import; 404 for everybody else's."""
    return get_object_or_404(Import.objects.for_user(request.user).select_related("job"), pk=pk)


@require_POST
@signed_in
def start_import(request: HttpRequest) -> HttpResponseBase:
    """Start to fetch a song; a refused address comes back with what is wrong at its place."""
    form = ImportForm(request.POST)
    if not form.is_valid():
        return songs_page(request, import_form=form, status=400)
    try:
        wanted = pipeline.import_song(user_of(request), **form.cleaned_data)
    except Problem as problem:
        form.add_error("address", problem.sentence)
        return songs_page(request, import_form=form, status=problem.status)
    return redirect("import", wanted.pk)


@require_safe
@signed_in
def watch_import(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """How far an import is; once the song is there, one goes to it."""
    wanted = get_import(request, pk)
    if wanted.job.status == Job.Status.SUCCEEDED:
        return _to_song(request, wanted)
    context = {
        "nav": "songs",
        "wanted": wanted,
        "job": wanted.job,
        "watch": watch([wanted.job_id]),
        "progress": progress_of(wanted.job),
    }
    template = "songs/_import.html" if is_fragment(request) else "songs/import.html"
    return render(request, template, context)


def _to_song(request: HttpRequest, wanted: Import) -> HttpResponse:
    is_there = Song.objects.for_user(request.user).filter(pk=wanted.song_id).exists()
    address = reverse("song", args=[wanted.song_id]) if is_there else reverse("songs")
    if not is_fragment(request):
        return redirect(address)
    return HttpResponse(headers={"HX-Redirect": address})


@require_POST
@signed_in
def cancel_import(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Stop an import; nothing of it stays."""
    wanted = get_import(request, pk)
    wanted.job.cancel()
    return redirect("import", wanted.pk)
