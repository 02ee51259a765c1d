"""The main job on PostgreSQL, Redis and a bucket, with web and workers in processes of their own."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import Page, Request, Response, Route

from tests import test_a_musician_makes_a_film as tour
from tests.browser import open_browser
from tests.full_stack import BUCKET, PROCESSES, Stack, resolved, running_stack, services
from tests.stack import wait_until
from vibecraft.predictions.standin.remote import Remote, running
from vibecraft.testing import PASSWORD, beat_samples, write_wav
from vibecraft.teststore import TestStore

FILM_SECONDS = 300
METRICS_TOKEN = "a-long-random-word-for-the-monitor"
pytestmark = [pytest.mark.browser, pytest.mark.workers]


@pytest.fixture(scope="module")
def service() -> Iterator[Remote]:
    with running("--time-scale", "100") as remote:
        yield remote


@pytest.fixture(scope="module")
def stack(
    store_server: TestStore, service: Remote, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    data = tmp_path_factory.mktemp("stack")
    told = {"LOG_LEVEL": "DEBUG", "LOG_JSON": "true", "METRICS_TOKEN": METRICS_TOKEN}
    many = {"WEB_PROCESSES": "2", "MEDIA_PROCESSES": "2", "VIDEO_MODEL": "p-video-draft"}
    with running_stack(data, store_server, **told, **many, **service.environment) as started:
        yield started


class Traffic:
    """What the browser asked of the store."""

    def __init__(self, page: Page, store: TestStore) -> None:
        self.endpoint = store.endpoint
        self.sent: list[Request] = []
        self.got: list[Response] = []
        page.on("request", self._ask)
        page.on("response", self._answer)

    def _ask(self, request: Request) -> None:
        if request.url.startswith(self.endpoint) and request.method == "POST":
            self.sent.append(request)

    def _answer(self, response: Response) -> None:
        if response.url.startswith(self.endpoint) and response.request.method == "GET":
            self.got.append(response)

    def signatures(self) -> set[str]:
        queries = [parse_qs(urlsplit(one.url).query) for one in self.got]
        return {query["X-Amz-Signature"][0] for query in queries if "X-Amz-Signature" in query}

    def of_films(self) -> list[Response]:
        """Every film that is joined has a name of its own."""
        return [one for one in self.got if re.search(r"/film\.[^/]*mp4$", urlsplit(one.url).path)]


class Api:
    """Alice at the API, with the account that she made in the browser."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.session = stack, requests.Session()
        account = {"email": "alice@example.org", "password": PASSWORD}
        token = self("POST", "/api/auth/login", account)["token"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        answer = self.session.request(method, self.stack.address + path, json=body, timeout=60)
        assert answer.status_code < 300, (path, answer.status_code, answer.text)
        return answer.json()


def make_film(api: Api, song_id: str) -> str:
    """Words, three sections and a film of the song; returns the video's id."""
    api("PUT", f"/api/songs/{song_id}/lyrics", {"text": tour.LYRICS})
    sections = [
        {"label": label, "start_time": 4.0 * place, "end_time": 4.0 * place + 4}
        for place, label in enumerate(("Intro", "Chorus", "Outro"))
    ]
    api("POST", f"/api/songs/{song_id}/sections", {"sections": sections})
    video: str = api("POST", "/api/videos", {"song_id": song_id})["id"]
    api("POST", f"/api/videos/{video}/generate")
    wait_until(lambda: api("GET", f"/api/videos/{video}/status")["status"] == "ready", FILM_SECONDS)
    return video


def test_from_a_song_to_the_film(stack: Stack, service: Remote, tmp_path: Path) -> None:
    song = write_wav(tmp_path / "Night Drive.wav", beat_samples(12.0, 120))
    with open_browser() as (page, complaints):
        traffic = Traffic(page, stack.store)
        tour.register(page, stack.address)
        tour.bring(page, stack.address, song)
        assert_sent_straight_to_the_store(traffic, stack)
        api = Api(stack)
        video = make_film(api, page.url.rsplit("/", 1)[1])
        page.goto(f"{stack.address}/videos/{video}")
        go_on_when_the_address_has_run_out(page, stack)
        tour.play(page)
        assert_sought_at_the_store(traffic)
        tour.download(page, tmp_path)
        assert [said for said in complaints.said if "403" not in said] == []
        secrets = {cookie["value"] for cookie in page.context.cookies() if "csrf" in cookie["name"]}
    assert_all_lies_in_the_bucket(stack)
    assert_each_disk_has_what_its_process_needs(stack)
    assert_the_logs_can_be_followed(stack)
    secrets |= {api.session.headers["Authorization"].split()[1], *traffic.signatures()}
    assert_no_secret_was_written(stack, service, secrets)


def go_on_when_the_address_has_run_out(page: Page, stack: Stack) -> None:
    """It is refused once, as it is some minutes later: the film is there all the same."""
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.url)
        route.fulfill(status=403, body="Request has expired")

    page.route(re.compile(rf"{re.escape(stack.address)}/videos/.*/film\.mp4"), refuse_once)
    page.evaluate("film.load()")
    for _ in range(300):
        page.wait_for_timeout(200)  # only this lets the browser's requests be answered here
        if refused and page.evaluate("film.readyState >= 2"):
            break
    page.unroute_all()
    state = page.evaluate("[film.error && film.error.code, film.readyState >= 2]")
    assert [len(refused), *state] == [1, None, True]


