"""What holds for every page: no inline scripts or styles, pinned files, a style guide for makers only."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# The page of the API's documentation and the admin bring their own.
FIRST_PAGE_BYTES = 200_000

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_has_no_inline_script_style_or_handler(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert not re.search(r"<style\b|javascript:|hx-on|hx-vals=['\"]js:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_short_comment_of_a_template_ends_on_its_line(path: Path) -> None:
    """Django shows a {# comment #} that spans lines as text."""
    assert not re.search(r"\{#[^\n]*\n", re.sub(r"\{#[^\n]*?#\}", "", path.read_text()))


@pytest.mark.parametrize("folder", [VENDOR, ROOT / "tests" / "vendor"], ids=["sent", "checking"])
def test_vendored_files_are_the_ones_of_the_manifest(folder: Path) -> None:
    packages = json.loads((folder / "manifest.json").read_text())["packages"]
    listed = {one["path"]: one["sha384"] for package in packages for one in package["files"]}
    found = {
        str(path.relative_to(folder)): base64.b64encode(
            hashlib.sha384(path.read_bytes()).digest()
        ).decode()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert found == listed


def test_vendored_versions_are_the_pinned_ones_and_have_a_licence() -> None:
    pinned = json.loads((ROOT / "package.json").read_text())["dependencies"]
    packages = json.loads((VENDOR / "manifest.json").read_text())["packages"]
    assert {one["package"]: one["version"] for one in packages} == pinned
    licences = {one["package"]: one["license"] for one in packages}
    assert licences == {
        "htmx.org": "0BSD",
        "@fontsource-variable/instrument-sans": "OFL-1.1",
        "@fontsource-variable/bricolage-grotesque": "OFL-1.1",
    }
    assert all(any(f["path"].endswith("LICENSE") for f in one["files"]) for one in packages)


def test_the_first_page_is_small_without_its_media(client: Client) -> None:
    page = client.get("/").content
    files = {name.decode() for name in re.findall(rb"\"/static/([^\"#]+)", page)}
    names = {name for name in files if not name.endswith((".mp4", ".jpg"))} | {"js/app.js"}
    assert len(files - names) == 3
    size = len(page) + sum((ROOT / "static" / name).stat().st_size for name in names)
    assert size < FIRST_PAGE_BYTES


def test_htmx_may_evaluate_nothing_and_ask_nobody_else(client: Client) -> None:
    found = re.search(r"name=\"htmx-config\" content='([^']+)'", client.get("/").content.decode())
    assert found is not None
    config = json.loads(found[1])
    assert config | {"responseHandling": []} == {
        "allowEval": False,
        "selfRequestsOnly": True,
        "allowScriptTags": False,
        "includeIndicatorStyles": False,
        "historyCacheSize": 0,
        "responseHandling": [],
    }


def test_the_policy_allows_no_inline_code(client: Client) -> None:
    policy = client.get("/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy


def test_the_style_guide_is_for_makers_only(client: Client, settings: LazySettings) -> None:
    assert client.get("/styleguide").status_code == 404
    settings.DEBUG = True
    assert client.get("/styleguide").status_code == 200


def test_an_unknown_address_has_a_page_of_its_own(client: Client) -> None:
    response = client.get("/no-such-page")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()
