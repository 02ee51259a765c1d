"""Looks by video type, changed at each section, the same inside one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from videos.visualizer.brief import Shot
from videos.visualizer.camera import camera_for
from videos.visualizer.casting import REPERTOIRE, cast, kind_of
from videos.visualizer.looks import LOOKS
from videos.visualizer.scene import drawn_size, fitted, frames
from videos.visualizer.tests.made import beats_of, brief, song


def test_every_part_of_the_repertoire_exists() -> None:
    for parts in REPERTOIRE.values():
        assert all(variant < LOOKS[name].variants for name, variant in parts)


def test_every_look_is_used() -> None:
    assert {name for parts in REPERTOIRE.values() for name, _ in parts} == set(LOOKS)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Abstract visualizer", "abstract"),
        ("Performance", "performance"),
        ("Narrative", "narrative"),
        ("Nature and scenery", "nature"),
        ("Urban", "urban"),
        ("a band in a garage", "performance"),
        ("nothing known", "abstract"),
    ],
)
def test_a_type_in_any_words(words: str, kind: str) -> None:
    assert kind_of(words, "") == kind


def test_the_prompt_decides_where_the_type_says_nothing() -> None:
    assert kind_of("surprise me", "a drive along the coast, mountains in fog") == "nature"


@pytest.mark.parametrize("kind", REPERTOIRE)
def test_sections_beside_each_other_differ(kind: str) -> None:
    parts = [cast(brief(video_type=kind, section_index=index)) for index in range(10)]
    assert all((a.look, a.variant) != (b.look, b.variant) for a, b in itertools.pairwise(parts))


def test_a_section_change_changes_the_picture() -> None:
    pictures = []
    for section in (0, 1):
        told = brief(video_type="nature", section_index=section, end_frame=241)
        pictures.append(next(iter(frames(told, song(), *beats_of(120.0)))).astype(int))
    assert np.abs(pictures[0] - pictures[1]).mean() > 10


@pytest.mark.parametrize("kind", REPERTOIRE)
def test_framings_differ(kind: str) -> None:
    pictures = []
    for framing in ("wide", "close"):
        told = brief(video_type=kind, end_frame=241, shot=Shot(framing, "static"))
        pictures.append(next(iter(frames(told, song(), *beats_of(120.0)))).astype(int))
    assert np.abs(pictures[0] - pictures[1]).mean() > 4


@pytest.mark.parametrize(
    ("move", "sign"), [("slow push in", 1), ("dolly out, pull back", -1), ("zoom in", 1)]
)
def test_camera_moves_are_read_from_words(move: str, sign: int) -> None:
    camera = camera_for(Shot("wide", move), seed=1)
    start, end = camera.view(0.0, 0.0, 0.0), camera.view(1.0, 0.0, 0.0)
    assert (end.zoom > start.zoom) == (sign > 0)


def test_pans_go_the_way_they_say() -> None:
    left = camera_for(Shot("wide", "pan left"), seed=1)
    right = camera_for(Shot("wide", "pan right"), seed=1)
    assert left.view(1.0, 0.0, 0.0).x < left.view(0.0, 0.0, 0.0).x
    assert right.view(1.0, 0.0, 0.0).x > right.view(0.0, 0.0, 0.0).x


@pytest.mark.parametrize(
    ("size", "drawn"),
    [
        ((1920, 1080), (1280, 720)),
        ((1080, 1920), (720, 1280)),
        ((1080, 1080), (960, 960)),
        ((320, 180), (320, 180)),
    ],
)
def test_drawn_sizes_keep_the_shape(size: tuple[int, int], drawn: tuple[int, int]) -> None:
    assert fitted(size, 1280 * 720) == drawn


def test_drawn_size_never_exceeds_the_film() -> None:
    assert drawn_size(brief()) == (320, 180)
