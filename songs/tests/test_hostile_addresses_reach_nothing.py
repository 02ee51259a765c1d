"""Sixty-odd hostile addresses over the real API and worker: a canary on this machine hears nothing.

The canary listens on every address of the machine, and its port counts as the port of the web, so
that nothing but the check of the address keeps a request from it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import User
from songs import importing
from songs.models import Import, Song
from songs.tests.outside_world import (
    Handler,
    Server,
    canary,
    count_as_public,
    drip,
    endless,
    redirect_to,
    serving,
)
from vibecraft import outside
from vibecraft.jobs.models import Job
from vibecraft.testing import stored_files

pytestmark = [pytest.mark.clock, pytest.mark.django_db]

REFUSAL_SECONDS = 10
# PORT stands for the canary's port.
ADDRESSES = [
    *(f"http://{host}:PORT/meta" for host in (
        "127.0.0.1", "localhost", "localhost.", "LOCALHOST", "127.1", "127.0.1", "127.0.0.2",
        "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0", "0.0.0.0",
        "127.255.255.254", "１２７.０.０.１", "127。0。0。1", "①②⑦.0.0.1",
        "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]",
        "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
        "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]",
        "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "169.254.170.2", "100.64.0.1",
        "198.18.0.1", "192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    )),
    "https://127.0.0.1:PORT/meta", "https://[::1]:PORT/meta", "http://localhost:22/",
    "http://127.0.0.1:6379/", "http://user@127.0.0.1:PORT/", "http://e.org:PORT@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT\\@e.org/", "http://127.0.0.1:PORT/\r\nHost: e.org", "http://127.0.0.1\t:PORT/",
    "//127.0.0.1:PORT/meta", "127.0.0.1:PORT/meta", "file:///etc/passwd", "ftp://127.0.0.1:PORT/a",
    "gopher://127.0.0.1:PORT/_GET", "dict://127.0.0.1:PORT/info", "data:audio/mpeg;base64,AAAA",
    "javascript:alert(1)", "concat:http://127.0.0.1:PORT/a|b", "http:127.0.0.1:PORT/", "http://[::1:PORT/",
    "HTTP://127.0.0.1:PORT/META", "http://127.0.0.1:99999/",
]  # fmt: skip


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, Server]]:
    with canary() as both:
        port = both[0].server_port
        monkeypatch.setattr(outside, "PORTS", {"http": port, "https": port})
        yield both


def test_no_address_of_sixty_reaches_a_private_host(
    listening: tuple[Server, Server],
    alice: User,
    api_of: Any,
    client_of: Any,
    do_work: Callable[[], int],
) -> None:
    port = str(listening[0].server_port)
    api, page = api_of(alice), client_of(alice)
    assert len(ADDRESSES) >= 60
    slowest = 0.0
    for number, address in enumerate(ADDRESSES):
        begun = time.monotonic()
        url = address.replace("PORT", port)
        if number % 2:
            page.post("/songs/import", {"address": url, "upload_id": _uuid(number)})
        else:
            assert api.post("/api/songs/import", {"url": url}).status_code in (202, 400)
        do_work()
        slowest = max(slowest, time.monotonic() - begun)
    assert [server.paths for server in listening] == [[], []]
    assert slowest < REFUSAL_SECONDS
    outcomes = set(Job.objects.values_list("status", "error_code"))
    assert outcomes <= {
        ("failed", "address_not_public"), ("failed", "address_unreachable"),
        ("failed", "address_invalid"),
    }  # fmt: skip
    assert Song.objects.count() == 0
    assert stored_files(alice) == []
    assert not Import.objects.exclude(address="").exists()


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def three_hops(handler: Handler) -> None:
    hop = int(handler.path.rpartition("=")[2])
    target = f"/hop?n={hop + 1}" if hop < 2 else f"http://127.0.0.2:{handler.server.server_port}/in"
    handler.head(302, Location=target)


def bomb(handler: Handler) -> None:
    handler.head(200, Content_Encoding="gzip", Content_Type="audio/mpeg")
    handler.send(b"\x1f\x8b\x08" + bytes(1000))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/hop?n=0", "address_not_public"),
        ("/in", "address_not_public"),
        ("/six", "address_not_public"),
        ("/file", "address_invalid"),
        ("/crlf", "address_invalid"),
        ("/user", "address_invalid"),
        ("/round", "address_refused"),
        ("/bomb", "address_refused"),
        ("/endless", "address_too_large"),
        ("/drip", "address_too_slow"),
    ],
)
def test_a_public_server_cannot_lead_to_a_private_one_nor_wear_us_out(
    monkeypatch: pytest.MonkeyPatch,
    alice: User,
    api_of: Any,
    do_work: Callable[[], int],
    settings: Any,
    path: str,
    code: str,
) -> None:
    settings.UPLOAD_MAX_BYTES = 4 * 1024 * 1024
    assert importing.PATIENCE_SECONDS < REFUSAL_SECONDS
    monkeypatch.setattr(importing, "PATIENCE_SECONDS", 1.0)
    with serving("127.0.0.1") as server, serving("127.0.0.2", server.server_port) as inside:
        port = server.server_port
        count_as_public(monkeypatch, port)
        server.answers = {
            "/hop": three_hops,
            "/in": redirect_to(f"http://127.0.0.2:{port}/in"),
            "/six": redirect_to(f"http://[::1]:{port}/in"),
            "/file": redirect_to("file:///etc/passwd"),
            "/crlf": redirect_to(f"http://127.0.0.2:{port}/%0d%0a\\in"),
            "/user": redirect_to(f"http://127.0.0.1@127.0.0.2:{port}/in"),
            "/round": redirect_to("/round"),
            "/bomb": bomb,
            "/endless": endless,
            "/drip": drip,
        }
        begun = time.monotonic()
        api_of(alice).post("/api/songs/import", {"url": f"http://127.0.0.1:{port}{path}"})
        do_work()
        assert Job.objects.get().error_code == code
        assert time.monotonic() - begun < REFUSAL_SECONDS
        assert inside.paths == []
        assert len(server.paths) <= 4
    assert Song.objects.count() == 0
    assert stored_files(alice) == []


def test_a_name_that_answers_otherwise_the_second_time_is_asked_once(
    listening: tuple[Server, Server],
    alice: User,
    api_of: Any,
    do_work: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first answer is public and unreachable, the second is the canary: it is never asked for."""
    port, asked = listening[0].server_port, []
    real = outside.socket.getaddrinfo

    def answer(host: str, *args: Any, **how: Any) -> Any:
        if host != "rebind.example.org":
            return real(host, *args, **how)
        asked.append(host)
        address = "127.0.0.1" if len(asked) > 1 else "203.0.114.1"
        return [(2, 1, 6, "", (address, port))]

    monkeypatch.setattr(outside.socket, "getaddrinfo", answer)
    monkeypatch.setattr(outside, "CONNECT_SECONDS", 0.2)
    api_of(alice).post("/api/songs/import", {"url": f"http://rebind.example.org:{port}/a.mp3"})
    do_work()
    assert asked == ["rebind.example.org"]
    assert Job.objects.get().error_code in ("address_too_slow", "address_unreachable")
    assert listening[0].paths == []
