"""The service's doorbell: a signed webhook makes one prediction due now, and does nothing else.

The account's secret is known to the service for good and cannot be changed, so nothing that a
webhook says is believed: what it is about is read again from the service.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import hmac
import json
import logging
import time
import uuid
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from vibecraft.jobs.doorbell import ring_on_commit
from vibecraft.predictions import client
from vibecraft.predictions.models import Delivery, Phase, Prediction
from vibecraft.predictions.ordering import is_on
from vibecraft.texts import whole_number

log = logging.getLogger(__name__)
MAX_BYTES = 1024 * 1024
TOLERANCE_SECONDS = 300
# What was just read is not read again at once, however many webhooks come.
QUIET_SECONDS = 1
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
AT_THE_SERVICE = (Phase.SENDING, Phase.UNKNOWN, Phase.WAITING, Phase.ARRIVED)


@csrf_exempt
@require_POST
def replicate_webhook(request: HttpRequest, attempt: uuid.UUID) -> HttpResponse:
    """Take a webhook: 200 at once, 401 for a bad signature, 413 for a large body."""
    if _claimed_bytes(request) > MAX_BYTES:
        return HttpResponse(status=413)
    body, headers = request.body, {name: request.headers.get(name, "") for name in HEADERS}
    if len(body) > MAX_BYTES:
        return HttpResponse(status=413)
    if not is_on() or not _is_timely(headers["webhook-timestamp"]) or not all(headers.values()):
        return HttpResponse(status=401)
    try:
        secret = _secret()
    except (client.ApiProblem, client.NotSent, client.AnswerLost) as error:
        # The service tries again in some seconds.
        log.warning("the webhooks' secret cannot be read: %s", error)
        return HttpResponse(status=503)
    if not is_signed(headers, body, secret):
        return HttpResponse(status=401)
    ring_for(attempt, headers["webhook-id"], body)
    return HttpResponse(status=200)


def ring_for(attempt: uuid.UUID, webhook_id: str, body: bytes) -> None:
    """Make the prediction due, once for each webhook."""
    prediction = Prediction.objects.filter(pk=attempt).first()
    if prediction is None:
        log.warning("a webhook names the attempt %s, which is not known", attempt)
        return
    with transaction.atomic():
        named = {"prediction": prediction, "provider_id": provider_id_in(body)}
        _, is_new = Delivery.objects.get_or_create(webhook_id=webhook_id[:100], defaults=named)
        if is_new:
            _make_due(prediction)


def _make_due(prediction: Prediction) -> None:
    rows = Prediction.objects.active().filter(pk=prediction.pk, phase__in=AT_THE_SERVICE)
    quiet = timedelta(seconds=QUIET_SECONDS)
    is_just_read = prediction.polled_at and timezone.now() - prediction.polled_at < quiet
    moment = Now() + quiet if is_just_read else Now()
    if rows.update(next_run_at=moment, rung_at=None) and not is_just_read:
        ring_on_commit(prediction)


def provider_id_in(body: bytes) -> str:
    """The id that a webhook speaks of; nothing where it cannot be read."""
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    found = told.get("id") if isinstance(told, dict) else None
    return found if isinstance(found, str) and found.isalnum() and len(found) <= 64 else ""


def is_signed(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether one of the signatures is that of "id.timestamp.body" under the account's secret."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        log.error("the webhooks' secret is not in the form whsec_…")
        return False
    if not key:
        return False
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    given = (one.partition(",") for one in headers["webhook-signature"].split())
    return any(
        version == "v1" and hmac.compare_digest(signature.encode(), digest)
        for version, _, signature in given
    )


def _is_timely(stamp: str) -> bool:
    """Whether it was signed lately: an old one is somebody's replay."""
    is_number = stamp.isascii() and stamp.isdigit() and len(stamp) < 12
    return is_number and abs(time.time() - int(stamp)) <= TOLERANCE_SECONDS


def _claimed_bytes(request: HttpRequest) -> int:
    return whole_number(request.headers.get("content-length") or "") or 0


def _secret() -> str:
    """The account's secret: set by the operator, else asked for once."""
    return settings.REPLICATE_WEBHOOK_SECRET or _fetched_secret(
        settings.REPLICATE_API_TOKEN, settings.REPLICATE_BASE_URL
    )


@functools.lru_cache(maxsize=4)
def _fetched_secret(token: str, base_url: str) -> str:
    """Kept for as long as the process lives. What raises is not kept."""
    return client.webhook_secret()
