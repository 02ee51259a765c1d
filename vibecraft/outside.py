"""Files from addresses that users give: fetched from public hosts only, within limits.

A name is resolved once, every address that it has must be public, and the connection goes to the
very address that was checked: a name that answers otherwise a moment later changes nothing.
Redirects are followed by hand, each checked like the first address.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from vibecraft.problems import Problem
from vibecraft.texts import whole_number

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
IsAllowed = Callable[[Address], bool]
OnBytes = Callable[[int, int | None], None]
ShouldStop = Callable[[], bool]

PORTS = {"http": 80, "https": 443}
MAX_ADDRESS_CHARS = 2000
MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
CONNECT_SECONDS, READ_SECONDS = 5.0, 8.0
CHUNK_BYTES = 64 * 1024
HEADERS = {"Accept-Encoding": "identity", "Accept": "*/*", "User-Agent": "VibeCraft"}
# IPv6 addresses that carry an IPv4 address inside: NAT64, 6to4, Teredo, IPv4-compatible.
CARRIERS = tuple(
    ipaddress.IPv6Network(net)
    for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
)
SENTENCES = {
    "address_invalid": "This is not a web address. It should look like https://example.org/song.mp3.",
    "address_not_public": "Only addresses on the public internet can be used.",
    "address_unreachable": "This address could not be reached. Check it, or upload the file instead.",
    "address_refused": "The server did not hand out a file at this address.",
    "address_too_large": "The file at this address is too large.",
    "address_too_slow": "The file at this address came too slowly. Try again, or upload it instead.",
    "canceled": "The import was canceled.",
}


@dataclass(frozen=True)
class Fetched:
    """What came: its size, what the server called it, and its name in the address."""

    size: int
    content_type: str
    filename: str


@dataclass(frozen=True)
class Bounds:
    """How much may come, and how long it may take in all, redirects included.

    After `patience_seconds` at least `least_bytes` must have come, or it is not waited for.
    """

    max_bytes: int
    max_seconds: float
    patience_seconds: float = 8.0
    least_bytes: int = 0


def refused(code: str, detail: str = "") -> Problem:
    """A refusal with its sentence; `detail` is for the log."""
    is_permanent = code not in ("address_unreachable", "address_too_slow")
    return Problem(code, SENTENCES[code], detail=detail, is_permanent=is_permanent)


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet and carries no other address inside."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if any(address in carrier for carrier in CARRIERS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def check_address(text: str, ports: dict[str, int] | None = None) -> SplitResult:
    """Read a web address. Raises Problem `address_invalid` for all but plain http and https."""
    text = text.strip()
    if not text or len(text) > MAX_ADDRESS_CHARS or re.search(r"[\x00-\x20\x7f\\]", text):
        raise refused("address_invalid")
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError) as error:
        raise refused("address_invalid", str(error)) from error
    if parts.scheme not in PORTS or not host or "@" in parts.netloc:
        raise refused("address_invalid")
    if port not in (None, (ports or PORTS)[parts.scheme]):
        raise refused("address_not_public", f"port {port}")
    return parts


def resolve(host: str, port: int, is_allowed: IsAllowed = is_public) -> Address:
    """The address to connect to. Raises Problem unless every address of the host is allowed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise refused("address_unreachable", f"{host}: {error}") from error
    addresses = [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found]
    if not addresses or not all(is_allowed(address) for address in addresses):
        raise refused("address_not_public", f"{host}: {', '.join(map(str, addresses))}")
    return addresses[0]


def fetch(
    text: str,
    target: Path,
    *,
    bounds: Bounds,
    is_allowed: IsAllowed = is_public,
    ports: dict[str, int] | None = None,
    on_bytes: OnBytes | None = None,
    should_stop: ShouldStop | None = None,
) -> Fetched:
    """Write what lies at a web address to `target`.

    `on_bytes(so_far, of_all)` tells how far it is. `is_allowed` and `ports` are widened by tests
    only. Raises Problem with a code of SENTENCES; then `target` holds nothing of use.
    """
    until = time.monotonic() + bounds.max_seconds
    parts = check_address(text, ports)
    for _ in range(MAX_REDIRECTS + 1):
        with _opened(parts, is_allowed, bounds, until) as (answer, connection):
            if answer.status not in REDIRECTS:
                size = _keep(answer, connection, target, bounds, on_bytes, should_stop)
                return Fetched(size, _kind(answer), parts.path.rpartition("/")[2])
            location = answer.getheader("Location") or ""
        parts = check_address(urljoin(parts.geturl(), location), ports)
    raise refused("address_refused", "too many redirects")


