"""Pictures with words on them: the card that a prompt becomes, and the STAND-IN mark."""

from __future__ import annotations

import colorsys
import hashlib
import textwrap
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from vibecraft.predictions.standin.shapes import Size

MARK = "STAND-IN"
MAX_LINES = 9

Color = tuple[int, int, int]


def color_of(text: str, *, value: float = 0.45) -> Color:
    """A color of one's own for every text."""
    hue = hashlib.sha256(text.encode()).digest()[0] / 255
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.55, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def draw_card(path: Path, size: Size, text: str, label: str) -> Path:
    """A color field with the text, its shot label and the mark, as PNG."""
    top, bottom = color_of(text), color_of(text + "bottom", value=0.2)
    picture = _gradient(size, top, bottom)
    draw = ImageDraw.Draw(picture)
    unit = min(size) // 24 or 1
    lines = textwrap.wrap(text, max(8, round(size[0] / unit * 1.3)))[:MAX_LINES] or ["(no prompt)"]
    draw.text((unit * 2, unit * 2), label, fill=(255, 255, 255), font=_font(unit * 2))
    words = "\n".join(lines)
    draw.multiline_text((unit * 2, unit * 6), words, fill=(235, 235, 235), font=_font(unit * 1.3))
    _draw_mark(draw, size)
    picture.save(path)
    return path


def draw_mark(path: Path, size: Size) -> Path:
    """The mark alone on a transparent picture of that size, as PNG."""
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    _draw_mark(ImageDraw.Draw(picture), size)
    picture.save(path)
    return path


def _draw_mark(draw: ImageDraw.ImageDraw, size: Size) -> None:
    height = max(8, min(size) // 32)
    left, top = height // 2, size[1] - height * 2
    font = _font(height)
    draw.rectangle((left, top, left + height * 6, top + height * 1.5), fill=(0, 0, 0, 255))
    draw.text((left + height // 4, top + height // 8), MARK, fill=(255, 255, 255, 255), font=font)


def _gradient(size: Size, top: Color, bottom: Color) -> Image.Image:
    mask = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), mask)


def _font(height: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=max(6, height))
