"""How it starts and ends, whom it serves, and what its control takes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from io import StringIO

import httpx
import pytest
from django.core.management import CommandError, call_command

from vibecraft.management.commands import replicate_standin
from vibecraft.predictions.standin import __main__, catalog, inputs
from vibecraft.predictions.standin.clock import Clock
from vibecraft.predictions.standin.remote import running
from vibecraft.predictions.standin.schema import check_input
from vibecraft.predictions.standin.server import StandIn
from vibecraft.predictions.standin.tests.receiver import until
from vibecraft.predictions.standin.web import Answer, NotLoopback, head_of
from vibecraft.predictions.standin.world import Options


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.com", "::"])
def test_other_addresses_are_refused(host):
    with pytest.raises(NotLoopback, match="not a loopback address"):
        StandIn(Options(host=host))


def test_three_origins_are_three_ports():
    with StandIn(Options()) as standin:
        origins = standin.origins
        assert len({origins.api, origins.delivery, origins.control}) == 3
        assert httpx.get(f"{origins.control}/_control/state").status_code == 200
        assert httpx.get(f"{origins.api}/_control/state").status_code == 401
        assert httpx.get(f"{origins.delivery}/_control/state").status_code == 404
        folder = standin.world.folder
        assert folder.is_dir()
    assert not folder.exists()


@pytest.mark.clock
def test_a_process_ends_when_told_and_greets_with_its_addresses():
    with running("--time-scale", "50", "--profile", "real", "--balance", "7") as remote:
        state = remote.look("state")
        assert (state["time_scale"], state["profile"]) == (50.0, "real")
        assert remote.account()["balance"] == 7.0
        address = remote.api
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)


@pytest.mark.clock
def test_a_process_ends_with_the_one_that_started_it():
    command = [sys.executable, "-m", "vibecraft.predictions.standin", "--with-parent"]
    ports = ["--api-port=0", "--delivery-port=0", "--control-port=0"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([*command, *ports], **pipes) as process:
        assert json.loads(process.stdout.readline())["ready"] is True
        process.stdin.close()
        assert process.wait(20) == 0


def test_it_needs_no_django():
    code = "import sys, vibecraft.predictions.standin.__main__; print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "False\n"


def test_the_command_says_how_to_use_it(monkeypatch):
    monkeypatch.setattr(replicate_standin, "wait_for_the_end", lambda: None)
    out = StringIO()
    ports = {"api_port": 0, "delivery_port": 0, "control_port": 0}
    call_command("replicate_standin", stdout=out, no_color=True, **ports)
    assert "The stand-in is ready: http://127.0.0.1:" in out.getvalue()
    assert "REPLICATE_API_TOKEN=r8_standin" in out.getvalue()
    with pytest.raises(CommandError, match="not a loopback address"):
        call_command("replicate_standin", host="0.0.0.0", **ports)


def test_the_documented_ports_are_the_defaults():
    assert __main__.PORTS == (8790, 8791, 8792)


def test_the_catalog_is_whole():
    models = catalog.load().by_slug
    assert set(models) == {
        "minimax/hailuo-2.3-fast", "minimax/hailuo-2.3", "minimax/hailuo-02",
        "bytedance/seedance-1-lite", "bytedance/seedance-1-pro-fast",
        "wan-video/wan-2.2-i2v-fast", "wan-video/wan-2.2-t2v-fast",
        "kwaivgi/kling-v2.5-turbo-pro", "kwaivgi/kling-v2.1", "google/veo-3.1-fast",
        "prunaai/p-video", "lightricks/ltx-2.3-fast", "anotherjesse/zeroscope-v2-xl",
        "lucataco/animate-diff", "black-forest-labs/flux-schnell",
        "black-forest-labs/flux-kontext-pro", "bytedance/seedream-4", "google/nano-banana",
        "ideogram-ai/ideogram-character", "sync/lipsync-2", "kwaivgi/kling-lip-sync",
        "bytedance/latentsync", "victor-upmeet/whisperx", "vaibhavs10/incredibly-fast-whisper",
        "meta/musicgen", "stability-ai/stable-audio-2.5", "minimax/music-1.5",
        "openai/gpt-5-structured",
    }  # fmt: skip
    for model in models.values():
        assert len(model.version) == 64
        assert model.price.amount_for(model.values({})) is not None
        assert all(rule.error for rule in model.rules)
        assert model.seconds > 0


def test_every_default_is_allowed_by_its_own_schema():
    for model in catalog.load().by_slug.values():
        needed = {one.name: "https://a/b" for one in model.inputs if one.is_required}
        faults = check_input(model, model.values({}) | needed, strict=True)
        assert [fault for fault in faults if "length" not in fault.description] == []


def test_the_catalog_can_be_read_again(standin):
    assert "google/nano-banana" in standin.act("catalogue/reload")


def test_control_refuses_what_it_does_not_know(standin):
    for name, body, code in [
        ("nothing", {}, 404),
        ("finish/abc", {}, 404),
        ("balance", {"account": "nobody", "balance": 1}, 404),
        ("settings", {"color": "red"}, 400),
        ("words", {"words": [{"word": "x"}]}, 400),
        ("advance", {}, 400),
    ]:
        with pytest.raises(httpx.HTTPStatusError) as refused:
            standin.act(name, body)
        assert refused.value.response.status_code == code
    assert httpx.get(f"{standin.control}/_control/nothing").status_code == 404


def test_reset_forgets_everything(create, http, standin):
    standin.finish(create()["id"])
    http.post("/v1/files", files={"content": b"x"})
    standin.fault(refuse="401", times=0)
    standin.reset()
    assert standin.predictions() == standin.ledger() == standin.requests() == []
    assert http.get("/v1/files").json()["results"] == []
    assert standin.account()["balance"] == 100.0
    assert http.get("/v1/account").status_code == 200


def test_fail_by_hand(create, http, standin):
    created = create()
    standin.fail(created["id"], "PA")
    shown = http.get(f"/v1/predictions/{created['id']}").json()
    assert shown["error"] == "Prediction interrupted; please retry (code: PA)"


@pytest.mark.clock
def test_time_can_be_skipped_and_things_happen_in_order():
    clock, seen = Clock(), []
    clock.start()
    clock.after(20, lambda: seen.append("second"))
    clock.after(10, lambda: seen.append("first"))
    clock.after(500, lambda: seen.append("later"))
    clock.advance(30)
    assert seen == ["first", "second"]
    before = clock.now()
    clock.set_scale(100)
    assert clock.now() - before < 5
    until(lambda: len(seen) == 3)
    clock.stop()


@pytest.mark.clock
def test_one_broken_action_does_not_stop_the_clock(caplog):
    clock, over = Clock(1000), threading.Event()
    clock.start()
    clock.after(1, lambda: 1 / 0)  # type: ignore[arg-type,return-value]
    clock.after(2, over.set)
    assert over.wait(5)
    clock.stop()
    assert "an action failed" in caplog.text


def test_connections_are_kept_and_answers_leave_in_one_piece(http):
    for _ in range(2):
        http.get("/v1/account")
    before = time.monotonic()
    for _ in range(50):
        http.get("/v1/account")
    assert time.monotonic() - before < 2
    assert head_of(Answer(204)).startswith(b"HTTP/1.1 204 No Content\r\ndate: ")


def test_bodies_in_chunks_are_read(http, standin):
    body = (piece for piece in (b'{"input": ', b'{"prompt": "x"}}'))
    headers = {"content-type": "application/json"}
    path = "/v1/models/openai/gpt-5-structured/predictions"
    assert http.post(path, content=body, headers=headers).status_code == 201
    standin.allowed.add("unseen_end")


def test_many_callers_at_once_are_served(standin, http):
    body = {"input": {"prompt": "x"}}
    address = "/v1/models/openai/gpt-5-structured/predictions"
    codes: list[int] = []

    def call() -> None:
        codes.append(http.post(address, json=body).status_code)

    threads = [threading.Thread(target=call) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [201] * 40
    assert [one["number"] for one in standin.predictions()] == list(range(1, 41))
    standin.allowed.add("unseen_end")


def test_inputs_come_from_this_machine_only(tmp_path):
    store = inputs.Inputs(tmp_path, lambda uri: b"own" if "own" in uri else None)
    assert store.fetch("https://anything/own").read_bytes() == b"own"
    assert store.fetch("data:text/plain,a%20b").read_bytes() == b"a b"
    for uri in ("https://example.com/x", "http://127.0.0.1:9/x", "data:;base64,%", "data:nothing"):
        with pytest.raises(inputs.InputProblem):
            store.fetch(uri)
    assert inputs.is_loopback("http://localhost:1/x")
    assert not inputs.is_loopback("http://127.0.0.1.example.com/")
    assert not inputs.is_loopback("ftp://127.0.0.1/")
