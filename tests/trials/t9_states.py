"""Trial T9: claims, beats, expiries, deaths, webhooks, cancels, deletions and sweeps in any order.

    python -m tests.trials.t9_states            2,000 stories of 50 steps
    python -m tests.trials.t9_states --short    20 stories of 20 steps

Passes when after every step no row has two living leases, what is said to be stored is stored, nothing
is given back or paid twice, and what has ended stays as it ended.
"""

from __future__ import annotations

import sys

from tests.trials.by_pytest import Trial, main

TRIAL = Trial(
    "T9",
    ("tests/trials/test_states_hold.py",),
    long=2000,
    short=20,
    counted="examples",
)

if __name__ == "__main__":
    sys.exit(main(TRIAL, sys.argv[1:]))
