"""Pictures and storyboard in a real browser: keys, dragging, polling, uploads, on a phone as well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import LazySettings
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.models import User
from songs.models import Song
from tests.browser import axe_violations, open_browser
from vibecraft.media.tests import images as made
from videos import storyboard
from videos.models import Asset, Still, Video
from videos.tests import boards

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parents[2] / "tests" / "vendor" / "axe-core" / "axe.min.js"


@pytest.fixture(autouse=True)
def _beside_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser's driver keeps an event loop in this thread, which Django takes for its own."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def enter(page: Page, client: Client, address: str) -> None:
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": address}])


def is_narrow_enough(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def order(page: Page) -> list[str]:
    scenes = page.locator(".scene")
    return [str(scene.get_attribute("data-clip")) for scene in scenes.all()]


@pytest.fixture
def video(
    alice: User,
    ready_song: Callable[..., Song],
    sections_of: Callable[..., Any],
    do_work: Callable[[], int],
) -> Video:
    draft = boards.draft(ready_song(alice), sections_of, model="visualizer")
    storyboard.start_storyboard(draft)
    do_work()
    return boards.fresh(draft)


def test_scenes_are_moved_refined_and_approved(
    live_server: Any, alice: User, client_of: Any, video: Video, do_work: Callable[[], int]
) -> None:
    with open_browser() as (page, complaints):
        enter(page, client_of(alice), live_server.url)
        page.goto(f"{live_server.url}/videos/{video.pk}/storyboard")
        before = order(page)
        page.locator(f"#later-{before[0]}").press("Enter")
        expect(page.locator(".scene").nth(1)).to_have_attribute("data-clip", before[0])
        expect(page.locator(f"#later-{before[0]}")).to_be_focused()
        page.locator(f"#scene-{before[0]} .scene__frame").drag_to(
            page.locator(".scene__frame").first, target_position={"x": 5, "y": 20}
        )
        expect(page.locator(".scene").first).to_have_attribute("data-clip", before[0])
        assert order(page) == before == [str(clip.pk) for clip in boards.clips(video)]
        refine(page, before[1], do_work)
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("button", name="Generate")).to_be_visible()
        assert axe_violations(page, AXE) == []
        page.set_viewport_size({"width": 390, "height": 844})
        assert is_narrow_enough(page)
        assert complaints.said == []
    assert boards.fresh(video).refinements_left == 4


def refine(page: Page, clip: str, do_work: Callable[[], int]) -> None:
    """Words that are being written elsewhere outlast the polling."""
    other = page.locator(".scene textarea").first
    page.locator(".scene__words summary").first.click()
    other.fill("Half a sentence")
    page.locator(f"#scene-{clip} summary").click()
    page.locator(f"#scene-{clip} textarea").fill("A lighthouse in a storm")
    page.locator(f"#scene-{clip} .scene__words button").click()
    expect(page.locator(f"#scene-{clip}")).to_contain_text("Being made again")
    expect(page.locator("#storyboard-state")).to_have_attribute("data-state", "running")
    expect(page.locator(".scene__move:enabled")).to_have_count(0)
    do_work()
    expect(page.locator("#storyboard-state")).to_have_attribute("data-state", "idle")
    expect(page.locator(f"#scene-{clip}")).to_have_attribute("data-state", "made")
    expect(page.locator(f"#scene-{clip} textarea")).to_have_value("A lighthouse in a storm")
    expect(other).to_have_value("Half a sentence")
    assert page.locator(".scene__move:enabled").count() > 0


def test_words_that_are_not_sent_outlast_a_move(
    live_server: Any, alice: User, client_of: Any, video: Video
) -> None:
    with open_browser() as (page, complaints):
        enter(page, client_of(alice), live_server.url)
        page.goto(f"{live_server.url}/videos/{video.pk}/storyboard")
        first, second, *_ = order(page)
        words = page.locator(f"#prompt-{second}")
        page.locator(f"#words-{second} summary").click()
        words.fill("Half a sentence")
        for button, to in (("later", 1), ("earlier", 0)):
            page.locator(f"#{button}-{first}").press("Enter")
            expect(page.locator(".scene").nth(to)).to_have_attribute("data-clip", first)
            # The focus goes there last: a key that is pressed before goes astray.
            expect(page.locator(f"#scene-{first} .scene__move:focus")).to_have_count(1)
            expect(words).to_be_visible()
            expect(words).to_have_value("Half a sentence")
        expect(page.locator(".scene__words[open]")).to_have_count(1)
        assert complaints.said == []


def test_a_higher_price_comes_to_the_buttons_and_leaves_the_words(
    live_server: Any, alice: User, client_of: Any, video: Video, settings: LazySettings
) -> None:
    settings.REPLICATE_API_TOKEN = "r8_not_a_real_token"
    Video.objects.filter(pk=video.pk).update(model=boards.AI_MODEL)
    nadia = boards.character(alice)
    with open_browser() as (page, complaints):
        enter(page, client_of(alice), live_server.url)
        page.goto(f"{live_server.url}/videos/{video.pk}/storyboard")
        first, second, *_ = order(page)
        for clip in (first, second):
            page.locator(f"#words-{clip} summary").click()
            page.locator(f"#prompt-{clip}").fill(f"Half a sentence of {clip}")
        button = page.locator(f"#refine-{second}")
        expect(button).to_have_text("Make it again for $0.003")
        Video.objects.filter(pk=video.pk).update(character_id=nadia.pk)
        button.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("the price is now about $0.04.")
        for clip in (first, second):
            expect(page.locator(f"#refine-{clip}")).to_have_text("Make it again for $0.04")
            expect(page.locator(f"#prompt-{clip}")).to_have_value(f"Half a sentence of {clip}")
        expect(page.locator("#storyboard-state")).to_be_focused()
        button.press("Enter")
        expect(page.locator(f"#scene-{second}")).to_contain_text("Being made again")
        # The question is an answer with an error's number.
        assert [said for said in complaints.said if "409" not in said] == []
    assert Still.objects.active().get().prompt == f"Half a sentence of {second}"


def test_pictures_are_dropped_chosen_and_refused(
    live_server: Any, alice: User, client_of: Any, video: Video, tmp_path: Path
) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    files = [made.write(tmp_path / f"face {number}.png", noise) for number in range(3)]
    (tmp_path / "fake.png").write_bytes(b"GIF89a" + bytes(40))
    with open_browser(width=390, height=844) as (page, complaints):
        enter(page, client_of(alice), live_server.url)
        page.goto(f"{live_server.url}/assets?for={video.pk}")
        page.set_input_files("#picture-upload input[type=file]", files[0])
        expect(page.locator(".picture")).to_have_count(1)
        page.set_input_files(
            "#picture-upload input[type=file]", [*files[1:], tmp_path / "fake.png"]
        )
        expect(page.locator(".picture")).to_have_count(3)
        expect(page.locator("[data-upload-error]")).to_contain_text("Save it as PNG, JPEG or WebP")
        assert is_narrow_enough(page)
        assert axe_violations(page, AXE) == []
        page.goto(f"{live_server.url}/videos/{video.pk}")
        asset = Asset.objects.first()
        assert asset is not None
        page.locator(f"#character-{asset.pk}").click()
        expect(page.locator(f"#character-{asset.pk}")).to_have_attribute("aria-pressed", "true")
        page.reload()
        expect(page.locator(f"#character-{asset.pk}")).to_have_attribute("aria-pressed", "true")
        page.locator("#character-none").press("Enter")
        expect(page.locator("#character-none")).to_have_attribute("aria-pressed", "true")
        assert is_narrow_enough(page)
        # The refusal of the false picture is an answer with an error's number.
        assert [said for said in complaints.said if "415" not in said] == []
    assert boards.fresh(video).character_id is None
    assert Asset.objects.count() == 3


def test_a_picture_whose_card_does_not_come_is_stored_and_stands_in_no_ones_way(
    live_server: Any, alice: User, client_of: Any, tmp_path: Path
) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    files = [made.write(tmp_path / f"face {number}.png", noise) for number in range(3)]
    with open_browser() as (page, _):
        enter(page, client_of(alice), live_server.url)
        page.goto(f"{live_server.url}/assets")
        choose, cards = page.locator("#picture-upload input[type=file]"), page.locator(".picture")
        choose.set_input_files(files[0])
        expect(cards).to_have_count(1)
        page.route("**/card", lambda route: route.abort(), times=1)
        choose.set_input_files(files[1])
        expect(page.locator(".toast")).to_have_text(
            "The picture is stored. Load this page again to see it."
        )
        choose.set_input_files(files[2])
        expect(cards).to_have_count(2)
        # Sent again, it is the same picture, and has one card.
        choose.set_input_files(files[1])
        expect(cards).to_have_count(3)
        choose.set_input_files(files[2])
        expect(page.locator(".toast", has_text="The picture is here.")).to_have_count(3)
        expect(cards).to_have_count(3)
    assert Asset.objects.count() == 3
