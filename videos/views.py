"""The pages of a video from its direction to its player, the library, and their fragments."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.gate import signed_in, user_of
from songs.models import Song
from vibecraft.agreeing import agreed_usd
from vibecraft.jobs import watching
from vibecraft.jobs.nothing_new import remember
from vibecraft.problems import Problem
from videos import drafts, pages, pipeline, previews, rework
from videos.forms import IDEA_CHARS, BudgetForm, DirectionForm
from videos.models import LONG, Clip, Video

CARDS_A_PAGE = 24
WORDS_CHARS = 100
SORTS = {
    "newest": ("Newest first", ("-created_at",)),
    "oldest": ("Oldest first", ("created_at",)),
    "title": ("By title", (Lower("title"), "-created_at")),
    "song": ("By song", (Lower("song__title"), "-created_at")),
}


def get_video(request: HttpRequest, pk: uuid.UUID) -> Video:
    """The user's own video with its song; 404 for everybody else's."""
    videos = Video.objects.for_user(user_of(request)).select_related("song", "owner")
    return get_object_or_404(videos, pk=pk)


def is_fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


# --- the library ---------------------------------------------------------------------------------


@require_safe
@signed_in
def library(request: HttpRequest) -> HttpResponseBase:
    """The user's videos: all, or those whose title or song has the words looked for."""
    videos = Video.objects.for_user(user_of(request)).lightly()
    # No title has a zero character, and PostgreSQL compares with none.
    words = request.GET.get("q", "").replace("\0", " ").strip()[:WORDS_CHARS]
    for word in words.split():
        videos = videos.filter(Q(title__icontains=word) | Q(song__title__icontains=word))
    sort = request.GET.get("sort", "newest")
    sort = sort if sort in SORTS else "newest"
    page = Paginator(videos.order_by(*SORTS[sort][1]), CARDS_A_PAGE).get_page(
        request.GET.get("page")
    )
    cards = pages.cards(list(page.object_list))
    context = {
        "nav": "library",
        "page": page,
        "cards": cards,
        **_running(cards),
        "words": words,
        "sort": sort,
        "sorts": [(key, name) for key, (name, _) in SORTS.items()],
        "has_songs": bool(page.object_list) or Song.objects.for_user(user_of(request)).exists(),
    }
    return render(request, "videos/library.html", context)


@require_safe
@signed_in
def library_running(request: HttpRequest) -> HttpResponseBase:
    """The cards of the videos that the page saw running, in one answer for them all."""
    seen = [text for text in request.GET.getlist("video") if _is_id(text)][:CARDS_A_PAGE]
    videos = Video.objects.for_user(user_of(request)).lightly()
    cards = pages.cards(list(videos.filter(pk__in=seen)))
    context = {"cards": cards, "is_answer": True} | _running(cards)
    return render(request, "videos/_running.html", context)


def _running(cards: list[pages.Card]) -> dict[str, Any]:
    """Where the page asks for the cards of what runs, and what it has seen of it."""
    running = [card.video.pk for card in cards if card.job]
    address = f"{reverse('library-running')}?{urlencode([('video', pk) for pk in running])}"
    watch = watching.watch(card.job for card in cards)
    return {"running": running, "running_url": address, "watch": watch}


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


# --- beginning -----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def video_new(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """A GET asks and shows what there is of this song; a POST makes a draft with its plan."""
    song = get_object_or_404(Song.objects.for_user(user_of(request)), pk=pk)
    problem = None
    if request.method == "POST":
        try:
            return redirect("video", _begun(request, song).pk)
        except Problem as refusal:
            problem = refusal
    context = {
        "nav": "songs",
        "song": song,
        "key": uuid.uuid4(),
        "problem": problem,
        "has_sections": song.sections.exists(),
        "earlier": Video.objects.for_user(user_of(request)).filter(song=song).defer(*LONG),
    }
    return render(request, "videos/new.html", context, status=problem.status if problem else 200)


def _begun(request: HttpRequest, song: Song) -> Video:
    user, sent = user_of(request), form_key(request)
    key = uuid.uuid5(user.pk, f"page {sent}") if sent else None
    if "like" in request.POST:
        return rework.direct_anew(_named(request, song), key=key)
    video = drafts.create_video(user, song, key=key)
    if not video.clips.exists():
        drafts.plan_video(video, seed=video.seed)
    return video


