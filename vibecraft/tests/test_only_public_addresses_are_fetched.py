"""Addresses from users: nothing private is ever reached, whatever the address looks like."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from vibecraft import outside
from vibecraft.problems import Problem

BOUNDS = outside.Bounds(max_bytes=100_000, max_seconds=3.0)


class Server(ThreadingHTTPServer):
    """A server on a loopback port that counts who came and answers by path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.paths: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        answer: Callable[[], None] = getattr(self, f"answer_{self.path.strip('/').split('/')[0]}")
        answer()

    def _head(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def answer_song(self) -> None:
        self._head(200, Content_Type="audio/mpeg; charset=x", Content_Length="5000")
        self.wfile.write(b"s" * 5000)

    def answer_hop(self) -> None:
        self._head(302, Location="/song/moved.mp3")

    def answer_round(self) -> None:
        self._head(302, Location="/round")

    def answer_inside(self) -> None:
        self._head(302, Location="http://169.254.169.254/latest/meta-data/")

    def answer_file(self) -> None:
        self._head(302, Location="file:///etc/passwd")

    def answer_endless(self) -> None:
        self._head(200)
        for _ in range(1000):
            self.wfile.write(b"e" * 10_000)

    def answer_claim(self) -> None:
        self._head(200, Content_Length="5000000000")

    def answer_zip(self) -> None:
        self._head(200, Content_Encoding="gzip")
        self.wfile.write(b"\x1f\x8b")

    def answer_short(self) -> None:
        self._head(200, Content_Length="5000")
        self.wfile.write(b"s" * 100)

    def answer_missing(self) -> None:
        self._head(404)

    def answer_drip(self) -> None:
        self._head(200)
        for _ in range(60):
            self.wfile.write(b"d")
            self.wfile.flush()
            time.sleep(0.2)

    def answer_dripping(self) -> None:
        """Not even the head ever ends."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(60):
            self.wfile.write(f"X-{number}: x\r\n".encode())
            self.wfile.flush()
            time.sleep(0.2)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def canary() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def _fetch(server: Server, path: str, target: Path, **how: Any) -> outside.Fetched:
    """With loopback allowed, as if the server stood on the public internet."""
    port = server.server_port
    return outside.fetch(
        f"http://127.0.0.1:{port}{path}",
        target,
        bounds=how.pop("bounds", BOUNDS),
        is_allowed=lambda address: address == ipaddress.ip_address("127.0.0.1"),
        ports={"http": port, "https": 443},
        **how,
    )


HOSTS = [
    "127.0.0.1", "localhost", "localhost.", "LOCALHOST", "127.1", "127.0.1", "2130706433",
    "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0.0.0.0", "0", "127.255.255.254",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]",
    "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[fe80::1]", "[fc00::1]",
    "[fd00:ec2::254]", "[ff02::1]", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255",
    "192.168.0.1", "192.168.255.255", "169.254.169.254", "169.254.170.2", "100.64.0.1",
    "198.18.0.1", "192.0.2.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "１２７.０.０.１", "127。0。0。1",
]  # fmt: skip
FORMS = [
    "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "dict://127.0.0.1:1/",
    "data:audio/mpeg;base64,AAAA", "javascript:alert(1)", "//127.0.0.1/x", "127.0.0.1/x", "",
    "http://", "http:///x", "http://user:secret@127.0.0.1/", "http://127.0.0.1@example.org/",
    "http://example.org\\@127.0.0.1/", "http://127.0.0.1/\r\nX-Injected: 1",
    "http://127.0.0.1\t/", "http://127.0.0.1:99999/", "http://[::1/", "http://127.0.0.1:22/",
    "http://" + "a" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_not_public_is_refused_and_never_reached(
    host: str, canary: Server, tmp_path: Path
) -> None:
    for scheme in ("http", "https"):
        ports = {"http": canary.server_port, "https": canary.server_port}
        address = f"{scheme}://{host}:{canary.server_port}/song/x.mp3"
        with pytest.raises(Problem) as refusal:
            outside.fetch(address, tmp_path / "f", bounds=BOUNDS, ports=ports)
        # A form that the resolver does not know is as good as one that it refuses.
        expected = {"address_not_public", "address_unreachable", "address_invalid"}
        assert refusal.value.code in expected
    assert canary.paths == []
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize("address", FORMS)
def test_an_address_of_another_form_is_refused_before_anything_is_asked(
    address: str, canary: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("it was looked up"))
    with pytest.raises(Problem) as refusal:
        outside.fetch(address, tmp_path / "f", bounds=BOUNDS)
    assert refusal.value.code in {"address_invalid", "address_not_public"}
    assert canary.paths == []


def test_a_name_with_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def answer(host: str, port: int, **_: Any) -> list[Any]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("93.184.215.14", port)), (*kind, ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    with pytest.raises(Problem) as refusal:
        outside.fetch("http://rebind.example.org/x.mp3", tmp_path / "f", bounds=BOUNDS)
    assert refusal.value.code == "address_not_public"


def test_a_name_that_changes_its_mind_is_asked_once_only(
    canary: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The connection goes to the address that was checked."""
    answers = iter(["127.0.0.1", "10.0.0.1", "10.0.0.1"])
    asked: list[str] = []
    real = socket.getaddrinfo

    def answer(host: str, port: int, *args: Any, **how: Any) -> Any:
        if host != "rebind.example.org":
            return real(host, port, *args, **how)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    fetched = outside.fetch(
        f"http://rebind.example.org:{canary.server_port}/song/a.mp3",
        tmp_path / "f",
        bounds=BOUNDS,
        is_allowed=lambda address: str(address) == "127.0.0.1",
        ports={"http": canary.server_port, "https": 443},
    )
    assert asked == ["rebind.example.org"]
    assert fetched.size == 5000


def test_a_file_comes_with_its_name_its_kind_and_its_progress(
    canary: Server, tmp_path: Path
) -> None:
    told: list[tuple[int, int | None]] = []
    fetched = _fetch(
        canary, "/song/my%20song.mp3", tmp_path / "f", on_bytes=lambda *how: told.append(how)
    )
    assert fetched == outside.Fetched(5000, "audio/mpeg", "my%20song.mp3")
    assert (tmp_path / "f").read_bytes() == b"s" * 5000
    assert told[-1] == (5000, 5000)


def test_a_redirect_is_followed_by_hand(canary: Server, tmp_path: Path) -> None:
    assert _fetch(canary, "/hop", tmp_path / "f").filename == "moved.mp3"
    assert canary.paths == ["/hop", "/song/moved.mp3"]


@pytest.mark.parametrize(
    ("path", "code", "requests"),
    [
        ("/round", "address_refused", 4),
        ("/inside", "address_not_public", 1),
        ("/file", "address_invalid", 1),
        ("/endless", "address_too_large", 1),
        ("/claim", "address_too_large", 1),
        ("/zip", "address_refused", 1),
        ("/missing", "address_refused", 1),
        ("/short", "address_unreachable", 1),
    ],
)
def test_what_a_hostile_server_does_ends_in_a_refusal(
    canary: Server, tmp_path: Path, path: str, code: str, requests: int
) -> None:
    with pytest.raises(Problem) as refusal:
        _fetch(canary, path, tmp_path / "f")
    assert refusal.value.code == code
    assert len(canary.paths) == requests
    kept = (tmp_path / "f").stat().st_size if (tmp_path / "f").exists() else 0
    assert kept <= BOUNDS.max_bytes


@pytest.mark.clock
@pytest.mark.parametrize("path", ["/drip", "/dripping"])
def test_a_server_that_drips_is_cut_off(canary: Server, tmp_path: Path, path: str) -> None:
    begun = time.monotonic()
    with pytest.raises(Problem) as refusal:
        _fetch(canary, path, tmp_path / "f", bounds=outside.Bounds(100_000, 1.0))
    assert refusal.value.code == "address_too_slow"
    assert time.monotonic() - begun < 5


def test_it_can_be_canceled(canary: Server, tmp_path: Path) -> None:
    with pytest.raises(Problem) as refusal:
        _fetch(canary, "/song/a.mp3", tmp_path / "f", should_stop=lambda: True)
    assert refusal.value.code == "canceled"
