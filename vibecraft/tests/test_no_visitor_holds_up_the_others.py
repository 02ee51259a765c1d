"""The web server goes on accepting while visitors leave their connections open."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from vibecraft import supervisor
from vibecraft.testservers import free_port

pytestmark = pytest.mark.workers

# gunicorn gives each two seconds to hang up: one after the other they hold it up for forty, by
# threads of their own for six.
VISITORS = 20
PATIENCE_SECONDS = 20.0
ASK = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    chosen = free_port()
    environment = {"VIBECRAFT_DATA": str(tmp_path / "data"), "DATABASE_URL": ""}
    site = supervisor.Supervisor(tmp_path / "run", os.environ | environment)
    site.start("web", supervisor.web_command("127.0.0.1", chosen, processes=1))
    try:
        address = f"http://127.0.0.1:{chosen}/health"
        site.wait_for(lambda: supervisor.answers(address), "The site")
        yield chosen
    finally:
        site.stop()


def visit(port: int) -> socket.socket:
    """Ask, as the last time on this connection, and do not hang up."""
    visitor = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
    visitor.sendall(ASK)
    return visitor


def first_line(visitor: socket.socket) -> bytes:
    return visitor.makefile("rb").readline()


def test_visitors_who_do_not_hang_up_hold_up_nobody(port: int) -> None:
    with ExitStack() as stay:
        visitors = [stay.enter_context(visit(port)) for _ in range(VISITORS)]
        last = stay.enter_context(visit(port))
        assert first_line(last) == b"HTTP/1.1 200 OK\r\n"
        assert [first_line(one) for one in visitors] == [b"HTTP/1.1 200 OK\r\n"] * VISITORS
