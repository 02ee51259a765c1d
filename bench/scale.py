"""How long work waits at 100, 10,000 and 1,000,000 films a day: a simulation with measured times.

    python -m bench.scale                       the three sizes
    python -m bench.scale --films 5000 --ai 1.0 another size, all of it by AI models

Films arrive at random through the busiest hour of the day. Each is analyzed; its clips are ordered and
fetched (`io`) and normalized, or drawn, (`media`); the last clip starts the joining. Every kind of
worker is a queue with so many servers, first come, first served, as Celery's queues are. Their number
is what a load of 70 % of the hour's work needs. Times come from `make bench-film-cost`; the service is
given a time to work and its limit of creations.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

# CPU seconds on one core of the machine that docs/scale.md names, for a film of three minutes.
UPLOAD_AND_ANALYSIS = 5.0
NORMALIZE_A_TAKE = 5.1
DRAW_A_TAKE = 12.1
JOIN = 17.6
ONE_TURN_OF_A_CALL = 0.08
CLIPS = 30
STATEMENTS = 3_260
MEGABYTES_KEPT = 660
# A call takes a turn to be sent, and one or two to be asked after and to fetch what came of it.
TURNS_TO_ORDER, TURNS_TO_FETCH = 1, 2
FETCH_SECONDS = 1.5
SERVICE_SECONDS = (40.0, 90.0)
CREATIONS_A_SECOND = 10.0  # of one account of the service

PEAK = 3.0  # the busiest hour against the mean of the day
BUSY = 0.7
PAGES_OPEN_SECONDS = 600.0
POLL_EVERY_SECONDS = 3.0
MOST_FILMS_SIMULATED = 20_000
SIZES = (100, 10_000, 1_000_000)


class Station:
    """Servers with one queue, first come, first served. Work must be brought in order of time."""

    def __init__(self, servers: int) -> None:
        self.free = [0.0] * servers
        self.waits: list[float] = []

    def serve(self, now: float, seconds: float) -> float:
        """When work that comes now will be done."""
        begin = max(now, heapq.heappop(self.free))
        self.waits.append(begin - now)
        heapq.heappush(self.free, begin + seconds)
        return begin + seconds


@dataclass
class Film:
    """One film under way: when it was asked for, and how many clips are still missing."""

    is_ai: bool
    asked: float = 0.0
    missing: int = CLIPS


@dataclass
class World:
    """All stations and what is going to happen, by time."""

    media: Station
    io: Station
    gate: Station
    chance: random.Random
    events: list[tuple[float, int, Callable[[float], None]]] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    _number: int = 0

    def at(self, time: float, act: Callable[[float], None]) -> None:
        self._number += 1
        heapq.heappush(self.events, (time, self._number, act))

    def run(self) -> None:
        while self.events:
            time, _, act = heapq.heappop(self.events)
            act(time)

    def vary(self, seconds: float) -> float:
        """Service times differ: half to one and a half of the mean."""
        return seconds * self.chance.uniform(0.5, 1.5)

    def arrive(self, film: Film, now: float) -> None:
        heard = self.media.serve(now, self.vary(UPLOAD_AND_ANALYSIS))
        self.at(heard, lambda time: self.generate(film, time))

    def generate(self, film: Film, now: float) -> None:
        """Sections and direction are the user's time, and not counted: all clips are due at once."""
        film.asked = now
        for _ in range(CLIPS):
            (self.order if film.is_ai else self.draw)(film, now)

    def order(self, film: Film, now: float) -> None:
        let = self.gate.serve(now, 1 / CREATIONS_A_SECOND)
        self.at(let, lambda time: self.send(film, time))

    def send(self, film: Film, now: float) -> None:
        sent = self.io.serve(now, self.vary(TURNS_TO_ORDER * ONE_TURN_OF_A_CALL))
        made = sent + self.chance.uniform(*SERVICE_SECONDS)
        self.at(made, lambda time: self.fetch(film, time))

    def fetch(self, film: Film, now: float) -> None:
        seconds = TURNS_TO_FETCH * ONE_TURN_OF_A_CALL + FETCH_SECONDS
        kept = self.io.serve(now, self.vary(seconds))
        self.at(kept, lambda time: self.normalize(film, time))

    def normalize(self, film: Film, now: float) -> None:
        end = self.media.serve(now, self.vary(NORMALIZE_A_TAKE))
        self.at(end, lambda time: self.complete(film, time))

    def draw(self, film: Film, now: float) -> None:
        end = self.media.serve(now, self.vary(DRAW_A_TAKE))
        self.at(end, lambda time: self.complete(film, time))

    def complete(self, film: Film, now: float) -> None:
        film.missing -= 1
        if film.missing == 0:
            end = self.media.serve(now, self.vary(JOIN))
            self.at(end, lambda time: self.done.append(time - film.asked))


def media_seconds(is_ai: bool) -> float:
    """Seconds of one core for one film."""
    return UPLOAD_AND_ANALYSIS + JOIN + CLIPS * (NORMALIZE_A_TAKE if is_ai else DRAW_A_TAKE)


def io_seconds() -> float:
    """Seconds of one thread for one film by an AI model."""
    turns = TURNS_TO_ORDER + TURNS_TO_FETCH
    return CLIPS * (turns * ONE_TURN_OF_A_CALL + FETCH_SECONDS)


def simulate(films_a_day: int, ai: float, seed: int) -> None:
    """Print one size: what it needs, and how long work waits for it."""
    rate = films_a_day * PEAK / 86_400
    media = rate * (ai * media_seconds(True) + (1 - ai) * media_seconds(False))
    io, creations = rate * ai * io_seconds(), rate * ai * CLIPS
    servers = {
        "media cores": max(2, math.ceil(media / BUSY)),
        "io threads": max(4, math.ceil(io / BUSY)),
        "accounts of the service": max(1, math.ceil(creations / CREATIONS_A_SECOND / BUSY)),
    }
    chance = random.Random(seed)
    world = World(*(Station(count) for count in servers.values()), chance)
    now = 0.0
    for _ in range(min(MOST_FILMS_SIMULATED, max(200, round(rate * 3600)))):
        now += chance.expovariate(rate)
        film = Film(is_ai=chance.random() < ai)
        world.at(now, lambda time, film=film: world.arrive(film, time))
    world.run()
    _show(films_a_day, rate, servers, world)


def _show(films_a_day: int, rate: float, servers: dict[str, int], world: World) -> None:
    polls = rate * PAGES_OPEN_SECONDS / POLL_EVERY_SECONDS
    print(f"\n{films_a_day:,} films a day, {rate:.3g} a second in the busiest hour")
    for (name, count), station in zip(
        servers.items(), (world.media, world.io, world.gate), strict=True
    ):
        waits = f"waits {quantile(station.waits, 0.5):.1f} s, of 20 one {quantile(station.waits, 0.95):.1f} s"
        print(f"  {count:>7,} {name:26}{waits if station.waits else ''}")
    print(
        f"  film ready after {quantile(world.done, 0.5):.0f} s, of 20 one {quantile(world.done, 0.95):.0f} s"
    )
    print(f"  {polls:,.0f} polls/s, {rate * STATEMENTS:,.0f} statements/s without them")
    print(f"  {films_a_day * MEGABYTES_KEPT / 1e6:,.2f} TB a day kept until videos are made final")


def quantile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--films", type=int, nargs="*", default=SIZES, help="films a day")
    parser.add_argument("--ai", type=float, default=0.5, help="share of films by AI models")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    for films in options.films:
        simulate(films, options.ai, options.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
