"""The order of the suite: what waits is spread among the rest, files stay whole, failures are told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from vibecraft.testorder import ALONE, TOGETHER, spread, unit_of
from vibecraft.testservers import files_with

ROOT = Path(__file__).resolve().parents[2]
FAILING = """
def test_that_fails():
    assert 1 == 2, "one is not two"

def test_that_holds():
    pass
"""


def unit(name: str, *, mark: str = "") -> list[Any]:
    """The only test of a file, with a mark."""
    marker = pytest.mark.browser.mark
    found = {mark: marker} if mark else {}
    return [SimpleNamespace(nodeid=f"{name}.py::test", get_closest_marker=found.get)]


def names(units: Any) -> str:
    return " ".join(one.nodeid.split(".")[0] for items in units for one in items)


def test_what_waits_is_spread_among_the_rest_the_last_first() -> None:
    units = [unit(f"q{n}") for n in range(8)]
    units[3:3] = [unit("w0", mark="browser")]
    units += [unit("w1", mark="workers")]
    assert names(spread(units)) == "w1 q0 q1 q2 w0 q3 q4 q5 q6 q7"


def test_with_nothing_to_spread_the_order_stays() -> None:
    assert names(spread([unit("q0"), unit("q1")])) == "q0 q1"
    assert names(spread([unit("w0", mark="workers")])) == "w0"


@pytest.mark.parametrize(
    ("nodeid", "dealt_out_with"),
    [
        ("songs/tests/test_a.py::test_b[c::d]", "songs/tests/test_a.py"),
        ("tests/test_the_full_stack.py::test_a", "the store"),
        ("vibecraft/tests/test_browsers_meet_the_store.py::test_a", "the store"),
        (
            "tests/trials/test_short_trials.py::test_nothing_is_lost[T1]",
            "tests/trials/test_short_trials.py::test_nothing_is_lost[T1]",
        ),
    ],
)
def test_a_file_stays_whole_but_where_each_test_is_as_long_as_a_file(
    nodeid: str, dealt_out_with: str
) -> None:
    assert unit_of(nodeid) == dealt_out_with


def test_files_that_are_named_are_there() -> None:
    assert [name for name in (*ALONE, *TOGETHER) if not (ROOT / name).is_file()] == []


def test_files_of_a_mark_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = files_with("mark.databases")
    assert "accounts/tests/test_the_quota_is_exact.py" in found
    assert "accounts/tests/test_page_rules.py" not in found


def test_a_failure_is_told_once_before_the_end(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(FAILING)
    words = ["-p", "vibecraft.testorder", "-p", "no:django", "-n", "2", "-q", "-rN"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "-c", "/dev/null", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in done.stdout.splitlines() if line.startswith("FAILED ")]
    assert [line.split("::")[1] for line in told] == [
        "test_that_fails: AssertionError: one is not two"
    ]
    assert done.stdout.index("FAILED ") < done.stdout.index("= FAILURES =")
    assert "1 failed, 1 passed" in done.stdout
