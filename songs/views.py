"""The song pages: the list, one song from its analysis to its sections, and their fragments."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.gate import signed_in, user_of
from accounts.uploading import files_of
from songs import drawing, making, pipeline, showing, tool_showing
from songs.forms import SectionForm, TitleForm, UploadForm, WishForm, as_drafts, rows_of
from songs.models import Analysis, Section, Song
from songs.sections import MAX_SECTIONS, MIN_SECTIONS
from songs.tool_forms import ImportForm
from vibecraft.jobs import watching
from vibecraft.jobs.models import Job
from vibecraft.jobs.progress import progress_of
from vibecraft.media.errors import SENTENCES, MediaError
from vibecraft.predictions.ordering import is_on
from vibecraft.problems import Problem, from_media
from vibecraft.ranged import ranged

HEAVY = ("lyrics", "tags", "analysis__beat_times", "analysis__downbeat_times")
UNCONFIRMED = "Tick the box first: the times are final once the sections are saved."


def get_song(request: HttpRequest, pk: uuid.UUID) -> Song:
    """The user's own song; 404 for everybody else's."""
    songs = Song.objects.for_user(request.user).select_related("analysis")
    return get_object_or_404(songs, pk=pk)


def wants_json(request: HttpRequest) -> bool:
    """True for the requests of our modules, which show the answer themselves."""
    return "application/json" in request.headers.get("Accept", "")


def is_fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


# --- the list, and bringing a song ---------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def songs(request: HttpRequest) -> HttpResponseBase:
    """The user's songs; a POST brings a new one."""
    if request.method == "POST":
        return _bring(request)
    return _songs_page(request)


def _bring(request: HttpRequest) -> HttpResponse:
    try:
        song = _brought(request, UploadForm(request.POST, files_of(request)))
    except Problem as problem:
        return _refuse_upload(request, problem)
    if wants_json(request):
        return JsonResponse({"url": reverse("song", args=[song.pk])}, status=201)
    return redirect("song", song.pk)


def _brought(request: HttpRequest, form: UploadForm) -> Song:
    if request.META.get("UPLOAD_TOO_BIG"):
        raise from_media(MediaError("too_big"))
    if not form.is_valid():
        sentence = next(iter(form.errors.values()))[0]
        raise Problem("invalid", str(sentence), errors=dict(form.errors))
    file, upload_id = form.cleaned_data["file"], form.cleaned_data["upload_id"]
    return pipeline.bring_song(user_of(request), file, upload_id=upload_id)


def _refuse_upload(request: HttpRequest, problem: Problem) -> HttpResponse:
    if wants_json(request):
        return JsonResponse(problem.as_dict(), status=problem.status)
    return _songs_page(request, refusal=problem.sentence, status=problem.status)


def _songs_page(request: HttpRequest, *, refusal: str = "", status: int = 200) -> HttpResponse:
    return songs_page(request, refusal=refusal, status=status)


