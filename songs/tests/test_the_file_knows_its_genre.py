"""The genre that a file names goes before the one that we hear."""

from __future__ import annotations

import pytest

from songs.analysis import genre_of
from songs.audio.genre import Genre

HEARD = Genre("folk", ("pop", "jazz", "rock"), 0.4, ("clean tones",))


def test_what_the_file_says_comes_first_and_what_we_hear_after() -> None:
    assert genre_of(HEARD, {"genre": " Rock "}) == Genre(
        "rock", ("folk", "pop", "jazz"), 1.0, ("the file says so",)
    )


@pytest.mark.parametrize("said", ["", "Other", "unknown", "(17)", "  "])
def test_a_tag_that_says_nothing_changes_nothing(said: str) -> None:
    assert genre_of(HEARD, {"genre": said}) is HEARD
