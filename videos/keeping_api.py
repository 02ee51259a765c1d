"""Keeping a finished film, over the API: sharing, exports, lyrics as files, making it final."""

from __future__ import annotations

import uuid
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from songs.lyric_files import WRITERS, send_lyrics
from vibecraft.jobs.serializers import JobErrorSerializer
from vibecraft.problems import not_possible
from vibecraft.rest import RANGE, JobStarted, Text, find, media, refusals, valid
from videos import export_requests, finalizing, sharing
from videos.api import VideoApi, shown
from videos.export_model import Export
from videos.exporting import CONTENT_TYPES, send_export
from videos.serializers import VideoSerializer


class SharedSerializer(serializers.Serializer[Any]):
    share_url = serializers.URLField(help_text="The public address of the film.")


class VideoShareView(VideoApi):
    @extend_schema(
        operation_id="video_share",
        summary="Share the film by an address that cannot be guessed",
        description="Sharing what is shared gives the same address again.",
        request=None,
        responses={200: SharedSerializer, **refusals(404, 409)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        return Response({"share_url": sharing.share(video)})

    @extend_schema(
        operation_id="video_unshare",
        summary="Switch the sharing off; its address is dead at once",
        responses={204: None, **refusals(404)},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        sharing.unshare(video)
        return Response(status=204)


class ExportSerializer(serializers.ModelSerializer[Export]):
    """The film as another file."""

    status = serializers.CharField(read_only=True, help_text="making, ready or failed.")
    size_bytes = serializers.SerializerMethodField(help_text="Null before it is ready.")
    url = serializers.SerializerMethodField(help_text="Its file; null before it is ready.")
    job_id = serializers.UUIDField(read_only=True, allow_null=True, help_text="What makes it.")
    progress = serializers.SerializerMethodField(help_text="Percent.")
    error = serializers.SerializerMethodField(help_text="Null unless it failed.")

    class Meta:
        model = Export
        fields = (
            "id",
            "format",
            "height",
            "lyrics",
            "status",
            "size_bytes",
            "downloads",
            "url",
            "job_id",
            "progress",
            "error",
            "created_at",
        )
        read_only_fields = fields

    def get_size_bytes(self, export: Export) -> int | None:
        return export.size_bytes if export.is_ready else None

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, export: Export) -> str | None:
        if not export.is_ready:
            return None
        where = [export.video_id, export.pk]
        return reverse("api-export-file", where, request=self.context["request"])

    def get_progress(self, export: Export) -> int:
        if export.is_ready:
            return 100
        return export.job.progress if export.job else 0

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, export: Export) -> dict[str, str] | None:
        return export.job.error if export.job else None


class ExportListSerializer(serializers.Serializer[Any]):
    """All exports of a video: there are no more than there are choices."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ExportSerializer(many=True)


class ExportChoiceSerializer(serializers.Serializer[Any]):
    format = serializers.ChoiceField(Export.Format.choices)
    height = serializers.ChoiceField(
        Export.Height.choices, help_text="The shorter side of the picture, in pixels."
    )
    lyrics = Text(
        required=False,
        default="",
        allow_blank=True,
        help_text="Drawn into the picture: line, karaoke or large; empty for none.",
    )


class ExportStartedSerializer(JobStarted):
    export_id = serializers.UUIDField(help_text="What the job makes.")


class VideoExportsView(VideoApi):
    @extend_schema(
        operation_id="export_list",
        summary="The film in other files",
        responses={200: ExportListSerializer, **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        rows = export_requests.current_exports(video)
        results = ExportSerializer(rows, many=True, context={"request": request}).data
        return Response({"count": len(rows), "next": None, "previous": None, "results": results})

    @extend_schema(
        operation_id="export_start",
        summary="The film in another format or size, made once and kept",
        request=ExportChoiceSerializer,
        responses={
            200: ExportSerializer,
            202: ExportStartedSerializer,
            **refusals(400, 404, 409, 429),
        },
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        chosen = valid(ExportChoiceSerializer, request)
        export = export_requests.request_export(video, **chosen)
        if export.is_ready:
            return Response(ExportSerializer(export, context={"request": request}).data)
        return Response({"job_id": export.job_id, "export_id": export.pk}, status=202)


class ExportFileView(VideoApi):
    @extend_schema(
        operation_id="export_file",
        summary="The file of an export; a download is counted",
        parameters=[RANGE],
        responses={
            **{key: value for kind in CONTENT_TYPES.values() for key, value in media(kind).items()},
            **refusals(404, 409, 416),
        },
    )
    def get(self, request: Request, pk: uuid.UUID, eid: uuid.UUID) -> HttpResponseBase:
        video = self.find_video(request, pk)
        export = find(video.exports.select_related("video"), eid)
        if not export.is_ready:
            raise not_possible("export_not_ready", "This file is not made yet.")
        return send_export(request._request, export)


class VideoLyricsView(VideoApi):
    @extend_schema(
        operation_id="video_lyrics_file",
        summary="The lyrics as a file",
        parameters=[OpenApiParameter("ending", str, OpenApiParameter.PATH, enum=list(WRITERS))],
        responses={(200, "text/plain"): OpenApiTypes.STR, **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID, ending: str) -> HttpResponseBase:
        video = self.find_video(request, pk)
        return send_lyrics(video.song, title=video.title, ending=ending)


class ConfirmSerializer(serializers.Serializer[Any]):
    confirm = serializers.BooleanField(help_text="Must be true: this cannot be undone.")

    def validate_confirm(self, value: bool) -> bool:
        if not value:
            raise serializers.ValidationError(
                "Making a video final cannot be undone; confirm it with true."
            )
        return value


class FinalSerializer(serializers.Serializer[Any]):
    is_finalized = serializers.BooleanField()
    finalized_at = serializers.DateTimeField(allow_null=True)


class VideoFinalizeView(VideoApi):
    @extend_schema(
        operation_id="video_finalize",
        summary="Make the video final: its intermediate files go, nothing can be changed any more",
        request=ConfirmSerializer,
        responses={200: VideoSerializer, **refusals(400, 404, 409)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        valid(ConfirmSerializer, request)
        return Response(shown(finalizing.finalize(video), request))


class FinalizationStatusView(VideoApi):
    @extend_schema(
        operation_id="video_finalization_status",
        summary="Whether the video is final",
        responses={200: FinalSerializer, **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        return Response(FinalSerializer(video).data)
