from __future__ import annotations

import pytest

from vibecraft.media.errors import SENTENCES, TRANSIENT, MediaError, spoken_length


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_code_has_a_sentence_that_reads_well_without_values(code):
    sentence = MediaError(code).sentence
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert "  " not in sentence


def test_limits_are_named_in_the_sentence():
    error = MediaError("too_long", "312 s", max_length=spoken_length(300))
    assert (
        error.sentence
        == "This song is longer than 5 minutes. Bring a shorter one, or trim it first."
    )
    assert str(error) == "too_long: 312 s"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(10, "10 seconds"), (60, "1 minute"), (90, "1 minute 30 seconds"), (300, "5 minutes")],
)
def test_limits_are_said_as_people_say_them(seconds, words):
    assert spoken_length(seconds) == words


def test_only_what_may_pass_by_itself_is_worth_another_try():
    assert {code for code in SENTENCES if not MediaError(code).is_permanent} == TRANSIENT
    assert {"disk_full", "killed", "too_slow", "no_ffmpeg", "verify_failed"} == TRANSIENT
