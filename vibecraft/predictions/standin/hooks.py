"""Webhooks: signed as the service signs them, sent again only when they tell of the end."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from vibecraft.predictions.standin.clock import Clock, report
from vibecraft.predictions.standin.inputs import is_loopback

# Seconds after the first try; only the last event of a prediction is tried again.
RETRY_SECONDS = (5.0, 15.0, 40.0)
TIMEOUT_SECONDS = 5.0
SENDERS = 16
FORGED_KEY = "whsec_" + base64.b64encode(b"somebody else's secret key").decode()


@dataclass(frozen=True)
class Message:
    """One webhook: `id` stays the same over retries. `age` shifts the signed time back."""

    id: str
    url: str
    body: bytes
    key: str
    event: str
    prediction: str
    fault: str = ""
    age: float = 0.0


@dataclass(frozen=True)
class Delivery:
    """One try to deliver a message, and what came back."""

    message: str
    prediction: str
    event: str
    url: str
    attempt: int
    headers: Mapping[str, str]
    status: int | None
    error: str | None
    body: str
    at: float

    @property
    def is_done(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def sign(key: str, message_id: str, timestamp: str, body: bytes) -> str:
    """`v1,<base64>` over "id.timestamp.body" with the part of the key after `whsec_`."""
    secret = base64.b64decode(key.partition("_")[2])
    text = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()


def headers_of(message: Message, now: float) -> dict[str, str]:
    """The headers of one try, bent by the message's fault."""
    stamp = str(int(now - message.age))
    key = FORGED_KEY if message.fault == "wrong_secret" else message.key
    signed = message.body + b" " if message.fault == "modified" else message.body
    headers = {
        "content-type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": stamp,
        "webhook-signature": sign(key, message.id, stamp, signed),
    }
    if message.fault == "bad_signature":
        headers["webhook-signature"] = "v1," + base64.b64encode(bytes(32)).decode()
    elif message.fault == "no_signature":
        del headers["webhook-signature"]
    elif message.fault == "two_signatures":
        other = sign(FORGED_KEY, message.id, stamp, message.body)
        headers["webhook-signature"] = f"{other} {headers['webhook-signature']}"
    return headers


class Sender:
    """Delivers messages side by side and keeps what became of each try."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pool = ThreadPoolExecutor(max_workers=SENDERS, thread_name_prefix="standin-hook")
        # A certificate of this machine's own is nobody's business but this machine's.
        self._http = httpx.Client(
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
            verify=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self._lock = threading.Lock()
        self._pending = 0
        self.deliveries: list[Delivery] = []

    def send(self, message: Message, delay: float = 0.0, *, attempt: int = 1) -> None:
        """Deliver after `delay` seconds of the service's time."""
        with self._lock:
            self._pending += 1
        if delay:
            self._clock.after(delay, lambda: self._submit(message, attempt))
        else:
            self._submit(message, attempt)

    def _submit(self, message: Message, attempt: int) -> None:
        self._pool.submit(self._deliver, message, attempt).add_done_callback(report)

    def send_now(self, message: Message) -> Delivery:
        """Deliver in this thread and wait for the answer."""
        return self._try(message, 1)

    def _deliver(self, message: Message, attempt: int) -> None:
        done = self._try(message, attempt)
        if not done.is_done and message.event == "completed" and attempt <= len(RETRY_SECONDS):
            waits = (0.0, *RETRY_SECONDS)
            self.send(message, waits[attempt] - waits[attempt - 1], attempt=attempt + 1)
        with self._lock:
            self._pending -= 1

    def _try(self, message: Message, attempt: int) -> Delivery:
        headers = headers_of(message, time.time())
        status, error = self.post(message, headers)
        done = Delivery(
            message=message.id,
            prediction=message.prediction,
            event=message.event,
            url=message.url,
            attempt=attempt,
            headers=headers,
            status=status,
            error=error,
            body=message.body.decode(),
            at=self._clock.now(),
        )
        with self._lock:
            self.deliveries.append(done)
        return done

    def post(self, message: Message, headers: Mapping[str, str]) -> tuple[int | None, str | None]:
        """(status, error). Hosts that are not this machine are never called."""
        if not is_loopback(message.url):
            return None, "not on this machine: not called"
        try:
            answer = self._http.post(message.url, content=message.body, headers=headers)
        except httpx.HTTPError as error:
            return None, f"{type(error).__name__}: {error}"
        return answer.status_code, None

    @property
    def is_idle(self) -> bool:
        with self._lock:
            return not self._pending

    def shown(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(done) for done in self.deliveries]

    def clear(self) -> None:
        with self._lock:
            self.deliveries.clear()
            self._pending = 0

    def stop(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._http.close()


def new_id() -> str:
    return f"msg_{uuid.uuid4().hex}"


def body_of(shown: Mapping[str, Any]) -> bytes:
    return json.dumps(shown, ensure_ascii=False).encode()
