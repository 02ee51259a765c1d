"""On a busy machine what a test waits for may be late: it is tried again, alone, and told."""

from __future__ import annotations

from pathlib import Path

import pytest

from vibecraft.testservers import run_suite

TESTS = """
from pathlib import Path
import pytest

HERE = Path(__file__).parent

def is_first(name):
    try:
        (HERE / name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True

@pytest.mark.clock
def test_late_once():
    assert not is_first("late")

def test_steady():
    assert is_first("steady"), "it is not run again"
"""
WRONG = """
@pytest.mark.workers
def test_late_always():
    assert False

def test_by_chance():
    assert not is_first("chance")
"""
MARKS = "[pytest]\nmarkers =\n  browser\n  workers\n  clock\n"


@pytest.fixture(autouse=True)
def _without_django(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such tests need no site, which takes seconds to be read."""
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE")


def run(folder: Path, text: str) -> int:
    """Run such tests as the suite is run."""
    file, config = folder / "test_given.py", folder / "pytest.ini"
    file.write_text(text)
    config.write_text(MARKS)
    chosen = ["-c", str(config), str(file)]
    return run_suite({"VIBECRAFT_DATA": str(folder)}, chosen, processes=1)


def test_what_holds_alone_is_told_and_passes(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, TESTS) == 0
    told = capfd.readouterr().out
    assert "Failed beside others, and held alone:\n  test_given.py::test_late_once\n" in told
    assert "Failed:\n" not in told


def test_what_fails_alone_or_waits_for_no_clock_has_failed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, TESTS + WRONG) == 1
    left = ["test_given.py::test_by_chance", "test_given.py::test_late_always"]
    assert "\n  ".join(["Failed:", *left]) + "\n" in capfd.readouterr().out
