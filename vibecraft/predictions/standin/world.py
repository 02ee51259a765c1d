"""All that the stand-in knows: accounts, predictions, files, the ledger, and what was asked."""

from __future__ import annotations

import base64
import random
import secrets
import string
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vibecraft.predictions.standin import catalog, money, schema
from vibecraft.predictions.standin.catalog import Model
from vibecraft.predictions.standin.clock import Clock
from vibecraft.predictions.standin.faults import Faults, Plan
from vibecraft.predictions.standin.hooks import Sender
from vibecraft.predictions.standin.inputs import Inputs
from vibecraft.predictions.standin.money import Account
from vibecraft.predictions.standin.records import Prediction, Request
from vibecraft.predictions.standin.shelf import Shelf
from vibecraft.predictions.standin.studio import Studio, Told
from vibecraft.predictions.standin.uploads import Upload
from vibecraft.predictions.standin.web import Answer, Call, masked

TOKEN = "r8_standin"
# A community model stays warm for this long after a run.
WARM_SECONDS = 300.0
KEPT_REQUESTS = 50_000
ALPHABET = string.ascii_lowercase + string.digits


@dataclass
class Options:
    """How the stand-in runs. Port 0 takes a free one."""

    host: str = "127.0.0.1"
    api_port: int = 0
    delivery_port: int = 0
    control_port: int = 0
    time_scale: float = 1.0
    profile: str = "calm"
    seed: int = 0
    strict_inputs: bool = False
    require_https: bool = False
    balance: Decimal = Decimal(100)


@dataclass(frozen=True)
class Origins:
    """The addresses of the three servers."""

    api: str
    delivery: str
    control: str


@dataclass(frozen=True)
class Asked:
    """One request that arrived, with its secrets masked. `at` is in the service's seconds."""

    number: int
    origin: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: Any
    status: int
    account: str | None
    at: float
    wall: float


