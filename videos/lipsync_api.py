"""Lip-sync of a clip over HTTP."""

from __future__ import annotations

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from vibecraft.rest import IDEMPOTENCY_KEY, JobStarted, find, refusals
from vibecraft.sent_keys import idempotency_key
from videos import lipsync
from videos.api import VideoApi


class ClipLipsyncView(VideoApi):
    @extend_schema(
        operation_id="clip_lipsync",
        summary="Move the lips in a clip to what is sung there, and join the film again",
        description="409 says why it makes no sense: `no_lyrics`, `no_take`, `clip_too_short`, "
        "`clip_too_long`, `film_not_ready`, `video_is_final`, `already_running`, `ai_is_off`, …",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={202: JobStarted, **refusals(400, 402, 404, 409, 429)},
    )
    def post(self, request: Request, pk: uuid.UUID, cid: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        clip = find(video.clips.select_related("chosen_take"), cid)
        key = idempotency_key(request)
        job = lipsync.start_lipsync(video, clip, key=key and uuid.uuid5(clip.pk, str(key)))
        return Response({"job_id": job.pk}, status=202)
