"""Trial T9: whatever happens in whatever order, four promises of the rows hold.

A state machine over real rows of two videos, one drawn here and one filmed by a paid model: workers
claim, keep, lose and outlive leases, die at any point, the service answers, loses answers and rings,
users start, cancel and delete, the sweeper sweeps. After every step:

- no row has two living leases, and only its holder writes to it;
- what a row says is stored has its object;
- what is counted (videos, bytes, money) is what the rows say: nothing is given back twice;
- a row that has ended stays as it ended, and no call is sent twice.
"""

from __future__ import annotations

import contextlib
import tempfile
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery import current_app
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from accounts.models import User
from songs.models import Song
from tests.trials.memory_service import FAULTS, MemoryService
from vibecraft import storage
from vibecraft.jobs.claims import TERMINAL, Claimable
from vibecraft.jobs.models import Job
from vibecraft.jobs.runner import LeaseLost
from vibecraft.jobs.sweeper import sweep
from vibecraft.predictions.models import Prediction, Valve
from vibecraft.predictions.webhooks import ring_for
from vibecraft.problems import Problem
from videos import keeping, pipeline
from videos.models import Take, Video

MODELS: tuple[type[Claimable], ...] = (Take, Prediction, Job)
LONG_AGO = timedelta(days=1)
# A row may come due between the look at it and its claim.
WHILE_READING = timedelta(seconds=2)
DRAIN_ROUNDS = 60
# At which of the points that it reaches a worker dies: mostly early, since few are reached.
DEATHS = st.sampled_from((None, 0, 0, 1, 1, 2, 2, 3, 4, 5, 7))
NUMBERS = st.integers(0, 99)


class Killed(BaseException):
    """A worker's end: no `except` of ours catches it."""