@dataclass
class World:
    """The state, shared by all threads; changes are made while `lock` is held."""

    options: Options
    origins: Origins
    folder: Path
    clock: Clock
    sender: Sender
    shelf: Shelf
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.changed = threading.Condition(self.lock)
        self.catalog = catalog.load()
        (self.folder / "inputs").mkdir(exist_ok=True)
        (self.folder / "outputs").mkdir(exist_ok=True)
        self.inputs = Inputs(self.folder / "inputs", self.own_bytes)
        self.studio = Studio(self.folder / "outputs", self.inputs)
        self.reset()

    def reset(self) -> None:
        """Forget everything but the media that was made and the models."""
        with self.lock:
            self.clock.clear()
            self.predictions: dict[str, Prediction] = {}
            self.uploads: dict[str, Upload] = {}
            self.ledger: list[money.Entry] = []
            self.asked: deque[Asked] = deque(maxlen=KEPT_REQUESTS)
            self._numbers = 0
            self.canary: list[str] = []
            self.warm_until: dict[str, float] = {}
            self.strict_inputs = self.options.strict_inputs
            self.require_https = self.options.require_https
            self.accounts = {account.token: account for account in self._first_accounts()}
            self.faults = Faults(self.options.seed, self.options.profile)
            self.studio.tell(Told())
            self.shelf.clear()
            self.sender.clear()
            self.clock.set_scale(self.options.time_scale)

    def _first_accounts(self) -> list[Account]:
        rich, low = self.options.balance, Decimal(3)
        return [
            new_account("standin", TOKEN, rich),
            new_account("other", "r8_other", rich),
            new_account("low", "r8_low", low),
            new_account("poor", "r8_poor", Decimal(0)),
            new_account("trial", "r8_trial", Decimal(10), has_payment_method=False),
        ]

    # --- looking up ------------------------------------------------------------------------------

    def account_of(self, authorization: str) -> Account | None:
        scheme, _, token = authorization.partition(" ")
        return self.accounts.get(token) if scheme in ("Bearer", "Token") else None

    def find(self, prediction_id: str, account: Account) -> Prediction | None:
        found = self.predictions.get(prediction_id)
        return found if found is not None and found.account is account else None

    def upload(self, file_id: str) -> Upload | None:
        """The uploaded file, unless it has expired."""
        found = self.uploads.get(file_id)
        return found if found is not None and self.clock.now() < found.expires else None

    def own_bytes(self, uri: str) -> bytes | None:
        """What an address of this service holds; None if the address is somebody else's."""
        parts = urlsplit(uri)
        if uri.startswith(f"{self.origins.api}/v1/files/"):
            found = self.upload(parts.path.split("/")[3])
            return found.data if found else None
        return self.shelf.bytes_of(uri, self.clock.now())

    # --- changing --------------------------------------------------------------------------------

    def add(self, account: Account, model: Model, request: Request, plan: Plan) -> Prediction:
        """Keep a new prediction; nothing has been started."""
        with self.lock:
            number = len(self.predictions) + 1
            rng = random.Random(f"{self.options.seed}:{number}")
            prediction = Prediction(
                id=new_id(),
                number=number,
                account=account,
                model=model,
                request=request,
                plan=plan,
                created=self.clock.now(),
                created_wall=time.time(),
                queue_seconds=self._queue_seconds(model, plan, rng),
                run_seconds=self._run_seconds(model, plan, rng),
                warnings=schema.unknown(model, request.given),
            )
            self.predictions[prediction.id] = prediction
            return prediction

    def _queue_seconds(self, model: Model, plan: Plan, rng: random.Random) -> float:
        queue = plan.get("queue", rng.uniform(*self.faults.profile.queue))
        is_cold = self.clock.now() > self.warm_until.get(model.slug, 0.0)
        self.warm_until[model.slug] = self.clock.now() + WARM_SECONDS
        return float(queue + plan.get("boot", model.boot_seconds if is_cold else 0.0))

    def _run_seconds(self, model: Model, plan: Plan, rng: random.Random) -> float:
        jitter = self.faults.profile.jitter
        usual = round(model.seconds * rng.uniform(1 - jitter, 1 + jitter), 3)
        return max(0.001, float(plan.get("seconds", usual)))

    def charge(self, prediction: Prediction, metrics: Mapping[str, float], reason: str) -> None:
        """Write a line into the ledger and take its amount from the balance."""
        quantity, amount = money.price(prediction.model, prediction.values, metrics)
        prediction.charged = amount
        prediction.account.balance -= amount
        self.ledger.append(
            money.Entry(
                number=len(self.ledger) + 1,
                account=prediction.account.username,
                prediction=prediction.id,
                model=prediction.model.slug,
                attempt=prediction.request.attempt,
                input_hash=prediction.input_hash,
                reason=reason,
                unit=prediction.model.price.unit,
                quantity=quantity,
                amount=amount,
                at=round(self.clock.now(), 3),
            )
        )

    def note(self, origin: str, call: Call, answer: Answer, account: Account | None) -> None:
        """Keep what was asked; an answer that never left has the status 0."""
        with self.lock:
            self._numbers += 1
            self.asked.append(
                Asked(
                    number=self._numbers,
                    origin=origin,
                    method=call.method,
                    path=call.path,
                    query="&".join(f"{name}={value}" for name, value in call.query.items()),
                    headers=masked(call.headers),
                    body=call.readable_body(),
                    status=answer.status if answer.wire in ("whole", "slow") else 0,
                    account=account.username if account else None,
                    at=round(self.clock.now(), 3),
                    wall=time.time(),
                )
            )


def new_id() -> str:
    """26 lower-case letters and digits, as the service's ids."""
    return "".join(secrets.choice(ALPHABET) for _ in range(26))


def new_account(
    username: str, token: str, balance: Decimal, *, has_payment_method: bool = True
) -> Account:
    """An account with secrets of its own, the same after every start."""
    seeded = random.Random(username)
    key = base64.b64encode(seeded.randbytes(24)).decode()
    return Account(
        username=username,
        token=token,
        balance=balance,
        webhook_key=f"whsec_{key}",
        files_key=seeded.randbytes(16).hex(),
        has_payment_method=has_payment_method,
    )
