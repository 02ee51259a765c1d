"""The one door to ffmpeg and ffprobe: the only place of the project that starts a process.

Every child runs without our environment, without network where the kernel allows it, bounded in
memory, time and file size, and dies with us. How it ended is a `Run` or a `MediaError`.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import queue
import selectors
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from pathlib import Path
from typing import IO

from vibecraft.media.errors import MediaError
from vibecraft.media.limits import MIB, NETWORK_OFF, PICTURE, WRITER, Limits, environment, held
from vibecraft.media.outcome import Run, failure, record, recorder, recording

__all__ = ["Run", "open_writer", "recorder", "recording", "run", "sandbox_level"]

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2
NOTE_SECONDS = 0.02
TAIL_BYTES = 4096
MAX_STDOUT_BYTES = 8 * MIB
QUEUED_FRAMES = 3
# Linux's own number; the module fcntl does not name it on other systems.
F_SETPIPE_SZ = 1031

Progress = Callable[[float], None]
ShouldStop = Callable[[], bool]
Reader = Callable[[bytes], None]
Buffer = bytes | bytearray | memoryview


# --- starting ------------------------------------------------------------------------------------

# A child's "die with the parent" counts the *thread* that started it, and a pool's thread may end
# long before its child. One thread that lives as long as the process starts them all.
_launcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="media-launcher")


def _renew_launcher() -> None:
    global _launcher
    _launcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="media-launcher")


os.register_at_fork(after_in_child=_renew_launcher)


def _spawn(
    argv: Sequence[str], folder: Path, *, stdin: int, pass_fds: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            argv,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=folder,
            env=environment(str(folder)),
            pass_fds=pass_fds,
            # A group, to be ended as one. Not a session: that would be weighed like a whole worker.
            process_group=0,
        )

    return _launcher.submit(start).result()


@cache
def _network_off() -> tuple[str, ...]:
    """The words that take the network from a child here; empty if the kernel refuses them all."""
    for words in NETWORK_OFF:
        with tempfile.TemporaryDirectory() as folder, contextlib.suppress(OSError):
            child = _spawn([*words, "true"], Path(folder), stdin=subprocess.DEVNULL)
            child.communicate(timeout=10)
            if child.returncode == 0:
                return words
    logger.warning("children that read media keep the network: unshare is refused here")
    return ()


@cache
def sandbox_level() -> str:
    """How well children are held: "isolated", "limited" (network on) or "bare" (no limits)."""
    if not all(shutil.which(name) for name in ("setpriv", "prlimit", "nice")):
        logger.warning("children that read media are not limited: util-linux is missing")
        return "bare"
    return "isolated" if _network_off() else "limited"


def _holding(limits: Limits, *, has_network: bool) -> list[str]:
    level = sandbox_level()
    if level == "bare":
        return []
    is_cut_off = level == "isolated" and not has_network
    return [*(_network_off() if is_cut_off else ()), *held(limits)]


@cache
def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise MediaError("no_ffmpeg", f"{name} is not on PATH")
    return found


# --- one child -----------------------------------------------------------------------------------


class _Child:
    """A running child: what it says is read, and it is ended when it must be."""

    def __init__(
        self,
        args: Sequence[str],
        *,
        program: str,
        folder: Path,
        limits: Limits,
        should_stop: ShouldStop | None,
        progress: tuple[Progress, float] | None = None,
        feeds: bool = False,
        has_network: bool = False,
        on_stdout: Reader | None = None,
    ) -> None:
        self.limits = limits
        self.should_stop = should_stop
        self.ended_by: str | None = None
        self._ending = threading.Lock()
        self.peak_bytes = 0
        self._noted_at = 0.0
        self.stdout = bytearray()
        self._tail = b""
        self._readers: dict[int, Reader] = {}
        self._told = [program, *_opening(program), *args]
        reported, told = self._progress_pipe(progress)
        self.started = time.monotonic()
        try:
            self.process = _spawn(
                [*_holding(limits, has_network=has_network), _program(program), *self._told[1:]],
                folder,
                stdin=subprocess.PIPE if feeds else subprocess.DEVNULL,
                pass_fds=(told,) if told else (),
            )
        except BaseException:
            if reported:
                os.close(reported)
            raise
        finally:
            if told:
                os.close(told)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._readers[self.process.stdout.fileno()] = on_stdout or self._keep_stdout
        self._readers[self.process.stderr.fileno()] = self._keep_tail

    def _progress_pipe(self, progress: tuple[Progress, float] | None) -> tuple[int, int]:
        if progress is None:
            return 0, 0
        reading, writing = os.pipe()
        self._told[1:1] = ["-progress", f"pipe:{writing}", "-stats_period", "0.5"]
        self._readers[reading] = _ProgressReader(*progress)
        return reading, writing

    def _keep_stdout(self, data: bytes) -> None:
        self.stdout += data
        if len(self.stdout) > MAX_STDOUT_BYTES:
            self.end("output_too_big")

    def _keep_tail(self, data: bytes) -> None:
        self._tail = (self._tail + data)[-TAIL_BYTES:]

    def end(self, reason: str) -> None:
        """Kill the child with all it started; the first reason counts."""
        with self._ending:
            if self.process.returncode is None:
                self.ended_by = self.ended_by or reason
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, signal.SIGKILL)

    def wait(self) -> Run:
        """Read until the child has ended. Whoever waits also keeps its time and its stop sign."""
        try:
            self._read_all()
            cpu_seconds = self._reap()
        except BaseException:
            self.end("canceled")
            self._reap()
            raise
        finally:
            self._close()
        return Run(
            command=tuple(self._told),
            exit_code=self.process.returncode,
            stderr_tail=self._tail.decode("utf-8", "replace").strip(),
            seconds=time.monotonic() - self.started,
            cpu_seconds=cpu_seconds,
            peak_bytes=self.peak_bytes,
            stdout=bytes(self.stdout),
        )

    def _read_all(self) -> None:
        with selectors.DefaultSelector() as selector:
            for descriptor, reader in self._readers.items():
                selector.register(descriptor, selectors.EVENT_READ, reader)
            while selector.get_map():
                for key, _ in selector.select(POLL_SECONDS):
                    data = os.read(key.fd, 1 << 16)
                    if data:
                        key.data(data)
                    else:
                        selector.unregister(key.fd)
                self._check()

    def _check(self) -> None:
        self._note_memory()
        if self.ended_by:
            return
        if time.monotonic() - self.started > self.limits.wall_seconds:
            self.end("too_slow")
        elif self.should_stop is not None and self.should_stop():
            self.end("canceled")

    def _note_memory(self) -> None:
        # The rusage of a child begins with the size of the process that started it, so its peak is
        # read from the kernel while it runs; what it takes in its last instant may be missed. Not at
        # every part that is read: asking takes longer than reading does.
        if time.monotonic() - self._noted_at < NOTE_SECONDS:
            return
        self._noted_at = time.monotonic()
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            peak = status.partition("VmHWM:")[2].split(maxsplit=1)
            self.peak_bytes = max(self.peak_bytes, int(peak[0]) * 1024 if peak else 0)

    def _reap(self) -> float:
        """Wait for the end; return the CPU seconds."""
        while True:
            # The lock keeps `end` from a number that the system may have given away again.
            with self._ending:
                pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
                if pid:
                    self.process.returncode = os.waitstatus_to_exitcode(status)
                    return usage.ru_utime + usage.ru_stime
            self._check()
            time.sleep(0.005)

    def _close(self) -> None:
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        for descriptor, reader in self._readers.items():
            if isinstance(reader, _ProgressReader):
                os.close(descriptor)


def _opening(program: str) -> list[str]:
    if program not in ("ffmpeg", "ffprobe"):
        return []
    words = ["-hide_banner", "-v", "error"]
    return ["-nostdin", *words] if program == "ffmpeg" else words


class _ProgressReader:
    """Turns ffmpeg's `-progress` lines into a fraction that never goes back."""

    def __init__(self, report: Progress, expected_seconds: float) -> None:
        self._report = report
        self._expected_seconds = max(expected_seconds, 1e-6)
        self._rest = b""
        self._last = 0.0

    def __call__(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            name, _, value = line.partition(b"=")
            if name == b"out_time_us" and value.isdigit():
                self._advance(int(value) / 1e6 / self._expected_seconds)

    def _advance(self, fraction: float) -> None:
        fraction = min(fraction, 1.0)
        if fraction > self._last:
            self._last = fraction
            self._report(fraction)


# --- how it ended --------------------------------------------------------------------------------


def _finish(child: _Child, run: Run, *, check: bool) -> Run:
    code = failure(run, child.ended_by, child.limits)
    if code is not None and (check or code != "failed"):
        raise MediaError(code, f"{run.command[0]} ended with {run.exit_code}: {run.stderr_tail}")
    return run


# --- the two ways to use it ----------------------------------------------------------------------


def run(
    args: Sequence[str],
    *,
    program: str = "ffmpeg",
    folder: Path,
    limits: Limits = PICTURE,
    on_progress: Progress | None = None,
    expected_seconds: float = 0.0,
    should_stop: ShouldStop | None = None,
    on_stdout: Callable[[bytes], None] | None = None,
    has_network: bool = False,
    check: bool = True,
) -> Run:
    """Run ffmpeg (or another program) to its end in `folder`, which is all it takes for its own.

    `on_progress` gets the made part of `expected_seconds` as a fraction; `on_stdout` gets the
    bytes of stdout as they come (else they are kept, up to 8 MiB); `should_stop` is asked five
    times a second; `has_network` leaves the network to a program that is there for it. With
    `check=False` an ordinary non-zero exit is returned, not raised.
    Raises MediaError: too_slow, too_hungry, crashed, canceled, killed, disk_full,
    output_too_big, failed, no_ffmpeg.
    """
    child = _Child(
        args,
        program=program,
        folder=folder.resolve(),
        limits=limits,
        should_stop=should_stop,
        progress=(on_progress, expected_seconds) if on_progress else None,
        has_network=has_network,
        on_stdout=on_stdout,
    )
    return _finish(child, record(child.wait()), check=check)


class _Writer:
    """Feeds a child's stdin from a short queue, so that drawing and encoding overlap."""

    def __init__(self, child: _Child, should_stop: ShouldStop | None) -> None:
        self._child = child
        self._should_stop = should_stop
        _widen(child.process.stdin)
        self._frames: queue.Queue[bytes | None] = queue.Queue(QUEUED_FRAMES)
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="media-writer")
        self._feeding = self._pool.submit(self._feed)
        self._waiting = self._pool.submit(child.wait)

    def _feed(self) -> None:
        stdin = self._child.process.stdin
        assert stdin is not None
        open_end = True
        while (data := self._frames.get()) is not None:
            open_end = open_end and _write_all(stdin.fileno(), data)
        stdin.close()

    def write(self, data: Buffer) -> None:
        """Queue a copy of one frame; waits while the encoder is behind, raises if it has ended."""
        frame = bytes(data)
        while not self._waiting.done():
            self._check()
            with contextlib.suppress(queue.Full):
                return self._frames.put(frame, timeout=POLL_SECONDS)
        raise MediaError("failed", f"ffmpeg ended early: {self._waiting.result().stderr_tail}")

    def _check(self) -> None:
        # Asked here and not by the waiting thread: the answer may come from a database connection,
        # and those belong to their thread.
        if self._should_stop is not None and self._should_stop():
            self._child.end("canceled")

    def close(self) -> Run:
        """Send the end of the pictures and wait for the file."""
        if not self._feeding.done():
            self._frames.put(None)
        while not self._waiting.done():
            self._check()
            wait([self._waiting], timeout=POLL_SECONDS)
        self._pool.shutdown()
        return self._waiting.result()

    def abandon(self) -> Run:
        """End the child because the drawing failed or the child did."""
        self._child.end("canceled")
        return self.close()


