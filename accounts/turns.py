"""How often a user may start something in a minute: exact under many requests at once [K2]."""

from __future__ import annotations

import math
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import Turns, User
from vibecraft.problems import Problem

MINUTE = timedelta(seconds=60)
COUNTED = {Turns.Kind.PAID: "starts", Turns.Kind.OFFER: "uploads", Turns.Kind.UPLOAD: "uploads"}


def take_paid_turn(user: User) -> None:
    """Count one call that starts paid work; Problem 429 `throttled` when it is one too many."""
    _take(user, Turns.Kind.PAID, settings.PAID_STARTS_A_MINUTE)


def take_upload_turn(user: User) -> None:
    """Count one upload; Problem 429 `throttled` when it is one too many."""
    _take(user, Turns.Kind.UPLOAD, settings.UPLOADS_A_MINUTE)


def take_offer_turn(user: User) -> None:
    """Count one address to send a file to; Problem 429 `throttled` when it is one too many.

    The file that comes that way is then an upload like others: each way is counted by itself.
    """
    _take(user, Turns.Kind.OFFER, settings.UPLOADS_A_MINUTE)


def _take(user: User, kind: Turns.Kind, limit: int) -> None:
    """Count within the minute that the first call began."""
    turns, _ = Turns.objects.get_or_create(user=user, kind=kind)
    if turns.take(limit, MINUTE):
        return
    turns.refresh_from_db()
    wait = math.ceil((turns.began_at + MINUTE - timezone.now()).total_seconds())
    raise _throttled(kind, limit, max(1, wait))


def _throttled(kind: Turns.Kind, limit: int, wait: int) -> Problem:
    sentence = (
        f"That was a lot at once: {limit} {COUNTED[kind]} a minute are possible. "
        f"Please try again in {wait} seconds."
    )
    return Problem("throttled", sentence, status=429, wait=wait)
