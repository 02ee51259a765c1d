"""Videos over HTTP: direction, plan, price, generation, the film."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import caller
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.problems import Problem, not_possible
from vibecraft.ranged import is_beginning, ranged
from vibecraft.rest import (
    IDEMPOTENCY_KEY,
    RANGE,
    ApiList,
    ApiView,
    JobStarted,
    find,
    media,
    refusals,
    valid,
)
from vibecraft.sent_keys import idempotency_key
from videos import choices, drafts, pipeline
from videos import serializers as shapes
from videos.models import Clip, Take, Video
from videos.status import video_status

# What a list does not show, and is long.
HEAVY = ("film_facts", "sync_report", "song__lyrics", "song__tags")


class VideoApi(ApiView):
    """A view of one of the caller's videos; its errors name the video and its song."""

    def find_video(self, request: Request, pk: uuid.UUID) -> Video:
        video = find(videos_of(request), pk)
        self.about |= {"song_id": str(video.song_id), "video_id": str(video.pk)}
        return video


def videos_of(request: Request) -> QuerySet[Video]:
    return Video.objects.for_user(caller(request)).select_related("song", "owner")


def shown(video: Video, request: Request) -> Any:
    return shapes.VideoSerializer(video, context={"request": request}).data


def shown_clips(clips: QuerySet[Clip], request: Request) -> Any:
    """Clips with their takes, in two queries however many there are."""
    rows = clips.prefetch_related("takes__clip")
    return shapes.ClipSerializer(rows, many=True, context={"request": request}).data


@extend_schema_view(
    get=extend_schema(operation_id="video_list", summary="List videos, newest first")
)
class VideosView(ApiList[Video]):
    serializer_class = shapes.VideoSerializer

    def get_queryset(self) -> QuerySet[Video]:
        return videos_of(self.request).defer(*HEAVY)

    @extend_schema(
        operation_id="video_create",
        summary="Start a video as a draft",
        description="What is left out is suggested; the prompt is written at once.",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.NewVideoSerializer,
        responses={201: shapes.VideoSerializer, **refusals(400, 404, 409)},
    )
    def post(self, request: Request) -> Response:
        chosen = valid(shapes.NewVideoSerializer, request)
        song = find(Song.objects.for_user(caller(request)), chosen.pop("song_id"))
        key = idempotency_key(request)
        video_id = uuid.uuid5(caller(request).pk, f"video {key}") if key else None
        video = drafts.create_video(caller(request), song, key=video_id, **chosen)
        return Response(shown(video, request), status=201)


