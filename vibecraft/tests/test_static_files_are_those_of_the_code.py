"""Static files are collected once for each release, and anew when another one has been there since."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from django.conf import LazySettings

from vibecraft import collecting

HASHED = {"staticfiles": {"BACKEND": "vibecraft.staticstore.HashedStaticFiles"}}
# Long before anything is collected: a release is built first, and used later.
BUILT_AT = 1_700_000_000


@pytest.fixture
def releases(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A volume for static files, and a folder for the code of a release, which is its mark too."""
    settings.STATIC_ROOT = tmp_path / "volume/static"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = settings.STORAGES | HASHED
    settings.STATIC_ROOT.mkdir(parents=True)
    monkeypatch.setattr(collecting, "_mark", lambda: settings.STATICFILES_DIRS[0].name)
    return tmp_path


def start(settings: LazySettings, releases: Path, name: str) -> tuple[list[str], str]:
    """Start a release: what was said, and the style that its pages name."""
    source = releases / name
    source.mkdir(exist_ok=True)
    (source / "app.css").write_text(f"/* of {name} */")
    os.utime(source / "app.css", (BUILT_AT, BUILT_AT))
    settings.STATICFILES_DIRS = [source]
    said: list[str] = []
    collecting.collect_static(said.append)
    named = json.loads((settings.STATIC_ROOT / "staticfiles.json").read_text())["paths"]["app.css"]
    return said, (settings.STATIC_ROOT / named).read_text()


COLLECTING = ["Preparing the static files, once …"]


def test_an_earlier_release_gets_its_own_files_back(settings: LazySettings, releases: Path) -> None:
    for name in ("A", "B", "A"):
        assert start(settings, releases, name) == (COLLECTING, f"/* of {name} */")
        assert start(settings, releases, name) == ([], f"/* of {name} */")


def test_stamps_that_earlier_code_left_side_by_side_count_for_nothing(
    settings: LazySettings, releases: Path
) -> None:
    start(settings, releases, "B")
    (settings.STATIC_ROOT / ".collected-A").touch()
    assert start(settings, releases, "A") == (COLLECTING, "/* of A */")
    assert [path.name for path in settings.STATIC_ROOT.glob(".collected-*")] == [".collected-A"]


def test_collecting_that_was_interrupted_is_done_again_by_whichever_release_comes(
    settings: LazySettings, releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(settings, releases, "A")
    collect = collecting.call_command

    def interrupted(*arguments: str, **options: object) -> None:
        collect(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(collecting, "call_command", interrupted)
    with pytest.raises(KeyboardInterrupt):
        start(settings, releases, "B")
    monkeypatch.setattr(collecting, "call_command", collect)
    assert start(settings, releases, "A") == (COLLECTING, "/* of A */")
