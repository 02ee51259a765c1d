"""What one film costs us: CPU seconds, statements and calls by kind of work, and bytes that stay.

    python -m bench.film_cost               a song of three minutes
    python -m bench.film_cost --seconds 30  a quick look

A whole film is made on a throw-away PostgreSQL, once by the visualizer and once by an AI model of the
stand-in, one piece of work after the other in one process. CPU counts the process and its children
(ffmpeg); the stand-in, which draws the clips in place of the service, does not count.
`bench.scale` reckons with these figures.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vibecraft.predictions.standin.remote import running
from vibecraft.testservers import postgres

ROOT = Path(__file__).resolve().parents[1]
SONG_SECONDS = 180.0
MODELS = ("visualizer", "p-video-draft")


def measure(model: str, seconds: float) -> dict[str, Any]:
    """Make one film in a world of its own; what `bench.film_cost_inside` tells of it."""
    with (
        tempfile.TemporaryDirectory(prefix="vc-cost-") as data,
        postgres() as database,
        running("--time-scale", "5") as service,
    ):
        ours = {"VIBECRAFT_DATA": data, "DATABASE_URL": database, "BROKER_URL": "memory://"}
        done = subprocess.run(
            [sys.executable, "-m", "bench.film_cost_inside", model, str(seconds)],
            cwd=ROOT,
            env=os.environ | ours | service.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told | {"provider_calls": len(service.requests()), "paid": len(service.ledger())}


def show(told: dict[str, Any]) -> None:
    print(f"\n{told['model']}: {told['clips']} clips, {told['film_seconds']:.0f} s of film")
    print(f"{'':22}{'times':>7}{'CPU s each':>12}{'statements each':>17}")
    for name, part in sorted(told["tasks"].items()):
        each = part["cpu"] / part["times"], part["statements"] / part["times"]
        print(f"{name:22}{part['times']:>7}{each[0]:>12.2f}{each[1]:>17.1f}")
    cpu = sum(part["cpu"] for part in told["tasks"].values())
    statements = sum(part["statements"] for part in told["tasks"].values())
    print(f"{'together':22}{'':7}{cpu:>12.1f}{statements:>17}")
    print(
        f"{told['stored_bytes'] / 1e6:.0f} MB stay, {told['provider_calls']} requests to the service"
    )


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=SONG_SECONDS, help="length of the song")
    seconds = parser.parse_args(arguments).seconds
    for model in MODELS:
        show(measure(model, seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
