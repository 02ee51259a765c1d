from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from vibecraft.media import ffmpeg, images
from vibecraft.media.errors import MediaError
from vibecraft.media.images import accept, thumbnail, within
from vibecraft.media.tests import images as made

MAX_BYTES = 50 * 1024 * 1024
UPRIGHT = (0, 1, 2, 3)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'


def accepted(path, folder, **options):
    (folder / "out").mkdir(exist_ok=True)
    return accept(path, folder / "out", **{"max_bytes": MAX_BYTES, **options})


def refusal(path, folder, **options):
    with pytest.raises(MediaError) as caught:
        accepted(path, folder, **options)
    assert list((folder / "out").iterdir()) == []
    return caught.value.code


@pytest.fixture
def written(tmp_path):
    def write(content: bytes, name: str = "in.png"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


# --- what is accepted ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "ending"),
    [
        ("a.png", {}, "png"),
        ("a.jpg", {"quality": 90}, "jpg"),
        ("a.jpeg", {"quality": 90, "progressive": True}, "jpg"),
        ("a.webp", {"quality": 90}, "jpg"),
        ("a.webp", {"lossless": True}, "png"),
    ],
)
def test_each_kind_is_accepted_in_its_size_and_colors(tmp_path, name, options, ending):
    picture = accepted(made.write(tmp_path / name, **options), tmp_path)
    assert (picture.ending, picture.width, picture.height) == (ending, *made.SIZE)
    assert Image.open(picture.path).size == made.SIZE
    assert made.seen_corners(picture.path) == UPRIGHT
    assert np.abs(made.read(picture.path).astype(int) - made.corners()).mean() < 4


def test_a_png_keeps_every_pixel(tmp_path):
    noise = np.random.default_rng(7).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    picture = accepted(made.write(tmp_path / "a.png", noise), tmp_path)
    assert np.array_equal(made.read(picture.path), noise)


@pytest.mark.parametrize("mode", ["L", "P", "1", "I;16", "RGBA", "LA"])
def test_every_way_to_store_pixels_is_read(tmp_path, mode):
    gray = Image.fromarray(made.corners()).convert("L")
    source = gray.convert("I").convert("I;16") if mode == "I;16" else gray.convert(mode)
    source.save(tmp_path / "a.png")
    picture = accepted(tmp_path / "a.png", tmp_path)
    assert (picture.width, picture.height) == made.SIZE


def test_a_cmyk_jpeg_is_read_in_its_colors(tmp_path):
    Image.fromarray(made.corners()).convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    assert made.seen_corners(accepted(tmp_path / "a.jpg", tmp_path).path) == UPRIGHT


def test_what_is_transparent_becomes_white(tmp_path):
    clear = np.zeros((40, 40, 4), np.uint8)
    clear[:20] = (10, 20, 200, 255)
    picture = accepted(made.write(tmp_path / "a.png", clear), tmp_path)
    pixels = made.read(picture.path)
    assert tuple(pixels[5, 5]) == (10, 20, 200)
    assert tuple(pixels[35, 5]) == (255, 255, 255)


def test_a_transparent_palette_becomes_white_too(tmp_path):
    flat = Image.new("P", (20, 20), 0)
    flat.putpalette([0, 0, 0, 255, 0, 0])
    flat.save(tmp_path / "a.png", transparency=0)
    assert tuple(made.read(accepted(tmp_path / "a.png", tmp_path).path)[5, 5]) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_an_orientation_is_honored_and_then_gone(tmp_path, name, orientation):
    """Each stored so that a viewer that honors the orientation shows the corners upright."""
    upright = Image.fromarray(made.corners())
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    turned = upright.transpose(undo[orientation]) if orientation > 1 else upright
    made.write(tmp_path / name, np.asarray(turned), exif=made.exif(orientation))
    picture = accepted(tmp_path / name, tmp_path)
    assert (picture.width, picture.height) == made.SIZE
    assert made.seen_corners(picture.path) == UPRIGHT
    assert dict(Image.open(picture.path).getexif()) == {}


def test_no_metadata_is_kept(tmp_path):
    source = made.write(tmp_path / "a.jpg", exif=made.exif(1), comment=b"<?php evil ?>")
    content = accepted(source, tmp_path).path.read_bytes()
    assert b"taken at home" in source.read_bytes()
    assert (b"taken at home" in content, b"php" in content, b"Lavc" in content) == (False,) * 3


def test_a_large_picture_is_kept_smaller_in_its_shape(tmp_path, written):
    picture = accepted(written(made.png_of_size(8192, 4096)), tmp_path)
    assert (picture.width, picture.height) == (4096, 2048)
    assert Image.open(picture.path).size == (4096, 2048)


def test_what_a_camera_appends_is_dropped_without_a_word(tmp_path, written):
    plain = made.write(tmp_path / "a.jpg").read_bytes()
    film = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 4
    picture = accepted(written(plain + film, "b.jpg"), tmp_path)
    assert b"ftyp" not in picture.path.read_bytes()


def test_its_name_says_nothing_of_what_it_is(tmp_path):
    made.write(tmp_path / "a.png").rename(tmp_path / "song.mp3")
    assert accepted(tmp_path / "song.mp3", tmp_path).ending == "png"


# --- what is refused -------------------------------------------------------------------------------


