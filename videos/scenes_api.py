"""The scenes of a draft over HTTP."""

from __future__ import annotations

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from vibecraft.rest import JobStarted, refusals
from videos import scenes
from videos.api import VideoApi


class VideoScenesView(VideoApi):
    @extend_schema(
        operation_id="video_scenes",
        summary="Have the scenes of a draft written by a language model",
        description="Plans first where there is no plan. Prompts rewritten by hand stay. Without "
        "AI the built-in writer does it. While it runs, the same job is answered.",
        request=None,
        responses={202: JobStarted, **refusals(400, 402, 404, 409, 429)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        job = scenes.start_scenes(video)
        return Response({"job_id": job.pk}, status=202)
