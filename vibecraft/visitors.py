"""Who asks, as far as the network tells."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The network address of a visitor; empty where none is known.

    A site that is reached by https stands behind a proxy of ours, which appends the address that
    it has seen; anything before that is what the visitor claims.
    """
    forwarded = str(request.headers.get("X-Forwarded-For", ""))
    if settings.HTTPS and forwarded:
        return _address(forwarded.rsplit(",", 1)[-1].strip())
    return _address(str(request.META.get("REMOTE_ADDR", "")))


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return ""