class Points:
    """Stands where a fail point looks for its file: kills at the n-th point that is reached."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.deaths: Counter[str] = Counter()
        self._name = ""

    def __call__(self, folder: str) -> Points:
        return self

    def __truediv__(self, name: str) -> Points:
        self._name = name
        return self

    def unlink(self) -> None:
        """As of a file: there is none unless it is time to die."""
        if self.left is None or self.left > 0:
            self.left = None if self.left is None else self.left - 1
            raise FileNotFoundError(self._name)
        self.left = None
        self.deaths[self._name] += 1
        raise Killed(self._name)


@dataclass
class World:
    """What all examples share: two planned videos, the service, and the counts of the trial."""

    song: Song
    drawn: Video
    filmed: Video
    service: MemoryService
    points: Points
    counts: Counter[str] = field(default_factory=Counter)


# The columns that the promises are about.
CLAIMED = ("id", "status", "lease_token")
KEYS = {Take: ("key", "thumbnail_key"), Video: ("film_key", "poster_key")}
MONEY = ("video_id", "subject_id", "estimated_usd", "actual_usd")
TOLD = {Take: (*CLAIMED, *KEYS[Take]), Prediction: (*CLAIMED, *MONEY), Job: CLAIMED}
COUNTED = ("id", "is_counted", "stored_bytes", "reserved_usd", "actual_usd", *KEYS[Video])


class Seen:
    """All rows in one moment, as dictionaries."""

    def __init__(self, owner_id: uuid.UUID) -> None:
        self.tables = {model: list(model.work().values(*TOLD[model])) for model in MODELS}
        self.rows = {row["id"]: row for rows in self.tables.values() for row in rows}
        self.videos = list(Video.objects.values(*COUNTED))
        self.user = User.objects.values("videos_used", "storage_used_bytes").get(pk=owner_id)

    def of(self, model: type[Claimable]) -> list[dict[str, Any]]:
        return self.tables[model]

    def token(self, row: Claimable) -> uuid.UUID | None:
        """Whose the row is, while it is being worked on."""
        found = self.rows.get(row.pk)
        return found["lease_token"] if found and found["status"] == "running" else None


class States(RuleBasedStateMachine):
    """One example: a story of at most as many steps as asked for, undone at its end."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        # As the transaction that a test is wrapped in: calls of the service are allowed inside.
        self.block._from_testcase = True
        self.block.__enter__()
        self.world.service.__init__()  # type: ignore[misc]
        self.holders: list[Any] = []
        self.ended: dict[uuid.UUID, str] = {}
        self.world.counts["examples"] += 1

    def teardown(self) -> None:
        try:
            self._drain()
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)
            for video in (self.world.drawn, self.world.filmed):
                storage.delete_prefix(storage.video_prefix(video.owner_id, video.pk))

    # --- users ---------------------------------------------------------------------------------------

    @initialize()
    def both_are_started(self) -> None:
        for video in (self.world.drawn, self.world.filmed):
            pipeline.start_generation(Video.objects.get(pk=video.pk))

    @rule(is_paid=st.booleans())
    def start(self, is_paid: bool) -> None:
        video = self._video(is_paid)
        if video is not None:
            self._may_refuse(lambda: pipeline.start_generation(video))

    @rule(is_paid=st.booleans())
    def cancel(self, is_paid: bool) -> None:
        video = self._video(is_paid)
        if video is not None:
            pipeline.cancel_video(video)

    @rule(is_paid=st.booleans(), often=st.integers(0, 5))
    def delete(self, is_paid: bool, often: int) -> None:
        video = self._video(is_paid)
        # Seldom, since nothing comes after it.
        if video is not None and often == 0:
            self._may_refuse(lambda: pipeline.delete_video(video))

    # --- workers -------------------------------------------------------------------------------------

    @rule(number=NUMBERS, dies=DEATHS)
    def work(self, number: int, dies: int | None) -> None:
        """A worker is called for a due row, and may die at a point on its way."""
        row = self._pick(self._due(), number)
        if row is not None:
            self._work_on(row, dies)

    @rule(is_later=st.booleans(), dies=DEATHS)
    def work_on_all(self, is_later: bool, dies: int | None) -> None:
        """Workers do all that is due, now or a little later, and the first may die."""
        if is_later:
            self.time_passes()
        for row in self._due():
            dies = self._work_on(row, dies)

    @rule()
    def all_is_well_for_a_while(self) -> None:
        """What waits is due, the service is done with everything, workers work."""
        self.time_passes()
        self.world.service.go_on("succeeded")
        for row in self._due():
            self._work_on(row, None)

    @rule(number=NUMBERS)
    def a_second_worker_is_called(self, number: int) -> None:
        """The bell rings for a row that somebody holds: nothing happens to it."""
        row = self._pick([row for row in self._rows() if self._is_held(row)], number)
        if row is not None:
            before = self._values(row)
            current_app.tasks[row.task_name](str(row.pk))
            assert self._values(row) == before

    @rule(number=NUMBERS)
    def claim(self, number: int) -> None:
        """A worker takes a row and is slow; what comes due meanwhile may be taken or not."""
        row = self._pick(self._rows(), number)
        if row is None:
            return
        was_free, may_become_free = self._is_claimable(row), self._is_claimable(row, WHILE_READING)
        is_taken = row.claim()
        assert was_free <= is_taken <= may_become_free
        if is_taken:
            self.holders.append(row)

    @rule(number=NUMBERS)
    def beat(self, number: int) -> None:
        row = self._pick(self.holders, number)
        if row is not None:
            assert row.keep_lease() == self._is_mine(row)

    @rule(number=NUMBERS)
    def a_slow_worker_comes_with_its_take(self, number: int) -> None:
        """Its file counts if its lease is still its own, whatever it has made."""
        holders = [row for row in self.holders if isinstance(row, Take)]
        row = self._pick(holders, number)
        if row is None or not Take.objects.filter(pk=row.pk).exists():
            return
        is_mine = self._is_mine(row)
        with tempfile.TemporaryDirectory() as name:
            for ending in ("mp4", "jpg"):
                (Path(name) / f"take.{ending}").write_bytes(b"slow")
            try:
                keeping.store(row, Path(name))
                assert is_mine
            except LeaseLost:
                assert not is_mine

    @rule(number=NUMBERS)
    def expire(self, number: int) -> None:
        """A worker is not heard of any more."""
        row = self._pick([row for row in self._rows() if self._is_held(row)], number)
        if row is not None:
            self._expire(row)

    # --- the service ---------------------------------------------------------------------------------

    @rule(fault=st.sampled_from(FAULTS))
    def a_fault_waits(self, fault: str) -> None:
        self.world.service.fault = fault

    @rule(to=st.sampled_from(("processing", "succeeded", "succeeded", "failed", "canceled")))
    def service_goes_on(self, to: str) -> None:
        self.world.service.go_on(to)

    @rule(number=NUMBERS, times=st.integers(1, 3))
    def webhook(self, number: int, times: int) -> None:
        call = self._pick(list(Prediction.objects.order_by("created_at")), number)
        if call is None:
            return
        webhook_id, body = uuid.uuid4().hex, b'{"id": "%s"}' % str(call.provider_id).encode()
        for _ in range(times):
            ring_for(call.pk, webhook_id, body)
        assert call.deliveries.filter(webhook_id=webhook_id).count() == 1

    # --- time ----------------------------------------------------------------------------------------

    @rule()
    def time_passes(self) -> None:
        """What waits for its moment is due; leases stay."""
        for model in MODELS:
            model.work().active().exclude(next_run_at=None).update(next_run_at=Now() - LONG_AGO)
        Prediction.objects.exclude(missed_at=None).update(missed_at=Now() - LONG_AGO)
        # The pause before a call is ordered again is counted from the end of the last one.
        Prediction.objects.exclude(finished_at=None).update(finished_at=Now() - LONG_AGO)
        Valve.objects.update(closed_until=None, slow_until=None, tokens=40, reason="")

    @rule(number=NUMBERS)
    def a_deadline_is_over(self, number: int) -> None:
        job = self._pick(list(Job.objects.active().order_by("created_at")), number)
        if job is not None and number % 5 == 0:
            Job.objects.filter(pk=job.pk).update(deadline_at=Now() - LONG_AGO)

    @rule()
    def sweep(self) -> None:
        sweep()

    # --- what always holds ---------------------------------------------------------------------------

    @invariant()
    def every_promise_holds(self) -> None:
        self.world.counts["steps"] += 1
        seen = Seen(self.world.song.owner_id)
        self._one_holder(seen)
        self._ended_as_it_ended(seen)
        self._stored_is_there(seen)
        self._counted_is_there(seen)
        self._paid_once(seen)

    def _one_holder(self, seen: Seen) -> None:
        tokens = Counter(row.pk for row in self.holders if seen.token(row) == row.lease_token)
        assert all(number == 1 for number in tokens.values()), tokens

    def _ended_as_it_ended(self, seen: Seen) -> None:
        for pk, row in seen.rows.items():
            if row["status"] in TERMINAL:
                assert self.ended.setdefault(pk, row["status"]) == row["status"]
            assert self.ended.get(pk, row["status"]) == row["status"], (pk, row["status"])

    def _stored_is_there(self, seen: Seen) -> None:
        for model, rows in ((Take, seen.of(Take)), (Video, seen.videos)):
            for key in (row[name] for row in rows for name in KEYS[model]):
                assert not key or storage.exists(key), key

    def _counted_is_there(self, seen: Seen) -> None:
        videos = seen.videos
        assert seen.user["videos_used"] == sum(video["is_counted"] for video in videos)
        stored = sum(video["stored_bytes"] for video in videos)
        assert seen.user["storage_used_bytes"] == stored + self.world.song.stored_bytes
        for video in videos:
            calls = [call for call in seen.of(Prediction) if call["video_id"] == video["id"]]
            active = [call["estimated_usd"] for call in calls if call["status"] not in TERMINAL]
            paid = [call["actual_usd"] for call in calls if call["status"] in TERMINAL]
            assert (video["reserved_usd"], video["actual_usd"]) == (sum(active), sum(paid))

    def _paid_once(self, seen: Seen) -> None:
        assert all(number == 1 for number in self.world.service.attempts.values())
        active = [call for call in seen.of(Prediction) if call["status"] not in TERMINAL]
        assert len({call["subject_id"] for call in active}) == len(active)

    # --- the end -------------------------------------------------------------------------------------

    def _drain(self) -> None:
        """However it stands, with time and workers everything comes to an end."""
        for _ in range(DRAIN_ROUNDS):
            rows = [row for row in self._rows() if not row.is_terminal]
            if not rows:
                break
            for row in rows:
                self._expire(row)
            self.time_passes()
            self.world.service.go_on("succeeded")
            sweep()
            for row in self._due():
                self._work_on(row, None)
        left = [(str(row), row.status, row.attempts) for row in self._rows() if not row.is_terminal]
        assert left == [], left
        self.every_promise_holds()
        for status in Video.objects.values_list("status", flat=True):
            self.world.counts[f"videos {status}"] += 1

    def _work_on(self, row: Claimable, dies: int | None) -> int | None:
        """Do a row's task; after so many points more the worker dies. Returns how many are left."""
        points = self.world.points
        points.left = dies
        try:
            current_app.tasks[row.task_name](str(row.pk))
        except Killed:
            self.world.counts["deaths"] += 1
        left, points.left = points.left, None
        return left

    def _expire(self, row: Claimable) -> None:
        held = type(row)._default_manager.filter(pk=row.pk).exclude(lease_until=None)
        held.update(lease_until=Now() - LONG_AGO)

    def _due(self) -> list[Any]:
        return [row for model in MODELS for row in model.work().due()]

    def _rows(self) -> list[Any]:
        return [row for model in MODELS for row in model.work().order_by("created_at", "pk")]

    def _pick(self, rows: list[Any], number: int) -> Any:
        return rows[number % len(rows)] if rows else None

    def _video(self, is_paid: bool) -> Video | None:
        pk = (self.world.filmed if is_paid else self.world.drawn).pk
        return Video.objects.select_related("owner", "song").filter(pk=pk).first()

    def _may_refuse(self, act: Any) -> None:
        with contextlib.suppress(Problem):
            act()

    def _is_held(self, row: Claimable) -> bool:
        return row.lease_until is not None and row.lease_until > timezone.now()

    def _is_claimable(self, row: Claimable, within: timedelta = timedelta()) -> bool:
        is_due = row.next_run_at is not None and row.next_run_at <= timezone.now() + within
        has_tries = row.attempts < row.attempts_allowed
        return not row.is_terminal and not self._is_held(row) and is_due and has_tries

    def _is_mine(self, row: Claimable) -> bool:
        same = type(row)._default_manager.filter(pk=row.pk, lease_token=row.lease_token)
        return same.filter(status="running").exists()

    def _values(self, row: Claimable) -> dict[str, Any]:
        values: dict[str, Any] = type(row)._default_manager.filter(pk=row.pk).values().get()
        return values