def _widen(pipe: IO[bytes] | None) -> None:
    """A pipe of 1 MiB, where it is allowed: fewer turns between drawing and encoding."""
    if pipe is not None:
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, F_SETPIPE_SZ, MIB)


def _write_all(descriptor: int, data: bytes) -> bool:
    """Write all bytes; False when the other end is gone."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except BrokenPipeError:
        return False
    return True


@contextlib.contextmanager
def open_writer(
    args: Sequence[str],
    *,
    folder: Path,
    limits: Limits = WRITER,
    should_stop: ShouldStop | None = None,
) -> Iterator[Callable[[Buffer], None]]:
    """Run ffmpeg over frames that the block writes to its stdin (`pipe:0` in `args`).

    The block gets a function that takes one frame's bytes; leaving the block waits for the file.
    Raises MediaError as `run` does, from the writing function or on leaving.
    """
    child = _Child(
        args,
        program="ffmpeg",
        folder=folder.resolve(),
        limits=limits,
        should_stop=None,
        feeds=True,
    )
    writer = _Writer(child, should_stop)
    try:
        yield writer.write
    except MediaError:
        # The child's own end says more than the write that met it.
        _finish(child, record(writer.abandon()), check=True)
        raise
    except BaseException:
        record(writer.abandon())
        raise
    _finish(child, record(writer.close()), check=True)
