"""Keeping a finished film: sharing it, exporting it, its lyrics as files, making it final."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.gate import signed_in
from vibecraft.problems import Problem
from videos import sharing
from videos.views import get_video, is_fragment


@require_POST
@signed_in
def video_share(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Switch the sharing on or off, as the button says."""
    video = get_video(request, pk)
    try:
        if request.POST.get("sharing") == "off":
            sharing.unshare(video)
        else:
            sharing.share(video)
    except Problem as problem:
        messages.error(request, problem.sentence)
        return redirect("video", video.pk)
    if not is_fragment(request):
        return redirect(f"{reverse('video', args=[video.pk])}#share")
    context = {"video": video, "share_url": sharing.share_url(video)}
    return render(request, "videos/_share.html", context)
