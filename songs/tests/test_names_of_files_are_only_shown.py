"""A file's name is a text for people: no path, no control characters, never too long."""

from __future__ import annotations

import pytest

from songs.intake import display_name, title_of


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.mp3", "passwd.mp3"),
        ("C:\\Music\\Night Drive.wav", "Night Drive.wav"),
        ("Sommer ☀️ 🎧.m4a", "Sommer ☀️ 🎧.m4a"),
        ("a\x00b\r\nc\u202e.mp3", "abc.mp3"),
        ("", "song"),
        ("/", "song"),
    ],
)
def test_a_name_is_shown_without_what_could_do_harm(name: str, shown: str) -> None:
    assert display_name(name) == shown


def test_of_a_long_name_the_end_is_kept() -> None:
    shown = display_name("x" * 300 + ".mp3")
    assert (len(shown), shown[-4:]) == (150, ".mp3")


@pytest.mark.parametrize(
    ("name", "tags", "typed", "title"),
    [
        ("night_drive.mp3", {}, "", "night drive"),
        ("01.mp3", {"title": "Night Drive"}, "", "Night Drive"),
        ("01.mp3", {"title": "Night Drive"}, "  My song ", "My song"),
        (".mp3", {}, "", "Untitled song"),
        ("a.mp3", {}, "AC/DC", "AC-DC"),
    ],
)
def test_the_title_is_typed_or_tagged_or_the_name(
    name: str, tags: dict[str, str], typed: str, title: str
) -> None:
    assert title_of(name, tags, typed) == title
