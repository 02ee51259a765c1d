"""`make start STANDIN=1`: one more process, on free ports of this machine, that plays the models."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from vibecraft import supervisor
from vibecraft.management.commands.start import Command
from vibecraft.predictions.standin.world import TOKEN
from vibecraft.supervisor import Supervisor


@pytest.mark.clock
def test_all_processes_after_it_are_pointed_to_it(tmp_path: Path) -> None:
    services = Supervisor(tmp_path, {"REPLICATE_API_TOKEN": "r8_a_real_one"})
    try:
        Command().start_standin(services)
        assert services.environment["REPLICATE_API_TOKEN"] == TOKEN
        address = services.environment["REPLICATE_BASE_URL"]
        token = {"Authorization": f"Bearer {TOKEN}"}
        answer = httpx.get(f"{address}/v1/account", headers=token)
        assert (answer.status_code, answer.json()["username"]) == (200, "standin")
    finally:
        services.stop()
    time.sleep(0.1)
    assert not supervisor.listens(int(address.rpartition(":")[2]))


@pytest.mark.clock
def test_free_ports_differ_and_nothing_listens_on_them() -> None:
    ports = supervisor.free_ports(3)
    assert len(set(ports)) == 3
    assert [supervisor.listens(port) for port in ports] == [False] * 3
