"""In a browser: lines are dragged, tapped and written; a video gets another format and a focus."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from songs.models import Section, Song
from tests.browser import Complaints, axe_violations, open_browser
from vibecraft import storage
from vibecraft.jobs.models import Job
from vibecraft.media.ffmpeg import run
from vibecraft.media.files import url
from videos.models import Clip, Take, Video
from videos.tests.cast import ready

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parent / "vendor/axe-core/axe.min.js"
HEARD = [
    {"start": 1.0, "end": 1.5, "text": "Hold"},
    {"start": 1.5, "end": 2.0, "text": "me"},
    {"start": 2.0, "end": 3.0, "text": "closer"},
    {"start": 4.2, "end": 4.8, "text": "engines"},
]
LINES: list[dict[str, Any]] = [
    {"start": 1.0, "end": 3.0, "text": "Hold me closer", "words": HEARD[:3]},
    {"start": 4.0, "end": 5.0, "text": "till the engines die", "words": [], "is_doubtful": True},
    {"start": 6.0, "end": 8.0, "text": "again and again", "words": []},
]


@pytest.fixture
def song(
    alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., list[Section]]
) -> Song:
    song = ready_song(alice)
    sections_of(song)
    song.lyrics, song.heard_words = LINES, HEARD
    song.save()
    return song


@pytest.fixture
def browser(
    alice: User, live_server: LiveServer, client_of: Callable[[User], Client]
) -> Iterator[tuple[Page, Complaints]]:
    """Alice's browser, signed in."""
    session = client_of(alice).cookies["sessionid"].value
    with open_browser() as (page, complaints):
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        yield page, complaints