def _named(request: HttpRequest, song: Song) -> Video:
    """The video of this song that the new one shall be like."""
    try:
        pk = uuid.UUID(request.POST["like"])
    except ValueError as error:
        raise Http404 from error
    mine = Video.objects.for_user(user_of(request)).select_related("owner", "song")
    return get_object_or_404(mine, song=song, pk=pk)


# --- one video -----------------------------------------------------------------------------------


@require_safe
@signed_in
def video(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """A video by its state: direction and plan, progress, player, or what went wrong."""
    video = get_video(request, pk)
    return video_page(request, video)


def video_page(
    request: HttpRequest,
    video: Video,
    *,
    form: DirectionForm | None = None,
    problem: Problem | None = None,
    typed: Mapping[str, object] | None = None,
) -> HttpResponse:
    """A video's page, also as the answer to what could not be done there, with what was `typed`."""
    template, context = pages.page_of(video, form=form, problem=problem)
    status = problem.status if problem else 400 if form is not None and form.errors else 200
    return render(request, template, context | dict(typed or {}), status=status)


@require_POST
@signed_in
def video_direction(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Save what is right of the direction; say what is not, at its place."""
    video = get_video(request, pk)
    form, before = DirectionForm(request.POST), _written_for(video)
    try:
        is_replanned = _save(video, form)
    except Problem as problem:
        return _saved(request, video, form, problem)
    followed = _followed(video, form, before)
    return _saved(request, video, form, None, followed=followed, is_replanned=is_replanned)


def _save(video: Video, form: DirectionForm) -> bool:
    """Save the fields that are right, whatever the others say; True when the plan is new."""
    form.full_clean()
    return rework.change_direction(video, **form.choices)


def _saved(
    request: HttpRequest,
    video: Video,
    form: DirectionForm,
    problem: Problem | None,
    *,
    followed: Mapping[str, str] | None = None,
    is_replanned: bool = False,
) -> HttpResponse:
    if not is_fragment(request):
        if problem or form.errors:
            return video_page(request, video, form=form, problem=problem)
        messages.success(request, "Saved.")
        return redirect("video", video.pk)
    sentences = [problem.sentence] if problem else _sentences(form)
    status = problem.status if problem else 400 if sentences else 200
    context = {"sentences": sentences, "followed": followed or {}}
    response = render(request, "videos/_saved.html", context, status=status)
    return _with_plan_news(response, is_replanned=is_replanned)


def _written_for(video: Video) -> dict[str, str]:
    """What is written for the user from the other choices, as it stands."""
    return {name: getattr(video, name) for name in drafts.WRITTEN_FROM}


def _followed(video: Video, form: DirectionForm, before: Mapping[str, str]) -> dict[str, str]:
    """What has followed the other choices and is another now than the page shows."""
    shown = dict(before) | {name: form.choices[name] for name in before if name in form.choices}
    return {
        name: text
        for name, text in _written_for(video).items()
        if name not in form.errors and text != shown[name]
    }


def _sentences(form: DirectionForm) -> list[str]:
    return [str(sentence) for sentences in form.errors.values() for sentence in sentences]


def _with_plan_news(response: HttpResponse, *, is_replanned: bool) -> HttpResponse:
    """Tell the page that the plan below has changed, so that it asks for it."""
    if is_replanned:
        response.headers["HX-Trigger"] = "plan-changed"
    return response


@require_POST
@signed_in
def video_budget(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Set or take away the limit of a video that is not being directed any more."""
    video, form = get_video(request, pk), BudgetForm(request.POST)
    try:
        if not form.is_valid():
            raise Problem("invalid", str(form.errors["budget_usd"][0]))
        drafts.change_video(video, budget_usd=form.cleaned_data["budget_usd"])
    except Problem as problem:
        return video_page(request, video, problem=problem)
    messages.success(request, "The budget is saved.")
    return redirect("video", video.pk)


@require_POST
@signed_in
def video_understood(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """What is understood of the idea while it is being typed; nothing is saved."""
    video = get_video(request, pk)
    parts = pages.understood(request.POST.get("idea", "")[:IDEA_CHARS])
    return render(request, "videos/_understood.html", {"video": video, "parts": parts})


@require_POST
@signed_in
def video_prompt(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Write the prompt anew from the type and the idea that were sent."""
    video = get_video(request, pk)
    form = DirectionForm(request.POST)
    form.full_clean()
    choices = form.choices
    try:
        is_replanned = rework.write_prompt_anew(
            video, idea=choices.get("idea"), video_type=choices.get("video_type")
        )
    except Problem as problem:
        response = _saved(request, video, form, problem)
        # The sentence belongs at the state of the page; the prompt's field stays as it is.
        response.headers["HX-Retarget"] = "#save-state"
        return response
    if not is_fragment(request):
        return redirect(f"{reverse('video', args=[video.pk])}#prompt")
    context = {"video": video, "form": DirectionForm.of(video)}
    response = render(request, "videos/_prompt.html", context)
    return _with_plan_news(response, is_replanned=is_replanned)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def video_plan(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The plan as it stands; a POST makes another one."""
    video = get_video(request, pk)
    problem = _plan_otherwise(video) if request.method == "POST" else None
    if not is_fragment(request):
        if problem:
            return video_page(request, video, problem=problem)
        return redirect(f"{reverse('video', args=[video.pk])}#plan")
    context = {"video": video, "song": video.song, "plan_problem": problem} | pages.plan_context(
        video
    )
    return render(request, "videos/_plan.html", context, status=problem.status if problem else 200)


def _plan_otherwise(video: Video) -> Problem | None:
    try:
        rework.plan_otherwise(video)
    except Problem as problem:
        return problem
    return None


@require_POST
@signed_in
def video_preview(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Have the plan drawn by the visualizer; the page of that video shows how far it is."""
    video, sent = get_video(request, pk), form_key(request)
    key = uuid.uuid5(video.pk, f"preview {sent}") if sent else None
    try:
        made = previews.make_preview(video, key=key)
    except Problem as problem:
        return video_page(request, video, problem=problem)
    return redirect("video", made.pk)


@require_POST
@signed_in
def video_clip(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponseBase:
    """Save the prompt of one clip, named by its number: planning anew gives clips new rows."""
    video = get_video(request, pk)
    clip = get_object_or_404(video.clips.select_related("video"), clip_index=number - 1)
    problem = _change_clip(clip, request.POST.get("prompt", ""))
    if not is_fragment(request):
        if problem:
            return video_page(request, video, problem=problem)
        return redirect(f"{reverse('video', args=[video.pk])}#clip-{number}")
    context = {"number": number, "problem": problem}
    status = problem.status if problem else 200
    return render(request, "videos/_clip_saved.html", context, status=status)


def _change_clip(clip: Clip, prompt: str) -> Problem | None:
    try:
        drafts.change_clip(clip, prompt=prompt)
    except Problem as problem:
        return problem
    return None


# --- making --------------------------------------------------------------------------------------


@require_POST
@signed_in
def video_generate(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Start the making at the price that was shown; a direction that is sent along is saved before."""
    video = get_video(request, pk)
    form = DirectionForm(request.POST) if "overall_prompt" in request.POST else None
    try:
        if form is not None and video.is_editable:
            _save(video, form)
            if form.errors:
                return video_page(request, video, form=form)
        agreed, key = agreed_usd(request), form_key(request)
        pipeline.start_generation(video, key=key, agreed_usd=agreed)
    except Problem as problem:
        if problem.code != "already_running":
            return video_page(request, get_video(request, pk), problem=problem)
    return redirect("video", video.pk)


def form_key(request: HttpRequest) -> uuid.UUID | None:
    """The form's own key: a form that is sent twice starts one making."""
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return None


@require_safe
@signed_in
def video_progress(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """How far the making is; when it has ended, the page is loaded anew and polling is over."""
    video = get_object_or_404(Video.objects.for_user(user_of(request)).lightly(), pk=pk)
    context = {"video": video, "song": video.song} | pages.progress_context(video)
    response = render(request, "videos/_progress.html", context)
    if video.is_running:
        remember(request, context["watch"], response)
    else:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
@signed_in
def video_cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Stop the making; what was made of it is removed."""
    video = get_video(request, pk)
    if not pipeline.cancel_video(video):
        messages.info(request, "There was nothing to cancel: the making had ended already.")
    return redirect("video", video.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def video_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """A GET asks; a POST deletes the video with its files."""
    video = get_video(request, pk)
    context: dict[str, Any] = {"nav": "library", "video": video}
    if request.method != "POST":
        return render(request, "videos/delete.html", context)
    title = video.title
    pipeline.delete_video(video)
    messages.success(request, f"“{title}” is deleted.")
    return redirect("library")
