"""Palettes: from color words, themes and moods, in this order."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from videos.visualizer.palette import (
    COLORS,
    MOODS,
    THEMES,
    WORDS,
    Palette,
    choose_palette,
    from_oklab,
    linear,
    named,
    palette_of_mood,
    palette_of_words,
    to_oklab,
)


def same(a: Palette, b: Palette) -> bool:
    return all(np.allclose(getattr(a, role), getattr(b, role)) for role in vars(a))


def hue(color: np.ndarray) -> float:  # type: ignore[type-arg]
    _, a, b = to_oklab(color)
    return float(np.degrees(np.arctan2(b, a)) % 360)


def test_every_word_leads_to_a_theme_of_the_table() -> None:
    assert set(WORDS) <= set(THEMES)
    assert set(MOODS) <= set(THEMES)


@pytest.mark.parametrize(
    ("prompt", "theme"),
    [
        ("neon city at night", "neon"),
        ("a walk on the beach", "ocean"),
        ("punk rock video with urban graffiti aesthetics", "graffiti"),
        ("snow falls", "ice"),
    ],
)
def test_the_first_word_that_is_known_decides(prompt: str, theme: str) -> None:
    chosen = palette_of_words(prompt)
    assert chosen is not None
    assert same(chosen, named(theme))


def test_red_and_gold_are_red_and_gold() -> None:
    chosen = palette_of_words("a hall in red and gold")
    assert chosen is not None
    assert abs(hue(chosen.main) - hue(linear(COLORS["red"]))) < 3
    assert abs(hue(chosen.accent) - hue(linear(COLORS["gold"]))) < 3


def test_words_without_color_give_none() -> None:
    assert palette_of_words("four people in a room") is None


def test_the_mood_decides_where_words_do_not() -> None:
    assert same(choose_palette("a video", "a clip", "sad", {}), named("moonlight"))
    assert same(palette_of_mood("", {"energy": 0.9, "valence": 0.9}), named("neon"))
    assert same(palette_of_mood("", {"energy": 0.1, "valence": 0.1}), named("moonlight"))


def test_a_word_of_the_clip_adds_an_accent_only() -> None:
    chosen = choose_palette("neon city", "neon city, fire in the chorus", "", {})
    assert np.allclose(chosen.main, named("neon").main)
    assert np.allclose(chosen.counter, named("fire").main)


@pytest.mark.parametrize("theme", THEMES)
def test_palettes_go_from_dark_to_light_without_jumps(theme: str) -> None:
    palette = named(theme)
    lightness = [
        to_oklab(c)[0] for c in (palette.shadow, palette.deep, palette.main, palette.light)
    ]
    assert lightness == sorted(lightness)
    for table in (palette.ramp(), palette.loop()):
        steps = np.abs(np.diff(to_oklab(table.astype(float)), axis=0)).max()
        assert table.shape == (1024, 3)
        assert steps < 0.02
    assert np.allclose(palette.loop()[0], palette.loop()[-1], atol=1e-5)


def test_sections_get_turned_palettes_that_differ() -> None:
    turned = [named("sunset").turned(index).main for index in range(4)]
    assert all(not np.allclose(a, b) for a, b in itertools.pairwise(turned))


def test_oklab_goes_there_and_back() -> None:
    color = linear("ff7a1a")
    assert np.allclose(from_oklab(to_oklab(color)), color, atol=1e-6)
