"""What all views of the API share: small bodies, typed text, errors that name their subject."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import IO, Any, TypeVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db.models import Model, QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, ParseError
from rest_framework.generics import ListAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import AuthenticationFailed as TokenRefused

from vibecraft.pagination import Pages
from vibecraft.problems import Problem
from vibecraft.sent_keys import forget_key

Row = TypeVar("Row", bound=Model)
SIGN_IN_AGAIN = "This token is not valid, or not any more. Please sign in again."


class Json(JSONParser):
    """JSON of a size and a depth that a request of ours has; Django itself limits only forms."""

    def parse(self, stream: IO[Any], media_type: Any = None, parser_context: Any = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise _too_big()
        try:
            return super().parse(BytesIO(body), media_type, parser_context)
        except RecursionError as error:
            raise ParseError("This JSON is nested too deeply.") from error


class AlwaysJson(DefaultContentNegotiation):
    """Answer in JSON whatever is accepted: media elements ask for audio/* and video/* only."""

    def select_renderer(
        self,
        request: Request,
        renderers: Any,
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


def _too_big() -> Problem:
    megabytes = (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) // 1024**2
    return Problem("too_big", f"This request is larger than {megabytes} MB.", status=413)


def _translated(error: Exception) -> Exception:
    """Errors of Django and of the token library, as the ones that the API answers with."""
    if isinstance(error, RequestDataTooBig):
        return _too_big()
    if isinstance(error, SuspiciousOperation):
        return ParseError("This request is malformed.")
    if isinstance(error, TokenRefused):
        return AuthenticationFailed(SIGN_IN_AGAIN, code="token_not_valid")
    return error


class ApiView(APIView):
    """Errors as the contract has them, with the id of the song or video that they are about.

    `about` is filled once the row is known to be the caller's own, so that a 404 says nothing.
    """

    about: dict[str, str]
    parser_classes: Sequence[Any] = (Json,)
    content_negotiation_class = AlwaysJson
    metadata_class = None  # OPTIONS would answer for rows without looking whose they are

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        self.about = {}
        super().setup(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        forget_key(self.request)
        response = super().handle_exception(_translated(exc))
        response.data = {**response.data, **self.about}
        return response


class ApiList(ApiView, ListAPIView[Row]):
    """Many things, in pages."""

    pagination_class = Pages


def find(rows: QuerySet[Row], pk: uuid.UUID) -> Row:
    """The row of this id among those that the caller may see; else 404, whatever the reason."""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def valid(
    serializer: type[serializers.Serializer[Any]],
    request: Request,
    data: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The checked body of a request, or the `data` that were made of it.

    Raises ValidationError with the sentences of each field.
    """
    checked = serializer(data=request.data if data is None else data)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


class Text(serializers.CharField):
    """Text and nothing else: a number where a sentence belongs is a mistake of the caller."""

    default_error_messages = {"not_text": "Must be text."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("not_text")
        return str(super().to_internal_value(data))


class Seconds(serializers.FloatField):
    """A moment in seconds from the start of the song; JSON's 1e999 is not one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": 86_400, **options})


class JobStarted(serializers.Serializer[Any]):
    """Work that takes time was started; watch it at `GET /api/jobs/{job_id}`."""

    job_id = serializers.UUIDField(help_text="Watch it at GET /api/jobs/{job_id}.")


class Refusal(serializers.Serializer[Any]):
    """Why a request was refused."""

    detail = serializers.CharField(help_text="A sentence for a person.")
    code = serializers.CharField(help_text="Stable, for programs.")
    errors = serializers.DictField(  # type: ignore[assignment]  # the contract's name
        required=False, help_text="For a form: the sentences of each field."
    )
    song_id = serializers.UUIDField(required=False, help_text="The song that this is about.")
    video_id = serializers.UUIDField(required=False, help_text="The video that this is about.")


REASONS: Mapping[int, str] = {
    400: "The input is wrong; `errors` says where.",
    401: "Not signed in, or the token is not valid any more.",
    402: "The plan costs more than the budget.",
    404: "Not there, or not yours.",
    409: "Not possible in the present state.",
    413: "Too large.",
    415: "Not an audio file, or not a media type that this call reads.",
    416: "The range lies outside of the file.",
    429: "A limit is reached.",
    503: "A service that is needed is away.",
}


def refusals(*statuses: int, signed_in: bool = True) -> dict[int, OpenApiResponse]:
    """The refusals of a call, for the schema; whoever must be signed in can also get a 401."""
    all_of_them = sorted({*statuses, *((401,) if signed_in else ())})
    return {status: OpenApiResponse(Refusal, REASONS[status]) for status in all_of_them}


def media(content_type: str) -> dict[Any, Any]:
    """The answers of a call that sends a file, whole or in part, for the schema."""
    whole, part = (200, content_type), (206, content_type)
    elsewhere = OpenApiResponse(description="The file is sent by the store, at `Location`.")
    return {whole: OpenApiTypes.BINARY, part: OpenApiTypes.BINARY, 302: elsewhere}


RANGE = OpenApiParameter(
    "Range", str, OpenApiParameter.HEADER, description="For instance `bytes=0-1023`."
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    description="Chosen by the caller: sent twice, done once. 409 with another body.",
)
