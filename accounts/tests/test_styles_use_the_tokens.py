"""One design language: colors come from tokens, tokens exist and are readable, no class is left over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
APP = (ROOT / "static" / "css" / "app.css").read_text()
# The operators' rooms give Django's admin its own variables, in declarations as well.
DECLARING = {"app.css", "control.css"}
OURS = [sheet for sheet in SHEETS if sheet.name != "control.css"]
APPS = ("accounts", "songs", "videos", "vibecraft")
COLOR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|rgba|hsl|oklch)\(")
# Given by htmx, and by the number of a section.
MADE_UP = re.compile(r"htmx-request|tone-\d")

# Text (or a sign) on its ground, for both themes: 4.5 : 1 is AA for text, 3 : 1 for signs.
TEXT_PAIRS = [
    *((text, ground) for text in ("text", "text-soft", "text-faint", "accent-text", "bad", "good")
      for ground in ("page", "surface", "raised")),
    *(("text", ground) for ground in ("sunken", "field", "selected", "accent-soft")),
    ("text-soft", "sunken"),
    ("accent-ink", "accent"),
    ("accent-ink", "accent-hover"),
    ("accent-text", "accent-soft"),
    ("bad", "bad-soft"),
    ("good", "good-soft"),
    ("wait", "wait-soft"),
    ("bad-ink", "bad-fill"),
]  # fmt: skip
SIGN_PAIRS = [(sign, "page") for sign in ("line-strong", "accent", "beat", "focus")]
SIGN_PAIRS += [(f"section-{number}", "surface") for number in range(10)]


def code_of(sheet: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_color_is_written_only_where_a_token_is_declared(sheet: Path) -> None:
    lines = [line.strip() for line in code_of(sheet).splitlines() if COLOR.search(line)]
    if sheet.name in DECLARING:
        lines = [line for line in lines if not line.startswith("--")]
    assert lines == []


@pytest.mark.parametrize("sheet", OURS, ids=lambda sheet: sheet.name)
def test_every_variable_that_is_used_is_declared(sheet: Path) -> None:
    code = code_of(sheet)
    declared = set(re.findall(r"(--[\w-]+)\s*:", APP + code + every_sheet() + every_script()))
    assert set(re.findall(r"var\((--[\w-]+)", code)) - declared == set()


def every_sheet() -> str:
    return "\n".join(code_of(sheet) for sheet in SHEETS)


def every_script() -> str:
    """Modules set variables by name: `style.setProperty("--place", …)`."""
    scripts = (ROOT / "static" / "js").rglob("*.js")
    found = re.findall(r"[\"'`](--[\w-]+)", "\n".join(path.read_text() for path in scripts))
    return "\n".join(f"{name}:" for name in found)


def written() -> str:
    """Everything that can give an element a class."""
    paths = [
        *(ROOT / "templates").rglob("*.html"),
        *(ROOT / "static" / "js").rglob("*.js"),
        *(path for app in APPS for path in (ROOT / app).rglob("*.py")),
        *(path for app in APPS for path in (ROOT / app).rglob("*.html")),
    ]
    return "\n".join(path.read_text() for path in paths if "/tests/" not in str(path))


def test_every_class_of_a_sheet_is_given_somewhere() -> None:
    words = set(re.findall(r"[\w-]+", written()))
    unused = {
        f"{sheet.name}: {name}"
        for sheet in OURS
        for name in re.findall(r"\.([a-z][\w-]*)(?=[^{};]*\{)", code_of(sheet))
        if name not in words and not MADE_UP.fullmatch(name)
    }
    assert unused == set()


def tokens(theme: str) -> dict[str, str]:
    """The colors of a theme; what light does not say stays as in the dark."""
    dark, light = APP.split("@media (prefers-color-scheme: light)", 1)
    light = light.split("/* --- bare", 1)[0]
    found = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})\b", dark))
    return found | (
        dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})\b", light)) if theme == "light" else {}
    )


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(
    ("pairs", "least"), [(TEXT_PAIRS, 4.5), (SIGN_PAIRS, 3.0)], ids=["text", "signs"]
)
def test_every_pair_of_colors_can_be_told_apart(
    theme: str, pairs: list[tuple[str, str]], least: float
) -> None:
    colors = tokens(theme)
    weak = {
        f"{one} on {ground}": round(contrast(colors[one], colors[ground]), 2)
        for one, ground in pairs
        if contrast(colors[one], colors[ground]) < least
    }
    assert weak == {}


def test_reduced_motion_is_honored_everywhere() -> None:
    rule = APP.split("@media (prefers-reduced-motion: reduce)", 1)[1]
    assert re.search(r"\*,\s+\*::before,\s+\*::after \{\s+animation-duration: 1ms !important", rule)
    assert "transition-duration: 1ms !important" in rule
