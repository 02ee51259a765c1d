"""Making a song from an idea: the form of the songs page, and trying again."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.gate import signed_in, user_of
from songs import pipeline
from songs.forms import WishForm
from songs.views import get_song, songs_page
from vibecraft.agreeing import agreed_usd
from vibecraft.problems import Problem


@require_POST
@signed_in
def make(request: HttpRequest) -> HttpResponseBase:
    """Order a song; a refused wish comes back with what is wrong at its place."""
    form = WishForm(request.POST)
    if not form.is_valid():
        return songs_page(request, wish_form=form, status=400)
    try:
        upload_id = form.cleaned_data["upload_id"]
        song, _ = pipeline.make_song(user_of(request), form.wish(), upload_id=upload_id)
    except Problem as problem:
        form.refuse(problem)
        return songs_page(request, wish_form=form, status=problem.status)
    return redirect("song", song.pk)


@require_POST
@signed_in
def make_again(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Try a song again that could not be made, at no higher price than the form says."""
    song = get_song(request, pk)
    try:
        pipeline.make_again(song, agreed_usd=agreed_usd(request))
    except Problem as problem:
        messages.error(request, problem.sentence)
    return redirect("song", song.pk)


@require_POST
@signed_in
def stop(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Stop making a song; it can be made again, or deleted."""
    song = get_song(request, pk)
    pipeline.stop_making(song)
    return redirect("song", song.pk)
