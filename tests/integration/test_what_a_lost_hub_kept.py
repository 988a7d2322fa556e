"""What stood at a hub beside the sales when its disk was lost: it is there again, or a person hears of it."""

from __future__ import annotations

from terminal.bootstrap import RunningTill
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
