"""Trial T13's requests: what no client should send, to every address of the API and to every form.

Calls of the API are made by schemathesis from our own description of it, half of them as described and
half of them wrong on purpose; forms get fields that some page of ours has, with values of any kind. The
ids in addresses are real ones mostly, so that what is sent is looked at and not only the address.
Every request is undone, so that each meets the same world.
"""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import schemathesis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.test.client import MULTIPART_CONTENT, RequestFactory
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient
from schemathesis import Case, GenerationMode
from schemathesis.core import NotSet

from tests.alices_world import World

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
PLACEHOLDER = re.compile(r"\{(\w+)\}")
# What must never be in an answer, whoever asks for what.
SECRETS = ("Traceback (most recent call last)", "SECRET_KEY", "argon2$", "md5$", "postgres://")


class Sender:
    """Sends as Alice, undoes what came of it, and counts what was answered."""

    def __init__(self, world: World, seed_number: int) -> None:
        self.world = world
        self.seed = seed_number
        self.api = APIClient(raise_request_exception=False)
        self.api.force_authenticate(world.alice)
        self.browser = Client(raise_request_exception=False)
        backend = "django.contrib.auth.backends.ModelBackend"
        self.browser.force_login(world.alice, backend=backend)
        self.codes: Counter[int] = Counter()
        self.bad: list[str] = []

    @property
    def sent(self) -> int:
        return sum(self.codes.values())

    def send(self, client: Client, method: str, address: str, **rest: Any) -> Any:
        """One request; what is wrong with its answer is noted."""
        try:
            with transaction.atomic():
                answer = client.generic(method, address, **rest)
                body = b"" if answer.streaming else answer.content
                transaction.set_rollback(True)
        except UnicodeEncodeError:
            return None  # an address or a header that no client could send
        self.codes[answer.status_code] += 1
        text = body.decode("utf-8", "replace")
        if answer.status_code >= 500 and answer.status_code != 503:
            self.bad.append(f"{answer.status_code} {method} {address[:200]} {str(rest)[:300]}")
        if leaked := [secret for secret in SECRETS if secret in text]:
            self.bad.append(f"{leaked} in {method} {address[:200]}")
        return answer

    # --- the API -------------------------------------------------------------------------------------

    def fuzz_api(self, operations: list[Any], each: int) -> None:
        """So many calls to each operation, in both ways."""
        for operation in operations:
            for mode in MODES:
                strategy = operation.as_strategy(generation_mode=mode)
                self._draw(self._call, st.tuples(strategy, st.integers(0, 3)), max(1, each // 2))

    def _call(self, drawn: tuple[Case, int]) -> None:
        case, chance = drawn
        # One of four keeps the address that was made up.
        address = case.formatted_path if chance == 0 else self._real(case.path)
        if case.query:
            address += "?" + _query(case.query)
        body, content_type = _body(case)
        headers = {
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in dict(case.headers or {}).items()
            if name != "Authorization" and "\n" not in value and "\r" not in value
        }
        answer = self.send(
            self.api,
            case.method.upper(),
            address,
            data=body,
            content_type=content_type,
            **headers,
        )
        if answer is not None and answer.status_code >= 400:
            self._look_at_refusal(case, answer)

    def _look_at_refusal(self, case: Case, answer: Any) -> None:
        """Every refusal of the API is JSON with a code and a sentence."""
        if answer.status_code == 416 or case.method.upper() == "HEAD":
            return
        try:
            told = json.loads(answer.content)
        except ValueError:
            told = None
        if not isinstance(told, dict) or not {"code", "detail"} <= told.keys():
            self.bad.append(f"{answer.status_code} without a code: {case.method} {case.path}")

    def _real(self, path: str) -> str:
        """The address of the operation with Alice's ids."""
        routed = PLACEHOLDER.sub(
            lambda name: f"<uuid:{'pk' if name[1] == 'id' else name[1]}>", path
        )
        return self.world.address(routed)

    # --- pages ---------------------------------------------------------------------------------------

    def fuzz_forms(self, patterns: list[str], each: int) -> None:
        """So many posts to each page's address."""
        for pattern in patterns:
            address = self.world.address(pattern)
            self._draw(lambda form, to=address: self._post(to, form), _forms(self.world), each)

    def _post(self, address: str, form: dict[str, Any]) -> None:
        data = RequestFactory()._encode_data(form, MULTIPART_CONTENT)
        self.send(self.browser, "POST", address, data=data, content_type=MULTIPART_CONTENT)

    def _draw(self, act: Callable[[Any], None], strategy: Any, times: int) -> None:
        """Do an act with so many drawn examples."""

        @seed(self.seed)
        @settings(
            max_examples=times,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def each(one: Any) -> None:
            act(one)

        each()


def operations_of(description: dict[str, Any]) -> list[Any]:
    """Every operation that our description of the API has."""
    return [
        found.ok() for found in schemathesis.openapi.from_dict(description).get_all_operations()
    ]


def _query(query: Any) -> str:
    factory = RequestFactory()
    request = factory.get("/", {name: str(value) for name, value in dict(query).items()})
    return str(request.META["QUERY_STRING"])


def _body(case: Case) -> tuple[Any, str]:
    """What is sent, and as what it is declared."""
    if isinstance(case.body, NotSet):
        return "", "application/octet-stream"
    kind = case.media_type or "application/json"
    if isinstance(case.body, bytes | str):
        return case.body, kind
    if kind.startswith("multipart/") and isinstance(case.body, dict):
        fields = {name: _field(value) for name, value in case.body.items()}
        return RequestFactory()._encode_data(fields, MULTIPART_CONTENT), MULTIPART_CONTENT
    return json.dumps(case.body), kind


def _field(value: Any) -> Any:
    if isinstance(value, bytes):
        return SimpleUploadedFile("song.mp3", value)
    return value if isinstance(value, str) else json.dumps(value)


def field_names() -> list[str]:
    """The names of all fields that a page of ours has."""
    texts = (path.read_text() for path in TEMPLATES.rglob("*.html"))
    found = {name for text in texts for name in re.findall(r'name="([a-z_]+)"', text)}
    return sorted(found | {"title", "idea", "email", "password", "file", "url", "prompt", "model"})


def _forms(world: World) -> st.SearchStrategy[dict[str, Any]]:
    ids = [str(row.pk) for row in world.rows]
    values = st.one_of(
        st.text(max_size=60),
        st.text(min_size=1, max_size=1).map(lambda letter: letter * 7000),
        st.integers().map(str),
        st.floats().map(str),
        st.sampled_from(ids),
        st.builds(lambda: str(uuid.uuid4())),
        st.sampled_from(
            ["on", "null", "[]", "{}", "[{}]", '[{"start_time": "x"}]', "\x00", "../.."]
        ),
        st.binary(max_size=200).map(lambda raw: SimpleUploadedFile("song.mp3", raw)),
    )
    return st.dictionaries(st.sampled_from(field_names()), values, max_size=8)
