"""Files of the Files API: kept in memory of their account, gone when they expire."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vibecraft.predictions.standin.clock import stamp

MAX_BYTES = 100 * 1024 * 1024
LIFE_SECONDS = 24 * 3600.0


class BadUpload(ValueError):
    """The body is no multipart form with a `content` part."""


@dataclass
class Upload:
    """One uploaded file. `expires` is in the service's seconds, `_wall` in epoch seconds."""

    id: str
    owner: str
    name: str
    content_type: str
    data: bytes
    metadata: Mapping[str, Any]
    created_wall: float
    expires: float
    expires_wall: float
    omit: tuple[str, ...] = ()

    def as_json(self, base: str) -> dict[str, Any]:
        """The JSON of a file; `base` is the API's origin."""
        shown = {
            "id": self.id,
            "name": self.name,
            "content_type": self.content_type,
            "size": len(self.data),
            "etag": hashlib.md5(self.data, usedforsecurity=False).hexdigest(),
            "checksums": {
                "sha256": hashlib.sha256(self.data).hexdigest(),
                "md5": hashlib.md5(self.data, usedforsecurity=False).hexdigest(),
            },
            "metadata": self.metadata,
            "created_at": stamp(self.created_wall),
            "expires_at": stamp(self.expires_wall),
            "urls": {"get": f"{base}/v1/files/{self.id}"},
        }
        return {key: value for key, value in shown.items() if key not in self.omit}


def signature(key: str, owner: str, file_id: str, expiry: str) -> str:
    """What a download link is signed with: base64 HMAC-SHA256 of "owner id expiry"."""
    message = f"{owner} {file_id} {expiry}".encode()
    return base64.b64encode(hmac.new(key.encode(), message, hashlib.sha256).digest()).decode()


@dataclass(frozen=True)
class Part:
    """One part of a multipart form."""

    name: str
    filename: str
    content_type: str
    data: bytes


def read_form(content_type: str, body: bytes) -> dict[str, Part]:
    """The parts of a multipart form by name. Raises BadUpload."""
    _, _, boundary = content_type.partition("boundary=")
    boundary = boundary.split(";")[0].strip('" ')
    if not content_type.startswith("multipart/form-data") or not boundary:
        raise BadUpload("not a multipart form")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    parts = [_part(piece) for piece in pieces[1:] if not piece.startswith(b"--")]
    return {part.name: part for part in parts}


def _part(piece: bytes) -> Part:
    head, blank, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not blank:
        raise BadUpload("a part has no end of headers")
    headers = dict(_header(line) for line in head.decode("utf-8", "replace").split("\r\n"))
    about = dict(_pair(word) for word in headers.get("content-disposition", "").split(";"))
    kind = headers.get("content-type", "application/octet-stream")
    return Part(about.get("name", ""), about.get("filename", ""), kind, data)


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _pair(word: str) -> tuple[str, str]:
    name, _, value = word.strip().partition("=")
    return name, value.strip('"')


def read_metadata(parts: Mapping[str, Part]) -> dict[str, Any]:
    """The `metadata` part, which is JSON. Raises BadUpload."""
    part = parts.get("metadata")
    try:
        read = json.loads(part.data) if part else {}
    except ValueError as error:
        raise BadUpload("metadata is no JSON") from error
    if not isinstance(read, dict):
        raise BadUpload("metadata is no object")
    return read
