"""A trial that is a set of tests: run with servers of its own, counted, told in one line."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.trials import figures
from vibecraft import testservers


@dataclass(frozen=True)
class Trial:
    """Which tests it is, how large its two forms are, and which figure says how much was done.

    `n` is the sum of the figures whose names begin with `counted`; without it the number of tests.
    With `databases` it runs again on SQLite.
    """

    id: str
    tests: tuple[str, ...]
    long: int = 0
    short: int = 0
    counted: str = ""
    databases: bool = False


@dataclass
class Counts:
    """What came of the tests."""

    run: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, report: Path) -> None:
        """Count a report in JUnit's form; none at all counts as a failure."""
        if not report.exists():
            self.failed += 1
            return
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            self.run += int(suite.get("tests", 0))
            self.failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            self.skipped += int(suite.get("skipped", 0))


@dataclass
class Told:
    """What a trial has found."""

    n: int
    passed: bool
    figures: dict[str, Any]


def options(trial: Trial, arguments: list[str]) -> argparse.Namespace:
    """The command line of a trial: is_short, size (of the chosen form) and seed."""
    parser = argparse.ArgumentParser(prog=f"trial {trial.id}")
    parser.add_argument(
        "--short", action="store_true", dest="is_short", help="The form that runs with the tests."
    )
    parser.add_argument("--size", type=int, default=0, help="Do so much instead.")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args(arguments)
    chosen.size = chosen.size or (trial.short if chosen.is_short else trial.long)
    return chosen


def main(trial: Trial, arguments: list[str]) -> int:
    """Run a trial by its command line; 0 where it passed."""
    chosen = options(trial, arguments)
    return tell(trial, measure(trial, size=chosen.size, seed=chosen.seed), chosen.seed)


def tell(trial: Trial, told: Told, seed: int) -> int:
    """Print the trial's line; its exit code."""
    sys.stdout.write(figures.line(trial.id, told.n, told.passed, told.figures, seed) + "\n")
    return 0 if told.passed else 1


def measure(trial: Trial, *, size: int, seed: int) -> Told:
    """Run the trial's tests and count."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="trial-") as name:
        folder = Path(name)
        os.environ[figures.FILE] = str(folder / "figures.jsonl")
        os.environ[figures.SEED] = str(seed)
        os.environ[figures.SIZE] = str(size or "")
        counts, code = _pytest(trial, folder)
        noted = figures.noted(folder / "figures.jsonl")
    passed = code == 0 and counts.failed == 0 and counts.skipped == 0 and counts.run > 0
    n = sum(_counted(trial, noted)) if trial.counted else counts.run
    shown = {"tests": counts.run, "failed": counts.failed, **noted}
    return Told(n, passed, shown | {"seconds": round(time.monotonic() - begun)})


def _counted(trial: Trial, noted: dict[str, Any]) -> list[int]:
    return [int(value) for name, value in noted.items() if name.startswith(trial.counted)]


def _pytest(trial: Trial, folder: Path) -> tuple[Counts, int]:
    counts, code = Counts(), 0
    with testservers.servers() as base:
        runs = [({}, [])]
        if trial.databases:
            sqlite = f"sqlite:///{base['VIBECRAFT_DATA']}/tests.sqlite3"
            runs.append(({"DATABASE_URL": sqlite}, ["-m", "databases"]))
        for number, (environment, words) in enumerate(runs):
            report = folder / f"{number}.xml"
            reported = [f"--junitxml={report}", "--show-capture=no", *words]
            code |= testservers.run_pytest(base | environment, *trial.tests, *reported)
            counts.add(report)
    return counts, code
