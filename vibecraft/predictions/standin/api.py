"""The API origin: `/v1/…` as the service answers it.

Order of checks: token, rate, JSON, keys of the body, model or version, inputs, credit; then a
prediction exists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vibecraft.predictions.standin import answers, schema
from vibecraft.predictions.standin.catalog import Model
from vibecraft.predictions.standin.faults import BadPlan, Event, Plan, prompt_of
from vibecraft.predictions.standin.files_api import FilesApi
from vibecraft.predictions.standin.lifecycle import Lifecycle
from vibecraft.predictions.standin.listing import list_predictions
from vibecraft.predictions.standin.money import Account
from vibecraft.predictions.standin.records import Prediction, Purpose, Request, attempt_of, show
from vibecraft.predictions.standin.web import Answer, Call, as_json, rest
from vibecraft.predictions.standin.world import World

PREFER = re.compile(r"wait(?:=([1-9]|[1-5][0-9]|60))?$")
DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$")
MIN_CANCEL_SECONDS = 5
NAME = r"([\w.-]+)/([\w.-]+)"

Endpoint = Callable[["Visit"], Answer]


@dataclass(frozen=True)
class Visit:
    """A call whose token is known: who calls, with which parts of the path, under which plan."""

    call: Call
    account: Account
    plan: Plan
    parts: tuple[str, ...]


class Api:
    """The application behind the API port."""

    def __init__(self, world: World, lifecycle: Lifecycle) -> None:
        self._world = world
        self._lifecycle = lifecycle
        files = FilesApi(world)
        routes: list[tuple[str, str, str, Endpoint]] = [
            ("POST", r"/v1/predictions", "create", self.create_by_version),
            ("GET", r"/v1/predictions", "list", self.list),
            ("GET", r"/v1/predictions/([^/]+)", "get", self.get),
            ("POST", r"/v1/predictions/([^/]+)/cancel", "cancel", self.cancel),
            ("POST", rf"/v1/models/{NAME}/predictions", "create", self.create_by_model),
            ("GET", r"/v1/models", "models", self.models),
            ("GET", rf"/v1/models/{NAME}", "model", self.model),
            ("GET", rf"/v1/models/{NAME}/versions", "versions", self.versions),
            ("GET", rf"/v1/models/{NAME}/versions/([^/]+)", "version", self.version),
            (
                "POST",
                r"/v1/files",
                "file_create",
                lambda v: files.create(v.call, v.account, v.plan),
            ),
            ("GET", r"/v1/files", "file_list", lambda v: files.list(v.account)),
            ("GET", r"/v1/files/([^/]+)", "file_get", lambda v: files.get(v.parts[0], v.account)),
            (
                "DELETE",
                r"/v1/files/([^/]+)",
                "file_delete",
                lambda v: files.delete(v.parts[0], v.account),
            ),
            ("GET", r"/v1/account", "account", self.account),
            ("GET", r"/v1/hardware", "hardware", lambda _: as_json(200, answers.HARDWARE)),
            ("GET", r"/v1/webhooks/default/secret", "secret", self.secret),
        ]
        self._download = files.download
        self._routes = [(m, re.compile(path + "$"), name, act) for m, path, name, act in routes]

    # --- the way in ------------------------------------------------------------------------------

    def __call__(self, call: Call) -> Answer:
        account = self._world.account_of(call.headers.get("authorization", ""))
        answer = self._answer(call, account)
        self._world.note("api", call, answer, account)
        return answer

    def _answer(self, call: Call, account: Account | None) -> Answer:
        if call.method == "GET" and call.path.endswith("/download"):
            return self._download(call)
        if account is None:
            return answers.unauthenticated()
        found = self._route(call)
        if found is None:
            return answers.not_found()
        name, act, parts = found
        try:
            plan = self._plan(call, account, name, parts)
        except BadPlan as error:
            return as_json(400, {"detail": f"In the prompt's tag: {error}", "status": 400})
        rest(plan.get("latency", 0.0))
        return self._under(plan, name, Visit(call, account, plan, parts), act)

    def _route(self, call: Call) -> tuple[str, Endpoint, tuple[str, ...]] | None:
        for method, path, name, act in self._routes:
            match = path.match(call.path)
            if match and method == call.method:
                return name, act, match.groups()
        return None

    def _plan(self, call: Call, account: Account, name: str, parts: tuple[str, ...]) -> Plan:
        event = Event(endpoint=name, account=account.username)
        if name == "create":
            event.model, event.prompt = self._asked_for(call, parts)
        elif name in ("get", "cancel") and (known := self._world.find(parts[0], account)):
            event.model, event.prompt = known.model.slug, prompt_of(known.request.given)
        with self._world.lock:
            return self._world.faults.plan_for(event)

    def _asked_for(self, call: Call, parts: tuple[str, ...]) -> tuple[str, str]:
        """(model, prompt) of a creation, as far as it can be read."""
        try:
            body = call.json()
        except ValueError:
            return "", ""
        given = body.get("input") if isinstance(body, dict) else None
        prompt = prompt_of(given) if isinstance(given, dict) else ""
        if parts:
            return "/".join(parts), prompt
        version = body.get("version") if isinstance(body, dict) else None
        model = self._world.catalog.of_version(str(version))
        return model.slug if model else "", prompt

    def _under(self, plan: Plan, name: str, visit: Visit, act: Endpoint) -> Answer:
        """The answer under the plan's refusal, rate limit and transport fault."""
        if "refuse" in plan:
            return answers.refused(plan)
        if plan.get("when", "before") == "before" and plan.get("answer") in answers.BLIND:
            return answers.broken(plan, None)
        throttled, headers = self._throttle(name, visit.account)
        answer = throttled or act(visit)
        if "answer" in plan:
            answer = answers.broken(plan, answer)
        return answer.with_headers(headers)

    def _throttle(self, name: str, account: Account) -> tuple[Answer | None, Mapping[str, str]]:
        kind = {"create": "create", "get": "read"}.get(name, "other")
        with self._world.lock:
            bucket = account.bucket(kind)
            seconds = bucket.take(self._world.clock.now())
        headers = {"ratelimit-remaining": str(int(bucket.tokens)), "ratelimit-reset": "1"}
        if not seconds:
            return None, headers
        reason = account.limited_because if kind == "create" else None
        return answers.too_many(reason, seconds, told="body"), headers

    # --- predictions -----------------------------------------------------------------------------

    def create_by_model(self, visit: Visit) -> Answer:
        return self._create(visit, "/".join(visit.parts))

    def create_by_version(self, visit: Visit) -> Answer:
        return self._create(visit, None)

    def _create(self, visit: Visit, slug: str | None) -> Answer:
        try:
            body = visit.call.json()
        except ValueError:
            return answers.bad_json()
        world = self._world
        wrong = schema.check_body(
            body, needs_version=slug is None, require_https=world.require_https
        )
        if wrong:
            return as_json(422, schema.problem(wrong))
        model = world.catalog.official(slug) if slug else self._versioned(body["version"])
        if model is None:
            return answers.not_found() if slug else answers.bad_version()
        wrong = schema.check_input(model, body["input"], strict=world.strict_inputs)
        if wrong:
            return as_json(422, schema.problem(wrong))
        return self._admit(visit, model, body)

    def _versioned(self, version: Any) -> Model | None:
        return self._world.catalog.of_version(version) if isinstance(version, str) else None

    def _admit(self, visit: Visit, model: Model, body: Mapping[str, Any]) -> Answer:
        headers = visit.call.headers
        cancel_after = read_duration(headers.get("cancel-after"))
        if cancel_after is not None and cancel_after < MIN_CANCEL_SECONDS:
            return answers.bad_duration()
        if visit.account.balance <= 0:
            return answers.no_credit()
        request = Request(
            given=body["input"],
            webhook=body.get("webhook"),
            events=tuple(body.get("webhook_events_filter") or ()),
            cancel_after=cancel_after,
            attempt=attempt_of(body.get("webhook"), headers),
        )
        prediction = self._world.add(visit.account, model, request, visit.plan)
        created = self._show(prediction, "create")
        self._lifecycle.begin(prediction)
        if visit.plan.get("webhook") == "early":
            self._tell_early(prediction)
        return self._waited(prediction, created, headers.get("prefer", ""))

    def _tell_early(self, prediction: Prediction) -> None:
        """Let the end be told before the caller knows that there is a prediction."""
        self._lifecycle.finish_now(prediction)
        for _ in range(50):
            if self._world.sender.is_idle:
                return
            rest(0.1)

    def _waited(self, prediction: Prediction, created: dict[str, Any], prefer: str) -> Answer:
        """The answer to a creation; with `Prefer: wait` it is held back for so many seconds."""
        match = PREFER.match(prefer)
        if match is None:
            return as_json(201, created)
        seconds = int(match.group(1) or 60)
        with self._world.changed:
            self._world.changed.wait_for(lambda: prediction.is_over, seconds)
        headers = {"Preference-Applied": f"wait={seconds}"}
        if not prediction.is_over:
            return as_json(202, created, **headers)
        return as_json(201, self._show_waited(prediction), **headers)

    def _show_waited(self, prediction: Prediction) -> dict[str, Any]:
        """What the end of a waited creation looks like: still processing, but with its output."""
        shown = self._show(prediction, "create")
        prediction.was_seen = True
        if prediction.status == "succeeded":
            shown["status"] = prediction.plan.get("wait_status", "processing")
            if prediction.output_data_uri is not None:
                shown["output"] = prediction.output_data_uri
        return shown

    def _show(self, prediction: Prediction, purpose: Purpose) -> dict[str, Any]:
        with self._world.lock:
            now = self._world.clock.now()
            return show(prediction, self._world.origins.api, now, purpose)

    def get(self, visit: Visit) -> Answer:
        prediction = self._world.find(visit.parts[0], visit.account)
        if prediction is None:
            return answers.not_found()
        prediction.reads.append(self._world.clock.now())
        shown = self._show(prediction, "get")
        prediction.was_seen = prediction.was_seen or prediction.is_over
        return as_json(200, shown)

    def cancel(self, visit: Visit) -> Answer:
        prediction = self._world.find(visit.parts[0], visit.account)
        if prediction is None:
            return answers.not_found()
        was_over = prediction.is_over
        self._lifecycle.cancel(prediction)
        prediction.was_seen = True
        return as_json(200, self._show(prediction, "get" if was_over else "cancel"))

    def list(self, visit: Visit) -> Answer:
        mine = [p for p in self._world.predictions.values() if p.account is visit.account]
        base = self._world.origins.api
        page, code = list_predictions(mine, visit.call.query, base)
        if code:
            return as_json(code, page)
        for prediction in page["results"]:
            prediction.was_seen = prediction.was_seen or prediction.is_over
        return as_json(200, page | {"results": [self._show(p, "list") for p in page["results"]]})

    # --- models and account ----------------------------------------------------------------------

    def models(self, _: Visit) -> Answer:
        shown = [answers.model(one) for one in self._world.catalog.by_slug.values()]
        return as_json(200, {"next": None, "previous": None, "results": shown})

    def model(self, visit: Visit) -> Answer:
        found = self._world.catalog.by_slug.get("/".join(visit.parts))
        return as_json(200, answers.model(found)) if found else answers.not_found()

    def versions(self, visit: Visit) -> Answer:
        found = self._world.catalog.by_slug.get("/".join(visit.parts))
        if found is None:
            return answers.not_found()
        page = {"next": None, "previous": None, "results": [answers.version(found)]}
        return as_json(200, page)

    def version(self, visit: Visit) -> Answer:
        *slug, number = visit.parts
        found = self._world.catalog.by_slug.get("/".join(slug))
        if found is None or found.version != number:
            return answers.not_found()
        return as_json(200, answers.version(found))

    def account(self, visit: Visit) -> Answer:
        name = visit.account.username
        shown = {"type": "user", "username": name, "name": name.title(), "github_url": None}
        return as_json(200, shown)

    def secret(self, visit: Visit) -> Answer:
        return as_json(200, {"key": visit.account.webhook_key})


def read_duration(text: str | None) -> float | None:
    """`30`, `30s`, `5m` or `1h30m45s` as seconds; -1 for anything else, None for nothing."""
    if text is None:
        return None
    match = DURATION.match(text.strip())
    if match is None or not any(match.groups()):
        return -1.0
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)
