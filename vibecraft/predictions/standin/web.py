"""A small HTTP server on the standard library, which can also misbehave on the wire."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from vibecraft.predictions.standin.inputs import is_loopback_host

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 400 * 1024 * 1024
SLOW_PIECES = 10
MAX_SHOWN = 100_000
SLOW_SECONDS = 0.1


class NotLoopback(ValueError):
    """The stand-in serves this machine only."""


@dataclass(frozen=True)
class Call:
    """One request, read in full. Header names are lower-case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return json.loads(self.body or b"null")

    def readable_body(self) -> str | None:
        """The body as far as a person can read it: JSON as text, else its size and type."""
        kind = self.headers.get("content-type", "")
        if not self.body:
            return None
        if kind.startswith("application/json"):
            return self.body.decode("utf-8", "replace")[:MAX_SHOWN]
        return f"({len(self.body)} bytes of {kind})"


@dataclass(frozen=True)
class Answer:
    """One answer. `wire` says how it goes out: whole, reset, hang or slow."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    wire: str = "whole"
    wire_seconds: float = 0.0
    # For lengths that are not the body's: what content-length says, and more bytes to send.
    length: int | None = None
    stream: Iterable[bytes] = ()

    def with_headers(self, headers: Mapping[str, str]) -> Answer:
        return Answer(**{**self.__dict__, "headers": {**self.headers, **headers}})


def as_json(status: int, value: Any, **headers: str) -> Answer:
    """A JSON answer; errors have the content type of problems."""
    kind = "application/json" if status < 400 else "application/problem+json"
    body = json.dumps(value, ensure_ascii=False).encode()
    return Answer(status, body, {"content-type": kind} | headers)


App = Callable[[Call], Answer]


class Server(ThreadingHTTPServer):
    """One origin: an application behind one loopback port."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, host: str, port: int) -> None:
        if not is_loopback_host(host):
            raise NotLoopback(f"{host} is not a loopback address; the stand-in serves only those")
        self.app: App = lambda _: Answer(503)
        self.stopping = threading.Event()
        super().__init__((host, port), Handler)

    @property
    def origin(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def start(self, app: App) -> None:
        self.app = app
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.stopping.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers that went away, which is what some tests do; tell all else."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            logger.error("answering a request failed", exc_info=error)


class Handler(BaseHTTPRequestHandler):
    """Reads a call, asks the application, writes the answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """The control port shows what was asked; the terminal stays quiet."""

    def _serve(self) -> None:
        body = self._read()
        if body is None:
            self.close_connection = True
            self._write(as_json(411, {"detail": "Length Required", "status": 411}))
            return
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        call = Call(self.command, parts.path, query, lowered(self.headers), body)
        answer = self.server.app(call)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._send(answer)

    def _read(self) -> bytes | None:
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        length = self.headers.get("content-length") or "0"
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            return None
        return self.rfile.read(int(length))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _send(self, answer: Answer) -> None:
        if answer.wire == "hang":
            self.server.stopping.wait(answer.wire_seconds)
        if answer.wire in ("hang", "reset"):
            self._reset()
        elif answer.wire == "slow":
            self._write(answer, slowly=True)
        else:
            self._write(answer)

    def _reset(self) -> None:
        """End the connection without a word, with RST instead of FIN."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()

    def _write(self, answer: Answer, *, slowly: bool = False) -> None:
        if answer.length is not None:
            self.close_connection = True
        head = head_of(answer)
        body = b"" if self.command == "HEAD" else answer.body
        if slowly:
            self.wfile.write(head)
            self._drip(body)
        else:
            # One write: two would wait for each other's acknowledgement.
            self.wfile.write(head + body)
        if self.command != "HEAD":
            self._pour(answer.stream)

    def _drip(self, body: bytes) -> None:
        size = max(1, len(body) // SLOW_PIECES)
        for start in range(0, len(body), size):
            self.wfile.write(body[start : start + size])
            self.server.stopping.wait(SLOW_SECONDS)

    def _pour(self, stream: Iterable[bytes]) -> None:
        for piece in stream:
            if self.server.stopping.is_set():
                return
            self.wfile.write(piece)


def head_of(answer: Answer) -> bytes:
    """Status line and headers as they go over the wire."""
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines.append(f"date: {formatdate(usegmt=True)}")
    if answer.status not in (204, 304):
        length = len(answer.body) if answer.length is None else answer.length
        lines.append(f"content-length: {length}")
    if answer.length is not None:
        lines.append("connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def masked(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers without their secrets."""
    secret = ("authorization", "cookie")
    return {name: "(masked)" if name in secret else value for name, value in headers.items()}


def rest(seconds: float) -> None:
    """Wait, in seconds of the wall clock."""
    if seconds > 0:
        time.sleep(seconds)