class VideoView(VideoApi):
    @extend_schema(
        operation_id="video_get",
        summary="One video",
        responses={200: shapes.VideoSerializer, **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        return Response(shown(video, request))

    @extend_schema(
        operation_id="video_change",
        summary="Change a draft",
        request=shapes.DirectionSerializer,
        responses={200: shapes.VideoSerializer, **refusals(400, 404, 409)},
    )
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        video = drafts.change_video(video, **valid(shapes.DirectionSerializer, request))
        return Response(shown(video, request))

    @extend_schema(
        operation_id="video_delete",
        summary="Delete a video with its files; what runs for it is canceled",
        responses={204: None, **refusals(404)},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        pipeline.delete_video(video)
        return Response(status=204)


class VideoPromptView(VideoApi):
    @extend_schema(
        operation_id="video_prompt",
        summary="Write the prompt anew",
        request=shapes.IdeaSerializer,
        responses={200: shapes.WrittenPromptSerializer, **refusals(400, 404, 409)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        return written_anew(video, **valid(shapes.IdeaSerializer, request))


def written_anew(video: Video, **idea: str) -> Response:
    prompt, parts = drafts.rewrite_prompt(video, **idea)
    return Response({"overall_prompt": prompt, "parts": asdict(parts)})


class VideoSectionPromptsView(VideoApi):
    @extend_schema(
        operation_id="video_section_prompts",
        summary="The prompt of each section",
        responses={200: shapes.SectionPromptsSerializer, **refusals(404, 409)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        prompts = [
            {"section_id": section.pk, "prompt": prompt}
            for section, prompt in drafts.section_prompts(video)
        ]
        return Response({"sections": prompts})


class VideoPlanView(VideoApi):
    @extend_schema(
        operation_id="video_plan",
        summary="Plan the clips; may be repeated while the video is a draft",
        request=shapes.SeedSerializer,
        responses={200: shapes.PlanSerializer, **refusals(400, 404, 409)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        estimate = drafts.plan_video(video, **valid(shapes.SeedSerializer, request))
        clips = shown_clips(video.clips.all(), request)
        return Response({"clips": clips, "estimate": shapes.EstimateSerializer(estimate).data})


class VideoEstimateView(VideoApi):
    @extend_schema(
        operation_id="video_estimate",
        summary="What the plan needs and costs",
        responses={200: shapes.EstimateSerializer, **refusals(404, 409)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        return Response(shapes.EstimateSerializer(drafts.estimate_video(video)).data)


class VideoClipsView(VideoApi):
    @extend_schema(
        operation_id="clip_list",
        summary="The clips of a video in order, with their takes",
        responses={200: shapes.ClipListSerializer, **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        return Response({"clips": shown_clips(video.clips.all(), request)})


class ClipView(VideoApi):
    @extend_schema(
        operation_id="clip_change",
        summary="Rewrite the prompt of a clip, or choose another of its takes",
        request=shapes.ClipChangeSerializer,
        responses={200: shapes.ClipSerializer, **refusals(400, 404, 409)},
    )
    def patch(self, request: Request, pk: uuid.UUID, cid: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        clip = find(video.clips.select_related("video"), cid)
        drafts.change_clip(clip, **valid(shapes.ClipChangeSerializer, request))
        changed = shown_clips(video.clips.filter(pk=clip.pk), request)
        return Response(changed[0])


class VideoGenerateView(VideoApi):
    @extend_schema(
        operation_id="video_generate",
        summary="Make all clips and the film",
        description="Plans first where there is no plan. The same key gives the same job.",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={202: JobStarted, **refusals(400, 402, 404, 409, 429)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        job = _start_once(video, idempotency_key(request))
        return Response({"job_id": job.pk}, status=202)


def _start_once(video: Video, key: uuid.UUID | None) -> Job:
    """Start the generation; the job of an earlier request with the same key, if there was one.

    The job's id is made from the key, within the video: a key is free to be used for another one.
    """
    if key is None:
        return pipeline.start_generation(video)
    job_id = uuid.uuid5(video.pk, str(key))
    try:
        return pipeline.start_generation(video, key=job_id)
    except (IntegrityError, Problem):
        # The same request twice at once: the other one was first.
        earlier: Job | None = Job.objects.for_user(video.owner).filter(pk=job_id).first()
        if earlier is None:
            raise
        return earlier


class VideoStatusView(VideoApi):
    @extend_schema(
        operation_id="video_status",
        summary="How the video stands",
        responses={200: shapes.VideoStatusSerializer, **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        return Response(video_status(video))


class VideoCancelView(VideoApi):
    @extend_schema(
        operation_id="video_cancel",
        summary="Cancel what runs for the video",
        request=None,
        responses={202: shapes.VideoStatusSerializer, **refusals(404, 409)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        if not pipeline.cancel_video(video) and video.status != Video.Status.CANCELED:
            raise not_possible(
                "not_running", "Nothing runs for this video, so nothing is canceled."
            )
        return Response(video_status(self.find_video(request, pk)), status=202)


class VideoFileView(VideoApi):
    @extend_schema(
        operation_id="video_file",
        summary="The film",
        parameters=[
            RANGE,
            OpenApiParameter("download", OpenApiTypes.BOOL, description="As a file to keep."),
        ],
        responses={**media("video/mp4"), **refusals(404, 409, 416)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponseBase:
        video = self.find_video(request, pk)
        if not video.has_film:
            raise not_possible("film_not_ready", "The film of this video is not made yet.")
        download = request.query_params.get("download", "0") not in ("0", "false", "")
        response = _film(request._request, video, download=download)
        if download and is_beginning(request._request, response):
            video.count_download()
        return response


def _film(request: HttpRequest, video: Video, *, download: bool) -> HttpResponseBase:
    return ranged(
        request,
        video.film_key,
        content_type="video/mp4",
        filename=f"{video.title}.mp4",
        download=download,
    )


class VideoPosterView(VideoApi):
    @extend_schema(
        operation_id="video_poster",
        summary="A still of the film",
        responses={**media("image/jpeg"), **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponseBase:
        video = self.find_video(request, pk)
        return _stored(request, video.poster_key, "image/jpeg")


class TakeApi(VideoApi):
    """A view of one take of one of the caller's videos."""

    def find_take(self, request: Request, pk: uuid.UUID, tid: uuid.UUID) -> Take:
        video = self.find_video(request, pk)
        clip = video.clips.filter(takes=tid).first()
        if clip is None:
            raise Http404
        takes: QuerySet[Take] = clip.takes.all()
        return find(takes, tid)


class TakeFileView(TakeApi):
    @extend_schema(
        operation_id="take_file",
        summary="The file of a take",
        parameters=[RANGE],
        responses={**media("video/mp4"), **refusals(404, 416)},
    )
    def get(self, request: Request, pk: uuid.UUID, tid: uuid.UUID) -> HttpResponseBase:
        take = self.find_take(request, pk, tid)
        return _stored(request, take.key, "video/mp4")


class TakeThumbnailView(TakeApi):
    @extend_schema(
        operation_id="take_thumbnail",
        summary="A still of a take",
        responses={**media("image/jpeg"), **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID, tid: uuid.UUID) -> HttpResponseBase:
        take = self.find_take(request, pk, tid)
        return _stored(request, take.thumbnail_key, "image/jpeg")


def _stored(request: Request, key: str, content_type: str) -> HttpResponseBase:
    if not key:
        raise Http404
    return ranged(request._request, key, content_type=content_type)


class VideoMetadataView(VideoApi):
    @extend_schema(
        operation_id="video_metadata",
        summary="Facts of the film, its sync report, its cost",
        responses={200: shapes.MetadataSerializer, **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        return Response(shapes.MetadataSerializer(video).data)


@extend_schema_view(get=extend_schema(operation_id="model_list", summary="Models with prices"))
class ModelsView(ApiList[Any]):
    serializer_class = shapes.ModelSerializer

    def get_queryset(self) -> Any:
        return choices.models()


@extend_schema_view(get=extend_schema(operation_id="flavor_list", summary="Flavors"))
class FlavorsView(ApiList[Any]):
    serializer_class = shapes.FlavorSerializer

    def get_queryset(self) -> Any:
        return choices.flavor_choices()


@extend_schema_view(get=extend_schema(operation_id="video_type_list", summary="Video types"))
class VideoTypesView(ApiList[Any]):
    serializer_class = shapes.VideoTypeSerializer

    def get_queryset(self) -> Any:
        return choices.video_types()
