"""The direction page in a real browser: nothing that was typed is lost, whatever the network does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from playwright.sync_api import Page, Request, Route, expect

from accounts.models import User
from songs.models import Song
from tests.browser import Complaints, open_browser
from tests.stack import wait_until
from videos.models import Video
from videos.tests import cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OWN = "Only these words of mine."


@pytest.fixture(autouse=True)
def _beside_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser's driver keeps an event loop in this thread, which Django takes for its own."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def video(
    alice: User, ready_song: Callable[..., Song], sections_of: Callable[[Song], Any]
) -> Video:
    song = ready_song(alice)
    sections_of(song)
    return cast.draft_of(song)


@pytest.fixture
def page(
    live_server: Any, alice: User, client_of: Callable[[User], Client], video: Video
) -> Iterator[Page]:
    with open_browser() as (page, complaints):
        session = client_of(alice).cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page.goto(f"{live_server.url}/videos/{video.pk}")
        yield page
        assert unexpected(complaints) == []


def unexpected(complaints: Complaints) -> list[str]:
    """A refusal is an answer with an error's number, which the browser notes."""
    return [
        said for said in complaints.said if not re.search(r"(status of|Error Code) 40[0-9]", said)
    ]


class Hold:
    """The requests of an address, kept back until they are let go."""

    def __init__(self, page: Page, path: str, method: str) -> None:
        self.page, self.method = page, method
        self.held: list[Route] = []
        self.is_open = False
        page.route(re.compile(f"/{path}$"), self._on_request)

    def _on_request(self, route: Route) -> None:
        if self.is_open or route.request.method != self.method:
            route.continue_()
        else:
            self.held.append(route)

    def wait(self) -> None:
        """Until the page has asked."""
        for _ in range(200):
            if self.held:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("The page has not asked.")

    def let_go(self) -> None:
        self.is_open = True
        for route in self.held:
            route.continue_()


def clip_words(page: Page, number: int = 1) -> Any:
    """The words of one clip, in their open fold."""
    page.locator(f"#clip-{number}-fold summary").click()
    return page.locator(f"#clip-{number}-prompt")


def saved(page: Page) -> None:
    expect(page.locator("#save-state")).to_contain_text("All changes saved")


def words_of(video: Video, number: int = 1) -> str:
    return video.clips.get(clip_index=number - 1).prompt


def posts_of(page: Page) -> list[str]:
    """The last parts of the addresses that the page will post to."""
    posts: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            posts.append(request.url.rstrip("/").rsplit("/", 1)[-1])

    page.on("request", note)
    return posts


def test_generate_waits_for_the_last_words_of_a_clip(page: Page, video: Video) -> None:
    posts = posts_of(page)
    clip_words(page).fill(OWN)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#direction")).to_have_count(0)
    assert posts == ["1", "generate"]
    assert words_of(video) == OWN
    video.refresh_from_db()
    assert video.status == Video.Status.GENERATING


def test_generate_is_not_sent_while_words_of_a_clip_are_refused(page: Page, video: Video) -> None:
    words = clip_words(page)
    words.fill("")
    for _ in range(2):
        page.locator("#clip-1-fold summary").click()
        expect(words).to_be_hidden()
        page.get_by_role("button", name="Generate").click()
        expect(words).to_be_focused()
        expect(page.locator("#clip-1-state")).to_contain_text("A prompt cannot be empty.")
        expect(page.locator("#launch-unsaved")).to_be_visible()
    video.refresh_from_db()
    assert video.status == Video.Status.DRAFT
    words.fill(OWN)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#direction")).to_have_count(0)
    assert words_of(video) == OWN


def test_enter_in_a_field_leaves_the_prompt_alone(page: Page, video: Video) -> None:
    page.locator("#prompt").fill(OWN)
    saved(page)
    for field in ("#title", ".own-type", "#budget"):
        page.locator(field).press("Enter")
    page.locator("#title").fill("After Enter")
    saved(page)
    expect(page.locator("#prompt")).to_have_value(OWN)
    video.refresh_from_db()
    assert (video.title, video.overall_prompt) == ("After Enter", OWN)


