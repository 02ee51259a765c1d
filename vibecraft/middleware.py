"""What happens to every request: it gets an id, which stands in its answer and in every log line.

And it must name a host of this site, unless it comes from what watches over the processes.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware

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


class HostIsKnown(CommonMiddleware):
    """Django's own, which refuses hosts that are not ALLOWED_HOSTS: but not where no host is used.

    A monitor asks for `web:8000`, and what watches over containers for their addresses.
    """

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        if request.path_info in settings.ASKED_FROM_INSIDE:
            return None
        return super().process_request(request)
