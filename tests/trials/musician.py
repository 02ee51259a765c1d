"""A musician at the API of a site that is being broken: keeps count of every answer."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import requests

PASSWORD = "a long password for trials"
ANSWER_SECONDS = 90
SECTIONS = [
    {"label": f"Part {n + 1}", "start_time": 4.0 * n, "end_time": 4.0 * n + 4} for n in range(3)
]
OVER = frozenset({"ready", "failed", "canceled"})


class Musician:
    """One account. `answers` counts status codes; 0 is a connection that broke."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.answers: Counter[int] = Counter()
        self.without_time: list[str] = []
        self._counting = threading.Lock()
        self._browser: requests.Session | None = None
        self.token = ""
        email = f"alice-{uuid.uuid4().hex[:8]}@example.org"
        self.account = {"email": email, "password": PASSWORD}
        self.token = self.must("POST", "/api/auth/register", json=self.account)["token"]

    def ask(self, method: str, path: str, **arguments: Any) -> requests.Response | None:
        """One request, whatever comes of it; None when the connection broke."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= arguments.pop("headers", {})
        try:
            answer = requests.request(
                method, self.address + path, headers=headers, timeout=ANSWER_SECONDS, **arguments
            )
        except requests.RequestException:
            self._count(0, path)
            return None
        self._count(answer.status_code, path, answer)
        return answer

    def _count(self, status: int, path: str, answer: requests.Response | None = None) -> None:
        with self._counting:
            self.answers[status] += 1
            if answer is not None and status >= 500 and "Retry-After" not in answer.headers:
                self.without_time.append(f"{status} {path}")

    def must(self, method: str, path: str, **arguments: Any) -> Any:
        """One request that must go well."""
        answer = self.ask(method, path, **arguments)
        assert answer is not None, path
        assert answer.status_code < 300, (path, answer.status_code, answer.text[:500])
        return answer.json() if answer.content else None

    def browse(self, path: str) -> requests.Response | None:
        """Look at a page as a browser does, signed in by a session."""
        try:
            if self._browser is None:
                self._browser = self._sign_in()
            answer = self._browser.get(self.address + path, timeout=ANSWER_SECONDS)
        except requests.RequestException:
            self._count(0, path)
            return None
        self._count(answer.status_code, path, answer)
        return answer

    def _sign_in(self) -> requests.Session:
        browser = requests.Session()
        browser.get(f"{self.address}/sign-in", timeout=ANSWER_SECONDS)
        form = self.account | {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        answer = browser.post(f"{self.address}/sign-in", data=form, timeout=ANSWER_SECONDS)
        assert answer.url != f"{self.address}/sign-in", answer.status_code
        return browser

    def server_errors(self) -> int:
        return sum(times for status, times in self.answers.items() if status >= 500)

    # --- songs and films -------------------------------------------------------------------------

    def send(self, song: Path, key: uuid.UUID | None = None) -> requests.Response | None:
        """One attempt to bring a song."""
        with song.open("rb") as file:
            return self.ask(
                "POST",
                "/api/songs",
                files={"file": file},
                headers={"Idempotency-Key": str(key or uuid.uuid4())},
            )

    def bring(self, song: Path, *, tries: int = 1) -> str | None:
        """Bring a song, with the same key until it is acknowledged; its id."""
        key = uuid.uuid4()
        for attempt in range(tries):
            answer = self.send(song, key)
            if answer is not None and answer.status_code == 201:
                return str(answer.json()["id"])
            time.sleep(0.3 * (attempt > 0))
        return None

    def status_of(self, kind: str, pk: str) -> str:
        """`status` of a song or a video; empty while nobody answers."""
        path = f"/api/videos/{pk}/status" if kind == "videos" else f"/api/songs/{pk}"
        answer = self.ask("GET", path)
        good = answer is not None and answer.status_code == 200
        return str(answer.json()["status"]) if good and answer is not None else ""

    def are_ready(self, kind: str, ids: list[str]) -> bool:
        return all(self.status_of(kind, pk) == "ready" for pk in ids)

    def are_over(self, kind: str, ids: list[str]) -> bool:
        return all(self.status_of(kind, pk) in OVER for pk in ids)

    def draw_sections(self, song_id: str) -> None:
        self.must("POST", f"/api/songs/{song_id}/sections", json={"sections": SECTIONS})

    def start_film(self, song_id: str, **choices: str) -> str:
        """Order a film of a song that is ready; the video's id."""
        asked = {"song_id": song_id, "aspect_ratio": "1:1"} | choices
        video = str(self.must("POST", "/api/videos", json=asked)["id"])
        self.must("POST", f"/api/videos/{video}/generate")
        return video
