"""`python -m tests.trials`: every trial one after the other, each in a process of its own.

    python -m tests.trials            the long forms of all; some hours
    python -m tests.trials --short    the short forms of those that run with the tests; ten minutes

Prints one line of JSON for each; ends with code 1 if one has failed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.trials import gathered

FOLDER = Path(__file__).resolve().parent
MODULE = re.compile(r"t(\d+)_\w+\.py")
# Even their short forms are long: these are for a night. Many tests do one by one what they repeat.
NIGHTLY = {
    "t1_kills",
    "t2_redis_lost",
    "t5_store_faults",
    "t15_guesses",
    "t21_soak",
    "t23_upgrade",
    "T20",
}


def modules() -> list[str]:
    """The modules that are trials, by their numbers."""
    found = [MODULE.fullmatch(path.name) for path in FOLDER.iterdir()]
    named = sorted((int(one[1]), one[0].removesuffix(".py")) for one in found if one)
    return [name for _, name in named]


def trials(*, is_short: bool) -> list[list[str]]:
    """What names each trial after `python -m`: modules of their own, then those that are tests."""
    left_out = NIGHTLY if is_short else set()
    own = [[f"tests.trials.{name}"] for name in modules() if name not in left_out]
    gathered_ones = [name for name in gathered.TRIALS if name not in left_out]
    return own + [["tests.trials.gathered", name] for name in gathered_ones]


def main(arguments: Sequence[str]) -> int:
    failed = 0
    for words in trials(is_short="--short" in arguments):
        command = [sys.executable, "-m", *words, *arguments]
        failed += subprocess.run(command, cwd=FOLDER.parents[1], check=False).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
