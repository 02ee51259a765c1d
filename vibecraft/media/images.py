"""Images from outside: looked at, decoded only in the sandboxed child, and written anew.

What is kept is pixels and nothing else: no metadata, no place where it was taken, no second file
behind the picture. The original is never served.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vibecraft.media import limits
from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import ShouldStop, run
from vibecraft.media.files import neutral, private_folder, url, whole
from vibecraft.media.house import Size
from vibecraft.media.image_looks import ImageLook, hides_another_file, look_at
from vibecraft.media.limits import MIB, Guard, Limits
from vibecraft.media.sniff import HEAD_BYTES, refuse_at_sight

MAX_SIDE = 8192
MAX_PIXELS = 40_000_000
# More than any model reads; what is larger is kept at this length of its longer side.
KEPT_SIDE = 4096
THUMBNAIL_SIDE = 640
JPEG_QUALITY = 2
THUMBNAIL_QUALITY = 3
CHILD = Limits(1536 * MIB, cpu_seconds=60, file_bytes=256 * MIB, wall_seconds=90)
_DECODERS = {"png": "png", "jpeg": "mjpeg", "webp": "webp"}
# EXIF's orientations as filters that bring the picture upright.
_TURNS = {
    1: (),
    2: ("hflip",),
    3: ("hflip", "vflip"),
    4: ("vflip",),
    5: ("transpose=0",),
    6: ("transpose=1",),
    7: ("transpose=3",),
    8: ("transpose=2",),
}
_LYING = frozenset({5, 6, 7, 8})


@dataclass(frozen=True)
class Picture:
    """An accepted image, written anew: upright, sizes in pixels, `ending` "png" or "jpg"."""

    path: Path
    ending: str
    width: int
    height: int


def accept(
    src: Path, folder: Path, *, max_bytes: int, should_stop: ShouldStop | None = None
) -> Picture:
    """Accept an image or refuse it; what is accepted is written into `folder` as a new file.

    PNG and lossless WebP become a PNG, all else a JPEG of high quality; transparent parts become
    white. Raises MediaError: image_empty, image_too_big, image_svg, image_kind, not_image,
    image_animated, image_too_many_pixels, image_truncated, image_polyglot, or as `run` does.
    """
    look = check(src, max_bytes=max_bytes)
    size = _kept_size(look)
    ending = "png" if look.is_lossless else "jpg"
    target = folder / f"picture.{ending}"
    with neutral(src) as link, whole(target) as partial:
        words = accept_arguments(link, partial, look, size=size)
        _decode(words, link.parent, should_stop)
        if not partial.exists() or partial.stat().st_size == 0:
            raise MediaError("image_truncated", "the decoder found no picture")
    return Picture(target, ending, *size)


def check(src: Path, *, max_bytes: int) -> ImageLook:
    """All that can be said of an image without decoding it. Raises MediaError as `accept` does."""
    size = src.stat().st_size
    if size == 0:
        raise MediaError("image_empty")
    if size > max_bytes:
        raise MediaError("image_too_big", f"{size} bytes", max_mb=f"{max_bytes / MIB:g}")
    data = src.read_bytes()
    look = _look(src, data)
    if look.is_animated:
        raise MediaError("image_animated", look.kind)
    if look.end is None or not look.width or not look.height:
        raise MediaError("image_truncated", f"a {look.kind} without its end")
    if max(look.width, look.height) > MAX_SIDE or look.width * look.height > MAX_PIXELS:
        raise MediaError("image_too_many_pixels", f"{look.width} x {look.height}")
    if hides_another_file(data, look.end):
        raise MediaError("image_polyglot", f"{len(data) - look.end} bytes behind the picture")
    return look


def _look(src: Path, data: bytes) -> ImageLook:
    try:
        return look_at(data)
    except MediaError as error:
        refusal = refuse_at_sight(src)
        is_picture = refusal is not None and refusal.code == "picture"
        is_svg = is_picture and b"<svg" in data[:HEAD_BYTES].lower()
        code = "image_svg" if is_svg else "image_kind" if is_picture else error.code
        raise MediaError(code, error.detail) from error


def _decode(words: list[str], folder: Path, should_stop: ShouldStop | None) -> None:
    try:
        run(words, folder=folder, limits=CHILD, should_stop=should_stop)
    except MediaError as error:
        if error.code != "failed":
            raise
        raise MediaError("image_truncated", error.detail) from error


def _kept_size(look: ImageLook) -> Size:
    sides = look.width, look.height
    upright = sides[::-1] if look.orientation in _LYING else sides
    return within(upright, KEPT_SIDE)


def within(size: Size, side: int) -> Size:
    """The size in the same shape with no side longer than `side`; never enlarged, never nothing."""
    width, height = size
    longer = max(width, height)
    if longer <= side:
        return size
    return max(1, round(width * side / longer)), max(1, round(height * side / longer))


def accept_arguments(src: Path, dst: Path, look: ImageLook, *, size: Size) -> list[str]:
    """Arguments that decode one image as the kind that it is, and as nothing else, and encode it."""
    guard = Guard(
        formats=(f"{look.kind}_pipe",),
        codecs=(_DECODERS[look.kind],),
        max_streams=1,
        max_pixels=MAX_PIXELS,
    )
    # Damage is an error here, not a gray stripe; turning is done below, alike for all kinds.
    words = ["-xerror", "-err_detect", "crccheck+explode", "-noautorotate", "-threads", "1"]
    words += [*guard.options(), "-f", f"{look.kind}_pipe", "-i", url(src)]
    words += ["-filter_complex", _filters(look, size), "-map", "[picture]"]
    codec = ["-c:v", "png", "-pix_fmt", "rgb24", "-pred", "mixed"]
    if not look.is_lossless:
        codec = ["-c:v", "mjpeg", "-pix_fmt", "yuvj444p", "-q:v", str(JPEG_QUALITY)]
    return [*words, *codec, *_one_file(dst)]


def _filters(look: ImageLook, size: Size) -> str:
    width, height = size
    scaled = f"scale={width}:{height}:flags=lanczos+accurate_rnd"
    chain = ",".join([*_TURNS[look.orientation], "setsar=1"])
    if not look.has_alpha:
        # A JPEG is BT.601 in full range by its own standard.
        return f"[0:v]{chain},{scaled}:out_color_matrix=bt601:out_range=pc[picture]"
    ground = f"color=white:s={width}x{height},format=rgb24[ground]"
    over = "[ground][top]overlay=format=rgb,format=rgb24"
    out = "scale=out_color_matrix=bt601:out_range=pc"
    return f"{ground};[0:v]{chain},{scaled},format=rgba[top];{over},{out}[picture]"


def _one_file(dst: Path) -> list[str]:
    words = ["-frames:v", "1", "-map_metadata", "-1", "-fflags", "+bitexact"]
    return [*words, "-flags:v", "+bitexact", "-f", "image2", "-update", "1", "-y", url(dst)]


def thumbnail(src: Path, dst: Path, *, size: Size) -> None:
    """Write a small JPEG of an image of this `size` that this program wrote, in its own shape.

    Raises MediaError as `run` does.
    """
    with private_folder() as folder, whole(dst) as partial:
        words = thumbnail_arguments(src, partial, size=within(size, THUMBNAIL_SIDE))
        run(words, folder=folder, limits=CHILD)


def thumbnail_arguments(src: Path, dst: Path, *, size: Size) -> list[str]:
    """Arguments for a JPEG of exactly `size`."""
    scale = f"scale={size[0]}:{size[1]}:flags=lanczos:out_color_matrix=bt601:out_range=pc"
    words = [*limits.IMAGE.options(), "-threads", "1", "-i", url(src), "-vf", scale]
    words += ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", str(THUMBNAIL_QUALITY)]
    return [*words, *_one_file(dst)]
