"""Flavors are folders of YAML; what one lacks or has wrong comes from the default."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from vibecraft.strict_yaml import YamlError
from videos.flavors.loader import FLAVORS_FOLDER, flavors, get_flavor, load_flavors
from videos.flavors.types import Flavor, Parameters, TagRule

FILES = ("flavor.yaml", "prompts.yaml", "shots.yaml", "parameters.yaml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the default flavor, and a copy of it named `mine`."""
    for name in ("default", "mine"):
        shutil.copytree(FLAVORS_FOLDER / "default", tmp_path / name)
    return tmp_path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_three_flavors_come_with_the_program():
    assert [(name, flavor.title) for name, flavor in flavors().items()] == [
        ("default", "Default"),
        ("example", "Example (silent film)"),
        ("stadium", "Stadium"),
    ]


def test_the_flavors_that_come_with_the_program_are_whole(caplog: pytest.LogCaptureFixture):
    load_flavors(FLAVORS_FOLDER)
    assert caplog.messages == []
    for name in flavors():
        assert {path.name for path in (FLAVORS_FOLDER / name).iterdir()} == set(FILES)


def test_a_flavor_says_what_its_files_say():
    stadium = get_flavor("stadium")
    assert stadium.prompts.parts["subject"] == "a band and its singer"
    assert stadium.prompts.fixed == ("subject", "setting")
    assert stadium.negative_prompt.startswith("indoor, studio, room, club")
    assert stadium.parameters == Parameters(calm_seconds=7.0, energetic_seconds=3.2)
    assert stadium.shots.rules[0] == TagRule("singer_face", 1, 1, 0.25, ("close",))
    assert get_flavor("example").parameters.model_inputs == {"guidance_scale": 5}


def test_an_unknown_flavor_is_the_default_with_a_warning(caplog: pytest.LogCaptureFixture):
    assert get_flavor("../etc") is flavors()["default"]
    assert caplog.messages == ["There is no flavor '../etc'; the default one is used."]


def test_a_new_folder_is_found(folder: Path):
    replace(folder / "mine" / "flavor.yaml", "title: Default", "title: Mine")
    found = load_flavors(folder)
    assert [flavor.title for flavor in found.values()] == ["Default", "Mine"]


def test_folders_that_are_no_flavors_are_passed_over(folder: Path):
    for name in ("__pycache__", ".git", "Has Space"):
        (folder / name).mkdir()
    (folder / "loader.py").touch()
    assert list(load_flavors(folder)) == ["default", "mine"]


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_taken_from_the_default_with_a_warning(
    folder: Path, caplog: pytest.LogCaptureFixture, name: str
):
    replace(folder / "mine" / "prompts.yaml", "Cinematic light", "Hard light")
    (folder / "mine" / name).unlink()
    mine, default = load_flavors(folder)["mine"], load_flavors(folder)["default"]
    assert caplog.messages[0] == f"The flavor mine has no {name}; the default is used."
    assert (mine.prompts == default.prompts) == (name == "prompts.yaml")
    assert mine.shots == default.shots
    assert mine.title == ("Mine" if name == "flavor.yaml" else "Default")


def test_an_empty_folder_is_the_default_by_another_name(
    folder: Path, caplog: pytest.LogCaptureFixture
):
    (folder / "bare-one").mkdir()
    found = load_flavors(folder)
    default = found["default"]
    assert found["bare-one"] == Flavor(
        "bare-one", "Bare one", "", default.prompts, default.shots, default.parameters
    )
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 4


@pytest.mark.parametrize(
    ("name", "old", "new", "what"),
    [
        ("prompts.yaml", "ending:", "endng:", "prompts.yaml: unknown field endng"),
        ("prompts.yaml", "- text", "- 5", "negative should be a list of texts"),
        ("prompts.yaml", "ending:", "fixed: [palette]\nending:", "names palette, which the flavor"),
        ("prompts.yaml", "ending: ", "ending: [", "prompts.yaml: while parsing"),
        ("parameters.yaml", "3.4", "2", "energetic_seconds should be from 3 to 10"),
        ("parameters.yaml", "{}", "{steps: [1]}", "steps should be a text, a number, true or"),
        ("shots.yaml", "rules: []", "rules: 5", "rules should be a list"),
        ("shots.yaml", "    any:", "    some:", "wide: actions should have a list for any"),
        ("shots.yaml", "- slow push in", "- {push: in}", "moves should be a list of texts"),
        ("shots.yaml", "medium:", "near:", "shots.yaml: medium: moves should list two moves"),
        (
            "shots.yaml",
            "rules: []",
            "rules: [{tag: cat, framings: [wide], at_least: 1, from_clips: 1, at_most_share: 0.2}]",
            "rules want cat in wide shots, which have none",
        ),
        (
            "shots.yaml",
            "rules: []",
            "rules: [{tag: cat, framings: [wide], at_least: 1, from_clips: 1, at_most_share: 0.9}]",
            "at_most_share should be above 0 and at most 0.5",
        ),
    ],
)
def test_a_broken_file_is_taken_from_the_default_with_a_warning(
    folder: Path, caplog: pytest.LogCaptureFixture, name: str, old: str, new: str, what: str
):
    replace(folder / "mine" / name, old, new)
    found = load_flavors(folder)
    assert found["mine"].prompts == found["default"].prompts
    assert found["mine"].shots == found["default"].shots
    assert found["mine"].parameters == found["default"].parameters
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("The flavor mine: ")
    assert what in caplog.messages[0]


def test_a_broken_default_is_refused(folder: Path):
    replace(folder / "default" / "prompts.yaml", "ending:", "endng:")
    with pytest.raises(YamlError, match="unknown field endng"):
        load_flavors(folder)


def test_a_default_that_lacks_a_file_is_refused(folder: Path):
    (folder / "default" / "shots.yaml").unlink()
    with pytest.raises(FileNotFoundError):
        load_flavors(folder)
