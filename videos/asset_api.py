"""Images of the user's over HTTP: bring, list, see, delete, and characters from a description."""

from __future__ import annotations

import uuid
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import caller
from accounts.uploading import with_stored
from vibecraft.media.errors import MediaError
from vibecraft.problems import from_media
from vibecraft.ranged import ranged
from vibecraft.rest import (
    IDEMPOTENCY_KEY,
    RANGE,
    ApiList,
    ApiView,
    find,
    media,
    refusals,
    valid,
)
from vibecraft.sent_keys import idempotency_key
from videos import asset_shapes as shapes
from videos import assets
from videos.models import Asset

CONTENT_TYPES = {".png": "image/png", ".jpg": "image/jpeg"}


def content_type_of(key: str) -> str:
    """Of a picture that this site wrote: from its ending, which is from a table of ours."""
    return CONTENT_TYPES[PurePosixPath(key).suffix]


def assets_of(request: Request) -> QuerySet[Asset]:
    return Asset.objects.for_user(caller(request)).select_related("owner")


def shown(asset: Asset, request: Request) -> Any:
    return shapes.AssetSerializer(asset, context={"request": request}).data


@extend_schema_view(
    get=extend_schema(operation_id="asset_list", summary="List images, newest first")
)
class AssetsView(ApiList[Asset]):
    parser_classes = (MultiPartParser,)
    serializer_class = shapes.AssetSerializer

    def get_queryset(self) -> QuerySet[Asset]:
        return assets_of(self.request)

    @extend_schema(
        operation_id="asset_upload",
        summary="Bring an image",
        description="What the file is counts, not its name. Its pixels are kept, nothing else.",
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": shapes.AssetUploadSerializer},
        responses={201: shapes.AssetSerializer, **refusals(400, 413, 415, 429, 503)},
    )
    def post(self, request: Request) -> Response:
        upload_id = idempotency_key(request)
        sent = request.data  # reads the body; the upload handler stops at a file that is too big
        if "file" not in sent and request.META.get("UPLOAD_TOO_BIG"):
            max_mb = settings.UPLOAD_MAX_BYTES // 1024**2
            raise from_media(MediaError("image_too_big", max_mb=max_mb))
        body = valid(shapes.AssetUploadSerializer, request, with_stored(caller(request), sent))
        asset = assets.bring(
            caller(request), body["file"], title=body.get("title", ""), upload_id=upload_id
        )
        return Response(shown(asset, request), status=201)


class AssetMakeView(ApiView):
    @extend_schema(
        operation_id="asset_make",
        summary="Have a character made from a description",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.DescriptionSerializer,
        responses={202: shapes.CharacterStarted, **refusals(400, 409, 429)},
    )
    def post(self, request: Request) -> Response:
        upload_id = idempotency_key(request)
        description = valid(shapes.DescriptionSerializer, request)["description"]
        asset = assets.make(caller(request), description, upload_id=upload_id)
        return Response({"job_id": asset.job_id, "asset_id": asset.pk}, status=202)


class AssetView(ApiView):
    @extend_schema(
        operation_id="asset_get",
        summary="One image",
        responses={200: shapes.AssetSerializer, **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        asset = find(assets_of(request), pk)
        return Response(shown(asset, request))

    @extend_schema(
        operation_id="asset_delete",
        summary="Delete an image; refused while a video is being made with it",
        responses={204: None, **refusals(404, 409)},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        asset = find(assets_of(request), pk)
        assets.delete(asset)
        return Response(status=204)


class AssetFileView(ApiView):
    @extend_schema(
        operation_id="asset_file",
        summary="The file of an image",
        parameters=[RANGE],
        responses={**media("image/png"), **media("image/jpeg"), **refusals(404, 416)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponseBase:
        asset = find(assets_of(request), pk)
        return _stored(request, asset.key)


class AssetThumbnailView(ApiView):
    @extend_schema(
        operation_id="asset_thumbnail",
        summary="A small JPEG of an image",
        responses={**media("image/jpeg"), **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponseBase:
        asset = find(assets_of(request), pk)
        return _stored(request, asset.thumbnail_key)


def _stored(request: Request, key: str) -> HttpResponseBase:
    if not key:
        raise Http404
    return ranged(request._request, key, content_type=content_type_of(key))
