"""A small internet for tests: a server that counts as public, and a private one that must not be met.

Both are on the loopback: the public one at 127.0.0.1, the canary at every other address of this
machine, on the same port.
"""

from __future__ import annotations

import functools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from vibecraft import outside

PUBLIC = "127.0.0.1"


class Server(ThreadingHTTPServer):
    """Counts who came; answers by what `answers` holds for the path."""

    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Handler)
        self.paths: list[str] = []
        self.sent_bytes = 0
        self.answers: dict[str, Callable[[Handler], None]] = {}


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        answer = self.server.answers.get(self.path.partition("?")[0])
        if answer is None:
            self.head(404)
        else:
            answer(self)

    def head(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def send(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()
        self.server.sent_bytes += len(data)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


def file_of(data: bytes, kind: str = "audio/mpeg") -> Callable[[Handler], None]:
    def answer(handler: Handler) -> None:
        handler.head(200, Content_Type=kind, Content_Length=str(len(data)))
        handler.send(data)

    return answer


def redirect_to(address: str) -> Callable[[Handler], None]:
    return lambda handler: handler.head(302, Location=address)


def endless(handler: Handler) -> None:
    handler.head(200, Content_Type="audio/mpeg")
    while True:
        handler.send(b"e" * 65536)


def drip(handler: Handler) -> None:
    handler.head(200, Content_Type="audio/mpeg")
    while True:
        handler.send(b"d")
        time.sleep(0.1)


@contextmanager
def serving(host: str, port: int = 0) -> Iterator[Server]:
    server = Server(host, port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def canary() -> Iterator[tuple[Server, Server]]:
    """Listens on all addresses of this machine, IPv4 and IPv6, on one port."""
    with serving("0.0.0.0") as four, serving("::1", four.server_port) as six:
        yield four, six


def count_as_public(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """From now on 127.0.0.1 is a public address and `port` the port of http; nothing else is."""
    monkeypatch.setattr(outside, "PORTS", {"http": port, "https": port})
    fetch = functools.partial(outside.fetch, is_allowed=lambda address: str(address) == PUBLIC)
    monkeypatch.setattr(outside, "fetch", fetch)