def looked_at(page: Page, name: str) -> None:
    """Keep pictures of the page for whoever wants to see it: both themes, wide and narrow."""
    folder = os.environ.get("PICTURES")
    if not folder:
        return
    for scheme in ("dark", "light"):
        for width in (1440, 390):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(300)
            page.screenshot(path=f"{folder}/{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 1440, "height": 900})


def shown(page: Page) -> list[list[str]]:
    """Start, end and words of each row."""
    rows: list[list[str]] = page.eval_on_selector_all(
        ".ly-row", "rows => rows.map(row => [...row.querySelectorAll('input')].map(i => i.value))"
    )
    return rows


AT_FIRST = [
    ["0:01.00", "0:03.00", "Hold me closer"],
    ["0:04.00", "0:05.00", "till the engines die"],
    ["0:06.00", "0:08.00", "again and again"],
]


def open_editor(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function("() => document.querySelector('[data-timeline]').timeline")
    page.get_by_role("button", name="Edit on the timeline").click()
    page.get_by_role("heading", name="Lyrics on the timeline").wait_for()


def place(page: Page, seconds: float) -> dict[str, float]:
    """Where a time lies in the lane of the lyrics, and how many seconds a pixel is."""
    found: dict[str, float] = page.evaluate(
        """(seconds) => {
          const lane = document.querySelector("[data-lyrics]");
          const { viewport } = document.querySelector("[data-timeline]").timeline;
          lane.scrollIntoView({ block: "center" });
          const box = lane.getBoundingClientRect();
          return { x: box.x + viewport.xOf(seconds), y: box.y + 20, pixel: viewport.secondsPerPixel() };
        }""",
        seconds,
    )
    return found


def drag_in_lane(page: Page, start: float, to: float) -> float:
    """Drag from a time to another; returns the seconds of a pixel."""
    at, target = place(page, start), place(page, to)
    page.mouse.move(at["x"], at["y"])
    page.mouse.down()
    page.mouse.move((at["x"] + target["x"]) / 2, at["y"])
    page.mouse.move(target["x"], at["y"])
    page.mouse.up()
    return at["pixel"]


def seconds_of(text: str) -> float:
    minutes, seconds = text.split(":")
    return 60 * int(minutes) + float(seconds)


WATCH_KEYS = """() => {
  const { player } = document.querySelector("[data-timeline]").timeline;
  window.pressed = [];
  const note = () => window.pressed.push(player.currentTime());
  for (const type of ["keydown", "keyup"]) window.addEventListener(type, note, { capture: true });
}"""


def test_lines_are_edited_on_the_timeline_and_in_place(
    song: Song, live_server: LiveServer, browser: tuple[Page, Complaints]
) -> None:
    page, complaints = browser
    address = f"{live_server.url}/songs/{song.pk}"
    open_editor(page, address)
    assert shown(page) == AT_FIRST
    doubt = page.locator(".ly-row").nth(1).locator(".ly-row__doubt span")
    assert doubt.inner_text() == (
        "Look at this one. Only 1 of its 4 words was heard between 0:04 and 0:05."
    )
    looked_at(page, "lyrics")
    assert axe_violations(page, AXE) == []

    # An edge and a body, by mouse; undo gives the exact state back.
    pixel = drag_in_lane(page, 5.0, 5.5)
    assert abs(seconds_of(shown(page)[1][1]) - 5.5) <= pixel + 0.011
    assert doubt.is_hidden(), "a person has set its times"
    drag_in_lane(page, 7.0, 9.0)
    moved = [seconds_of(text) for text in shown(page)[2][:2]]
    assert abs(moved[0] - 8.0) <= pixel + 0.011
    assert moved[1] - moved[0] == pytest.approx(2.0, abs=0.011)
    page.get_by_role("button", name="Undo").last.click()
    page.get_by_role("button", name="Undo").last.click()
    assert shown(page) == AT_FIRST
    assert doubt.is_visible()

    # The keyboard alone: divide, join, nudge, confirm.
    words = page.get_by_label("Words of line 1")
    words.focus()
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+Enter")
    assert shown(page)[:2] == [["0:01.00", "0:01.50", "Hold"], ["0:01.50", "0:03.00", "me closer"]]
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Words of line 2"
    page.keyboard.press("Backspace")
    assert shown(page) == AT_FIRST
    page.get_by_label("Start of line 3").focus()
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("ArrowUp")
    assert shown(page)[2][0] == "0:06.11"
    page.get_by_role("button", name="It is right: line 2").press("Enter")
    assert doubt.is_hidden()

    # What cannot be is said at its place, and not sent.
    end = page.get_by_label("End of line 3")
    end.fill("0:05")
    end.press("Tab")
    fault = page.locator(".ly-row").nth(2).locator("[data-tone=bad]")
    assert fault.inner_text() == "It has to end at least a tenth of a second after it starts."
    page.get_by_role("button", name="Save the lyrics").click()
    song.refresh_from_db()
    assert song.lyrics == LINES
    end.fill("0:08.5")
    end.press("Tab")
    assert fault.count() == 0

    # The draft outlives the page.
    page.goto(address)
    page.get_by_role("heading", name="Lyrics on the timeline").wait_for()
    assert shown(page) == [AT_FIRST[0], AT_FIRST[1], ["0:06.11", "0:08.50", "again and again"]]

    # Tapping along: a key for each line while the song plays.
    page.get_by_label("Words of line 2").focus()
    page.get_by_role("button", name="Tap along").press("Enter")
    page.get_by_text("Line 2 of 3").wait_for()
    looked_at(page, "tapping")
    page.evaluate(WATCH_KEYS)
    now = "document.querySelector('[data-timeline]').timeline.player"
    page.evaluate(f"() => {{ {now}.seek(4.3); {now}.play(); }}")
    page.wait_for_function(f"() => {now}.currentTime() > 4.5")
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => {now}.currentTime() > window.pressed[0] + 0.6")
    page.keyboard.down("l")
    page.wait_for_function(f"() => {now}.currentTime() > window.pressed[2] + 0.6")
    page.keyboard.up("l")
    page.keyboard.press("Escape")
    first, _, second, third, *_ = page.evaluate("() => window.pressed")
    tapped = [[seconds_of(text) for text in row[:2]] for row in shown(page)]
    assert tapped[1][0] == pytest.approx(first, abs=0.05)
    assert tapped[1][1] == tapped[2][0] == pytest.approx(second, abs=0.05)
    assert tapped[2][1] == pytest.approx(third, abs=0.05)

    page.get_by_role("button", name="Save the lyrics").click()
    page.get_by_text("Everything is saved.").wait_for()
    song.refresh_from_db()
    # A page shows hundredths of a second, the song keeps thousandths.
    for line, shown_times in zip(song.lyrics, tapped, strict=True):
        assert [line["start"], line["end"]] == pytest.approx(shown_times, abs=0.0051)
    assert (song.lyrics[0]["words"], song.lyrics[1]["is_doubtful"]) == (HEARD[:3], False)
    assert page.evaluate("Object.keys(localStorage).filter(key => key.includes('lyrics'))") == []
    page.locator("#song-lyrics .lyrics__doubt").wait_for(state="detached")
    assert complaints.said == []


def save_lines(page: Page) -> None:
    page.locator("[data-act=save]").click()


@dataclass
class Late:
    """A route that keeps the first request, and lets the others go on."""

    first: Route | None = None

    def __call__(self, route: Route) -> None:
        if self.first is None:
            self.first = route
        else:
            route.continue_()

    def taken(self, page: Page) -> Route:
        """The first request, once it was sent; the browser goes on only while it is asked."""
        for _ in range(500):
            if self.first is not None:
                return self.first
            page.wait_for_timeout(20)
        raise AssertionError("nothing was sent")


def first_words(song: Song) -> str:
    song.refresh_from_db()
    return str(song.lyrics[0]["text"])


def test_what_is_typed_while_lines_are_saved_stays_and_is_saved_next(
    song: Song, live_server: LiveServer, browser: tuple[Page, Complaints]
) -> None:
    page, complaints = browser
    open_editor(page, f"{live_server.url}/songs/{song.pk}")
    words, state = page.get_by_label("Words of line 1"), page.locator("[data-ly=state]")
    # The server stores it without the space at its end.
    words.fill("Hold me nearer ")
    late = Late()
    page.route(f"**/api/songs/{song.pk}/lyrics", late)
    save_lines(page)
    save = late.taken(page)
    words.press("End")
    expect(words).to_be_focused()
    page.keyboard.type("now")
    save.continue_()
    expect(page.locator(".toast")).to_contain_text("The lyrics are saved.")
    expect(words).to_be_focused()
    expect(words).to_have_value("Hold me nearer now")
    expect(page.locator("#song-lyrics .lyrics__lines")).to_contain_text("Hold me nearer")
    expect(words).to_be_focused()
    expect(words).to_have_value("Hold me nearer now")
    expect(state).to_contain_text("Your changes are not saved yet")
    expect(page.locator(".toast")).to_have_count(1)
    assert first_words(song) == "Hold me nearer"
    page.reload()
    expect(words).to_have_value("Hold me nearer now")
    save_lines(page)
    expect(state).to_have_text("Everything is saved.")
    assert first_words(song) == "Hold me nearer now"
    words.fill("Hold me ")
    save_lines(page)
    expect(words).to_have_value("Hold me")
    expect(state).to_have_text("Everything is saved.")
    assert complaints.said == []


def test_lyrics_that_were_pasted_below_are_those_on_the_timeline(
    song: Song, live_server: LiveServer, browser: tuple[Page, Complaints]
) -> None:
    page, complaints = browser
    open_editor(page, f"{live_server.url}/songs/{song.pk}")
    page.get_by_role("link", name="Change the lyrics").click()
    page.locator("#song-lyrics textarea").fill("[00:02.00] All new words\n[00:05.00] from below")
    page.locator("#song-lyrics").get_by_role("button", name="Save the lyrics").click()
    words = page.get_by_label("Words of line 1")
    expect(words).to_have_value("All new words")
    expect(page.locator(".ly-row")).to_have_count(2)
    expect(page.locator("[data-ly=state]")).to_have_text("Everything is saved.")
    page.get_by_role("button", name="Undo").last.click()
    assert shown(page) == AT_FIRST
    expect(page.locator("[data-ly=state]")).to_contain_text("Your changes are not saved yet")
    assert complaints.said == []


def test_lines_that_were_saved_are_not_replaced_by_those_a_form_was_opened_with(
    song: Song, live_server: LiveServer, browser: tuple[Page, Complaints]
) -> None:
    page, complaints = browser
    open_editor(page, f"{live_server.url}/songs/{song.pk}")
    page.get_by_role("link", name="Change the lyrics").click()
    expect(page.locator("#song-lyrics textarea")).to_be_focused()
    words = page.get_by_label("Words of line 1")
    words.fill("Hold me nearer")
    save_lines(page)
    expect(page.locator("[data-ly=state]")).to_have_text("Everything is saved.")
    page.evaluate("document.addEventListener('htmx:load', () => { window.isRenamed = true; })")
    page.get_by_role("link", name=f"Rename {song.title}").click()
    page.wait_for_function("() => window.isRenamed")
    assert words.input_value() == "Hold me nearer"
    page.locator("#song-lyrics").get_by_role("link", name="Cancel").click()
    expect(page.locator("#song-lyrics .lyrics__lines")).to_contain_text("Hold me nearer")
    assert words.input_value() == first_words(song) == "Hold me nearer"
    assert complaints.said == []


def test_the_lyrics_below_are_never_older_than_what_was_saved_last(
    song: Song, live_server: LiveServer, browser: tuple[Page, Complaints]
) -> None:
    page, complaints = browser
    open_editor(page, f"{live_server.url}/songs/{song.pk}")
    words, below = page.get_by_label("Words of line 1"), f"{live_server.url}/songs/{song.pk}/lyrics"
    late = Late()
    page.route(below, late)
    words.fill("Hold me nearer")
    save_lines(page)
    first = late.taken(page)
    older = first.fetch()
    words.fill("Hold me now")
    save_lines(page)
    expect(page.locator(".toast")).to_have_count(2)
    first.fulfill(response=older)
    expect(page.locator("#song-lyrics .lyrics__lines")).to_contain_text("Hold me now")
    assert words.input_value() == first_words(song) == "Hold me now"
    assert page.locator(".toast").count() == 2
    # The answer that does not count any more was given up, which htmx says.
    given_up = ("htmx:sendAbort", "htmx:afterRequest")
    assert [said for said in complaints.said if not any(one in said for one in given_up)] == []


def test_a_page_that_was_opened_before_its_scripts_were_there_leads_back_to_the_song(
    song: Song, live_server: LiveServer, browser: tuple[Page, Complaints]
) -> None:
    page, complaints = browser
    address = f"{live_server.url}/songs/{song.pk}"
    page.goto(f"{address}/lyrics?edit")
    page.locator("textarea").fill("[00:02.00] All new words")
    page.get_by_role("button", name="Save the lyrics").click()
    page.wait_for_url(f"{address}#lyrics")
    expect(page.locator("#lyrics")).to_contain_text("All new words")
    page.goto(f"{address}/rename?place=page")
    page.get_by_label("Title").fill("Night Ride")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Night Ride")
    section = song.sections.get(section_index=1)
    page.goto(f"{address}/sections/{section.pk}?edit")
    page.get_by_label("Label").press("Escape")
    page.wait_for_url(f"{address}#sections")
    assert complaints.said == []


@pytest.fixture
def video(song: Song, tmp_path: Path) -> Video:
    """A wide film as if a paid model had made its clips; its pictures are there, its takes are not."""
    video = ready(song)
    Take.objects.filter(clip__video=video).update(model="seedance-1-lite")
    Video.objects.filter(pk=video.pk).update(model="seedance-1-lite")
    draw(tmp_path, 320, 180, *Take.objects.values_list("thumbnail_key", flat=True))
    film_of(video, tmp_path, 320, 180)
    return Video.objects.get(pk=video.pk)


def draw(folder: Path, width: int, height: int, *keys: str) -> None:
    """Store a test picture under each of these keys."""
    picture = folder / "picture.jpg"
    source = ["-f", "lavfi", "-i", f"testsrc2=size={width}x{height}"]
    run([*source, "-frames:v", "1", "-y", url(picture)], folder=folder)
    for key in keys:
        copy = folder / "copy.jpg"
        copy.write_bytes(picture.read_bytes())
        storage.put(key, copy)


def film_of(video: Video, folder: Path, width: int, height: int) -> None:
    """Give a video a small film, so that it is ready."""
    made = folder / "film.mp4"
    words = ["-f", "lavfi", "-i", f"testsrc2=size={width}x{height}:rate=24:duration=12"]
    words += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-y"]
    run([*words, "-movflags", "+faststart", url(made)], folder=folder)
    key = storage.video_key(video.owner_id, video.pk, "film.mp4")
    storage.put(key, made)
    facts = {"width": width, "height": height, "frames": 288}
    rows = Video.objects.filter(pk=video.pk)
    rows.update(status="ready", film_key=key, film_facts=facts, poster_key=key)


def crop_quickly(made: Video, folder: Path) -> None:
    """What the worker does with a format, without the time that pictures of full size take."""
    for take in Take.objects.filter(clip__video=made).select_related("clip"):
        key = storage.take_key(made.owner_id, made.pk, take.clip.clip_index, take.number)
        names = {"key": key, "thumbnail_key": key.replace(".mp4", ".jpg")}
        draw(folder, 180, 320, names["thumbnail_key"])
        Take.objects.filter(pk=take.pk).update(status="succeeded", **names)
        Clip.objects.filter(pk=take.clip_id).update(chosen_take=take, film_take=take)
    Job.objects.filter(video_id=made.pk).update(status="succeeded", progress=100)
    film_of(made, folder, 180, 320)


def test_a_video_gets_another_format_and_another_focus(
    video: Video, live_server: LiveServer, browser: tuple[Page, Complaints], tmp_path: Path
) -> None:
    page, complaints = browser
    page.goto(f"{live_server.url}/videos/{video.pk}")
    safe = page.locator(".stage .safe")
    assert safe.is_hidden()
    page.get_by_role("button", name="Safe areas").click()
    assert safe.is_visible()
    looked_at(page, "player")
    page.get_by_role("button", name="Make it in 9:16").click()
    page.wait_for_url(lambda address: str(video.pk) not in address)
    made = Video.objects.exclude(pk=video.pk).get()
    assert page.get_by_role("heading", name="Night Drive 9:16").is_visible()
    page.goto("about:blank")
    crop_quickly(made, tmp_path)
    page.goto(f"{live_server.url}/videos/{made.pk}")
    page.wait_for_function("() => document.getElementById('film').readyState >= 1")
    assert safe.is_visible(), "the choice is remembered"
    film, frame = page.locator("#film").bounding_box(), safe.bounding_box()
    assert film is not None
    assert frame is not None
    assert frame["height"] == pytest.approx(film["height"], abs=1)
    assert frame["width"] == pytest.approx(film["height"] * 9 / 16, abs=1)
    looked_at(page, "player-tall")

    page.get_by_role("link", name="Choose what stays in the picture").click()
    slider = page.get_by_role("slider", name="What stays of clip 2")
    expect(slider).to_have_attribute("aria-valuenow", "50")
    slider.press("ArrowRight")
    slider.press("Shift+ArrowRight")
    across = page.locator("#x-2")
    assert across.input_value() == "61.0"
    source = page.locator("#crop-2 [data-source]").bounding_box()
    assert source is not None
    page.mouse.click(source["x"] + 0.8 * source["width"], source["y"] + source["height"] / 2)
    assert float(across.input_value()) == pytest.approx(80, abs=0.5)
    # 0.8 is the middle of 0.642 to 0.958 of the picture: 0.939 of the way to its right edge.
    position = page.locator("#crop-2 [data-preview]").evaluate("one => one.style.objectPosition")
    assert float(position.split("%")[0]) == pytest.approx(93.9, abs=0.7)
    assert page.get_by_text("1 clip is cropped anew.").is_visible()
    looked_at(page, "focus")
    assert axe_violations(page, AXE) == []
    page.get_by_role("button", name="Crop and join again").click()
    page.wait_for_url("**/videos/*#again")
    page.locator("#again").get_by_text("Cropping 1 clip").wait_for()
    take = Take.objects.get(clip__video=made, number=2)
    assert (take.clip.clip_index, take.kind) == (1, "reframed")
    assert take.focus_x == pytest.approx(0.8, abs=0.005)
    assert take.source_id == Take.objects.get(clip__video=video, clip__clip_index=1).pk

    # The page follows it to its end by itself, and shows the new film.
    crop_quickly(made, tmp_path)
    expect(page.locator("#again")).not_to_contain_text("Cropping")
    expect(page.locator("#film")).to_have_attribute("src", re.compile("made="))
    assert complaints.said == []
