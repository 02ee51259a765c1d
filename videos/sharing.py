"""Sharing: a public address for a film, that cannot be guessed and dies when it is switched off.

The address holds a token made from the secret key, the video and a nonce that is new each time the
sharing is switched on. So it can be shown again, while the database holds nothing that opens
anything: the nonce, and the hash of the token, by which a visitor's video is found.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from base64 import urlsafe_b64encode

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils.crypto import salted_hmac

from vibecraft.problems import Problem, not_possible
from videos.models import Video

log = logging.getLogger(__name__)

TOKEN_BYTES = 24
NONCE_BYTES = 16
SALT = "videos.sharing"
FAILURES_A_MINUTE = 30
MINUTE_SECONDS = 60


def share(video: Video) -> str:
    """Switch the sharing on, once; return the public address. Problem 409 without a film."""
    if not video.has_film:
        raise not_possible(
            "film_not_ready", "The film of this video is not made yet.", video_id=str(video.pk)
        )
    if not share_url(video):
        _open(video)
    return share_url(video)


def _open(video: Video) -> None:
    """Of two who share at once, the second keeps the first one's address."""
    nonce = secrets.token_hex(NONCE_BYTES)
    as_known = Video.objects.filter(pk=video.pk, share_hash=video.share_hash)
    as_known.update(share_nonce=nonce, share_hash=hash_of(_token(video, nonce)))
    video.refresh_from_db(fields=["share_nonce", "share_hash"])


def unshare(video: Video) -> None:
    """Switch the sharing off: the address is dead from the next request on."""
    Video.objects.filter(pk=video.pk).update(share_nonce="", share_hash=None)
    video.share_nonce, video.share_hash = "", None


def share_url(video: Video) -> str:
    """The public address; empty while it is not shared.

    It is empty as well for an address that was made with another secret key: that one goes on
    working, but it cannot be said any more. Sharing again replaces it.
    """
    if not video.is_shared or hash_of(_token(video, video.share_nonce)) != video.share_hash:
        return ""
    return absolute(reverse("shared", args=[_token(video, video.share_nonce)]))


def absolute(path: str) -> str:
    """A path of this site as an address that works from anywhere."""
    return f"{settings.SITE_URL}{path}"


def _token(video: Video, nonce: str) -> str:
    """192 bits that only this site can make."""
    made = salted_hmac(SALT, f"{video.pk}:{nonce}", algorithm="sha256").digest()
    return urlsafe_b64encode(made[:TOKEN_BYTES]).decode()


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find(token: str, visitor: str) -> Video | None:
    """The film that a token opens, or None.

    Who asks for what does not exist too often is refused for the rest of the minute, right tokens
    included, before the database is asked: Problem 429. `visitor` is a network address.
    """
    failures = _failures_key(visitor)
    if cache.get(failures, 0) >= FAILURES_A_MINUTE:
        raise Problem(
            "throttled",
            "Too many addresses that do not exist were tried from here. Please wait a minute.",
            status=429,
            wait=MINUTE_SECONDS,
        )
    shared = Video.objects.exclude(film_key="").select_related("song")
    video = shared.filter(share_hash=hash_of(token)).first()
    if video is None:
        _count_failure(failures)
    return video


def _failures_key(visitor: str) -> str:
    """One counter for each visitor and minute; the visitor is not to be read out of the cache."""
    minute = int(time.time() // MINUTE_SECONDS)
    return f"share-failures:{hashlib.sha256(visitor.encode()).hexdigest()}:{minute}"


def _count_failure(key: str) -> None:
    """Counts that meet in a cache of files may be lost; the limit is then reached a little later."""
    cache.add(key, 0, timeout=2 * MINUTE_SECONDS)
    try:
        cache.incr(key)
    except ValueError:
        log.info("a counter of failed look-ups was dropped from the cache")
