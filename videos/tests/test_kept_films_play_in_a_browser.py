"""A real browser, without an account or with one, plays what was shared and what was exported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser import open_browser
from videos import sharing
from videos.export_requests import request_export
from videos.models import Export, Take, Video
from videos.tests import cast
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


def share_and_end_it(page: Page, visitor: Page) -> None:
    """Share from the library's card, watch it as somebody without an account, switch it off."""
    page.get_by_role("link", name="Share Night Drive").click()
    page.get_by_role("button", name="Make an address").click()
    address = page.locator("#share-url").input_value()
    visitor.goto(address)
    assert visitor.eval_on_selector("video", SEEK)["time"] == 6
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("button", name="Make an address")).to_be_visible()
    answer = visitor.goto(address)
    assert answer is not None
    assert answer.status == 404
    page.get_by_role("button", name="Close").click()


def export_and_play(page: Page, do_work: Callable[[], int]) -> None:
    page.get_by_label("WebM").check()
    page.get_by_label("480p").check()
    page.get_by_label("Lyrics in the picture").select_option("karaoke")
    page.get_by_role("button", name="Make this file").click()
    expect(page.locator("#exports-list progress")).to_be_visible()
    do_work()
    link = page.get_by_role("link", name="Download WebM 480p, lyrics: Karaoke")
    expect(link).to_be_visible()
    page.evaluate(LOAD, link.get_attribute("href"))
    assert page.eval_on_selector("#tried", SEEK)["width"] == 480
    page.evaluate("document.getElementById('tried').remove()")


def make_final(page: Page) -> None:
    page.locator("#finalize").get_by_role("link", name="Make it final").click()
    first = page.get_by_role("dialog", name="Make this video final?")
    expect(first).to_contain_text("Deleted: 3 takes in 3 files, 15 KB.")
    first.get_by_role("link", name="Go on").click()
    expect(page.get_by_role("heading", name="Really final?")).to_be_visible()
    expect(page.locator("main")).to_contain_text("3 takes in 3 files, 15 KB")
    page.get_by_role("button", name="Make it final").click()
    expect(page.get_by_role("heading", name="This video is final")).to_be_visible()
    for name in ("Make this clip again", "Lip-sync this clip", "Choose take"):
        assert page.get_by_role("button", name=name).count() == 0
    assert page.eval_on_selector("#film", SEEK)["time"] == 6


def test_a_film_is_shared_exported_made_final_found_and_deleted(
    alice: User,
    film_of: Callable[..., Video],
    do_work: Callable[[], int],
    client_of: Callable[[User], Client],
    live_server: Any,
    settings: Any,
) -> None:
    settings.SITE_URL = live_server.url
    video = film_of(alice)
    Take.objects.filter(clip__video=video).update(size_bytes=5000)
    Video.objects.filter(pk=video.pk).update(is_counted=True)
    User.objects.filter(pk=alice.pk).update(videos_used=1)
    cast.draft_of(video.song, title="Another idea")
    cookie = client_of(alice).cookies["sessionid"].value
    with open_browser() as (page, complaints):
        visitor = page.context.browser.new_page() if page.context.browser else page
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page.goto(live_server.url + reverse("library"))
        names = page.locator(".video-card h2")
        expect(names).to_have_text(["Another idea", "Night Drive"])
        page.get_by_label("Sort").select_option("oldest")
        expect(names).to_have_text(["Night Drive", "Another idea"])
        page.get_by_role("searchbox").fill("idea")
        page.keyboard.press("Enter")
        expect(names).to_have_text(["Another idea"])
        page.goto(live_server.url + reverse("library"))
        share_and_end_it(page, visitor)
        export_and_play(page, do_work)
        make_final(page)
        page.goto(live_server.url + reverse("library"))
        chip = page.locator(".quota-chip")
        expect(chip).to_contain_text("1 of 15")
        page.get_by_role("link", name="Delete Night Drive").click()
        page.get_by_role("dialog", name="Delete this video?").get_by_text("Keep it").click()
        assert Video.objects.filter(pk=video.pk).exists()
        page.get_by_role("link", name="Delete Night Drive").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(names).to_have_text(["Another idea"])
        expect(chip).to_contain_text("0 of 15")
        assert complaints.said == []
