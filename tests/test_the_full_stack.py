"""The main job on PostgreSQL, Redis and a bucket, with web and workers in processes of their own."""

from __future__ import annotations

import json
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
from tests.full_stack import BUCKET, PROCESSES, Stack, running_stack, services
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

    def of(self, name: str) -> list[Response]:
        return [one for one in self.got if urlsplit(one.url).path.endswith(name)]


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
        page.set_default_timeout(30_000)
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
    assert page.evaluate("[film.error, film.readyState >= 2]") == [None, True]
    assert len(refused) == 1


def assert_sent_straight_to_the_store(traffic: Traffic, stack: Stack) -> None:
    assert [request.url for request in traffic.sent] == [f"{stack.store.endpoint}/{BUCKET}"]


def assert_sought_at_the_store(traffic: Traffic) -> None:
    films = traffic.of("film.mp4")
    assert {answer.status for answer in films} == {206}
    assert films[0].headers["content-type"] == "video/mp4"
    query = parse_qs(urlsplit(films[0].url).query)
    assert query["X-Amz-Expires"] == ["300"]


def assert_all_lies_in_the_bucket(stack: Stack) -> None:
    assert list((stack.data / "media").rglob("*")) == []


def assert_the_logs_can_be_followed(stack: Stack) -> None:
    """From the request over the job to the paid call."""
    lines = [json.loads(line) for line in stack.log("worker-io").splitlines() if line[:1] == "{"]
    followed = [one for one in lines if {"request_id", "job_id", "prediction_id"} <= set(one)]
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


def test_the_processes_answer_as_the_file_asks_them(stack: Stack) -> None:
    """The health checks of docker-compose.yml, and the figures over two web processes."""
    for name in PROCESSES:
        kind, *command = services()[name]["healthcheck"]["test"]
        if kind == "CMD":
            asked = stack.call(name, *command)
            assert asked.returncode == 0, (name, asked.stdout, asked.stderr)
    headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    figures = requests.get(f"{stack.address}/metrics", headers=headers, timeout=10).text
    assert "vibecraft_workers 2.0" in figures
    assert 'vibecraft_answer_seconds_count{status="2xx",what="poll"}' in figures
