"""Trial T10: files made to read what they must not, to reach out, to blow up, or just broken.

    python -m tests.trials.t10_hostile            212 files
    python -m tests.trials.t10_hostile --short    80 files

Each comes through the door of every upload. Passes when each is refused with a reason that a user can
read, or is harmless: nothing reached out, nobody else's sound in what was kept, at most 10 s for each,
children within 2 GiB, no growth of the worker, nothing left in the scratch folder.
"""

from __future__ import annotations

import sys

from tests.trials.by_pytest import Trial, main

TRIAL = Trial(
    "T10",
    ("tests/trials/test_hostile_files_reach_nothing.py",),
    long=212,
    short=80,
    counted="files",
)

if __name__ == "__main__":
    sys.exit(main(TRIAL, sys.argv[1:]))
