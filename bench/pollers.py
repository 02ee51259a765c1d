"""Open pages that ask again and again, for little CPU: they share the machine with the site.

    python -m bench.pollers < plan.json

The plan is `{"port", "settle", "seconds", "period", "pages": [[path, cookie], …]}`. Printed is what came
after the first `settle` seconds: `{"codes", "errors", "rendered", "seconds": [of each answer], "cpu"}`.
A page does what htmx does: it asks at the address that the newest fragment has, on a new connection, as the
last one has ended by then. An answer's time counts from the moment at which the page wanted to ask, so
that a late question is a slow answer. An answer of the view has the site's usual headers: it was rendered.
"""

from __future__ import annotations

import errno
import heapq
import html
import json
import random
import re
import select
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

ASKS_AT = re.compile(rb'hx-get="([^"]+)"')
OF_A_VIEW = b"Content-Security-Policy"
PATIENCE_SECONDS = 30.0
BEGUN = (0, errno.EINPROGRESS)


@dataclass(order=True)
class Page:
    """One open page; pages are ordered by when they ask next."""

    due: float
    path: str = field(compare=False)
    cookie: str = field(compare=False)
    connection: socket.socket | None = field(default=None, compare=False)
    answer: bytearray = field(default_factory=bytearray, compare=False)

    def request(self) -> bytes:
        head = f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self.cookie}\r\n"
        return f"{head}HX-Request: true\r\nConnection: close\r\n\r\n".encode()


class Pages:
    """All pages, and what they saw."""

    def __init__(self, port: int, period: float) -> None:
        self.port, self.period = port, period
        self.waiting: list[Page] = []
        self.asking: dict[int, Page] = {}
        self.poller = select.epoll()
        self.forget()

    def forget(self) -> None:
        """Begin to count anew."""
        self.codes: Counter[int] = Counter()
        self.errors: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.rendered = 0
        self.cpu_before = time.process_time()

    def told(self) -> dict[str, object]:
        return {
            "codes": self.codes,
            "errors": self.errors,
            "rendered": self.rendered,
            "seconds": self.seconds,
            "cpu": time.process_time() - self.cpu_before,
        }

    def run(self, pages: list[Page], seconds: float) -> None:
        until = time.monotonic() + seconds
        self.waiting = pages
        heapq.heapify(self.waiting)
        while (now := time.monotonic()) < until or self.asking:
            while self.waiting and self.waiting[0].due <= now < until:
                self._ask(heapq.heappop(self.waiting))
            next_due = self.waiting[0].due if self.waiting and now < until else now + 0.2
            for number, events in self.poller.poll(max(0.0, min(0.2, next_due - now))):
                self._continue(self.asking[number], events)
            self._give_up(now)

    def _ask(self, page: Page) -> None:
        page.connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        page.answer.clear()
        begun = page.connection.connect_ex(("127.0.0.1", self.port))
        if begun not in BEGUN:
            self._end(page, error=errno.errorcode[begun])
            return
        self.asking[page.connection.fileno()] = page
        self.poller.register(page.connection, select.EPOLLOUT)

    def _continue(self, page: Page, events: int) -> None:
        assert page.connection is not None, "only pages that ask are waited for"
        try:
            if events & select.EPOLLOUT:
                page.connection.send(page.request())
                self.poller.modify(page.connection, select.EPOLLIN)
                return
            part = page.connection.recv(1 << 18)
        except OSError as error:
            self._end(page, error=type(error).__name__)
            return
        page.answer += part
        if not part:
            self._end(page)

    def _end(self, page: Page, error: str = "") -> None:
        assert page.connection is not None, "only pages that ask can end"
        now = time.monotonic()
        self.asking.pop(page.connection.fileno(), None)
        page.connection.close()
        if error or not page.answer:
            self.errors[error or "no answer"] += 1
        else:
            self.codes[int(page.answer[9:12])] += 1
            self.seconds.append(now - page.due)
            self.rendered += OF_A_VIEW in page.answer
            found = ASKS_AT.search(page.answer)
            if found:
                page.path = html.unescape(found[1].decode())
        page.due = max(now, page.due + self.period * random.uniform(0.9, 1.1))
        heapq.heappush(self.waiting, page)

    def _give_up(self, now: float) -> None:
        late = [page for page in self.asking.values() if now - page.due > PATIENCE_SECONDS]
        for page in late:
            self._end(page, error="too late")


def main() -> None:
    plan = json.load(sys.stdin)
    pages = Pages(plan["port"], plan["period"])
    now, period = time.monotonic(), plan["period"]
    opened = [Page(now + random.uniform(0, period), *page) for page in plan["pages"]]
    pages.run(opened, plan["settle"])
    pages.forget()
    pages.run(pages.waiting, plan["seconds"])
    json.dump(pages.told(), sys.stdout)


if __name__ == "__main__":
    main()
