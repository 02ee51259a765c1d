"""The trials that are tests of the suite, each by its id.

    python -m tests.trials.gathered T7     quota at the edge, on PostgreSQL and on SQLite
    python -m tests.trials.gathered T8     equal requests and double clicks, on both
    python -m tests.trials.gathered T12    who may do what: every route, method and kind of visitor
    python -m tests.trials.gathered T14    shared films: guessed addresses, ended ones, what is kept of them
    python -m tests.trials.gathered T16    addresses that songs are imported from
    python -m tests.trials.gathered T17    settings of a deployment, policies, pages in a browser
    python -m tests.trials.gathered T18    secrets in logs, rows and the broker's files
    python -m tests.trials.gathered T20    an account is closed while workers are killed

T19 is `python -m bench.poll`. Each prints a line of JSON and ends with 0 or 1.
"""

from __future__ import annotations

import sys

from tests.trials.by_pytest import Trial, main

STARTS = "videos/tests/test_starts_at_once_are_exact.py"
TRIALS = {
    trial.id: trial
    for trial in (
        Trial(
            "T7",
            (
                "accounts/tests/test_the_quota_is_exact.py",
                f"{STARTS}::test_fifty_starts_at_once_make_exactly_as_many_as_the_limit",
                "accounts/tests/test_starts_are_counted_by_the_minute.py",
                "videos/tests/test_money_of_a_video.py",
                "vibecraft/predictions/tests/test_a_day_has_a_limit.py",
            ),
            long=20,
            short=1,
            counted="exact runs",
            databases=True,
        ),
        Trial("T8", (STARTS,), long=100, short=5, counted="double clicks", databases=True),
        Trial(
            "T12", ("tests/test_authorisation_matrix.py", "tests/test_views_ask_for_the_user.py")
        ),
        Trial(
            "T14",
            (
                "videos/tests/test_a_shared_film.py",
                "vibecraft/tests/test_the_web_server_logs_no_secret.py",
            ),
            long=100_000,
            short=200,
            counted="guesses",
        ),
        Trial(
            "T16",
            (
                "songs/tests/test_hostile_addresses_reach_nothing.py",
                "vibecraft/tests/test_only_public_addresses_are_fetched.py",
            ),
        ),
        Trial(
            "T17",
            (
                "vibecraft/tests/test_settings_are_checked_at_the_start.py",
                "accounts/tests/test_page_rules.py",
                "vibecraft/tests/test_api_schema.py",
                "tests/test_every_page_is_looked_after.py",
            ),
        ),
        Trial(
            "T18",
            (
                "vibecraft/tests/test_logs_keep_secrets_and_stay_quiet.py",
                "vibecraft/tests/test_the_web_server_logs_no_secret.py",
                "tests/test_the_full_stack.py",
            ),
        ),
        Trial("T20", ("tests/test_an_account_is_closed_by_real_workers.py",)),
    )
}

if __name__ == "__main__":
    chosen = TRIALS.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if chosen is None:
        sys.exit(f"Which trial? One of {', '.join(TRIALS)}.")
    sys.exit(main(chosen, sys.argv[2:]))
