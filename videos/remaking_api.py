"""One clip or section made again, and the chosen takes joined again, over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from vibecraft.jobs.models import Job
from vibecraft.rest import IDEMPOTENCY_KEY, JobStarted, find, refusals, valid
from vibecraft.sent_keys import idempotency_key
from videos import pipeline, remaking
from videos.api import VideoApi
from videos.clip_prompts import MOST_CHARS
from videos.models import Video

REFUSED = (
    "409 says why it cannot be: `no_regenerations_left`, `video_is_final`, `film_not_ready`, "
    "`already_running`, `ai_is_off`. One that fails gives the turn back."
)


class RemakeSerializer(serializers.Serializer[Any]):
    """What is wished; without a prompt the clip's own is used again."""

    prompt = serializers.CharField(required=False, allow_blank=True, max_length=MOST_CHARS)


class TurnsLeftSerializer(serializers.Serializer[Any]):
    sections = serializers.DictField(child=serializers.IntegerField())
    clips = serializers.DictField(child=serializers.IntegerField())


class RegenerationStatusSerializer(serializers.Serializer[Any]):
    """How the newest regeneration stands, and how often each can be made again."""

    job_id = serializers.UUIDField(allow_null=True)
    status = serializers.CharField(allow_null=True)
    progress = serializers.IntegerField()
    total = serializers.IntegerField()
    completed = serializers.IntegerField()
    error = serializers.DictField(child=serializers.CharField(), allow_null=True)
    left = TurnsLeftSerializer()


class RegenerateSectionView(VideoApi):
    @extend_schema(
        operation_id="video_regenerate_section",
        summary="Make the clips of a section again, then join the film",
        description=REFUSED,
        parameters=[IDEMPOTENCY_KEY],
        request=RemakeSerializer,
        responses={202: JobStarted, **refusals(400, 402, 404, 409, 429)},
    )
    def post(self, request: Request, pk: uuid.UUID, sid: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        section = find(video.song.sections.all(), sid)
        wish = valid(RemakeSerializer, request).get("prompt", "")
        key = _key(request, section.pk, video)
        return _started(remaking.remake_section(video, section, prompt=wish, key=key))


class RegenerateClipView(VideoApi):
    @extend_schema(
        operation_id="video_regenerate_clip",
        summary="Make one clip again, then join the film",
        description=REFUSED,
        parameters=[IDEMPOTENCY_KEY],
        request=RemakeSerializer,
        responses={202: JobStarted, **refusals(400, 402, 404, 409, 429)},
    )
    def post(self, request: Request, pk: uuid.UUID, cid: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        clip = find(video.clips.select_related("chosen_still"), cid)
        wish = valid(RemakeSerializer, request).get("prompt", "")
        return _started(
            remaking.remake_clip(video, clip, prompt=wish, key=_key(request, clip.pk, video))
        )


def _key(request: Request, pk: uuid.UUID, video: Video) -> uuid.UUID | None:
    """The id of the job: the same key for the same thing gives the same one."""
    key = idempotency_key(request)
    return uuid.uuid5(video.pk, f"{pk}{key}") if key else None


def _started(job: Job) -> Response:
    return Response({"job_id": job.pk}, status=202)


class RegenerationStatusView(VideoApi):
    @extend_schema(
        operation_id="video_regeneration_status",
        summary="How the newest regeneration stands, and what is left",
        responses={200: RegenerationStatusSerializer, **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        job = remaking.newest_job(video)
        return Response(
            {
                "job_id": job.pk if job else None,
                "status": job.status if job else None,
                "progress": job.progress if job else 0,
                "total": job.total if job else 0,
                "completed": job.completed if job else 0,
                "error": job.error if job else None,
                "left": remaking.turns_left(video),
            }
        )


class RestitchView(VideoApi):
    @extend_schema(
        operation_id="video_restitch",
        summary="Join the chosen takes again",
        request=None,
        responses={202: JobStarted, **refusals(404, 409)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        return _started(pipeline.start_composition(self.find_video(request, pk)))