def test_a_page_that_is_out_of_date_says_so_and_keeps_the_words(page: Page, video: Video) -> None:
    page.evaluate("document.body.setAttribute('hx-headers', '{\"X-CSRFToken\": \"old\"}')")
    page.evaluate(
        "document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach((field) => field.remove())"
    )
    page.locator("#title").fill("Typed too late")
    expect(page.locator("#save-state")).to_contain_text("this page is out of date")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "refused")
    video.clips.filter(clip_index=0).delete()
    words = clip_words(page)
    words.fill(OWN)
    expect(page.locator("#clip-1-state")).to_contain_text("this page is out of date")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#launch-unsaved")).to_be_visible()
    expect(words).to_have_value(OWN)
    expect(page.locator("#title")).to_have_value("Typed too late")


def test_a_prompt_that_follows_the_idea_spares_what_was_typed_meanwhile(
    page: Page, video: Video
) -> None:
    answers = Hold(page, "direction", "POST")
    page.locator("#idea").fill("A calm drive along the sea")
    answers.wait()
    page.locator("#prompt").fill(OWN)
    answers.let_go()
    saved(page)
    expect(page.locator("#prompt")).to_have_value(OWN)
    video.refresh_from_db()
    assert (video.idea, video.overall_prompt) == ("A calm drive along the sea", OWN)


def test_a_prompt_follows_the_idea_when_nobody_types_in_it(page: Page) -> None:
    page.locator("#idea").fill("A calm drive along the sea")
    expect(page.locator("#prompt")).to_have_value(re.compile("A calm drive along the sea"))


def choose_flavor(page: Page, name: str) -> None:
    page.locator(f"input[name=flavor][value={name}]").evaluate(
        "one => one.closest('details').open = true"
    )
    page.locator(f"label:has(input[name=flavor][value={name}])").click()


def test_what_should_not_be_seen_follows_the_flavor_on_the_page(page: Page, video: Video) -> None:
    choose_flavor(page, "stadium")
    expect(page.locator("#negative")).to_have_value(re.compile("rehearsal space"))
    # It is saved already, and goes on following.
    choose_flavor(page, "default")
    expect(page.locator("#negative")).to_have_value(video.negative_prompt)
    saved(page)
    before = video.negative_prompt
    video.refresh_from_db()
    assert (video.flavor, video.negative_prompt) == ("default", before)


def test_what_should_not_be_seen_spares_what_was_typed_meanwhile(page: Page, video: Video) -> None:
    page.locator("#negative").evaluate("one => one.closest('details').open = true")
    answers = Hold(page, "direction", "POST")
    choose_flavor(page, "stadium")
    answers.wait()
    page.locator("#negative").fill(OWN)
    answers.let_go()
    saved(page)
    expect(page.locator("#negative")).to_have_value(OWN)
    video.refresh_from_db()
    assert (video.flavor, video.negative_prompt) == ("stadium", OWN)


def test_a_new_plan_waits_for_whoever_types_in_the_old_one(page: Page, video: Video) -> None:
    answers = Hold(page, "plan", "GET")
    page.locator("#prompt").fill("Ten thousand paper boats at dusk.")
    answers.wait()
    words = clip_words(page)
    words.fill(OWN)
    with page.expect_response(re.compile("/plan$")):
        answers.let_go()
    expect(page.locator("#clip-1-state")).to_contain_text("Saved")
    expect(words).to_be_focused()
    expect(words).to_have_value(OWN)
    page.locator("#title").focus()
    expect(page.locator("#clip-2-prompt")).to_have_value(re.compile("paper boats"))
    expect(words).to_have_value(OWN)
    assert words_of(video) == OWN


def test_a_refused_writing_leaves_the_prompt_and_its_field(page: Page, video: Video) -> None:
    answers = Hold(page, "direction", "POST")
    page.locator("#prompt").fill(OWN)
    answers.wait()
    Video.objects.filter(pk=video.pk).update(status=Video.Status.GENERATING)
    page.locator("#prompt-write").click()
    answers.let_go()
    expect(page.locator("#save-state")).to_contain_text("can no longer be changed")
    expect(page.locator("#prompt-field #prompt")).to_have_value(OWN)
    expect(page.locator("#save-state")).to_have_count(1)


def another_tab(page: Page) -> Page:
    tab = page.context.new_page()
    tab.goto(page.url)
    return tab


