"""A proxy before the store that refuses, stalls and cuts, as networks and stores do."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

SLOW_DOWN = (
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)
# What is between two neighbors only; bodies are sent in one piece with their length.
OF_ONE_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "expect"})


@dataclass
class Faults:
    """How often what goes wrong, once `are_on`; and what did."""

    refused: float = 0.30
    stalled: float = 0.10
    cut: float = 0.05
    stall_seconds: float = 20.0
    seed: int = 1
    are_on: bool = False
    met: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        self._drawing = threading.Lock()

    def draw(self) -> str:
        """refused, stalled, cut or passed."""
        if not self.are_on:
            return "passed"
        with self._drawing:
            lot = self._rng.random()
            bounds = (self.refused, self.refused + self.stalled)
            if lot < bounds[0]:
                kind = "refused"
            elif lot < bounds[1]:
                kind = "stalled"
            else:
                kind = "cut" if lot < bounds[1] + self.cut else "passed"
            self.met[kind] += 1
            return kind


@contextmanager
def faulty(endpoint: str, faults: Faults) -> Iterator[str]:
    """Run the proxy before a store; yields its own address."""
    upstream = urlsplit(endpoint).netloc
    handler = type("Handler", (_Handler,), {"upstream": upstream, "faults": faults})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream: str
    faults: Faults

    def _pass_on(self) -> None:
        kind = self.faults.draw()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if kind == "refused":
            self._answer(503, {"Content-Type": "application/xml"}, SLOW_DOWN)
            return
        if kind == "stalled":
            time.sleep(self.faults.stall_seconds)
        is_cut = kind == "cut"
        if is_cut and body:
            # What was sent never arrives whole, and nobody answers.
            self.close_connection = True
            return
        status, headers, found = self._ask(body)
        self._answer(status, headers, found, is_cut=is_cut)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass_on

    def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Ask the store the same; its Host header stays as it was signed."""
        connection = http.client.HTTPConnection(self.upstream, timeout=60)
        try:
            connection.putrequest(
                self.command, self.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.headers.items():
                if name.lower() not in OF_ONE_HOP:
                    connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def _answer(
        self, status: int, headers: dict[str, str], body: bytes, *, is_cut: bool = False
    ) -> None:
        self.send_response_only(status)
        length = headers.get("Content-Length") if self.command == "HEAD" else str(len(body))
        for name, value in headers.items():
            if name.lower() not in OF_ONE_HOP | {"content-length"}:
                self.send_header(name, value)
        if length is not None and status != 204:
            self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if is_cut else body)
        if is_cut:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: the trial counts."""
