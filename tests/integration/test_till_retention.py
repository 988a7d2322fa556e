"""Facts that the hub has had for a month are let go of, and the till is none the wiser for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from courier import outbox
from retail.shift import figures_of
from terminal.returns.desk import ReturnDesk
from terminal.till.known_sale import Told
from terminal.till.retention import let_go
from tests.tills import AT, CASHIER, COLA, MANAGER, SHOP, TestTill, promotion, voucher

LATER = AT + timedelta(days=60)
TET = promotion("TET", "Tết", "fixed_amount_discount", amount=5_000, per="transaction", voucher_required=True)


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestTill]:
    till = TestTill(tmp_path, pieces=(*SHOP, TET, voucher("TET-1", "TET")))
    yield till
    till.close()


def sell(till: TestTill, code: str = "") -> UUID:
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)
    if code:
        checkout.take_voucher(code)
    draft = checkout.to_pay()
    assert draft is not None
    till.desks.payment(draft, CASHIER).pay_cash(10_000)
    return draft.sale_id


def a_month_later(till: TestTill) -> int:
    """The hub has everything and the month is over; how many facts are let go of."""
    engine = till.journal.sender_engine()
    with engine.begin() as tx:
        outbox.acknowledge(tx, till.journal.tables, till.journal.head.sequence + 1, LATER)
        gone = let_go(tx, LATER, 500)
    engine.dispose()
    return gone


def test_a_basket_that_was_sold_is_not_open_again_when_its_fact_is_gone(till: TestTill) -> None:
    sell(till)

    assert a_month_later(till) == 1
    till.reopen()

    assert till.journal.open_draft() is None
    assert till.journal.head.sequence == 1


def test_a_basket_that_is_open_stays_open(till: TestTill) -> None:
    sell(till)
    till.desks.checkout(CASHIER).scan(COLA)

    assert a_month_later(till) == 1
    till.reopen()

    draft = till.journal.open_draft()
    assert draft is not None
    assert len(draft.basket.lines) == 1


def test_the_facts_of_an_open_shift_stay_however_old_they_are(till: TestTill) -> None:
    sell(till)
    till.desks.shift(CASHIER).open({100_000: 5})
    sell(till)

    assert a_month_later(till) == 1
    till.reopen()

    assert till.till.drawer.open_shift() is not None
    assert figures_of(till.till.drawer.shift_facts()).expected_amount == 510_000


def test_a_voucher_of_a_sale_that_was_cancelled_is_still_good_when_the_fact_is_gone(till: TestTill) -> None:
    known = till.till.past_sale(sell(till, "TET-1"))
    assert till.journal.voucher_uses("TET-1") == 1
    assert known is not None
    desk = ReturnDesk(till.till, known, Told.TOLD, MANAGER, clock=till.clock, new_id=till.ids)
    desk.cancel_sale("wrong goods")
    assert till.journal.voucher_uses("TET-1") == 0

    assert a_month_later(till) > 1

    assert till.journal.voucher_uses("TET-1") == 0
