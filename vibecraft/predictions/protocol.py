"""One paid call, from the intent to its end: what a worker does when it is its turn.

Each phase is committed before the next one begins, so that a worker may die anywhere:

    intent ─ sending ─ waiting ─ arrived ─ ended
                └ unknown ┘

`sending` is written before the one request that costs money. A worker that finds it there does not
know whether the request left, so it is treated as lost (`unknown`) and looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vibecraft.jobs.runner import Lease
from vibecraft.predictions.arriving import settle
from vibecraft.predictions.models import Phase, Prediction
from vibecraft.predictions.searching import search
from vibecraft.predictions.sending import forget_answer, send
from vibecraft.predictions.turn import Turn, is_switched_off
from vibecraft.predictions.waiting import wait

# Each does what its phase asks for; True means that the next phase can begin at once.
Step = Callable[[Turn], bool]
SWITCHED_OFF_SECONDS = 60.0


def advance(lease: Lease, prediction: Prediction) -> None:
    """Do all that can be done for a prediction now; the row is ended or due again afterwards."""
    turn = Turn(lease, prediction)
    if is_switched_off() and prediction.phase not in (Phase.INTENT, Phase.ENDED):
        # Paid for, and not to be read without a token: kept until there is one.
        turn.come_back(SWITCHED_OFF_SECONDS)
        return
    goes_on = True
    while goes_on:
        goes_on = STEPS[Phase(prediction.phase)](turn)


def _found_sending(turn: Turn) -> bool:
    return forget_answer(turn, "the worker ended while it was sent")


def _over(turn: Turn) -> bool:
    return False


STEPS: Mapping[Phase, Step] = {
    Phase.INTENT: send,
    Phase.SENDING: _found_sending,
    Phase.UNKNOWN: search,
    Phase.WAITING: wait,
    Phase.ARRIVED: settle,
    Phase.ENDED: _over,
}
