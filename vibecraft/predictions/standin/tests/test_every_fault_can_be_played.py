"""The fault knobs: on the wire, in refusals, in predictions, and in what is delivered."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import httpx
import pytest

from vibecraft.predictions.standin import faults
from vibecraft.predictions.standin.faults import BadPlan, Event, Faults, read_plan, read_scenario
from vibecraft.predictions.standin.tests.decoding import decode
from vibecraft.predictions.standin.tests.receiver import ATTEMPT, WORDS, until

CREATE = f"/v1/models/{WORDS}/predictions"
BODY = {"input": {"prompt": "hello"}}
BROKEN = (httpx.RemoteProtocolError, httpx.ReadError)
SMALL = {"num_frames": 8, "width": 256, "height": 256}


# --- on the wire ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["hang", "reset", "500", "502", "503", "504"])
@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_an_answer_can_be_lost_before_or_after_creating(http, standin, fault, when, made):
    standin.fault(answer=fault, when=when, hang_seconds=0.2)
    if fault in ("hang", "reset"):
        with pytest.raises(BROKEN):
            http.post(CREATE, json=BODY)
    else:
        assert http.post(CREATE, json=BODY).status_code == int(fault)
    assert len(standin.predictions()) == made
    found = http.get("/v1/predictions").json()["results"]
    assert [one["input"] for one in found] == [{"prompt": "hello"}] * made


def test_a_client_with_a_time_limit_sees_a_hang_as_one(http, standin):
    standin.fault(answer="hang", when="after", hang_seconds=2)
    with pytest.raises(httpx.ReadTimeout):
        http.post(CREATE, json=BODY, timeout=0.3)
    assert len(standin.predictions()) == 1


def test_a_502_is_html(http, standin):
    standin.fault(answer="502")
    answer = http.post(CREATE, json=BODY)
    assert answer.headers["content-type"] == "text/html"
    assert answer.text.startswith("<html>")


@pytest.mark.parametrize("fault", ["truncated", "list", "plain"])
def test_an_answer_can_be_unreadable_although_created(http, standin, fault):
    standin.fault(answer=fault)
    answer = http.post(CREATE, json=BODY)
    assert answer.status_code == 201
    is_list = answer.text.startswith("[")
    assert is_list is (fault == "list")
    if not is_list:
        with pytest.raises(ValueError):
            answer.json()
    assert len(standin.predictions()) == 1


def test_an_answer_can_come_slowly_or_late(http, standin):
    standin.fault({"endpoint": "account"}, answer="slow")
    standin.fault({"endpoint": "hardware"}, latency=0.3)
    for path in ("/v1/account", "/v1/hardware"):
        before = time.monotonic()
        assert http.get(path).status_code == 200
        assert time.monotonic() - before > 0.25


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "body", "header"),
    [
        ("body", 7, None),
        ("header", None, "7"),
        ("both", 7, "7"),
        ("neither", None, None),
    ],
)
def test_a_429_tells_its_time_in_every_way(http, standin, told, body, header):
    standin.fault(refuse="429", told=told, reason="low_credit")
    answer = http.post(CREATE, json=BODY)
    assert answer.status_code == 429
    assert answer.json().get("retry_after") == body
    assert answer.headers.get("retry-after") == header
    assert ("~7s" in answer.json()["detail"]) is (body is not None)
    assert standin.predictions() == []


def test_a_429_can_tell_a_date_or_an_hour(http, standin):
    standin.fault(refuse="429", told="date", retry_after=30)
    date = parsedate_to_datetime(http.post(CREATE, json=BODY).headers["retry-after"])
    assert 25 <= date.timestamp() - time.time() <= 31
    standin.fault(refuse="429", told="both", retry_after=3600)
    assert http.post(CREATE, json=BODY).json()["retry_after"] == 3600


@pytest.mark.parametrize("code", [401, 402, 403, 404, 422])
def test_refusals_make_nothing(http, standin, code):
    standin.fault(refuse=code)
    assert http.post(CREATE, json=BODY).status_code == code
    assert standin.predictions() == []


def test_a_token_can_die_after_some_calls(http, standin):
    standin.fault({"endpoint": "*"}, times=0, after=2, refuse="401")
    codes = [http.get("/v1/account").status_code for _ in range(4)]
    assert codes == [200, 200, 401, 401]


def test_uploads_can_fail(http, standin):
    for knobs in ({"refuse": "413"}, {"answer": "500"}):
        standin.fault({"endpoint": "file_create"}, **knobs)
        answer = http.post("/v1/files", files={"content": b"x"})
        assert answer.status_code == int(next(iter(knobs.values())))
    standin.fault({"endpoint": "file_create"}, answer="hang", hang_seconds=0.2)
    with pytest.raises(BROKEN):
        http.post("/v1/files", files={"content": b"x"})
    assert http.get("/v1/files").json()["results"] == []


# --- predictions ---------------------------------------------------------------------------------


def over(http, standin, created):
    until(lambda: standin.predictions()[-1]["status"] not in ("starting", "processing"))
    return http.get(f"/v1/predictions/{created['id']}").json()


@pytest.mark.parametrize("code", sorted(faults.FAILURES))
def test_predictions_fail_with_every_text(http, create, standin, code):
    standin.fault(fail=code)
    shown = over(http, standin, create())
    assert (shown["status"], shown["error"]) == ("failed", faults.FAILURES[code])
    assert shown["output"] is None
    assert shown["metrics"] == {"predict_time": pytest.approx(4.5, abs=2), **_total(shown)}
    assert standin.ledger() == []


def _total(shown):
    return {"total_time": shown["metrics"]["total_time"]}


def test_predictions_fail_at_the_start_or_with_any_text(http, create, standin):
    standin.fault(fail="my own words", at=0)
    shown = over(http, standin, create())
    assert shown["error"] == "my own words"
    assert shown["metrics"]["predict_time"] < 2


def test_predictions_can_be_stuck(http, create, standin):
    standin.fault(stuck="starting")
    created = create()
    standin.advance(100_000)
    assert http.get(f"/v1/predictions/{created['id']}").json()["status"] == "starting"
    http.post(f"/v1/predictions/{created['id']}/cancel")


@pytest.mark.parametrize(("end", "charges"), [("canceled", 1), ("aborted", 0)])
def test_predictions_are_ended_by_the_service(http, create, standin, end, charges):
    standin.fault(end=end)
    assert over(http, standin, create())["status"] == end
    assert len(standin.ledger()) == charges


def test_predictions_are_shown_oddly(http, create, standin):
    standin.fault(
        times=0, status="queued", omit_on_create="output", version="dp-123", stream_null=True
    )
    created = create()
    assert (created["status"], created["version"]) == ("queued", "dp-123")
    assert "output" not in created
    assert created["urls"]["stream"] is None
    standin.finish(created["id"])
    assert http.get(f"/v1/predictions/{created['id']}").json()["status"] == "succeeded"


def test_success_goes_back_to_processing_for_one_read(http, create, standin):
    standin.fault(goes_back=True)
    created = create()
    standin.finish(created["id"])
    reads = [http.get(f"/v1/predictions/{created['id']}").json()["status"] for _ in range(3)]
    assert reads == ["succeeded", "processing", "succeeded"]
    standin.allowed.add("fast_poll")


def test_metrics_can_be_missing(http, create, standin):
    for knob, keys in (("none", set()), ("predict_time", {"predict_time"})):
        standin.fault(metrics=knob)
        assert set(over(http, standin, create())["metrics"]) == keys
    assert len(standin.ledger()) == 2


def test_erasure_can_be_immediate_and_clocks_can_differ(http, create, standin):
    standin.fault(retention=0, clock_skew=-86_400)
    created = create()
    standin.finish(created["id"])
    until(lambda: http.get(created["urls"]["get"]).json()["data_removed"])
    moment = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))
    assert created["created_at"].startswith(moment)
    standin.allowed.add("fast_poll")


def test_queue_boot_and_run_can_be_set(http, create, standin):
    standin.fault(queue=3, boot=4, seconds=20)
    metrics = over(http, standin, create())["metrics"]
    assert metrics["predict_time"] == 20.0
    assert metrics["total_time"] == 27.0


# --- outputs -------------------------------------------------------------------------------------


def output_of(http, standin, **knobs):
    """The output of a small video under these knobs."""
    standin.fault(**knobs)
    version = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
    body = {"version": version, "input": {"prompt": "a small one"} | SMALL}
    created = http.post("/v1/predictions", json=body).json()
    shown = standin.finish(created["id"])
    http.get(f"/v1/predictions/{created['id']}")
    return shown["output"]


def test_outputs_have_every_shape(http, standin):
    assert output_of(http, standin, output="null") is None
    assert output_of(http, standin, output="empty_list") == []
    assert isinstance(output_of(http, standin, output="list"), list)
    assert set(output_of(http, standin, output="dict")) == {"video", "seed"}
    assert output_of(http, standin, output="data_uri").startswith("data:video/mp4;base64,")


def test_outputs_name_every_kind_of_host(http, standin):
    def link(knob: str) -> str:
        found: list[str] = output_of(http, standin, link=knob)
        return found[0]

    assert link("http").startswith("http://replicate.delivery/xezq/")
    assert link("foreign").startswith("https://outputs.example.com/")
    assert link("private").startswith("http://169.254.169.254/")
    assert link("userinfo").startswith(f"{standin.delivery}@outputs.example.com/")
    assert httpx.get(link("canary")).text == "canary"
    assert len(standin.breaches()["canary"]) == 1
    standin.allowed.add("canary")


def test_delivery_is_whole_with_ranges_and_etag(http, standin):
    (url,) = output_of(http, standin)
    whole = httpx.get(url)
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["cache-control"] == "public,max-age=3600"
    assert whole.headers["accept-ranges"] == "bytes"
    part = httpx.get(url, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    assert httpx.get(url, headers={"range": "bytes=-5"}).content == whole.content[-5:]
    assert httpx.get(url, headers={"range": "bytes=99999999-"}).status_code == 416
    assert httpx.get(url, headers={"if-none-match": whole.headers["etag"]}).status_code == 304
    assert httpx.head(url).headers["content-length"] == str(len(whole.content))
    assert httpx.post(url).status_code == 405
    assert httpx.get(f"{standin.delivery}/xezq/nothing/here.mp4").status_code == 404


@pytest.mark.parametrize("code", ["403", "404", "410"])
def test_delivery_can_be_refused(http, standin, code):
    (url,) = output_of(http, standin, serve=code)
    assert httpx.get(url).status_code == int(code)


@pytest.mark.parametrize("fault", ["wrong_length", "truncated", "reset"])
def test_delivery_can_break_off(http, standin, fault):
    (url,) = output_of(http, standin, serve=fault)
    with pytest.raises(BROKEN):
        httpx.get(url)


def test_delivery_can_be_something_else(http, standin):
    (url,) = output_of(http, standin, serve="empty")
    assert httpx.get(url).content == b""
    (url,) = output_of(http, standin, serve="html")
    assert httpx.get(url).headers["content-type"] == "text/html"
    (url,) = output_of(http, standin, serve="slow")
    assert httpx.get(url).status_code == 200


def test_delivery_can_be_huge(http, standin):
    (url,) = output_of(http, standin, serve="huge")
    with httpx.stream("GET", url) as answer:
        assert answer.headers["content-length"] == str(5 * 1024**3)
        taken = 0
        for piece in answer.iter_bytes(1 << 20):
            taken += len(piece)
            if taken > 20_000_000:
                break
    assert taken > 20_000_000


def test_delivery_can_redirect_to_itself_or_into_this_machine(http, standin):
    (url,) = output_of(http, standin, serve="redirect")
    assert httpx.get(url).status_code == 302
    assert httpx.get(url, follow_redirects=True).headers["content-type"] == "video/mp4"
    (url,) = output_of(http, standin, serve="redirect_private")
    assert httpx.get(url).headers["location"].startswith(standin.control)
    assert standin.breaches() == {}


def test_outputs_expire(http, standin):
    (url,) = output_of(http, standin, expires=50)
    assert httpx.get(url).status_code == 200
    standin.advance(50)
    assert httpx.get(url).status_code == 404
    (url,) = output_of(http, standin)
    standin.expire(standin.predictions()[-1]["id"])
    assert httpx.get(url).status_code == 404


def test_media_can_be_wrong_over_http(http, standin, tmp_path):
    (url,) = output_of(http, standin, media="wrong_codec")
    path = tmp_path / "x.mp4"
    path.write_bytes(httpx.get(url).content)
    seen = decode(path)
    assert (seen.frames, seen.size, seen.codec) == (8, (256, 256), "mpeg4")


# --- how faults are chosen -----------------------------------------------------------------------


def test_tags_in_a_prompt_set_knobs(http, create, standin):
    assert over(http, standin, create("a [[sim:fail=E005,at=0.1]] b"))["error"].endswith("cK9b)")
    prompt = "[[sim:fail=PA,times=1]] again"
    assert over(http, standin, create(prompt))["status"] == "failed"
    assert over(http, standin, create(prompt))["status"] == "succeeded"
    odd = http.post(CREATE, json={"input": {"prompt": "[[sim:fail=PA,times=x]]"}})
    assert odd.status_code == 400
    bad = http.post(CREATE, json={"input": {"prompt": "[[sim:explode=1]]"}})
    assert bad.status_code == 400
    assert bad.json()["detail"] == "In the prompt's tag: no such knob: explode"


def test_scenarios_match_model_prompt_number_and_account(standin, http):
    match = {"model": WORDS, "prompt_contains": "two", "nth": 2, "account": "standin"}
    standin.fault(match, refuse="422")
    bodies = [{"input": {"prompt": f"number {word}"}} for word in ("two", "two", "two")]
    assert [http.post(CREATE, json=body).status_code for body in bodies] == [201, 422, 201]


def test_plans_are_read_strictly(standin):
    assert read_plan({"seconds": "5", "goes_back": "", "refuse": 429}) == {
        "seconds": 5.0,
        "goes_back": True,
        "refuse": "429",
    }
    for bad in ({"nothing": 1}, {"answer": "boom"}, {"seconds": "long"}):
        with pytest.raises(BadPlan):
            read_plan(bad)
    with pytest.raises(BadPlan):
        read_scenario({"match": {"color": "red"}})
    with pytest.raises(httpx.HTTPStatusError):
        standin.fault(explode=True)
    assert standin.look("knobs")["when"] == ["before", "after"]


def test_profiles_fail_as_often_as_said_and_the_same_each_time():
    def failures(seed: int) -> list[str | None]:
        world = Faults(seed, "real")
        return [world.plan_for(Event("create")).get("fail") for _ in range(600)]

    first = failures(1)
    assert first == failures(1)
    assert first != failures(2)
    assert 20 <= first.count("E9828") <= 60
    assert 2 <= first.count("PA") <= 25
    assert Faults(0, "calm").plan_for(Event("create")) == {}


def test_a_profile_can_be_chosen_while_it_runs(standin):
    standin.act("profile", {"name": "rough"})
    assert standin.look("state")["profile"] == "rough"
    with pytest.raises(httpx.HTTPStatusError):
        standin.act("profile", {"name": "wild"})


# --- what must never be done ---------------------------------------------------------------------


def test_two_creations_for_one_attempt_are_found(create, standin):
    address = f"http://127.0.0.1:9/hooks/{ATTEMPT}"
    for _ in range(2):
        create(webhook=address, webhook_events_filter=["completed"])
    (found,) = standin.breaches()["double_creation"]
    assert found.startswith(f"{ATTEMPT}: ")
    standin.allowed.add("double_creation")


def test_a_token_on_the_delivery_host_is_found_and_not_kept(http, standin):
    (url,) = output_of(http, standin)
    httpx.get(url, headers={"authorization": f"Bearer {standin.token}"})
    assert standin.breaches() == {"token_leak": [f"GET {httpx.URL(url).path}"]}
    assert standin.token not in str(standin.look("requests"))
    standin.allowed.add("token_leak")


def test_unknown_inputs_fast_polls_and_unseen_ends_are_found(create, http, standin):
    standin.allowed.clear()
    standin.settings(time_scale=1)
    created = create(input={"steps": 5})
    for _ in range(3):
        http.get(f"/v1/predictions/{created['id']}")
    standin.finish(created["id"])
    assert standin.breaches() == {
        "unknown_input": [f"{WORDS}: steps"],
        "fast_poll": [created["id"]],
        "unseen_end": [created["id"]],
    }
    standin.allowed.update({"unknown_input", "fast_poll", "unseen_end"})


def test_requests_are_kept_with_their_bodies(http, standin):
    http.post(CREATE, json=BODY)
    (asked,) = standin.requests()
    assert (asked["method"], asked["path"], asked["status"]) == ("POST", CREATE, 201)
    assert asked["headers"]["authorization"] == "(masked)"
    assert asked["account"] == "standin"
    assert '"hello"' in asked["body"]
