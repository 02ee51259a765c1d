"""What the scenes of a video will cost is known to the cent, although nobody knows the answer yet."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from vibecraft.predictions.catalog import build_input, get_model, pricing
from vibecraft.predictions.standin.remote import Remote
from videos.direction.scenes import RULES, Slot, request, schema
from videos.tests.test_scenes_are_checked import WIDE, brief

CENT = Decimal("0.01")
CLIP_FRAMES = 120


@pytest.mark.parametrize("clips", [3, 12, 60])
def test_the_estimate_is_the_charge_within_a_cent(standin: Remote, clips: int) -> None:
    slots = [
        Slot(number + 1, number * CLIP_FRAMES, (number + 1) * CLIP_FRAMES, "Verse", [], WIDE)
        for number in range(clips)
    ]
    model = get_model("gpt-5-structured")
    values = {
        "system_prompt": RULES,
        "prompt": request(replace(brief(), slots=slots)),
        "schema": schema(slots),
    }
    sent = build_input(model, values)
    made = httpx.post(
        f"{standin.api}/v1/models/{model.slug}/predictions",
        json={"input": sent},
        headers={"authorization": f"Bearer {standin.token}"},
    ).json()
    standin.wait_until_quiet()
    standin.finish(made["id"])
    answer = httpx.get(
        f"{standin.api}/v1/predictions/{made['id']}",
        headers={"authorization": f"Bearer {standin.token}"},
    ).json()
    assert set(answer["output"]["json_output"]) == set(values["schema"]["required"])
    [entry] = standin.ledger()
    charged = Decimal(str(entry["amount"]))
    assert Decimal(0) < charged < 2 * CENT
    assert abs(pricing.list_price(model, sent) - charged) < CENT
    counted = pricing.measured(model, sent, answer["metrics"])
    assert counted is not None
    assert pricing.usd(counted[0], model.price.usd[counted[1]]) == charged
