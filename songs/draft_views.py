"""The unsaved sections of a song, read and written by the timeline while one draws."""

from __future__ import annotations

import json
import uuid

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from accounts.gate import signed_in
from songs import section_drafts
from songs.views import get_song
from vibecraft.problems import Problem


@require_http_methods(["GET", "HEAD", "PUT"])
@signed_in
def draft(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """What is drawn and not saved yet; a PUT replaces it."""
    song = get_song(request, pk)
    if request.method != "PUT":
        return JsonResponse({"draft": section_drafts.draft_of(song)})
    try:
        kept = section_drafts.keep_draft(song, _body(request))
    except Problem as problem:
        return JsonResponse(problem.as_dict(), status=problem.status)
    return JsonResponse({"saved_at": kept.saved_at, "replaced": kept.replaced_at})


def _body(request: HttpRequest) -> object:
    """The decoded JSON of a request, if it is not longer than a draft can be."""
    if request.content_type != "application/json":
        raise Problem("draft_invalid", "A draft is sent as JSON.", status=415)
    if len(request.body) > section_drafts.MAX_BYTES:
        raise Problem("draft_too_big", "This draft is too long to be kept.", status=413)
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Problem("draft_invalid", "A draft is sent as JSON.") from error
