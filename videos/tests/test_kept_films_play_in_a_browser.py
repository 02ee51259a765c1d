"""A real browser, without an account or with one, plays what was shared and what was exported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.browser import open_browser
from videos import sharing
from videos.export_requests import request_export
from videos.models import Export, Video
from videos.tests.test_exports import film_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["film_of"]

# Resolves once the picture at 6 seconds is there, or with what the browser says against the file.
SEEK = """
(film) => new Promise((done) => {
  const said = () => ({
    time: film.currentTime, width: film.videoWidth, height: film.videoHeight,
    duration: Math.round(film.duration * 10) / 10, error: film.error ? film.error.message : "",
  });
  film.addEventListener("seeked", () => done(said()));
  film.addEventListener("error", () => done(said()));
  const seek = () => { film.currentTime = 6; };
  if (film.readyState >= 1) seek(); else film.addEventListener("loadedmetadata", seek);
})
"""
LOAD = """(address) => {
  const film = document.createElement("video");
  film.id = "tried"; film.muted = true; film.src = address; document.body.append(film);
}"""


def test_a_visitor_plays_and_seeks_a_shared_film(
    alice: User, film_of: Callable[..., Video], live_server: Any, settings: Any
) -> None:
    settings.SITE_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    address = sharing.share(film_of(alice))
    with open_browser(390, 844) as (page, complaints):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200
        seen = page.eval_on_selector("video", SEEK)
        assert seen == {"time": 6, "width": 1080, "height": 1080, "duration": 10, "error": ""}
        box = page.locator("video").bounding_box()
        assert box is not None
        assert (round(box["width"]), round(box["height"])) == (358, 358)
        assert complaints.said == []


def test_every_kind_of_export_plays(
    alice: User,
    film_of: Callable[..., Video],
    do_work: Callable[[], int],
    client_of: Callable[[User], Client],
    live_server: Any,
) -> None:
    video = film_of(alice)
    for kind in Export.Format.values:
        request_export(video, format=kind, height=480, lyrics="large")
    do_work()
    cookie = client_of(alice).cookies["sessionid"].value
    with open_browser() as (page, complaints):
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        for export in Export.objects.all():
            page.goto(live_server.url + reverse("account"))
            page.evaluate(LOAD, reverse("export-file", args=[video.pk, export.pk]))
            seen = page.eval_on_selector("#tried", SEEK)
            assert (export.format, seen) == (
                export.format,
                {"time": 6, "width": 480, "height": 480, "duration": 10, "error": ""},
            )
        assert complaints.said == []
