"""Forty clips from a service that takes 20 seconds for each, against the same from one that takes none.

    python -m bench.parallel              40 clips, 20 seconds
    python -m bench.parallel --clips 8    a quick look

The whole site runs, with its one worker of four threads for the network, its worker for media and
the stand-in as the service. All clips should be waited for together: the wall time of the slow
service is held against 20 s and the time of the quick one (drawing by the stand-in, ordering,
normalizing, joining, verifying); the ratio should be 1.25 or less.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from vibecraft.predictions.standin.remote import Remote, running
from vibecraft.testservers import free_port

CLIPS = 40
LATENCY_SECONDS = 20.0
MOST = 1.25
PATIENCE_SECONDS = 1200.0
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Figures:
    """What one film took: seconds until the last clip was ordered, was made, and all was ready."""

    latency_seconds: float
    ordered_seconds: float
    clips_seconds: float
    film_seconds: float
    paid_calls: int
    usd: float


@contextmanager
def site(data: Path, service: Remote) -> Iterator[None]:
    """The whole site on this machine, speaking to the stand-in."""
    command = [sys.executable, "manage.py", "start", "--port", str(free_port())]
    with (data / "start.log").open("wb") as log:
        child = subprocess.Popen(
            command, cwd=ROOT, env=environment(data, service), stdout=log, stderr=log
        )
    try:
        _wait(lambda: b"is ready" in (data / "start.log").read_bytes(), 120)
        yield
    finally:
        child.terminate()
        child.wait(timeout=60)


def environment(data: Path, service: Remote) -> dict[str, str]:
    return os.environ | service.environment | {"VIBECRAFT_DATA": str(data)}


def _wait(is_so: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError(f"not within {seconds:.0f} s")
        time.sleep(0.1)


def measure(clips: int, latency_seconds: float) -> Figures:
    """Make one film in a world of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="vc-parallel-") as name,
        running("--time-scale", "1") as service,
    ):
        service.fault(times=0, seconds=latency_seconds, queue=0.0, boot=0.0)
        data = Path(name)
        with site(data, service):
            done = subprocess.run(
                [sys.executable, "-m", "bench.parallel_inside", str(clips)],
                cwd=ROOT,
                env=environment(data, service),
                stdout=subprocess.PIPE,
                text=True,
                check=True,
                timeout=PATIENCE_SECONDS,
            )
        told = json.loads(done.stdout.splitlines()[-1])
        paid = service.ledger()
        return Figures(
            latency_seconds,
            paid_calls=len(paid),
            usd=round(sum(entry["amount"] for entry in paid), 6),
            **told,
        )


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=CLIPS)
    parser.add_argument("--latency", type=float, default=LATENCY_SECONDS)
    options = parser.parse_args(arguments)
    quick, slow = measure(options.clips, 0.0), measure(options.clips, options.latency)
    for figures in (quick, slow):
        print(json.dumps(asdict(figures)))
    ratio = slow.film_seconds / (options.latency + quick.film_seconds)
    print(f"{ratio:.3f} of {options.latency:.0f} s + {quick.film_seconds:.1f} s (at most {MOST})")
    return 0 if ratio <= MOST else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
