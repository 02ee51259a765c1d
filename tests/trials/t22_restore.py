"""Trial T22: a site is saved, lost and restored in another database and another folder.

    python -m tests.trials.t22_restore            100 songs, 402 objects
    python -m tests.trials.t22_restore --short    2 songs

Saved with pg_dump, a copy of the objects and `backup_manifest`. Passes when the restore, with
`backup_manifest --check`, takes less than ten minutes and finds every object and row as it was, and the
work that was open goes on to its end.
"""

from __future__ import annotations

import sys

from tests.trials.by_pytest import Trial, main

TRIAL = Trial(
    "T22",
    ("tests/trials/test_a_restore_is_whole.py",),
    long=100,
    short=2,
    counted="objects",
)

if __name__ == "__main__":
    sys.exit(main(TRIAL, sys.argv[1:]))