def songs_page(
    request: HttpRequest,
    *,
    wish_form: WishForm | None = None,
    import_form: ImportForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """The list with all ways to bring a song; a refused form comes back with its errors."""
    listed = list(_listed(request))
    running = showing.jobs_of(listed)
    context = {
        "nav": "songs",
        "watch": watching.watch(running.values()),
        "form": UploadForm(),
        "wish_form": wish_form or WishForm(),
        "import_form": import_form or ImportForm(),
        "imports": tool_showing.imports_of(user_of(request)),
        "has_yt_dlp": settings.IMPORT_WITH_YT_DLP,
        "is_ai_on": is_on(),
        "refusal": refusal,
        "too_big": SENTENCES["too_big"].format(max_mb=50),
        "cards": [_card(song, running.get(song.pk)) for song in listed],
    }
    return render(request, "songs/songs.html", context, status=status)


def _listed(request: HttpRequest) -> Any:
    counted = Song.objects.for_user(request.user).select_related("analysis").defer(*HEAVY)
    return counted.annotate(
        sections_count=Count("sections", distinct=True),
        videos_count=Count("videos", distinct=True),
    )


def _card(song: Song, job: Job | None) -> dict[str, Any]:
    analysis = analysis_of(song)
    curve = showing.energies(analysis) if analysis else []
    return {"song": song, "job": job, "analysis": analysis, "curve": curve}


def analysis_of(song: Song) -> Analysis | None:
    """The song's analysis once there is one."""
    return getattr(song, "analysis", None)


@require_safe
@signed_in
def running(request: HttpRequest) -> HttpResponseBase:
    """The cards of the songs that the page saw on their way, in one answer for them all."""
    seen = watching.Watch.parse(request.GET.get("seen", ""))
    jobs = Job.objects.for_user(request.user).filter(pk__in=seen.job_ids if seen else ())
    listed = list(_listed(request).filter(pk__in=jobs.values("song_id")))
    on_their_way = showing.jobs_of(listed)
    context = {
        "watch": watching.watch(on_their_way.values()),
        "cards": [_card(song, on_their_way.get(song.pk)) for song in listed],
        "is_answer": True,
    }
    return render(request, "songs/_running.html", context)


# --- one song ------------------------------------------------------------------------------------


@require_safe
@signed_in
def song(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    song = get_song(request, pk)
    return _song_page(request, song)


def _song_page(
    request: HttpRequest,
    song: Song,
    *,
    rows: Sequence[showing.Row] | None = None,
    refusals: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    analysis = analysis_of(song)
    context: dict[str, Any] = {"nav": "songs", "song": song, "refusals": refusals}
    context["cost"] = showing.cost_of(song)
    if song.is_ready and analysis is not None:
        context |= _heard(song, analysis) | _drawn(song, analysis, rows)
        context |= tool_showing.tools(song, analysis)
    else:
        context |= _progress_context(song)
    return render(request, "songs/song.html", context, status=status)


def _heard(song: Song, analysis: Analysis) -> dict[str, Any]:
    return {
        "analysis": analysis,
        "sureness": showing.sureness(analysis.tempo_confidence),
        "mood_bars": showing.mood_bars(analysis),
        "curve": showing.energies(analysis),
    } | showing.lyrics_shown(song)


def _drawn(song: Song, analysis: Analysis, rows: Sequence[showing.Row] | None) -> dict[str, Any]:
    saved = list(song.sections.all())
    return {
        "sections": saved,
        "timeline": showing.timeline(song, analysis, saved),
        "division_counts": range(MIN_SECTIONS, MAX_SECTIONS + 1),
        "suggested_count": showing.suggested_count(song.duration_sec),
        "section_words": showing.SECTION_WORDS,
        "rows": rows or showing.plain_rows(song, analysis.downbeat_times),
        "spare_rows": range(MAX_SECTIONS - showing.PLAIN_ROWS),
    }


@require_safe
@signed_in
def progress(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """How far the analysis is; when it has ended, the page is loaded anew and polling is over."""
    song = get_song(request, pk)
    response = render(request, "songs/_progress.html", _progress_context(song))
    if not _is_running(song):
        response.headers["HX-Refresh"] = "true"
    return response


def _is_running(song: Song) -> bool:
    return song.status in (Song.Status.NEW, Song.Status.ANALYZING)


def _progress_context(song: Song) -> dict[str, Any]:
    watch = watching.watch([showing.job_of(song)])
    job = showing.job_of(song)
    is_hearing = song.status == Song.Status.ANALYZING and job is not None and job.step == "words"
    return {
        "song": song,
        "job": job,
        "watch": watch,
        "is_running": _is_running(song),
        "progress": progress_of(job) if job else None,
        "is_hearing_words": is_hearing,
    } | _making_again(song)


def _making_again(song: Song) -> dict[str, Any]:
    """What trying again costs, or why it is not possible, for a song that could not be made."""
    if song.has_sound or song.status != Song.Status.FAILED:
        return {}
    try:
        usd = making.price_of_another(song)
    except Problem as problem:
        return {"again_refusal": problem.sentence}
    return {"is_free": making.is_paid_for(song), "again_usd": usd}


@require_POST
@signed_in
def analyze(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Try the analysis again."""
    song = get_song(request, pk)
    try:
        pipeline.analyze_again(song)
    except Problem as problem:
        messages.error(request, problem.sentence)
    return redirect("song", song.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def rename(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The title in place: shown, being edited, or changed; `place` is page or card."""
    song = get_song(request, pk)
    form = TitleForm(request.POST or None, initial={"title": song.title})
    if form.is_valid():
        song.title = form.cleaned_data["title"]
        song.save(update_fields=["title"])
    is_done = (form.is_bound and form.is_valid()) or "cancel" in request.GET
    if is_done and not is_fragment(request):
        return redirect("song", song.pk)
    place = "card" if request.GET.get("place") == "card" else "page"
    context = {
        "nav": "songs",
        "song": song,
        "place": place,
        "title_form": None if is_done else form,
    }
    template = "songs/_title.html" if is_fragment(request) else "songs/rename.html"
    return render(request, template, context, status=400 if form.errors else 200)


@require_POST
@signed_in
def copy(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    song = get_song(request, pk)
    try:
        duplicate = pipeline.copy_song(song)
    except Problem as problem:
        messages.error(request, problem.sentence)
        return redirect("songs")
    messages.success(request, "Copied. The copy has the same sound and free sections.")
    return redirect("song", duplicate.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """A GET asks; a POST deletes, or says why it cannot."""
    song = get_song(request, pk)
    context: dict[str, Any] = {"nav": "songs", "song": song}
    if request.method != "POST":
        return render(request, "songs/delete.html", context)
    title = song.title
    try:
        pipeline.delete_song(song)
    except Problem as problem:
        context["refusal"] = problem.sentence
        return render(request, "songs/delete.html", context, status=problem.status)
    messages.success(request, f"“{title}” is deleted.")
    return redirect("songs")


# --- sections ------------------------------------------------------------------------------------


@require_POST
@signed_in
def sections(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Save the sections, once: as JSON from the timeline, as rows from the plain form."""
    song = get_song(request, pk)
    if request.content_type == "application/json":
        return _save_drawn(request, song)
    return _save_typed(request, song)


def _save_drawn(request: HttpRequest, song: Song) -> HttpResponse:
    try:
        drawing.save_sections(song, _json_drafts(request.body))
    except Problem as problem:
        return JsonResponse(problem.as_dict(), status=problem.status)
    messages.success(request, drawing.FINAL)
    return JsonResponse({"url": reverse("song", args=[song.pk])}, status=201)


def _json_drafts(body: bytes) -> list[dict[str, Any]]:
    try:
        drafts = json.loads(body)["sections"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Problem("invalid", "Sections have to be sent as a list.") from error
    if not isinstance(drafts, list) or not all(isinstance(one, dict) for one in drafts):
        raise Problem("invalid", "Sections have to be sent as a list.")
    return drafts


def _save_typed(request: HttpRequest, song: Song) -> HttpResponse:
    rows = rows_of(request.POST)
    if not request.POST.get("confirm"):
        return _song_page(request, song, rows=rows, refusals=[UNCONFIRMED], status=400)
    try:
        drawing.save_sections(song, as_drafts(rows))
    except Problem as problem:
        errors = problem.errors or {}
        at_rows = [*errors.get("sections", ()), *([] for _ in rows)]
        marked = [replace(row, errors=told) for row, told in zip(rows, at_rows, strict=False)]
        overall = errors.get("overall", [problem.sentence])
        return _song_page(request, song, rows=marked, refusals=overall, status=problem.status)
    messages.success(request, drawing.FINAL)
    return redirect("song", song.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def section(request: HttpRequest, pk: uuid.UUID, section_pk: uuid.UUID) -> HttpResponseBase:
    """The words of a saved section: shown, edited (?edit) or changed."""
    song = get_song(request, pk)
    drawn = get_object_or_404(song.sections, pk=section_pk)
    errors = _change_words(request, drawn) if request.method == "POST" else {}
    is_editing = bool(errors) or (request.method != "POST" and "edit" in request.GET)
    if not is_fragment(request) and not is_editing:
        return redirect(f"{reverse('song', args=[song.pk])}#sections")
    context = {
        "nav": "songs",
        "song": song,
        "section": drawn,
        "section_form": _section_form(request, drawn, errors) if is_editing else None,
    }
    template = "songs/_section.html" if is_fragment(request) else "songs/section.html"
    return render(request, template, context, status=400 if errors else 200)


def _change_words(request: HttpRequest, drawn: Section) -> dict[str, list[str]]:
    label, note = request.POST.get("label", ""), request.POST.get("prompt_note", "")
    try:
        drawing.change_section(drawn, label=label, prompt_note=note)
    except Problem as problem:
        return problem.errors or {"label": [problem.sentence]}
    return {}


def _section_form(
    request: HttpRequest, drawn: Section, errors: dict[str, list[str]]
) -> SectionForm:
    saved = {"label": drawn.label, "prompt_note": drawn.prompt_note}
    form = SectionForm(request.POST if request.method == "POST" else None, initial=saved)
    for name, sentences in errors.items():
        for sentence in sentences:
            form.add_error(name, sentence)
    return form


# --- sound ---------------------------------------------------------------------------------------


@require_safe
@signed_in
def audio(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The one decode that analysis, timeline and film share, so that all three agree on time."""
    song = get_song(request, pk)
    if not song.has_sound:
        raise Http404
    return ranged(request, song.master_key, content_type="audio/flac")


@require_safe
@signed_in
def peaks(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    song = get_song(request, pk)
    analysis = analysis_of(song)
    if analysis is None:
        raise Http404
    return ranged(request, analysis.peaks_key, content_type="application/json")
