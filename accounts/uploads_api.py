"""Before an upload over HTTP: where is the file to be sent?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import uploading
from accounts.api import caller
from vibecraft.rest import ApiView, Text, refusals, valid

FORM, STORE = "form", "store"


class FileToSend(serializers.Serializer[Any]):
    """A file that is about to be sent."""

    name = Text(max_length=255, help_text="The file's name.")
    size = serializers.IntegerField(min_value=0, help_text="Its size in bytes.")


class WayToSend(serializers.Serializer[Any]):
    """Where a file is sent.

    `form`: with the form that brings it. `store`: as the last field of a multipart form with `fields`
    to `url`; then the form that brings it has `stored` in the place of the file.
    """

    way = serializers.ChoiceField((FORM, STORE), help_text="With the form, or to the store.")
    url = serializers.URLField(required=False, help_text="Where the store takes it.")
    fields = serializers.DictField(  # type: ignore[assignment]  # what it is called everywhere
        child=serializers.CharField(), required=False, help_text="To be sent before the file."
    )
    stored = serializers.CharField(required=False, help_text="Stands for the file, half an hour.")


class UploadsView(ApiView):
    @extend_schema(
        operation_id="upload_offer",
        summary="Ask where a file is to be sent",
        description="Files may always be sent with the form; a store of its own takes them faster.",
        request=FileToSend,
        responses={200: WayToSend, **refusals(400, 413, 429, 503)},
    )
    def post(self, request: Request) -> Response:
        body = valid(FileToSend, request)
        offer = uploading.offer(caller(request), **body)
        return Response({"way": FORM} if offer is None else {"way": STORE, **asdict(offer)})
