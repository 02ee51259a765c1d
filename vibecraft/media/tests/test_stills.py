from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vibecraft.media.errors import MediaError
from vibecraft.media.house import house_writer
from vibecraft.media.stills import still
from vibecraft.media.tests.making import BITS, SMALL, make_clip


def _number(path) -> int:
    row = np.asarray(Image.open(path).convert("L"))[90]
    return sum(1 << bit for bit in range(BITS) if row[round(320 * (bit + 0.5) / BITS)] > 137)


@pytest.mark.parametrize("frame", [0, 1, 47, 48, 49, 99])
def test_a_still_shows_exactly_its_frame(tmp_path, frame):
    make_clip(tmp_path / "a.mp4", range(100))
    still(tmp_path / "a.mp4", tmp_path / "a.jpg", frame=frame, width=320)
    assert _number(tmp_path / "a.jpg") == frame


def test_a_still_keeps_the_shape_and_carries_nothing_else(tmp_path):
    make_clip(tmp_path / "a.mp4", range(2))
    still(tmp_path / "a.mp4", tmp_path / "a.jpg", frame=0, width=160)
    picture = Image.open(tmp_path / "a.jpg")
    assert (picture.format, picture.size) == ("JPEG", (160, 90))
    assert dict(picture.getexif()) == {}


def test_a_still_has_the_colors_of_the_film(tmp_path):
    # 0x3060c0 in BT.709, limited range.
    frame = bytes([96]) * 57600 + bytes([175]) * 14400 + bytes([103]) * 14400
    with house_writer(tmp_path / "a.mp4", size=SMALL, drawn_size=SMALL, frames=2) as write:
        write(frame)
        write(frame)
    still(tmp_path / "a.mp4", tmp_path / "a.jpg", frame=1, width=320)
    color = np.asarray(Image.open(tmp_path / "a.jpg").convert("RGB")).mean(axis=(0, 1))
    assert color.tolist() == pytest.approx([0x30, 0x60, 0xC0], abs=3)


def test_a_frame_that_is_not_there_gives_no_file(tmp_path):
    make_clip(tmp_path / "a.mp4", range(10))
    with pytest.raises(MediaError) as caught:
        still(tmp_path / "a.mp4", tmp_path / "a.jpg", frame=10, width=320)
    assert caught.value.code == "no_picture"
    assert not (tmp_path / "a.jpg").exists()
