"""An S3 server for tests: Ceph's object gateway on one monitor and one store in memory.

It checks signatures, their expiry, POST policies and CORS, which the usual test doubles do not.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from vibecraft.supervisor import free_ports, listens
from vibecraft.testservers import ServerMissing

PROGRAMS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw")
ACCESS_KEY, SECRET_KEY = "vibecraft-tests", "a-secret-of-the-test-store"
MONITOR_RIGHTS = ("-n", "mon.", "--cap", "mon", "allow *")
READY_SECONDS = 90
STOP_SECONDS = 10


@dataclass(frozen=True)
class TestStore:
    """How the store is reached."""

    __test__ = False

    endpoint: str
    access_key: str
    secret_key: str

    def environment(self, bucket: str) -> dict[str, str]:
        """The settings that point VibeCraft to a bucket of this store."""
        return {
            "STORAGE_BUCKET": bucket,
            "STORAGE_ENDPOINT": self.endpoint,
            "STORAGE_ACCESS_KEY": self.access_key,
            "STORAGE_SECRET_KEY": self.secret_key,
        }


def configuration(
    folder: Path, cluster: uuid.UUID, monitor_ports: tuple[int, int], port: int
) -> str:
    """One copy of everything, in memory, without passwords between its own processes."""
    addresses = ",".join(
        f"v{version}:127.0.0.1:{monitor}"
        for version, monitor in zip((2, 1), monitor_ports, strict=True)
    )
    shared = {
        "fsid": cluster,
        "mon host": f"[{addresses}]",
        "public addr": "127.0.0.1",
        "public network": "127.0.0.0/8",
        "cluster network": "127.0.0.0/8",
        "auth cluster required": "none",
        "auth service required": "none",
        "auth client required": "none",
        "osd pool default size": 1,
        "osd pool default min size": 1,
        "osd pool default pg num": 1,
        "osd pool default pgp num": 1,
        "osd pool default pg autoscale mode": "off",
        "osd crush chooseleaf type": 0,
        "mon allow pool size one": "true",
        "mon max pg per osd": 1000,
        "osd objectstore": "memstore",
        "memstore device bytes": 2 * 1024**3,
        "run dir": folder,
        "admin socket": f"{folder}/$name.asok",
        "log file": f"{folder}/$name.log",
        "mon data": folder / "mon",
        "osd data": folder / "osd",
        "keyring": folder / "keyring",
        "mon cluster log file": folder / "cluster.log",
    }
    gateway = {
        "rgw frontends": f"beast endpoint=127.0.0.1:{port}",
        "ms mon client mode": "crc secure",
        "rgw data": folder / "rgw",
        "rgw enable usage log": "false",
        "rgw enable gc threads": "false",
        "rgw dynamic resharding": "false",
    }
    sections = {"global": shared, "client.admin": gateway}
    return "".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
        for name, values in sections.items()
    )


@pytest.fixture(scope="session")
def store_server() -> Iterator[TestStore]:
    """A real store over HTTP, started once; each test has a bucket of its own there."""
    with object_store() as store:
        yield store


@contextmanager
def object_store() -> Iterator[TestStore]:
    """Start a store, with one user; its data are gone afterwards."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        wanted = "apt-get install radosgw ceph-mon ceph-osd"
        raise ServerMissing(f"{', '.join(missing)} cannot be found. On Debian: {wanted}")
    with tempfile.TemporaryDirectory(prefix="vc-s3-") as name, ExitStack() as stack:
        yield _Cluster(Path(name)).start(stack)


class _Cluster:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        first, second, self.port = free_ports(3)
        self.monitor_ports = (first, second)
        self.cluster = uuid.uuid4()
        self.config = folder / "ceph.conf"
        self.config.write_text(configuration(folder, self.cluster, self.monitor_ports, self.port))

    def start(self, stack: ExitStack) -> TestStore:
        self._start_monitor(stack)
        self._start_disk(stack)
        self._make_user()
        self._start_gateway(stack)
        return TestStore(f"http://127.0.0.1:{self.port}", ACCESS_KEY, SECRET_KEY)

    def _call(self, *command: str) -> str:
        program, *rest = command
        done = subprocess.run(
            [program, "--conf", str(self.config), *rest],
            capture_output=True,
            text=True,
            timeout=READY_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise ServerMissing(f"{' '.join(command)}: {done.stderr[-1000:]}")
        return done.stdout

    def _spawn(self, stack: ExitStack, *command: str) -> None:
        with (self.folder / f"{command[0]}.out").open("wb") as log:
            child = subprocess.Popen(
                [*command, "--conf", str(self.config), "--foreground"],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        stack.callback(_end, child)

    def _start_monitor(self, stack: ExitStack) -> None:
        (self.folder / "mon").mkdir()
        keyring = str(self.folder / "keyring")
        subprocess.run(
            ["ceph-authtool", "--create-keyring", keyring, "--gen-key", *MONITOR_RIGHTS],
            check=True,
            capture_output=True,
        )
        first, second = self.monitor_ports
        addresses = f"[v2:127.0.0.1:{first},v1:127.0.0.1:{second}]"
        table = str(self.folder / "monmap")
        subprocess.run(
            [
                "monmaptool",
                "--create",
                "--fsid",
                str(self.cluster),
                "--addv",
                "a",
                addresses,
                table,
            ],
            check=True,
            capture_output=True,
        )
        self._call("ceph-mon", "--mkfs", "-i", "a", "--monmap", table, "--keyring", keyring)
        self._spawn(stack, "ceph-mon", "-i", "a")
        _wait_for(lambda: listens(second), "The monitor")

    def _start_disk(self, stack: ExitStack) -> None:
        (self.folder / "osd").mkdir()
        name = str(uuid.uuid4())
        number = self._call("ceph", "osd", "new", name).strip()
        self._call("ceph-osd", "-i", number, "--mkfs", "--osd-uuid", name)
        self._spawn(stack, "ceph-osd", "-i", number)
        _wait_for(self._has_disk, "The disk")

    def _has_disk(self) -> bool:
        return bool(json.loads(self._call("ceph", "osd", "stat", "-f", "json"))["num_up_osds"] == 1)

    def _make_user(self) -> None:
        keys = ["--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY]
        about = ["--uid", "vibecraft", "--display-name", "VibeCraft", *keys]
        self._call("radosgw-admin", "-n", "client.admin", "user", "create", *about)

    def _start_gateway(self, stack: ExitStack) -> None:
        (self.folder / "rgw").mkdir()
        self._spawn(stack, "radosgw", "-n", "client.admin")
        _wait_for(lambda: listens(self.port), "The gateway")


def _wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise ServerMissing(f"{what} of the test store did not come up.")
        time.sleep(0.1)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
