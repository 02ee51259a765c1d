"""A video in another format, and where its clips are cropped, over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from vibecraft.rest import IDEMPOTENCY_KEY, JobStarted, refusals, valid
from vibecraft.sent_keys import idempotency_key
from videos import formats, reframing
from videos.api import VideoApi
from videos.models import Video

MAX_CLIPS = 1000


class FormatWishSerializer(serializers.Serializer[Any]):
    aspect_ratio = serializers.ChoiceField(Video.AspectRatio.choices)


class FormatStartedSerializer(serializers.Serializer[Any]):
    """The new video, and the job that makes it."""

    video_id = serializers.UUIDField()
    job_id = serializers.UUIDField()


class FocusSerializer(serializers.Serializer[Any]):
    """A point of the take that a clip is cropped from: (0, 0) is its upper left corner."""

    clip_id = serializers.UUIDField()
    x = serializers.FloatField(min_value=0, max_value=1)
    y = serializers.FloatField(min_value=0, max_value=1)


class FocusWishSerializer(serializers.Serializer[Any]):
    clips = serializers.ListField(child=FocusSerializer(), allow_empty=False, max_length=MAX_CLIPS)


class VideoFormatsView(VideoApi):
    @extend_schema(
        operation_id="video_make_format",
        summary="Make this video in another format, as a video of its own",
        description=(
            "Same song, clips, prompts and seeds. Takes that a model has made are cropped, those of"
            " the visualizer are drawn anew: nothing is paid. 409 `takes_gone` once they are deleted."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request=FormatWishSerializer,
        responses={202: FormatStartedSerializer, **refusals(400, 404, 409, 429)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        wished = valid(FormatWishSerializer, request)["aspect_ratio"]
        key = idempotency_key(request)
        made = formats.make_format(
            video, wished, key=key and uuid.uuid5(video.pk, f"{wished}{key}")
        )
        return Response({"video_id": made.pk, "job_id": made.job_id}, status=202)


class VideoFocusView(VideoApi):
    @extend_schema(
        operation_id="video_focus",
        summary="Crop clips around other points, then join the film again",
        description=(
            "Only clips whose newest choice is a crop can be changed; nothing is paid."
            " 409 `not_croppable` says why one cannot."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request=FocusWishSerializer,
        responses={202: JobStarted, **refusals(400, 404, 409, 429)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        sent = valid(FocusWishSerializer, request)["clips"]
        wishes = {one["clip_id"]: (one["x"], one["y"]) for one in sent}
        key = idempotency_key(request)
        job = reframing.change_focus(video, wishes, key=key and uuid.uuid5(video.pk, f"focus{key}"))
        return Response({"job_id": job.pk}, status=202)
