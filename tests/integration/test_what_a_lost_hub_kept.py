"""What stood at a hub beside the sales when its disk was lost: it is there again, or a person hears of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storehub.backup import back_up
from storehub.bootstrap import now
from terminal.bootstrap import RunningTill
from terminal.checkout.desk import CheckoutDesk
from terminal.payment.desk import PaymentDesk
from terminal.till.qr import QrStatus
from tests.lost_boxes import COLA, SECONDS, Chain
from tests.patience import eventually
from tests.tills import CASHIER


def with_a_code_on_show(till: RunningTill) -> PaymentDesk:
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)
    draft = checkout.to_pay()
    assert draft is not None, checkout.state.notice
    desk = till.desks.payment(draft, CASHIER)
    desk.ask_qr("QR_VIETQR")
    assert desk.state.qr is not None, desk.state.notice
    return desk


def at_the_counter(till: RunningTill) -> CheckoutDesk:
    """The desk of a till whose baskets the hub hears of."""
    return replace(till.desks, mirrored=True).checkout(CASHIER)


def parked_at(chain: Chain) -> list[Any]:
    return chain.hub.rows("SELECT label FROM baskets WHERE parked ORDER BY label")


def is_paid(desk: PaymentDesk) -> bool:
    desk.check_qr()
    return desk.state.receipt is not None


def test_a_code_that_the_customer_has_seen_is_followed_by_the_next_hub_too(chain: Chain) -> None:
    till = chain.till("POS_01")
    chain.hub.program.clockwork.tell_head_office()
    paid = with_a_code_on_show(till)
    assert paid.state.qr is not None

    chain.lose_the_hub()
    chain.restored_hub()

    paid.check_qr()
    assert paid.state.qr is not None, paid.state.notice
    assert paid.state.qr.status is QrStatus.PENDING
    eventually(lambda: is_paid(paid))
    assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: chain.at_hq() == (1, 10_000))
    given_up = with_a_code_on_show(till)
    chain.lose_the_hub()
    chain.restored_hub()
    given_up.cancel_qr()
    assert given_up.state.qr is None
    assert chain.hub.rows("SELECT status FROM payment_requests ORDER BY created_at") == [
        ("CAPTURED",),
        ("CANCELLED",),
    ]


@pytest.mark.parametrize("with_backup", [False, True])
def test_parked_baskets_are_there_again_and_each_in_one_place(
    chain: Chain, tmp_path: Path, with_backup: bool
) -> None:
    tills = [chain.till("POS_01"), chain.till("POS_02")]
    one, two = map(at_the_counter, tills)
    chain.hub.program.clockwork.tell_head_office()
    for label in ("blue", "red", "given up"):
        one.scan(COLA)
        one.park(label)
    blue, red, given_up = (draft.sale_id for draft in one.parked_here())
    file = back_up(chain.hub.settings, tmp_path / "kept", now()) if with_backup else None
    two.recall(blue)
    assert two.state.basket.lines, two.state.notice
    one.drop_parked(given_up)

    chain.lose_the_hub()
    chain.restored_hub(file)

    # The till that parked it may be heard before the one that has it at its counter.
    one.hub_is_back()
    two.hub_is_back()
    one.hub_is_back()
    assert [draft.sale_id for draft in one.parked_here()] == [red]
    assert ("red",) in parked_at(chain)
    assert ("blue",) not in parked_at(chain)
    assert two.state.sale_id == blue
    # And every till may have it.
    two.park("blue once more")
    two.recall(red)
    assert (two.state.sale_id, len(two.state.basket.lines)) == (red, 1)
    one.hub_is_back()
    assert one.parked_here() == []
    one.recall(blue)
    assert (one.state.sale_id, two.parked_here()) == (blue, two.parked_here())
    two.hub_is_back()
    assert two.parked_here() == []
