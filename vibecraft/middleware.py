"""What happens to every request: it gets an id, which stands in its answer and in every log line."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from vibecraft import metrics


class RequestId:
    """Give each request a new id: `X-Request-ID` in the answer, `request_id` in the log.

    How long its answer took is counted here as well.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id, began = uuid.uuid4().hex[:16], time.perf_counter()
        # It stays until the next request: Django writes of this one even after it was answered.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        metrics.observe(request, response, time.perf_counter() - began)
        return response