def test_an_empty_file(tmp_path, written):
    assert refusal(written(b""), tmp_path) == "image_empty"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\x00" * 100, "not_image"),
        (b"just words", "not_image"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", "not_image"),
        (b"#EXTM3U\nhttp://127.0.0.1/a.png", "not_image"),
        (b"PK\x03\x04" + bytes(60), "not_image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "not_image"),
        (b"push graphic-context\nfill 'url(https://example.org/)'", "not_image"),
        (b"GIF89a" + bytes(20), "image_kind"),
        (b"II*\x00" + bytes(20), "image_kind"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(20), "image_kind"),
        (SVG, "image_svg"),
        (b'<?xml version="1.0"?>\n<!-- a -->' + SVG, "image_svg"),
    ],
)
def test_what_is_no_picture_of_ours(tmp_path, written, content, code):
    assert refusal(written(content), tmp_path) == code


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_a_moving_picture(tmp_path, name):
    assert refusal(made.animated(tmp_path / name), tmp_path) == "image_animated"


def test_more_bytes_than_allowed(tmp_path):
    source = made.write(tmp_path / "a.png")
    size = source.stat().st_size
    assert refusal(source, tmp_path, max_bytes=size - 1) == "image_too_big"
    assert accepted(source, tmp_path, max_bytes=size).width == made.SIZE[0]


@pytest.mark.parametrize(
    ("width", "height"), [(8193, 10), (10, 8193), (6400, 6251), (30000, 30000)]
)
def test_more_pixels_than_allowed_are_refused_before_any_decoder(
    tmp_path, written, monkeypatch, width, height
):
    monkeypatch.setattr(images, "run", lambda *_, **__: pytest.fail("decoded"))
    rows = min(height, 10)
    content = made.png_of_size(width, rows).replace(
        rows.to_bytes(4, "big"), height.to_bytes(4, "big"), 1
    )
    assert refusal(written(content), tmp_path) == "image_too_many_pixels"


def test_exactly_forty_million_pixels_are_allowed(tmp_path, written):
    picture = accepted(written(made.png_of_size(8000, 5000)), tmp_path)
    assert (picture.width, picture.height) == (4096, 2560)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_a_file_that_was_cut_off(tmp_path, written, name, share):
    noise = np.random.default_rng(7).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    whole = made.write(tmp_path / name, noise).read_bytes()
    cut = written(whole[: max(16, int(len(whole) * share))], f"cut-{name}")
    assert refusal(cut, tmp_path) == "image_truncated"


def test_a_jpeg_whose_end_was_forged(tmp_path, written):
    noise = np.random.default_rng(7).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    whole = made.write(tmp_path / "a.jpg", noise).read_bytes()
    assert refusal(written(whole[: len(whole) // 2] + b"\xff\xd9"), tmp_path) == "image_truncated"


def test_a_png_with_a_wrong_checksum(tmp_path, written):
    content = bytearray(made.write(tmp_path / "a.png").read_bytes())
    content[content.index(b"IDAT") + 10] ^= 0xFF
    assert refusal(written(bytes(content)), tmp_path) == "image_truncated"


def test_a_png_whose_header_lies_about_its_size(tmp_path, written):
    content = made.png_of_size(64, 64)
    lie = content.replace((64).to_bytes(4, "big") * 2, (4000).to_bytes(4, "big") * 2, 1)
    assert refusal(written(lie), tmp_path) == "image_truncated"


def _zip() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("evil.class", "x")
    return content.getvalue()


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
@pytest.mark.parametrize(
    "hidden",
    [_zip(), b"%PDF-1.7\n", b"<script>alert(1)</script>", b"pad <?PHP system(1);", b"\x7fELF\x02"],
)
def test_a_picture_with_another_file_behind_it(tmp_path, written, name, hidden):
    plain = made.write(tmp_path / name).read_bytes()
    assert refusal(written(plain + hidden, f"b-{name}"), tmp_path) == "image_polyglot"


def test_every_broken_picture_ends_in_a_refusal_or_a_picture(tmp_path, written):
    """60 mutants: whatever the decoder meets, the child ends by itself and says how."""
    noise = np.random.default_rng(3).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    chance = np.random.default_rng(11)
    runs: list[ffmpeg.Run] = []
    codes: set[str] = set()
    with ffmpeg.recording(runs.append):
        for name in ("a.png", "a.jpg", "a.webp"):
            whole = made.write(tmp_path / name, noise).read_bytes()
            for _ in range(20):
                mutant = bytearray(whole)
                for at in chance.integers(12, len(whole), 3):
                    mutant[at] = int(chance.integers(256))
                try:
                    accepted(written(bytes(mutant), "mutant"), tmp_path)
                except MediaError as error:
                    codes.add(error.code)
    assert [run for run in runs if run.exit_code < 0] == []
    assert {code for code in codes if "image" not in code} == set()


# --- thumbnails and sizes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1280, 720), (640, 360)),
        ((300, 900), (213, 640)),
        ((90, 60), (90, 60)),
        ((4000, 2), (640, 1)),
    ],
)
def test_a_thumbnail_keeps_the_shape_and_is_never_enlarged(tmp_path, size, expected):
    source = made.write(tmp_path / "a.png", np.zeros((size[1], size[0], 3), np.uint8))
    thumbnail(source, tmp_path / "t.jpg", size=size)
    picture = Image.open(tmp_path / "t.jpg")
    assert (picture.format, picture.size) == ("JPEG", expected)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((8192, 4096), (4096, 2048)),
        ((100, 8192), (50, 4096)),
        ((8192, 1), (4096, 1)),
        ((5, 5), (5, 5)),
    ],
)
def test_a_size_within_a_limit_keeps_its_shape(size, expected):
    assert within(size, 4096) == expected
