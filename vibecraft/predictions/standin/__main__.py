"""`python -m vibecraft.predictions.standin`: the stand-in as a process of its own, without Django.

Writes one line of JSON with its addresses when it is ready, and ends on SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from decimal import Decimal

from vibecraft.predictions.standin.faults import PROFILES
from vibecraft.predictions.standin.server import StandIn
from vibecraft.predictions.standin.world import Options

PORTS = (8790, 8791, 8792)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that the module and the management command share."""
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    for name, port in zip(("api", "delivery", "control"), PORTS, strict=True):
        parser.add_argument(f"--{name}-port", type=int, default=port, help="0 takes a free one")
    parser.add_argument("--time-scale", type=float, default=1.0, help="60: a second is a minute")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="calm")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--balance", type=Decimal, default=Decimal(100), help="credit in USD")
    parser.add_argument("--strict-inputs", action="store_true", help="refuse unknown input names")
    parser.add_argument("--require-https", action="store_true", help="refuse http webhooks")


def options_of(parsed: argparse.Namespace) -> Options:
    names = Options.__dataclass_fields__
    return Options(**{name: value for name, value in vars(parsed).items() if name in names})


def wait_for_the_end(*, with_parent: bool = False) -> None:
    """Sleep until SIGTERM or SIGINT, or until whoever holds our stdin is gone."""
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    if with_parent:
        threading.Thread(target=_watch_stdin, args=(over,), daemon=True).start()
    over.wait()


def _watch_stdin(over: threading.Event) -> None:
    # Not through sys.stdin: its lock would be held when the interpreter ends.
    while os.read(0, 1024):
        pass
    over.set()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="vibecraft.predictions.standin", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--with-parent", action="store_true", help="end when stdin is closed")
    parsed = parser.parse_args(arguments)
    try:
        standin = StandIn(options_of(parsed))
    except (OSError, ValueError) as error:
        parser.error(str(error))
    with standin:
        sys.stdout.write(standin.greeting() + "\n")
        sys.stdout.flush()
        wait_for_the_end(with_parent=parsed.with_parent)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
