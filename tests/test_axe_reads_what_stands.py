"""Contrast is judged once nothing moves: colours on their way from theme to theme are nobody's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import axe_violations, open_browser

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
PAGE = """<!doctype html><html lang="en"><head><title>A page</title><style>
  p { color: #eee; background: #fff; transition: color 2s; }
  p.dark { color: #111; }
  @keyframes glow { to { border-color: #000; } }
  hr { animation: glow 1s infinite; }
</style></head><body><main><h1>A page</h1><p id="line">A line</p><hr></main></body></html>"""


def test_a_colour_is_read_where_it_ends_and_what_glows_for_ever_is_not_waited_for() -> None:
    with open_browser() as (page, _):
        page.set_content(PAGE)
        assert axe_violations(page, AXE) == ["color-contrast: ['#line']"]
        page.evaluate("document.getElementById('line').className = 'dark'")
        assert axe_violations(page, AXE) == []
