"""The page of the user's images, the files behind it, and the choice of a video's character."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.gate import signed_in, user_of
from accounts.uploading import files_of
from vibecraft.jobs.watching import Watch, watch
from vibecraft.media.errors import SENTENCES, MediaError
from vibecraft.predictions.ordering import is_on
from vibecraft.problems import Problem, from_media
from vibecraft.ranged import ranged
from videos import assets, rework
from videos.asset_api import content_type_of
from videos.asset_showing import character_context
from videos.models import Asset, Video
from videos.views import get_video, is_fragment

ACCEPTED = ".png,.jpg,.jpeg,.webp,image/png,image/jpeg,image/webp"
PICTURES_A_PAGE = 48


class PictureForm(forms.Form):
    """A picture; what the file is gets checked when it is brought in."""

    upload_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    file = forms.FileField(
        label="Your picture",
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        help_text="PNG, JPEG or WebP, 50 MB and 8192 pixels a side at most.",
        error_messages={"required": "Choose the picture's file first."},
    )


class DescriptionForm(forms.Form):
    """A character in words. `upload_id` is made with the form: sent twice, made once."""

    upload_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    description = forms.CharField(
        label="What does your character look like?",
        max_length=2000,
        widget=forms.Textarea(
            attrs={
                "rows": 4,
                "placeholder": "A singer in her thirties, short silver hair, denim jacket, "
                "freckles, a calm look",
            }
        ),
        error_messages={"required": "Describe the character first."},
    )


def get_asset(request: HttpRequest, pk: uuid.UUID) -> Asset:
    """The user's own image; 404 for everybody else's."""
    mine = Asset.objects.for_user(user_of(request)).select_related("owner")
    return get_object_or_404(mine, pk=pk)


# --- the page --------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def pictures(request: HttpRequest) -> HttpResponseBase:
    """The user's images; a POST brings a new one."""
    if request.method == "POST":
        return _bring(request)
    return _page(request)


def _page(
    request: HttpRequest,
    *,
    refusal: str = "",
    form: DescriptionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    mine = Asset.objects.for_user(user_of(request))
    page = Paginator(mine, PICTURES_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "nav": "assets",
        "page": page,
        "watch": watch(asset.job_id for asset in page if asset.is_making),
        "upload": PictureForm(auto_id="picture_%s"),
        "form": form or DescriptionForm(),
        "refusal": refusal,
        "too_big": SENTENCES["image_too_big"].format(max_mb=50),
        "is_on": is_on(),
        "price": assets.price_of_character() if is_on() else None,
        "video": _video_to_go_back_to(request),
    }
    return render(request, "videos/assets.html", context, status=status)


def _video_to_go_back_to(request: HttpRequest) -> Video | None:
    """The draft that a picture is looked for, named in the address."""
    try:
        pk = uuid.UUID(request.GET.get("for", ""))
    except ValueError:
        return None
    return Video.objects.for_user(user_of(request)).filter(pk=pk).first()


def _bring(request: HttpRequest) -> HttpResponse:
    try:
        asset = _brought(request)
    except Problem as problem:
        if _wants_json(request):
            return JsonResponse(problem.as_dict(), status=problem.status)
        return _page(request, refusal=problem.sentence, status=problem.status)
    if _wants_json(request):
        card = reverse("asset-card", args=[asset.pk])
        return JsonResponse({"url": reverse("assets"), "card": card}, status=201)
    return redirect("assets")


def _brought(request: HttpRequest) -> Asset:
    form = PictureForm(request.POST, files_of(request))
    if request.META.get("UPLOAD_TOO_BIG"):
        raise from_media(MediaError("image_too_big"))
    if not form.is_valid():
        sentence = next(iter(form.errors.values()))[0]
        raise Problem("invalid", str(sentence), errors=dict(form.errors))
    file, upload_id = form.cleaned_data["file"], form.cleaned_data["upload_id"]
    return assets.bring(user_of(request), file, upload_id=upload_id)


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


@require_POST
@signed_in
def make(request: HttpRequest) -> HttpResponseBase:
    """Have a character made from its description."""
    form = DescriptionForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=400)
    try:
        assets.make(
            user_of(request),
            form.cleaned_data["description"],
            upload_id=form.cleaned_data["upload_id"],
        )
    except Problem as problem:
        form.add_error("description", problem.sentence)
        return _page(request, form=form, status=problem.status)
    return redirect("assets")


@require_safe
@signed_in
def running(request: HttpRequest) -> HttpResponseBase:
    """The images that the page saw being made, in one answer for them all."""
    seen = Watch.parse(request.GET.get("seen", ""))
    mine = Asset.objects.for_user(user_of(request))
    making = list(mine.filter(job_id__in=seen.job_ids if seen else ()))
    watched = watch(asset.job_id for asset in making if asset.is_making)
    context = {"watch": watched, "making": making, "is_answer": True}
    return render(request, "videos/_assets_running.html", context)


@require_safe
@signed_in
def card(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """One image of the page, for one that has just been brought."""
    asset = get_asset(request, pk)
    return render(request, "videos/_asset.html", {"asset": asset})


@require_POST
@signed_in
def make_again(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Try once more what failed."""
    asset = get_asset(request, pk)
    try:
        assets.make_again(asset)
    except Problem as problem:
        return _page(request, refusal=problem.sentence, status=problem.status)
    return redirect("assets")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def asset_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """A GET asks; a POST deletes the image with its file."""
    asset = get_asset(request, pk)
    context: dict[str, Any] = {"nav": "assets", "asset": asset}
    if request.method != "POST":
        context["videos"] = list(assets.videos_with(asset)[:5])
        return render(request, "videos/asset_delete.html", context)
    try:
        assets.delete(asset)
    except Problem as problem:
        return render(
            request,
            "videos/asset_delete.html",
            context | {"problem": problem},
            status=problem.status,
        )
    messages.success(request, f"“{asset.title}” is deleted.")
    return redirect("assets")


# --- the files -------------------------------------------------------------------------------------


@require_safe
@signed_in
def picture(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The picture in full."""
    return _file(request, get_asset(request, pk).key)


@require_safe
@signed_in
def thumbnail(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The picture, small."""
    return _file(request, get_asset(request, pk).thumbnail_key)


def _file(request: HttpRequest, key: str) -> HttpResponseBase:
    if not key:
        raise Http404
    return ranged(request, key, content_type=content_type_of(key), keep=True)


# --- the character of a video ----------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def character(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The choice of a character; a POST makes it, an empty `character_id` takes it away."""
    video = get_video(request, pk)
    problem = _choose(video, request) if request.method == "POST" else None
    context = {"nav": "library", "problem": problem} | character_context(video)
    status = problem.status if problem else 200
    if is_fragment(request):
        return render(request, "videos/_character.html", context, status=status)
    if request.method == "POST" and problem is None:
        return redirect(f"{reverse('video', args=[video.pk])}#character")
    return render(request, "videos/character.html", context, status=status)


def _choose(video: Video, request: HttpRequest) -> Problem | None:
    try:
        rework.change_direction(video, character_id=_chosen(request))
    except Problem as problem:
        return problem
    return None


def _chosen(request: HttpRequest) -> uuid.UUID | None:
    text = request.POST.get("character_id", "")
    try:
        return uuid.UUID(text) if text else None
    except ValueError as error:
        raise Problem("invalid", "There is no picture with this id.") from error
