"""The pages of what was paid: for one video, and by month."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.gate import signed_in, user_of
from vibecraft.predictions import days
from videos.costs import months_of, video_costs
from videos.views import get_video


@require_safe
@signed_in
def video_cost_page(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Each clip of a video with each of its calls: what was estimated, what was paid, and why."""
    video = get_video(request, pk)
    context = {"nav": "library", "video": video, "costs": video_costs(video)}
    return render(request, "videos/costs.html", context)


@require_safe
@signed_in
def account_costs(request: HttpRequest) -> HttpResponseBase:
    """What the user's calls cost, month by month."""
    user = user_of(request)
    context = {
        "nav": "account",
        "months": months_of(user),
        "spent_today": days.spent_today(user),
        "daily_usd": settings.USER_DAILY_USD,
    }
    return render(request, "videos/account_costs.html", context)