class _Connection(HTTPConnection):
    """A connection to the address that was checked, under the host's own name and certificate."""

    def __init__(self, parts: SplitResult, address: Address) -> None:
        host = (parts.hostname or "").encode("idna").decode()
        super().__init__(host, parts.port or PORTS[parts.scheme], timeout=READ_SECONDS)
        self._address = address
        self._is_secret = parts.scheme == "https"
        self.is_cut = False
        self.size = 0

    def connect(self) -> None:
        self.sock = socket.create_connection((str(self._address), self.port), CONNECT_SECONDS)
        self.sock.settimeout(READ_SECONDS)
        if self._is_secret:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
        # The base class forgets its socket when an answer is the last one on it.
        self._wire = self.sock

    def cut(self) -> None:
        """End whatever is read or written now, from another thread: the reader sees an end."""
        self.is_cut = True
        with contextlib.suppress(OSError, AttributeError):
            self._wire.shutdown(socket.SHUT_RDWR)

    def cut_if_idle(self, least_bytes: int) -> None:
        """End it unless this much has come."""
        if self.size < least_bytes:
            self.cut()


def _watches(connection: _Connection, bounds: Bounds, until: float) -> list[threading.Timer]:
    """The clocks that end a connection: one for all of it, one for its beginning."""
    left = max(0.0, until - time.monotonic())
    watches = [threading.Timer(left, connection.cut)]
    if bounds.least_bytes:
        soon = min(left, bounds.patience_seconds)
        watches.append(threading.Timer(soon, connection.cut_if_idle, (bounds.least_bytes,)))
    for watch in watches:
        watch.daemon = True
        watch.start()
    return watches


@contextlib.contextmanager
def _opened(
    parts: SplitResult, is_allowed: IsAllowed, bounds: Bounds, until: float
) -> Iterator[tuple[HTTPResponse, _Connection]]:
    """The answer of a checked address; the connection is cut when the time is over."""
    port = parts.port or PORTS[parts.scheme]
    connection = _Connection(parts, resolve(parts.hostname or "", port, is_allowed))
    watches = _watches(connection, bounds, until)
    try:
        connection.request("GET", _target(parts), headers=HEADERS)
        yield connection.getresponse(), connection
        if connection.is_cut:
            raise TimeoutError("cut off")
    except (OSError, HTTPException, ValueError) as error:
        is_late = connection.is_cut or isinstance(error, TimeoutError)
        code = "address_too_slow" if is_late else "address_unreachable"
        raise refused(code, f"{type(error).__name__}: {error}") from error
    finally:
        for watch in watches:
            watch.cancel()
        connection.close()


def _target(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe="/%!$&'()*+,;=:@~")
    return f"{path}?{quote(parts.query, safe='/%!$&()*+,;=:@~?')}" if parts.query else path


def _keep(
    answer: HTTPResponse,
    connection: _Connection,
    target: Path,
    bounds: Bounds,
    on_bytes: OnBytes | None,
    should_stop: ShouldStop | None,
) -> int:
    """Write the body as it comes; return its size."""
    of_all, size = _checked_length(answer, bounds), 0
    with target.open("wb") as file:
        while chunk := answer.read1(CHUNK_BYTES):
            connection.size = size = size + len(chunk)
            if size > bounds.max_bytes:
                raise refused("address_too_large", f"more than {bounds.max_bytes} bytes")
            if should_stop is not None and should_stop():
                raise refused("canceled")
            file.write(chunk)
            if on_bytes is not None:
                on_bytes(size, of_all)
    if of_all is not None and size < of_all:
        raise refused("address_unreachable", f"{size} of {of_all} bytes came")
    return size


def _checked_length(answer: HTTPResponse, bounds: Bounds) -> int | None:
    if answer.status != 200:
        raise refused("address_refused", f"answered {answer.status}")
    if (answer.getheader("Content-Encoding") or "identity") != "identity":
        raise refused("address_refused", "a compressed answer, which was not asked for")
    claimed = whole_number(answer.getheader("Content-Length") or "")
    if claimed is not None and claimed > bounds.max_bytes:
        raise refused("address_too_large", f"{claimed} bytes")
    return claimed


def _kind(answer: HTTPResponse) -> str:
    return (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
