"""The storyboard page: stills to look at, refine, put in order and approve; and its fragments."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.gate import signed_in
from vibecraft.agreeing import agreed_usd
from vibecraft.problems import Problem
from vibecraft.ranged import ranged
from videos import storyboard, storyboard_showing
from videos.models import Clip, Still, Video
from videos.views import get_video, is_fragment

MAX_SEEN = 200


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def page(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The storyboard; a POST has the stills made that are missing."""
    video = get_video(request, pk)
    if request.method == "POST":
        agreed = agreed_usd(request)
        return _act(request, video, lambda: storyboard.start_storyboard(video, agreed_usd=agreed))
    if not video.is_editable and not video.clips.exclude(chosen_still=None).exists():
        return redirect("video", video.pk)
    return _page(request, video)


def _page(
    request: HttpRequest,
    video: Video,
    problem: Problem | None = None,
    typed: Mapping[str, object] | None = None,
) -> HttpResponse:
    context = storyboard_showing.context(video, problem=problem) | dict(typed or {})
    status = problem.status if problem else 200
    return render(request, "videos/storyboard.html", context, status=status)


def _act(request: HttpRequest, video: Video, act: Callable[[], object]) -> HttpResponseBase:
    """Do it, then show the page anew; what is refused is said on it."""
    try:
        act()
    except Problem as problem:
        return _page(request, get_video(request, video.pk), problem)
    return redirect("storyboard", video.pk)


@require_safe
@signed_in
def progress(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """How far it is, with the scenes that the page saw being made; polling ends by itself."""
    video = get_video(request, pk)
    seen = {found for text in request.GET.getlist("clip")[:MAX_SEEN] if (found := _id(text))}
    context = storyboard_showing.context(video, seen=seen)
    return render(request, "videos/_storyboard_news.html", context)


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@require_POST
@signed_in
def refine(request: HttpRequest, pk: uuid.UUID, cid: uuid.UUID) -> HttpResponseBase:
    """Make one still again, with the words that are sent, at the price that was shown."""
    video = get_video(request, pk)
    clip: Clip = get_object_or_404(
        video.clips.select_related("video__owner", "video__song"), pk=cid
    )
    prompt, agreed = request.POST.get("prompt"), agreed_usd(request)
    try:
        storyboard.refine(clip, prompt=prompt, agreed_usd=agreed)
    except Problem as problem:
        typed = {} if prompt is None else {"typed_of": clip.pk, "typed": prompt}
        return _refused(request, video, problem, typed)
    if not is_fragment(request):
        return redirect("storyboard", video.pk)
    return _news(request, video.pk, clip)


def _news(request: HttpRequest, pk: uuid.UUID, clip: Clip) -> HttpResponse:
    """How it stands now, and the one scene that has changed."""
    video = get_video(request, pk)
    context = storyboard_showing.context(video, seen={clip.pk})
    return render(request, "videos/_storyboard_news.html", context)


def _refused(
    request: HttpRequest,
    video: Video,
    problem: Problem,
    typed: Mapping[str, object] | None = None,
) -> HttpResponse:
    """On the page the sentence stands above the scenes, where the form's answer goes."""
    video = get_video(request, video.pk)
    if not is_fragment(request):
        return _page(request, video, problem, typed)
    context = storyboard_showing.context(video, seen=(), problem=problem)
    response = render(request, "videos/_storyboard_news.html", context, status=problem.status)
    response.headers["HX-Retarget"] = "#storyboard-state"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


@require_POST
@signed_in
def order(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Take the order that is sent (`clip`, all of them), or move one scene a place (`earlier`…)."""
    video = get_video(request, pk)
    try:
        storyboard.reorder(video, _order_of(request, video))
    except Problem as problem:
        return _refused(request, video, problem)
    if not is_fragment(request):
        return redirect("storyboard", video.pk)
    return render(request, "videos/_board.html", storyboard_showing.context(video))


def _order_of(request: HttpRequest, video: Video) -> list[uuid.UUID]:
    sent = [found for text in request.POST.getlist("clip") if (found := _id(text))]
    if sent:
        return sent
    ids = list(video.clips.values_list("pk", flat=True))
    for name, by in (("earlier", -1), ("later", 1)):
        moved = _id(request.POST.get(name, ""))
        if moved in ids:
            return _moved(ids, ids.index(moved), by)
    raise Problem("invalid", "Say which scene should move.")


def _moved(ids: list[uuid.UUID], at: int, by: int) -> list[uuid.UUID]:
    """The ids with one a place further; at either end it stays."""
    rest = ids[:at] + ids[at + 1 :]
    to = min(max(at + by, 0), len(rest))
    return [*rest[:to], ids[at], *rest[to:]]


@require_POST
@signed_in
def approve(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """From here on the film starts from the stills."""
    video = get_video(request, pk)
    return _act(request, video, lambda: storyboard.approve(video))


@require_POST
@signed_in
def cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Stop what is being made; stills that are there stay."""
    video = get_video(request, pk)
    return _act(request, video, lambda: storyboard.cancel_storyboard(video))


@require_POST
@signed_in
def remove(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Remove all stills; the direction can be changed freely again."""
    video = get_video(request, pk)
    try:
        storyboard.remove_storyboard(video)
    except Problem as problem:
        return _page(request, get_video(request, video.pk), problem)
    return redirect("video", video.pk)


@require_safe
@signed_in
def picture(request: HttpRequest, pk: uuid.UUID, still_pk: uuid.UUID) -> HttpResponseBase:
    """A still in the size of the film."""
    return _file(request, _still(request, pk, still_pk).key)


@require_safe
@signed_in
def thumbnail(request: HttpRequest, pk: uuid.UUID, still_pk: uuid.UUID) -> HttpResponseBase:
    """A still, small."""
    return _file(request, _still(request, pk, still_pk).thumbnail_key)


def _still(request: HttpRequest, pk: uuid.UUID, still_pk: uuid.UUID) -> Still:
    video = get_video(request, pk)
    stills = Still.objects.for_user(video.owner).filter(clip__video=video)
    still: Still = get_object_or_404(stills, pk=still_pk)
    return still


def _file(request: HttpRequest, key: str) -> HttpResponseBase:
    if not key:
        raise Http404
    return ranged(request, key, content_type="image/jpeg", keep=True)