def test_two_tabs_take_nothing_back_from_each_other(page: Page, video: Video) -> None:
    tab = another_tab(page)
    page.locator("#prompt").fill(OWN)
    saved(page)
    tab.locator("#title").fill("From the other tab")
    saved(tab)
    page.locator("label:has(input[value=nature])").click()
    saved(page)
    # The page is left before what was typed last is sent.
    tab.locator("#idea").fill("Paper boats")
    tab.close(run_before_unload=True)
    page.locator("#negative").evaluate("one => one.closest('details').open = true")
    page.locator("#negative").fill("No cars.")
    saved(page)
    wait_until(lambda: Video.objects.get(pk=video.pk).idea == "Paper boats", 30)
    video.refresh_from_db()
    assert (video.title, video.overall_prompt) == ("From the other tab", OWN)
    assert (video.video_type, video.negative_prompt) == ("nature", "No cars.")


def test_own_words_for_the_kind_of_video_come_back_when_they_are_chosen_again(
    page: Page, video: Video
) -> None:
    page.locator(".own-type").fill("Paper cut")
    saved(page)
    page.locator("label:has(input[value=nature])").click()
    saved(page)
    page.locator("#type-own").check()
    saved(page)
    video.refresh_from_db()
    assert video.video_type == "Paper cut"


def test_what_was_refused_is_sent_again_with_the_next_change(page: Page, video: Video) -> None:
    page.locator("#title").fill("")
    expect(page.locator("#save-state")).to_contain_text("A video needs a title.")
    page.locator("#idea").fill("Paper boats")
    expect(page.locator("#save-state")).to_contain_text("A video needs a title.")
    page.locator("#title").fill("Harbour")
    saved(page)
    video.refresh_from_db()
    assert (video.title, video.idea) == ("Harbour", "Paper boats")


def test_another_plan_waits_for_the_last_words_of_a_clip(page: Page, video: Video) -> None:
    posts = posts_of(page)
    clip_words(page).fill("")
    page.get_by_role("button", name="Plan again").click()
    expect(page.locator("#clip-1-state")).to_contain_text("Not saved")
    expect(page.locator("#clip-1-prompt")).to_be_focused()
    assert posts == ["1"]
    page.locator("#clip-1-prompt").fill(OWN)
    with page.expect_response(re.compile("/plan$")):
        page.get_by_role("button", name="Plan again").click()
    assert posts == ["1", "1", "plan"]


def test_a_preview_waits_for_the_last_words(
    page: Page, video: Video, settings: LazySettings
) -> None:
    settings.REPLICATE_API_TOKEN = "r8_not_a_real_token"
    Video.objects.filter(pk=video.pk).update(model="p-video-draft")
    page.reload()
    posts = posts_of(page)
    clip_words(page).fill(OWN)
    page.get_by_role("button", name="Preview for free").click()
    page.wait_for_url(lambda address: str(video.pk) not in address)
    assert posts == ["1", "preview"]
    made = Video.objects.exclude(pk=video.pk).get()
    assert (made.status, words_of(made)) == ("generating", OWN)


def test_generate_at_a_price_that_was_not_shown_yet_asks_first(
    page: Page, video: Video, settings: LazySettings
) -> None:
    settings.REPLICATE_API_TOKEN = "r8_not_a_real_token"
    Video.objects.filter(pk=video.pk).update(model="visualizer")
    page.reload()
    Hold(page, "direction", "POST")
    page.locator("input[name=model][value=p-video-draft]").evaluate("one => one.click()")
    page.get_by_role("button", name="Generate, free").click()
    expect(page.get_by_role("alert")).to_contain_text("Press again to agree.")
    video.refresh_from_db()
    assert (video.status, video.model) == (Video.Status.DRAFT, "p-video-draft")
    page.get_by_role("button", name="Generate for $").click()
    expect(page.locator("#direction")).to_have_count(0)
    video.refresh_from_db()
    assert video.status == Video.Status.GENERATING


def test_all_who_wait_for_the_words_of_a_clip_hear_how_it_went(page: Page) -> None:
    answers = Hold(page, "clips/1", "POST")
    clip_words(page).fill("")
    answers.wait()
    generate = page.get_by_role("button", name="Generate")
    generate.click()
    page.get_by_role("button", name="Plan again").click()
    answers.let_go()
    expect(page.locator("#launch-unsaved")).to_be_visible()
    expect(generate).not_to_have_attribute("data-busy", "")
