"""A QR payment nobody knows the end of: the line moves on, and no money is lost or taken twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from retail.approval import approve
from retail.facts import SaleRecorded
from retail.staff import Permission, Role
from terminal.checkout.desk import CheckoutDesk
from terminal.errands import AtOnce
from terminal.payment.desk import PaymentDesk
from terminal.payment.orphans_desk import OrphansDesk
from terminal.till import left_codes
from terminal.till.orphan_money import OrphanMoney
from terminal.till.qr import QrStatus
from tests.screens.toy_hub import ToyHub
from tests.tills import AT, BREAD, CASHIER, COLA, MANAGER, TestTill


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestTill]:
    till = TestTill(tmp_path)
    till.hub = ToyHub(till.clock)
    till.reopen()
    yield till
    till.close()


@pytest.fixture
def desk(till: TestTill) -> CheckoutDesk:
    return till.desks.checkout(CASHIER)


def hub_of(till: TestTill) -> ToyHub:
    assert isinstance(till.hub, ToyHub)
    return till.hub


def paying(till: TestTill, desk: CheckoutDesk, *, cash: int = 0) -> PaymentDesk:
    """A basket of a cola with a QR code over what is due, whose time is over without a word."""
    desk.scan(COLA)
    till.clock.forward(5)
    draft = desk.to_pay()
    assert draft is not None
    payment = till.desks.payment(draft, CASHIER)
    if cash:
        payment.pay_cash(cash)
    payment.ask_qr("QR_MOMO")
    till.clock.forward(600)
    payment.check_qr()
    assert payment.state.qr is not None
    assert payment.state.qr.status is QrStatus.UNKNOWN
    return payment


def again(till: TestTill, desk: CheckoutDesk) -> PaymentDesk:
    """The parked basket is called back, and its payment with it."""
    (parked,) = till.till.parked_drafts()
    desk.recall(parked.sale_id)
    assert desk.state.paying
    draft = desk.to_pay()
    assert draft is not None
    return till.desks.payment(draft, CASHIER)


def said(desk: PaymentDesk | OrphansDesk) -> str:
    """The code of what the desk tells."""
    return desk.state.notice.code if desk.state.notice else ""


def facts(till: TestTill) -> list[SaleRecorded]:
    return [SaleRecorded.from_body(orjson.loads(text)["payload"]) for text in till.envelopes()]


def test_the_next_customer_is_served_while_the_first_waits_for_the_money(till, desk):
    payment = paying(till, desk)
    payment.park()
    payment.park()
    assert (payment.state.over, said(payment)) == (True, "parked-unpaid")
    desk.refresh()
    desk.scan(BREAD)
    draft = desk.to_pay()
    other = till.desks.payment(draft, CASHIER)
    other.pay_cash(25_000)
    desk.refresh()
    assert [sale.lines[0].sku_id for sale in facts(till)] == ["BREAD"]


def test_late_money_completes_the_parked_basket(till, desk):
    paying(till, desk).park()
    desk.refresh()
    hub_of(till).pay()
    payment = again(till, desk)
    payment.check_qr()
    assert payment.state.receipt is not None
    (sale,) = facts(till)
    assert [(tender.payment_method, tender.amount) for tender in sale.tenders] == [("QR_MOMO", 10_000)]
    assert till.till.parked_drafts() == []


def test_money_that_never_came_is_taken_another_way(till, desk):
    paying(till, desk).park()
    desk.refresh()
    hub_of(till).decline()
    payment = again(till, desk)
    payment.check_qr()
    assert payment.state.qr is None
    payment.pay_cash(10_000)
    assert [tender.payment_method for tender in facts(till)[0].tenders] == ["CASH"]


def test_cash_that_was_taken_before_stays_with_the_basket(till, desk):
    paying(till, desk, cash=4_000).park()
    desk.refresh()
    till.reopen()
    desk = till.desks.checkout(CASHIER)
    hub_of(till).pay()
    payment = again(till, desk)
    payment.check_qr()
    (sale,) = facts(till)
    assert [tender.amount for tender in sale.tenders] == [4_000, 6_000]


def test_a_basket_with_money_in_it_is_never_offered_to_other_tills(till, desk):
    payment = paying(till, desk)
    payment.park("khách mua cola")
    desk = till.desks.checkout(CASHIER)
    desk.hub_is_back()
    assert hub_of(till).baskets == {}


def test_a_basket_nothing_was_asked_for_is_parked_at_the_checkout_and_not_here(till, desk):
    desk.scan(COLA)
    draft = desk.to_pay()
    assert draft is not None
    payment = till.desks.payment(draft, CASHIER)
    payment.park()
    assert not payment.state.over
    assert till.till.parked_drafts() == []


def test_a_recalled_payment_closes_the_basket_to_changes(till, desk):
    paying(till, desk).park()
    desk.refresh()
    (parked,) = till.till.parked_drafts()
    desk.recall(parked.sale_id)
    desk.scan(BREAD)
    assert desk.state.notice is not None
    assert desk.state.notice.code == "payment-begun"


def orphan(till: TestTill) -> OrphanMoney:
    return OrphanMoney(till.ids(), till.ids(), "POS_01", "QR_MOMO", 10_000, AT, "POS_01-000007")


def test_late_money_goes_back_with_a_yes_and_a_word(till):
    hub, money = hub_of(till), orphan(till)
    hub.orphans = [money]
    desk = OrphansDesk(hub, CASHIER, AtOnce())
    desk.ask()
    assert list(desk.state.rows) == [money]
    desk.settle(money.payment_id, "given back in cash")
    assert (said(desk), hub.settled) == ("approval-needed", [])
    yes = approve(Permission.REFUND, 10_000, approved_by="M01", role=Role.MANAGER, reason="paid twice", at=AT)
    desk.settle(money.payment_id, "", yes)
    desk.settle(money.payment_id, "", yes)
    assert hub.settled == [(money.payment_id, "C07", "M01", "paid twice")]
    assert list(desk.state.rows) == []


def test_a_manager_says_so_alone_and_an_outage_leaves_the_list(till):
    hub, money = hub_of(till), orphan(till)
    hub.orphans = [money]
    desk = OrphansDesk(hub, MANAGER, AtOnce())
    desk.ask()
    hub.away = True
    desk.settle(money.payment_id, "given back in cash")
    assert (said(desk), desk.state.rows) == ("hub-away", (money,))
    hub.away = False
    desk.settle(money.payment_id, "given back in cash")
    assert hub.settled[0][1:] == ("M01", None, "given back in cash")


def test_a_code_that_was_left_is_told_to_a_hub_that_does_not_know_it_until_its_end(
    till: TestTill, desk: CheckoutDesk
) -> None:
    hub = hub_of(till)
    payment = paying(till, desk)
    payment.leave_qr()
    (left,) = left_codes.left_codes(till.journal)
    hub.progress.clear()
    hub.codes.clear()
    left_codes.follow(till.journal, hub, till.clock())
    assert hub.progress[left.payment_id].status is QrStatus.PENDING
    till.reopen()
    left_codes.follow(till.journal, hub, till.clock())
    assert [code.payment_id for code in left_codes.left_codes(till.journal)] == [left.payment_id]
    hub.pay()
    left_codes.follow(till.journal, hub, till.clock())
    assert left_codes.left_codes(till.journal) == []
