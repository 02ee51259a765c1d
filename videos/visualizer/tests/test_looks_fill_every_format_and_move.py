"""Each look in each format: nothing black, nothing still, nothing clipped away."""

from __future__ import annotations

import numpy as np
import pytest

from videos.visualizer.brief import Shot
from videos.visualizer.casting import Casting
from videos.visualizer.looks import LOOKS
from videos.visualizer.tests.made import SIZES, brief, draw, song

PARTS = [(name, variant) for name, kind in LOOKS.items() for variant in range(kind.variants)]


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize(("name", "variant"), PARTS)
def test_it_is_lit_and_moves(name: str, variant: int, shape: str) -> None:
    framing = {"wide": "wide", "tall": "medium", "square": "close"}[shape]
    told = brief(size=SIZES[shape], end_frame=253, shot=Shot(framing, "push in"))
    first, *_, last = draw(Casting(name, variant, seed=3), told, song(), 120.0, every=6)
    assert first.shape == SIZES[shape][::-1]
    for luma in (first, last):
        assert 24 < luma.mean() < 190
        assert luma.std() > 8
        assert (luma >= 234).mean() < 0.10
    assert np.abs(first.astype(int) - last).mean() > 1.0


@pytest.mark.parametrize(("name", "variant"), PARTS)
def test_no_quarter_of_the_picture_is_empty(name: str, variant: int) -> None:
    told = brief(end_frame=249)
    luma = draw(Casting(name, variant, seed=3), told, song(), 120.0, every=8)[-1].astype(float)
    quarters = [half for row in np.array_split(luma, 2) for half in np.array_split(row, 2, axis=1)]
    assert min(quarter.std() for quarter in quarters) > 2.0