def assert_sent_straight_to_the_store(traffic: Traffic, stack: Stack) -> None:
    assert [request.url for request in traffic.sent] == [f"{stack.store.endpoint}/{BUCKET}"]


def assert_sought_at_the_store(traffic: Traffic) -> None:
    films = traffic.of_films()
    assert {answer.status for answer in films} == {206}
    assert films[0].headers["content-type"] == "video/mp4"
    query = parse_qs(urlsplit(films[0].url).query)
    assert query["X-Amz-Expires"] == ["300"]


def assert_all_lies_in_the_bucket(stack: Stack) -> None:
    assert [path for name in PROCESSES for path in (stack.folder(name) / "media").rglob("*")] == []


def assert_each_disk_has_what_its_process_needs(stack: Stack) -> None:
    """The web server its static files, the worker for media its kernels: nobody else makes any."""
    having = {
        kind: [name for name in PROCESSES if list(stack.folder(name).glob(found))]
        for kind, found in {"static": "static/.collected-*", "kernels": "numba/warm-*"}.items()
    }
    assert having == {"static": ["web"], "kernels": ["worker-media"]}
    assert {name for name in PROCESSES if list(stack.folder(name).rglob("*.nbi"))} == {
        "worker-media"
    }


def assert_the_logs_can_be_followed(stack: Stack) -> None:
    """Each line is one object; they lead from the request over the job to the paid call."""
    lines = {
        name: [json.loads(line) for line in stack.log(name).splitlines()] for name in PROCESSES
    }
    assert all({"event", "level", "logger", "timestamp"} <= set(one) for one in lines["web"])
    followed = [
        one for one in lines["worker-io"] if {"request_id", "job_id", "prediction_id"} <= set(one)
    ]
    assert followed, "a line names the request, the job and the paid call"


def assert_no_secret_was_written(stack: Stack, service: Remote, secrets: set[str]) -> None:
    """Logs of all processes, all rows, and all that Redis has kept."""
    written = {path.name: path.read_text("utf-8", "replace") for path in stack.logs()}
    written["rows"] = "\n".join(stack.rows())
    written["redis"] = stack.kept_by_redis()
    assert len(written["rows"]) > 10_000
    dotenv = stack.environments["web"]
    known = {dotenv[name] for name in ("SECRET_KEY", "STORAGE_SECRET_KEY", "METRICS_TOKEN")}
    everything = {*secrets, *known, service.token, PASSWORD}
    assert len(everything) >= 8
    found = [(name, secret) for secret in everything for name in written if secret in written[name]]
    assert found == []


def health_command(service: str) -> list[str]:
    """What the container engine runs in a container to see whether it is healthy."""
    kind, *words = services()[service]["healthcheck"]["test"]
    shell = {"CMD": [], "CMD-SHELL": ["sh", "-c"]}[kind]
    return [*shell, *(resolved(word, {}) for word in words)]


def test_the_processes_answer_as_the_file_asks_them(stack: Stack) -> None:
    """The health checks of docker-compose.yml, and the figures over two web processes."""
    for name in PROCESSES:
        asked = stack.call(name, *health_command(name))
        assert asked.returncode == 0, (name, asked.stdout, asked.stderr)
    for path in stack.folder("beat").rglob("run/beat*"):
        os.utime(path, (0, 0))  # the clock wrote there last long ago
    assert stack.call("beat", *health_command("beat")).returncode == 1
    headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    figures = requests.get(f"{stack.address}/metrics", headers=headers, timeout=10).text
    assert "vibecraft_workers 2.0" in figures
    assert 'vibecraft_answer_seconds_count{status="2xx",what="poll"}' in figures
