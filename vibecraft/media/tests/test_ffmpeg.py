from __future__ import annotations

import gc
import itertools
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from pathlib import Path

import pytest

from vibecraft.media import ffmpeg
from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import open_writer, recording, run, sandbox_level
from vibecraft.media.limits import MIB, Limits, environment, held
from vibecraft.media.outcome import Run, failure

ENDLESS = ["-re", "-f", "lavfi", "-i", "anullsrc", "-f", "null", "-"]
LIMITS = Limits(1024 * MIB, cpu_seconds=30, file_bytes=64 * MIB, wall_seconds=30)


def _limits(**changes: float) -> Limits:
    return Limits(**{**LIMITS.__dict__, **changes})


def _alive(token: str) -> list[int]:
    """Decoders whose command names a token; not a program that holds such a command as its text."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if f"title={token}".encode() in words:
            found.append(int(entry.parent.name))
    return found


def _wait_until(true, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def test_a_run_tells_how_it_went(tmp_path):
    done = run(["-f", "lavfi", "-i", "sine=d=0.1", "-f", "s16le", "pipe:1"], folder=tmp_path)
    assert done.exit_code == 0
    assert len(done.stdout) == 4410 * 2
    assert done.command[:5] == ("ffmpeg", "-nostdin", "-hide_banner", "-v", "error")
    assert done.seconds > 0


def test_every_run_is_recorded_also_one_that_fails(tmp_path):
    runs: list[Run] = []
    with recording(runs.append):
        run(["-version"], folder=tmp_path)
        with pytest.raises(MediaError) as caught:
            run(["-i", "file:nothing.mp4", "-f", "null", "-"], folder=tmp_path)
    run(["-version"], folder=tmp_path)
    assert caught.value.code == "failed"
    assert [done.exit_code for done in runs] == [0, 1]
    assert "No such file" in runs[1].stderr_tail


def test_an_ordinary_failure_can_be_looked_at_instead_of_raised(tmp_path):
    done = run(["-i", "file:nothing"], folder=tmp_path, program="ffprobe", check=False)
    assert done.exit_code == 1


def test_a_child_sees_nothing_of_our_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "sentinel")
    seen = tmp_path / "seen"
    script = _program(tmp_path, f"env > {seen}")
    monkeypatch.setattr(ffmpeg, "_program", lambda name: script)
    run([], folder=tmp_path)
    names = {line.partition("=")[0] for line in seen.read_text().splitlines()}
    assert names - {"PWD", "SHLVL", "_", "OLDPWD"} == set(environment(str(tmp_path)))


def test_a_child_has_no_network_where_the_kernel_allows_that(tmp_path, monkeypatch):
    devices = tmp_path / "devices"
    script = _program(tmp_path, f"cat /proc/net/dev > {devices}")
    monkeypatch.setattr(ffmpeg, "_program", lambda name: script)
    run([], folder=tmp_path)
    names = [line.split(":")[0].strip() for line in devices.read_text().splitlines()[2:]]
    # In a container that forbids namespaces the level says so, and health pages show it.
    assert names == ["lo"] or sandbox_level() == "limited"


def test_a_child_is_bounded_by_every_limit_and_may_gain_nothing():
    words = held(Limits(1000, cpu_seconds=2, file_bytes=3, wall_seconds=9, open_files=4))
    assert words[:4] == ["setpriv", "--pdeathsig", "KILL", "--no-new-privs"]
    assert words[4:10] == ["prlimit", "--as=1000", "--cpu=2", "--fsize=3", "--nofile=4", "--core=0"]


@pytest.mark.clock
def test_progress_only_grows_and_ends_at_one(tmp_path):
    seen: list[float] = []
    run(
        ["-re", "-f", "lavfi", "-i", "sine=d=1.5", "-f", "null", "-"],
        folder=tmp_path,
        on_progress=seen.append,
        expected_seconds=1.5,
    )
    assert seen == sorted(set(seen))
    assert 0 < seen[0] < 1
    assert seen[-1] == pytest.approx(1.0, abs=0.02)


@pytest.mark.clock
def test_a_child_that_hangs_is_ended(tmp_path):
    begun = time.monotonic()
    with pytest.raises(MediaError) as caught:
        run(ENDLESS, folder=tmp_path, limits=_limits(wall_seconds=0.6))
    assert caught.value.code == "too_slow"
    assert time.monotonic() - begun < 2


@pytest.mark.clock
def test_a_child_that_burns_its_time_is_ended(tmp_path):
    busy = ["-f", "lavfi", "-i", "testsrc2=s=640x360", "-f", "null", "-"]
    with pytest.raises(MediaError) as caught:
        run(busy, folder=tmp_path, limits=_limits(cpu_seconds=1))
    assert caught.value.code == "too_slow"


def test_a_child_that_eats_memory_is_ended(tmp_path):
    hungry = ["-f", "lavfi", "-i", "nullsrc=s=4000x4000:d=60", "-vf", "reverse", "-f", "null", "-"]
    with pytest.raises(MediaError) as caught:
        run(hungry, folder=tmp_path, limits=_limits(memory_bytes=512 * MIB))
    assert caught.value.code == "too_hungry"


def test_a_child_that_writes_too_much_is_ended(tmp_path):
    endless = ["-f", "lavfi", "-i", "sine", "-f", "s16le", "-y", str(tmp_path / "out")]
    with pytest.raises(MediaError) as caught:
        run(endless, folder=tmp_path, limits=_limits(file_bytes=MIB))
    assert caught.value.code == "output_too_big"
    assert (tmp_path / "out").stat().st_size <= MIB


def test_a_child_that_says_too_much_is_ended(tmp_path):
    with pytest.raises(MediaError) as caught:
        run(["-f", "lavfi", "-i", "sine", "-f", "s16le", "pipe:1"], folder=tmp_path)
    assert caught.value.code == "output_too_big"


def test_a_child_that_crashes_is_reported(tmp_path, monkeypatch):
    script = _program(tmp_path, "kill -SEGV $$")
    monkeypatch.setattr(ffmpeg, "_program", lambda name: script)
    with pytest.raises(MediaError) as caught:
        run([], folder=tmp_path)
    assert caught.value.code == "crashed"
    assert caught.value.is_permanent


def test_a_child_that_was_killed_from_outside_is_worth_another_try(tmp_path, monkeypatch):
    script = _program(tmp_path, "kill -KILL $$")
    monkeypatch.setattr(ffmpeg, "_program", lambda name: script)
    with pytest.raises(MediaError) as caught:
        run([], folder=tmp_path)
    assert caught.value.code == "killed"
    assert not caught.value.is_permanent


def _program(folder: Path, line: str) -> str:
    script = folder / "program"
    script.write_text(f"#!/bin/sh\n{line}\n")
    script.chmod(0o755)
    return str(script)


@pytest.mark.parametrize(
    ("exit_code", "words", "code"),
    [
        (0, "", None),
        (1, "Invalid data found", "failed"),
        (1, "av_interleaved_write_frame(): No space left on device", "disk_full"),
        (0, "nullsrc: Cannot allocate memory", "too_hungry"),
        (1, "Error: Cannot allocate memory", "too_hungry"),
        (-signal.SIGABRT, "", "crashed"),
        (-signal.SIGXFSZ, "", "output_too_big"),
        (-signal.SIGKILL, "", "killed"),
    ],
)
def test_how_a_child_ended_is_named(exit_code, words, code):
    done = Run(("ffmpeg",), exit_code, words, 1.0, 1.0, 0)
    assert failure(done, None, LIMITS) == code


@pytest.mark.clock
def test_a_cancel_is_obeyed_within_a_second(tmp_path):
    begun = time.monotonic()
    with pytest.raises(MediaError) as caught:
        run(ENDLESS, folder=tmp_path, should_stop=lambda: time.monotonic() > begun + 0.3)
    assert caught.value.code == "canceled"
    assert time.monotonic() - begun < 1.3


def test_an_error_of_the_asker_ends_the_child(tmp_path):
    token = uuid.uuid4().hex

    def fail() -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(["-metadata", f"title={token}", *ENDLESS], folder=tmp_path, should_stop=fail)
    assert _alive(token) == []


def test_no_descriptor_is_left_open(tmp_path):
    run(["-version"], folder=tmp_path, on_progress=lambda made: None)
    gc.collect()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        run(["-version"], folder=tmp_path, on_progress=lambda made: None)
        with pytest.raises(MediaError):
            run(["-i", "file:nothing"], folder=tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def _write(args, folder, frames, **options):
    with open_writer(args, folder=folder, **options) as write:
        for frame in frames:
            write(frame)


RAW = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", "64x36", "-i", "pipe:0", "-f", "rawvideo", "-y"]


def test_a_writer_encodes_what_it_is_given(tmp_path):
    frames = [bytes([number]) * 64 * 36 for number in range(20)]
    _write([*RAW, str(tmp_path / "out")], tmp_path, frames)
    assert (tmp_path / "out").read_bytes() == b"".join(frames)


def test_a_writer_may_draw_over_its_frame_at_once(tmp_path):
    buffer = bytearray(64 * 36)
    with open_writer([*RAW, str(tmp_path / "out")], folder=tmp_path) as write:
        for number in range(50):
            buffer[:] = bytes([number]) * len(buffer)
            write(buffer)
    assert (tmp_path / "out").read_bytes()[:: 64 * 36] == bytes(range(50))


def test_a_writer_whose_child_fails_says_why(tmp_path):
    with pytest.raises(MediaError) as caught:
        _write([*RAW, "/nowhere/out"], tmp_path, [bytes(64 * 36)] * 10_000)
    assert caught.value.code == "failed"
    assert "No such file" in caught.value.detail


def test_a_writer_is_ended_when_the_drawing_fails(tmp_path):
    token = uuid.uuid4().hex
    with (
        pytest.raises(ZeroDivisionError),
        open_writer([*RAW[:-1], "-metadata", f"title={token}", "-y", "out"], folder=tmp_path),
    ):
        raise ZeroDivisionError
    assert _alive(token) == []


@pytest.mark.clock
def test_a_writer_is_canceled_while_its_child_does_not_read(tmp_path, monkeypatch):
    script = _program(tmp_path, "exec sleep 60")
    monkeypatch.setattr(ffmpeg, "_program", lambda name: script)
    begun = time.monotonic()

    def should_stop() -> bool:
        return time.monotonic() > begun + 0.3

    with pytest.raises(MediaError) as caught:
        _write([], tmp_path, itertools.repeat(bytes(MIB)), should_stop=should_stop)
    assert caught.value.code == "canceled"
    assert time.monotonic() - begun < 1.3


def test_a_child_outlives_the_thread_that_started_it(tmp_path):
    writer = open_writer([*RAW, str(tmp_path / "out")], folder=tmp_path)
    opened = []
    thread = threading.Thread(target=lambda: opened.append(writer.__enter__()))
    thread.start()
    thread.join()
    time.sleep(0.3)
    opened[0](bytes(64 * 36))
    writer.__exit__(None, None, None)
    assert (tmp_path / "out").stat().st_size == 64 * 36


def test_a_forked_process_runs_children_of_its_own(tmp_path):
    run(["-version"], folder=tmp_path)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if run(["-version"], folder=tmp_path).exit_code == 0 else 1)
    assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.clock
def test_a_killed_worker_leaves_no_child_behind(tmp_path):
    token = uuid.uuid4().hex
    program = textwrap.dedent(
        f"""
        import threading
        from pathlib import Path
        from vibecraft.media.ffmpeg import run
        words = ["-metadata", "title={token}", *{ENDLESS!r}]
        work = threading.Thread(target=run, args=(words,), kwargs={{"folder": Path({str(tmp_path)!r})}})
        work.start()
        work.join()
        """
    )
    root = Path(ffmpeg.__file__).parents[2]
    worker = subprocess.Popen([sys.executable, "-c", program], cwd=root)
    try:
        assert _wait_until(lambda: len(_alive(token)) == 1, 30)
    finally:
        worker.kill()
        worker.wait()
    assert _wait_until(lambda: _alive(token) == [])
