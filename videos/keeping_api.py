"""Keeping a finished film, over the API: sharing, exports, lyrics as files, making it final."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from vibecraft.rest import refusals
from videos import sharing
from videos.api import VideoApi


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
