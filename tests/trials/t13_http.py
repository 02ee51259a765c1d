"""Trial T13: what no client should send, to every operation of the API and to every form.

    python -m tests.trials.t13_http            10,000 requests and more
    python -m tests.trials.t13_http --short    some hundred

Passes when nothing is answered with an error of ours, every refusal of the API has its code and its
sentence, and no answer holds a secret.
"""

from __future__ import annotations

import sys

from tests.trials.by_pytest import Trial, main

TRIAL = Trial(
    "T13",
    ("tests/trials/test_nothing_breaks_the_site.py",),
    long=10_800,
    short=300,
    counted="requests",
)

if __name__ == "__main__":
    sys.exit(main(TRIAL, sys.argv[1:]))
