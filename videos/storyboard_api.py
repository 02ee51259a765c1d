"""The storyboard over HTTP: start, refine, reorder, approve, see."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from vibecraft.ranged import ranged
from vibecraft.rest import JobStarted, Text, find, media, refusals, valid
from videos import serializers as shapes
from videos import storyboard
from videos.api import VideoApi, shown, shown_clips
from videos.models import Still


class RefinementSerializer(serializers.Serializer[Any]):
    prompt = Text(required=False, max_length=6000, help_text="Other words for it, if wished.")


class RefinementStarted(JobStarted):
    """A still is being made again; watch it at `GET /api/jobs/{job_id}`."""

    refinements_left = serializers.IntegerField(help_text="Of five for each video.")


class OrderSerializer(serializers.Serializer[Any]):
    clip_ids = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=1000,
        help_text="All clips of the video, each once, in the new order.",
    )


class StoryboardView(VideoApi):
    @extend_schema(
        operation_id="storyboard_start",
        summary="Make the stills that are missing: one for each clip",
        description="Plans first where there is no plan. While it runs, the same job is answered.",
        request=None,
        responses={202: JobStarted, **refusals(402, 404, 409, 429)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        job = storyboard.start_storyboard(video)
        return Response({"job_id": job.pk}, status=202)

    @extend_schema(
        operation_id="storyboard_remove",
        summary="Remove all stills; the video is a draft again",
        responses={204: None, **refusals(404, 409)},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        storyboard.remove_storyboard(video)
        return Response(status=204)


class StoryboardApproveView(VideoApi):
    @extend_schema(
        operation_id="storyboard_approve",
        summary="Approve the storyboard: the making starts from its stills",
        request=None,
        responses={200: shapes.VideoSerializer, **refusals(404, 409)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        return Response(shown(storyboard.approve(video), request))


class ClipRefineView(VideoApi):
    @extend_schema(
        operation_id="clip_refine",
        summary="Make the still of a clip again; at most five times a video",
        request=RefinementSerializer,
        responses={202: RefinementStarted, **refusals(400, 402, 404, 409, 429)},
    )
    def post(self, request: Request, pk: uuid.UUID, cid: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        clip = find(video.clips.select_related("video__owner", "video__song"), cid)
        job = storyboard.refine(clip, **valid(RefinementSerializer, request))
        left = clip.video.refinements_left
        return Response({"job_id": job.pk, "refinements_left": left}, status=202)


class VideoReorderView(VideoApi):
    @extend_schema(
        operation_id="clip_reorder",
        summary="Give the scenes another order; the slots keep their times",
        request=OrderSerializer,
        responses={200: shapes.ClipListSerializer, **refusals(400, 404, 409)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        storyboard.reorder(video, valid(OrderSerializer, request)["clip_ids"])
        return Response({"clips": shown_clips(video.clips.all(), request)})


class StillFileView(VideoApi):
    @extend_schema(
        operation_id="still_file",
        summary="The picture of a still",
        responses={**media("image/jpeg"), **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID, still_id: uuid.UUID) -> HttpResponseBase:
        video = self.find_video(request, pk)
        own: QuerySet[Still] = Still.objects.for_user(video.owner).filter(clip__video=video)
        still = find(own, still_id)
        if not still.key:
            raise Http404
        return ranged(request._request, still.key, content_type="image/jpeg")
