"""Takes in a real browser: make a clip again, compare, choose the first one again, join again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from accounts.models import User
from songs.models import Song
from tests.browser import axe_violations, open_browser
from vibecraft.jobs.models import Job
from videos import takes
from videos.models import Take, Video
from videos.tests.finished import FIRST_NUMBER_OF_NEXT_CLIP, finished
from videos.tests.test_clips_are_made_again import AGAIN, draw_numbers, fail_to_draw

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
TOO_WIDE = """() => [...document.querySelectorAll("#again, #again *")]
  .filter((one) => !one.closest(".takes") && one.getBoundingClientRect().right > innerWidth + 0.5)
  .map((one) => one.outerHTML)"""
IS_READY = "() => document.getElementById('film').readyState >= 2 && !document.getElementById('film').seeking"
# The number that the stripes of the picture on the screen carry.
SEEN = """() => {
  const film = document.getElementById("film");
  const canvas = document.createElement("canvas");
  canvas.width = film.videoWidth;
  canvas.height = film.videoHeight;
  const context = canvas.getContext("2d");
  context.drawImage(film, 0, 0);
  const row = context.getImageData(0, canvas.height / 2, canvas.width, 1).data;
  const bits = [...Array(12).keys()];
  const isLight = (bit) => row[4 * Math.floor(((bit + 0.5) * canvas.width) / 12)] > 128;
  return bits.reduce((number, bit) => number + (isLight(bit) ? 2 ** bit : 0), 0);
}"""
OF_CLIP_2 = FIRST_NUMBER_OF_NEXT_CLIP


@pytest.fixture
def owner(django_user_model: Any) -> User:
    user: User = django_user_model.objects.create_user("alice@example.org")
    return user


@pytest.fixture
def video(
    owner: User,
    ready_song: Callable[..., Song],
    sections_of: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Video:
    monkeypatch.setattr(takes, "render", draw_numbers)
    song = ready_song(owner)
    sections_of(song)
    return finished(song, tmp_path)


def check_looks(page: Page) -> None:
    """No violation and nothing too wide, on a desk and on a phone."""
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(TOO_WIDE) == []
        assert axe_violations(page, AXE) == []


@contextmanager
def watching(live_server: Any, client: Any, video: Video, *, said: str = r"^$") -> Iterator[Page]:
    """The player, at the second of three clips; the browser may complain of what matches `said`."""
    with open_browser() as (page, complaints):
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page.goto(f"{live_server.url}/videos/{video.pk}")
        page.locator("[data-clip]").nth(1).click()
        page.wait_for_function(IS_READY)
        yield page
        assert [one for one in complaints.said if not re.search(said, one)] == []


def part_of(page: Page) -> Locator:
    """What is said of the clip that is on the screen."""
    return page.locator("#again [data-of-clip]:visible")


def see(page: Page, number: int) -> None:
    """The picture of this number is on the screen."""
    page.wait_for_function(f"(number) => ({SEEN})() === number", arg=number)


def wait_until_joined(page: Page) -> None:
    expect(page.locator("#again")).to_contain_text("is joined again")
    expect(page.locator("#film")).to_have_attribute("src", re.compile(r"\?made="))
    page.wait_for_function(IS_READY)
    assert page.evaluate("Math.round(document.getElementById('film').currentTime)") == 4


def compare_by_pointer_and_focus(page: Page) -> None:
    """The take that is pointed at plays without a sound, and rests when it is left."""
    first, second = part_of(page).locator(".take video").all()
    first.focus()
    page.wait_for_function("(take) => take.currentTime > 0", arg=first.element_handle())
    second.hover()
    page.wait_for_function("(take) => take.currentTime > 0", arg=second.element_handle())
    assert page.eval_on_selector_all(".take video", "all => all.every((take) => take.muted)")
    page.mouse.move(0, 0)
    page.locator("#film").focus()
    rests = "(take) => take.paused && take.currentTime === 0"
    for take in (first, second):
        page.wait_for_function(rests, arg=take.element_handle())
    tops = page.eval_on_selector_all(
        ".again__clip:not([hidden]) .take", "all => all.map((take) => take.offsetTop)"
    )
    assert tops == [tops[0]] * 2, "side by side"


def test_a_clip_is_made_again_compared_and_the_first_take_chosen_again(
    live_server: Any,
    owner: User,
    video: Video,
    client_of: Callable[..., Any],
    do_work: Callable[[], int],
) -> None:
    with watching(live_server, client_of(owner), video) as page:
        part = part_of(page)
        expect(part.locator(".take")).to_have_count(1)
        expect(part).to_contain_text("1 of 1 left")
        see(page, OF_CLIP_2)
        old = page.locator("#film").get_attribute("src")
        part.get_by_text("Change its prompt first").click()
        part.get_by_role("textbox").fill("Another rain")
        part.get_by_role("button", name="Make this clip again").press("Enter")
        expect(page.locator("#again progress")).to_be_visible()
        expect(page.locator("#again")).to_contain_text("0 of 1 clip")
        assert page.locator("#film").get_attribute("src") == old
        page.locator("#film").evaluate("(film) => film.play()")
        page.wait_for_function("() => document.getElementById('film').currentTime > 4.3")
        page.locator("#film").evaluate("(film) => { film.pause(); film.currentTime = 4.001; }")
        do_work()
        wait_until_joined(page)
        see(page, AGAIN + OF_CLIP_2)
        expect(part.locator(".take")).to_have_count(2)
        expect(part.locator(".take").nth(1)).to_contain_text("in the film")
        expect(part.get_by_role("button", name="Make this clip again")).to_be_disabled()
        compare_by_pointer_and_focus(page)
        check_looks(page)
        part.get_by_role("button", name="Choose take 1").click()
        expect(part.locator(".take").nth(0)).to_contain_text("chosen")
        see(page, AGAIN + OF_CLIP_2)
        page.get_by_role("button", name="Join again with the chosen takes").click()
        expect(page.locator("#again progress")).to_be_visible()
        do_work()
        expect(part.locator(".take").nth(0)).to_contain_text("in the film")
        page.wait_for_function(IS_READY)
        see(page, OF_CLIP_2)


def test_a_failed_take_says_why_and_a_clip_that_went_on_is_marked_and_left(
    live_server: Any,
    owner: User,
    video: Video,
    client_of: Callable[..., Any],
    do_work: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, second, third = video.clips.all()
    Take.objects.filter(clip=third).update(continues=second.chosen_take)
    with watching(live_server, client_of(owner), video) as page, monkeypatch.context() as failing:
        part, again = part_of(page), "Make this clip again"
        failing.setattr(takes, "render", fail_to_draw)
        part.get_by_role("button", name=again).click()
        expect(page.locator("#again progress")).to_be_visible()
        do_work()
        expect(page.locator("#again [role=alert]")).to_contain_text(
            "Nothing can be seen. The film is as it was, and the turn is given back.",
        )
        expect(part.locator(".take").nth(1)).to_contain_text("failed")
        expect(part.locator(".take").nth(1)).to_contain_text("Nothing can be seen.")
        expect(part.locator(".take").nth(0)).to_contain_text("in the film")
        expect(part).to_contain_text("1 of 1 left")
        see(page, OF_CLIP_2)
        failing.undo()
        failing.setattr(takes, "render", draw_numbers)
        part.get_by_role("button", name=again).click()
        expect(page.locator("#again progress")).to_be_visible()
        do_work()
        wait_until_joined(page)
        see(page, AGAIN + OF_CLIP_2)
        expect(part).not_to_contain_text("a cut now")
        page.locator("[data-clip]").nth(2).click()
        expect(part).to_contain_text("a cut now")
        expect(part.locator(".take")).to_have_count(1)
        assert third.takes.count() == 1, "nothing is made unasked"


@pytest.mark.parametrize("part", ["clip", "section"])
def test_space_goes_on_with_the_film_while_a_clip_is_made_again(
    live_server: Any, owner: User, video: Video, client_of: Callable[..., Any], part: str
) -> None:
    names = {"clip": "Make this clip again", "section": "Make “"}
    with watching(live_server, client_of(owner), video) as page:
        part_of(page).get_by_role("button", name=names[part]).click()
        expect(page.locator("#again progress")).to_be_visible()
        expect(page.locator("#again")).to_be_focused()
        page.keyboard.press("Space")
        page.wait_for_function("() => !document.getElementById('film').paused")
        page.keyboard.press("Space")
        expect(page.locator("#again progress")).to_be_visible()
        news_leave_the_focus_where_it_is(page)
        # Asked for last: whatever was pressed before has been answered by now.
        (job,) = Job.objects.filter(kind="regeneration")
        assert not job.is_terminal


def news_leave_the_focus_where_it_is(page: Page) -> None:
    """On nothing where one has clicked beside everything, on a button that one has chosen."""
    page.evaluate("document.activeElement.blur()")
    say_how_far(page, 30)
    assert page.evaluate("document.activeElement === document.body")
    cancel = page.locator("#again").get_by_role("button", name="Cancel")
    cancel.focus()
    say_how_far(page, 50)
    expect(cancel).to_be_focused()


def say_how_far(page: Page, percent: int) -> None:
    """What a worker tells is on the page, and the page has come to rest."""
    Job.objects.filter(kind="regeneration").update(status="running", progress=percent)
    expect(page.locator(f"#again [data-percent='{percent}']")).to_be_visible()
    expect(page.locator(".htmx-settling, .htmx-added")).to_have_count(0)


FAILURES = {
    0: "There is no connection. Please try again when you are back online.",
    403: "This page is out of date. Load it again, then try again.",
    404: "This is not there any more. Load the page again to see what is.",
    500: "Something went wrong here. Please try again in a moment.",
}


def test_what_cannot_be_done_is_said(
    live_server: Any, owner: User, video: Video, client_of: Callable[..., Any]
) -> None:
    complaints = r"Failed to load resource|error: (htmx:|Response Status Error)"
    with watching(live_server, client_of(owner), video, said=complaints) as page:
        again = part_of(page).get_by_role("button", name="Make this clip again")
        for status, sentence in FAILURES.items():
            page.route("**/clips/*/again", refused_with(status))
            again.click()
            expect(page.locator(".toast")).to_have_text(sentence)
            expect(again).to_be_enabled()
            page.locator(".toast__close").click()
            page.unroute("**/clips/*/again")
        # A refusal that comes as a part of the page stands there, and nowhere twice.
        video.clips.update(regenerations_left=0)
        again.click()
        expect(page.locator("#again [role=alert]")).to_contain_text("was made again already")
        expect(page.locator(".toast")).to_have_count(0)
    assert not Job.objects.filter(kind="regeneration").exists()


def refused_with(status: int) -> Callable[[Route], None]:
    """Answers with a whole page; 0 is no answer at all."""

    def refuse(route: Route) -> None:
        if status:
            route.fulfill(status=status, body="<!doctype html><title>No</title>")
        else:
            route.abort()

    return refuse
