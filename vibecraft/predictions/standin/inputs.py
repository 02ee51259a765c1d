"""Fetches the files that a prediction's inputs name; nothing outside this machine is touched."""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import httpx

MAX_BYTES = 200 * 1024 * 1024
# More than this inline and the service takes the request, waits two minutes and gives up.
MAX_INLINE_BYTES = int(6.4 * 1024 * 1024)

Lookup = Callable[[str], bytes | None]


class InputProblem(Exception):
    """A prediction's input cannot be used; the text is the prediction's error."""


class Inputs:
    """Keeps every fetched file under the hash of its content."""

    def __init__(self, folder: Path, lookup: Lookup) -> None:
        self._folder = folder
        self._lookup = lookup

    def fetch(self, uri: str) -> Path:
        """The file that a URI names. Raises InputProblem."""
        data = self._read(uri)
        path = self._folder / f"{hashlib.sha256(data).hexdigest()}.in"
        if not path.exists():
            part = path.with_suffix(f".{id(data)}.part")
            part.write_bytes(data)
            part.replace(path)
        return path

    def _read(self, uri: str) -> bytes:
        if uri.startswith("data:"):
            return read_data_uri(uri)
        own = self._lookup(uri)
        if own is not None:
            return own
        if not is_loopback(uri):
            raise InputProblem(f"Could not download {shown(uri)}: not on this machine (E9243)")
        return _download(uri)


def _download(uri: str) -> bytes:
    try:
        with httpx.Client(timeout=10, trust_env=False, follow_redirects=False) as client:
            answer = client.get(uri)
    except httpx.HTTPError as error:
        raise InputProblem(f"Could not download {shown(uri)}: {error} (E9243)") from error
    if answer.status_code != 200 or len(answer.content) > MAX_BYTES:
        raise InputProblem(f"Could not download {shown(uri)}: {answer.status_code} (E9243)")
    return answer.content


def read_data_uri(uri: str) -> bytes:
    """The bytes of a data URI. Raises InputProblem."""
    head, comma, body = uri.removeprefix("data:").partition(",")
    try:
        data = base64.b64decode(body, validate=True) if head.endswith(";base64") else None
    except binascii.Error as error:
        raise InputProblem(f"Invalid data URI: {error}") from error
    if not comma:
        raise InputProblem("Invalid data URI")
    return data if data is not None else unquote_to_bytes(body)


def inline_bytes(uris: list[str]) -> int:
    """How many characters of data URIs an input carries."""
    return sum(len(uri) for uri in uris if uri.startswith("data:"))


def is_loopback(uri: str) -> bool:
    """True for http and https addresses whose host is this machine by its number or name."""
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https"):
        return False
    return parts.hostname == "localhost" or is_loopback_host(parts.hostname or "")


def is_loopback_host(host: str) -> bool:
    """True for 127.0.0.0/8 and ::1."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def shown(uri: str) -> str:
    """An address without its query, to be put into a text."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"[:120]
