"""One till of a replay: a real terminal with its own journal, without a window. Started by `selling`.

Reads its `Seat` as JSON from standard input and says what it does as JSON lines on standard output.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from courier.outage import Outage
from installer.baskets import RecordedBasket, read_baskets
from installer.layout import Layout
from installer.replay import Seat, shard_of
from retail.payment import CASH
from retail.refusal import Refusal
from terminal.bootstrap import RunningTill, build_till
from terminal.checkout.desk import CheckoutDesk
from terminal.checkout.state import WantedLine
from terminal.till.cashier import Cashier

REASON = "REPLAY"
NEWS_SECONDS = 60.0
PATIENCE_SECONDS = 0.5
SENT_SECONDS = 5.0
REPORT_SECONDS = 0.25


def say(event: str, **more: Any) -> None:
    """Tell the replay something."""
    print(json.dumps({"event": event, **more}), flush=True)


def main() -> int:
    """Sell this till's share of the baskets; returns the exit code."""
    seat = Seat(**json.load(sys.stdin))
    layout = Layout(Path(seat.data))
    sold_before = set(seat.sold_before)
    mine = [
        basket
        for basket in read_baskets(Path(seat.baskets), ZoneInfo(seat.timezone), [seat.store_id])
        if shard_of(basket, seat.shards) == seat.shard and basket.basket_id not in sold_before
    ]
    try:
        with _opened(seat, layout) as till:
            _await_catalogue(till)
            cashier = _signed_in(till, seat)
            _sell_all(till, cashier, mine, till.till.journal.sold_references(), seat.speed)
            while not till.lifeline.wait_until_sent(SENT_SECONDS):
                say("waiting", unsent=till.lifeline.unsent())
    except Refusal as refusal:
        say("failed", why=f"{refusal.code} {refusal.detail}")
        return 1
    say("done")
    return 0


def _opened(seat: Seat, layout: Layout) -> RunningTill:
    """The till, as soon as it can be had: enrolling for the first time needs the hub."""
    while True:
        try:
            return build_till(layout.till(seat.store_id, seat.terminal_id), seat.hub_url, seat.enrolment_code)
        except Outage:
            time.sleep(PATIENCE_SECONDS)


def _await_catalogue(till: RunningTill) -> None:
    """A till that has a catalogue sells by it when the hub is away; one that has none waits."""
    while not till.lifeline.wait_for_news(NEWS_SECONDS) and not till.till.catalogue.products_count():
        say("waiting", unsent=till.lifeline.unsent())


def _signed_in(till: RunningTill, seat: Seat) -> Cashier:
    desk = till.desks.sign_in()
    desk.sign_in(seat.employee_id, seat.pin)
    cashier = desk.state.cashier
    if cashier is None:
        notice = desk.state.notice
        raise SignInRefused(employee_id=seat.employee_id, notice=notice.code if notice else "")
    return cashier


class SignInRefused(Refusal):
    """The till does not know the person the replay signs in as (`employee_id`, `notice`)."""

    code = "replay-sign-in-refused"


def _sell_all(
    till: RunningTill,
    cashier: Cashier,
    baskets: Sequence[RecordedBasket],
    sold: set[str],
    speed: float | None,
) -> None:
    desk = till.desks.checkout(cashier, with_promotions=False)
    if desk.state.basket.lines:
        desk.clear()  # the basket that a power cut interrupted is rung up anew
    began = time.monotonic()
    told = began
    passed = 0
    for basket in baskets:
        if basket.basket_id not in sold:
            if speed is not None:
                due = (basket.sold_at - baskets[0].sold_at).total_seconds() / speed
                time.sleep(max(0.0, due - (time.monotonic() - began)))
            _sell(till, desk, cashier, basket)
        passed += 1
        if time.monotonic() - told > REPORT_SECONDS:
            say("passed", baskets=passed)
            passed, told = 0, time.monotonic()
    say("passed", baskets=passed)


def _sell(till: RunningTill, desk: CheckoutDesk, cashier: Cashier, basket: RecordedBasket) -> None:
    refused = desk.add_lines(
        [
            WantedLine(line.barcode, line.quantity, line.unit_price, line.line_discount, REASON)
            for line in basket.lines
        ]
    )
    for place, refusal in refused:
        say("refused", line=basket.lines[place].file_line, code=refusal.code, detail=str(refusal.detail))
    if len(refused) == len(basket.lines):
        return
    draft = desk.to_pay()
    assert draft is not None, "a basket with lines can be paid"
    payment = till.desks.payment(draft, cashier, sold_at=basket.sold_at, external_reference=basket.basket_id)
    if basket.tender == CASH:
        payment.pay_cash(payment.state.due)
    else:
        payment.pay_elsewhere(basket.tender, provider_txn_id=f"REPLAY-{basket.basket_id}")
    if payment.state.receipt is None:
        notice = payment.state.notice
        raise BasketNotPaid(basket_id=basket.basket_id, notice=notice.code if notice else "")
    desk.refresh()


class BasketNotPaid(Refusal):
    """The till could not record a basket (`basket_id`, `notice`: why); nothing of it is booked."""

    code = "replay-basket-not-paid"


if __name__ == "__main__":
    sys.exit(main())
