"""Every key of the player does what the list of keys says, and none does anything while one types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from songs.models import Song
from tests.browser import axe_violations, open_browser
from videos.models import Video
from videos.tests.finished import finished

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
SECONDS = 12.0
LINES = [
    {"start": 0.5, "end": 4.0, "text": "Hold me closer", "words": []},
    {"start": 6.0, "end": 9.0, "text": "till the engines die", "words": []},
]
IS_READY = "() => document.getElementById('film').readyState >= 3"
# Everything that a key can change.
STATE = """() => {
  const film = document.getElementById("film");
  return {
    at: Math.round(film.currentTime * 100) / 100,
    paused: film.paused,
    muted: film.muted,
    captions: film.textTracks[0].mode,
    full: Boolean(document.fullscreenElement),
    list: document.getElementById("keys").open,
  };
}"""
# Each key pressed where the film stands at 4 s, and where it stands then; beats are half a second apart.
SEEKS = {
    "j": 0.0,
    "l": 11.95,
    "ArrowLeft": 3.0,
    "ArrowRight": 5.0,
    "Shift+ArrowLeft": 0.0,
    "Shift+ArrowRight": 9.0,
    ",": 3.5,
    ".": 4.5,
    "Home": 0.0,
    "End": 11.95,
    "0": 0.0,
    "1": 1.2,
    "5": 6.0,
    "9": 10.8,
}
OTHERS = ("Space", "k", "f", "c", "m", "?")


@pytest.fixture
def video(
    alice: User,
    ready_song: Callable[..., Song],
    sections_of: Callable[..., Any],
    tmp_path: Path,
) -> Video:
    song = ready_song(alice, seconds=SECONDS)
    Song.objects.filter(pk=song.pk).update(lyrics=LINES)
    song.refresh_from_db()
    sections_of(song)
    return finished(song, tmp_path)


@pytest.fixture
def player(live_server: Any, alice: User, video: Video, client_of: Any) -> Iterator[Page]:
    with open_browser() as (page, complaints):
        cookie = client_of(alice).cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page.goto(f"{live_server.url}/videos/{video.pk}")
        page.wait_for_function(IS_READY)
        yield page
        assert complaints.said == []


def stand_at(page: Page, seconds: float) -> None:
    page.evaluate("(at) => { document.getElementById('film').currentTime = at; }", seconds)
    page.wait_for_function("() => !document.getElementById('film').seeking")


def changed_by(page: Page, key: str) -> dict[str, Any]:
    """What a key has changed, from 4 seconds on."""
    stand_at(page, 4.0)
    before = page.evaluate(STATE)
    page.keyboard.press(key)
    page.wait_for_function("() => !document.getElementById('film').seeking")
    after = page.evaluate(STATE)
    return {name: value for name, value in after.items() if value != before[name]}


def test_each_key_does_what_the_list_says(player: Page, video: Video) -> None:
    for key, seconds in SEEKS.items():
        met = changed_by(player, key)
        assert set(met) == {"at"}, (key, met)
        assert met["at"] == pytest.approx(seconds, abs=0.02), key
    for key in ("Space", "k"):
        assert changed_by(player, key)["paused"] is False
        player.wait_for_function("() => document.getElementById('film').currentTime > 4.1")
        player.keyboard.press(key)
        assert player.evaluate(STATE)["paused"] is True
    assert (changed_by(player, "m"), changed_by(player, "m")) == ({"muted": True}, {"muted": False})
    assert changed_by(player, "c") == {"captions": "showing"}
    assert changed_by(player, "c") == {"captions": "hidden"}
    assert changed_by(player, "?") == {"list": True}
    # Only the dialog's own keys act while it is open.
    assert changed_by(player, "m") == {}
    assert changed_by(player, "Escape") == {"list": False}
    player.keyboard.press("f")
    player.wait_for_function("() => document.fullscreenElement?.id === 'film'")
    player.keyboard.press("f")
    player.wait_for_function("() => !document.fullscreenElement")


def test_the_list_names_every_key(player: Page) -> None:
    player.get_by_role("button", name="Keys").click()
    named = set(player.locator("#keys kbd").all_text_contents())
    arrows = {"ArrowLeft": "←", "ArrowRight": "→"}
    used = {arrows.get(key, key.upper()) for key in (*SEEKS, *OTHERS) if "Shift" not in key}
    used = {key.capitalize() if len(key) > 1 else key for key in used} - set("15")
    assert used <= named


def test_no_key_fires_while_one_types(player: Page) -> None:
    player.locator("#again summary:visible").first.click()
    prompt = player.locator("#again textarea:visible")
    prompt.fill("")
    for key in (*SEEKS, *OTHERS):
        prompt.focus()
        assert changed_by(player, key) == {}, key
    assert sorted(prompt.input_value().lower()) == sorted("jl,.0159 kfcm?")
    # Another clip plays by now; the field stays until something else has the focus.
    expect(player.locator("#place")).to_contain_text("clip 2 of 3")
    expect(prompt).to_be_focused()
    player.locator("[data-clip]").last.click()
    expect(player.locator("#again [data-of-clip='3']")).to_be_visible()
    expect(player.locator("#again [data-of-clip='1']")).to_be_hidden()


def test_the_current_clip_line_and_section_are_lit_and_lead_there(player: Page) -> None:
    stand_at(player, 7.0)
    lit = player.locator("#lyrics [aria-current]")
    expect(lit).to_have_text("till the engines die")
    expect(player.locator("#sung")).to_have_text("till the engines die")
    expect(player.locator("#place")).to_contain_text("Chorus, clip ")
    player.locator("[data-line]").first.click()
    assert player.evaluate(STATE)["at"] == pytest.approx(0.5, abs=0.02)
    last = player.locator("[data-clip]").last
    last.click()
    expect(last).to_have_attribute("aria-current", "true")
    start = float(last.get_attribute("data-start") or "")
    assert player.evaluate(STATE)["at"] == pytest.approx(start, abs=0.02)
    stand_at(player, 5.0)
    expect(player.locator("#lyrics [aria-current]")).to_have_count(0)


def test_at_its_end_the_film_is_still_at_its_last_clip(player: Page) -> None:
    """What stands under the film acts on the clip that was seen last."""
    player.locator("[data-clip]").last.click()
    stand_at(player, player.evaluate("document.getElementById('film').duration"))
    assert player.evaluate("document.getElementById('film').ended")
    expect(player.locator("#strip [aria-current]")).to_contain_text("Clip 3")
    expect(player.locator("#place")).to_contain_text("clip 3 of 3")
    expect(player.locator("#again [data-of-clip='3']")).to_be_visible()
    expect(player.locator("#again [data-of-clip='1']")).to_be_hidden()


CUES = """() => [...document.getElementById("film").textTracks[0].activeCues ?? []].map((one) => one.text)"""
MARKS = """() => {
  const bar = document.getElementById("position").getBoundingClientRect();
  const marks = [...document.querySelectorAll("#position svg svg")];
  const share = (mark) => (mark.firstElementChild.getBoundingClientRect().left - bar.left) / bar.width;
  return marks.map((mark) => [mark.textContent.trim(), Math.round(12 * share(mark))]);
}"""


def test_captions_sections_and_pictures_are_where_they_belong(player: Page) -> None:
    player.keyboard.press("c")
    for seconds, said in ((7.0, ["till the engines die"]), (5.0, []), (1.0, ["Hold me closer"])):
        stand_at(player, seconds)
        player.wait_for_function(f"(said) => ({CUES})().join() === said", arg=",".join(said))
    assert player.evaluate(MARKS) == [["Intro", 0], ["Chorus", 4], ["Outro", 8]]
    pictures = "all => all.map((one) => one.complete && one.naturalWidth > 0)"
    assert player.eval_on_selector_all("#strip img", pictures) == [True] * 3


def test_it_plays_the_sound_of_the_film_and_nothing_else(player: Page) -> None:
    assert player.locator("audio").count() == 0
    player.keyboard.press("Space")
    heard = "() => document.getElementById('film').webkitAudioDecodedByteCount > 0"
    player.wait_for_function(heard)
    assert player.locator("#film").get_attribute("muted") is None


def test_it_stands_in_both_themes_on_a_desk_and_on_a_phone(player: Page) -> None:
    for theme in ("dark", "light"):
        player.emulate_media(color_scheme=theme)
        for width in (1440, 390):
            player.set_viewport_size({"width": width, "height": 900})
            overflow = "() => document.documentElement.scrollWidth - innerWidth"
            assert player.evaluate(overflow) <= 0, (theme, width)
            assert axe_violations(player, AXE) == [], (theme, width)
