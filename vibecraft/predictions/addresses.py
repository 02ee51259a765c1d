"""Which addresses may be called: the service's own, and this machine's where the service is here."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

DELIVERY = "replicate.delivery"
ADDRESS = re.compile(r"https?://[^\s\"'<>]+")
MAX_TEXT = 2000


def is_loopback(address: str) -> bool:
    """True for http and https addresses whose host is this machine, by number or name."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https"):
        return False
    host = parts.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_service_local() -> bool:
    """Whether the service that we call is a stand-in on this machine."""
    return is_loopback(settings.REPLICATE_BASE_URL)


def is_delivery(address: str) -> bool:
    """True for https addresses of the service's delivery hosts, on the usual port."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    is_plain = parts.username is None and parts.password is None and port in (None, 443)
    is_theirs = host == DELIVERY or host.endswith(f".{DELIVERY}")
    return parts.scheme == "https" and is_plain and is_theirs


def may_fetch(address: str) -> bool:
    """Whether an output may be fetched from here."""
    if is_delivery(address):
        return True
    try:
        return is_service_local() and is_loopback(address) and "@" not in urlsplit(address).netloc
    except ValueError:
        return False


def webhook_address(attempt: object) -> str | None:
    """Where the service may tell us of an attempt's end; None where it cannot reach us."""
    public = settings.PUBLIC_URL
    is_here = is_service_local() and is_loopback(public)
    if not public or not (public.startswith("https://") or is_here):
        return None
    return f"{public}/webhooks/replicate/{attempt}"


def unsigned(value: Any) -> Any:
    """A copy of JSON to be kept: addresses without their query, long texts cut, no inline files."""
    if isinstance(value, dict):
        return {str(key): unsigned(one) for key, one in value.items()}
    if isinstance(value, list):
        return [unsigned(one) for one in value]
    if not isinstance(value, str):
        return value
    if value.startswith("data:"):
        return f"{value[:40]}… ({len(value)} letters)"
    plain = ADDRESS.sub(lambda found: _without_query(found.group()), value)
    return plain if len(plain) <= MAX_TEXT else f"…{plain[-MAX_TEXT:]}"


def _without_query(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "(an address)"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
