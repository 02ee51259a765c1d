"""The delivery origin: where outputs are fetched, whole, in ranges, or spoiled."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from vibecraft.predictions.standin.faults import Event
from vibecraft.predictions.standin.shelf import Item
from vibecraft.predictions.standin.web import Answer, Call, rest
from vibecraft.predictions.standin.world import World

RANGE = re.compile(r"bytes=(\d*)-(\d*)$")
HUGE_BYTES = 5 * 1024**3
PIECE = bytes(1 << 20)


class Delivery:
    """The application behind the delivery port."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, call: Call) -> Answer:
        answer = self._answer(call)
        self._world.note("delivery", call, answer, None)
        return answer

    def _answer(self, call: Call) -> Answer:
        item = self._world.shelf.get(call.path, self._world.clock.now())
        if call.method not in ("GET", "HEAD"):
            return Answer(405, b"Method Not Allowed", {"content-type": "text/plain"})
        if item is None:
            return _text(404, "Not Found")
        prediction = self._world.predictions.get(item.prediction)
        event = Event(endpoint="download", model=prediction.model.slug if prediction else "")
        with self._world.lock:
            plan = self._world.faults.plan_for(event)
        rest(plan.get("latency", 0.0))
        fault: str = plan.get("serve") or item.plan.get("serve", "")
        if fault.startswith("redirect") and "moved" not in call.query:
            return self._redirect(fault, call)
        return spoiled(fault, serve(item, call.headers))

    def _redirect(self, fault: str, call: Call) -> Answer:
        target = f"{self._world.origins.delivery}{call.path}?moved=1"
        if fault == "redirect_private":
            target = f"{self._world.origins.control}/_control/canary{call.path}"
        return Answer(302, b"", {"location": target})


def serve(item: Item, headers: Mapping[str, str]) -> Answer:
    """The file, or the range of it that was asked for."""
    data = item.path.read_bytes()
    told = {
        "content-type": item.content_type,
        "etag": f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"',
        "cache-control": "public,max-age=3600",
        "accept-ranges": "bytes",
    }
    if headers.get("if-none-match") == told["etag"]:
        return Answer(304, b"", told)
    match = RANGE.match(headers.get("range", ""))
    if match is None or not any(match.groups()):
        return Answer(200, data, told)
    first, last = _bounds(match.group(1), match.group(2), len(data))
    if first > last:
        return Answer(416, b"", told | {"content-range": f"bytes */{len(data)}"})
    told["content-range"] = f"bytes {first}-{last}/{len(data)}"
    return Answer(206, data[first : last + 1], told)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last) if last else size - 1, size - 1)


def spoiled(fault: str, proper: Answer) -> Answer:
    """What a fault makes of the proper answer."""
    size = len(proper.body)
    spoilt: Mapping[str, Answer] = {
        "403": _text(403, "Forbidden"),
        "404": _text(404, "Not Found"),
        "410": _text(410, "Gone"),
        "wrong_length": replace(proper, length=size + 1000),
        "truncated": replace(proper, body=proper.body[: size // 2], length=size),
        "huge": replace(proper, length=HUGE_BYTES, stream=_zeros(HUGE_BYTES - size)),
        "empty": replace(proper, body=b""),
        "html": Answer(200, b"<html><body>Not here</body></html>", {"content-type": "text/html"}),
        "slow": replace(proper, wire="slow"),
        "reset": replace(proper, wire="reset"),
    }
    return spoilt.get(fault, proper)


def _zeros(count: int) -> Iterator[bytes]:
    while count > 0:
        yield PIECE[:count]
        count -= len(PIECE)


def _text(status: int, words: str) -> Answer:
    return Answer(status, words.encode(), {"content-type": "text/plain"})
