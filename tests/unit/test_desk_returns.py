"""Giving back at a till (FR-1.5): by line and quantity, never more than was bought, once for every tap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retail.approval import Approval
from retail.refund_facts import RefundRecorded, TransactionVoided
from retail.staff import Permission, Role
from terminal.returns.desk import ReturnDesk
from terminal.returns.no_receipt import NoReceiptDesk
from terminal.till.cashier import Cashier
from terminal.till.known_sale import KnownSale, Told
from tests.screens.toy_hub import ToyHub
from tests.tills import (
    AT,
    BREAD,
    CASHIER,
    COFFEE,
    COLA,
    MANAGER,
    MANGO,
    Clock,
    TestTill,
    feed,
    promotion,
    setting,
)

ADMIN = Cashier("A01", "Chủ", Role.ADMIN)


@pytest.fixture
def hub() -> ToyHub:
    return ToyHub(Clock())


@pytest.fixture
def till(tmp_path: Path, hub: ToyHub) -> Iterator[TestTill]:
    till = TestTill(tmp_path, hub)
    yield till
    till.close()


def sell(till: TestTill, *barcodes: str, qr: int = 0) -> KnownSale:
    """A sale at this till; `qr` of it is paid by phone, the rest in cash."""
    checkout = till.desks.checkout(CASHIER)
    for barcode in barcodes:
        till.clock.forward(10)
        checkout.scan(barcode)
    draft = checkout.to_pay()
    assert draft is not None
    payment = till.desks.payment(draft, CASHIER)
    if qr:
        payment.ask_qr("QR_MOMO", qr)
        till.desks.hub.pay()  # type: ignore[attr-defined]
        payment.check_qr()
    if not payment.state.receipt:
        payment.pay_cash(payment.state.cash_due)
    known = till.till.past_sale(draft.sale_id)
    assert known is not None
    return known


def at_desk(till: TestTill, known: KnownSale, cashier: Cashier = MANAGER) -> ReturnDesk:
    fresh = till.till.past_sale(known.sale.transaction_id) or known
    return ReturnDesk(till.till, fresh, Told.TOLD, cashier, clock=till.clock, new_id=till.ids)


def line(known: KnownSale, place: int = 0):
    return known.sale.lines[place].line_item_id


def facts(till: TestTill, kind: Any) -> list[Any]:
    bodies = [orjson.loads(text) for text in till.envelopes()]
    return [kind.from_body(body["payload"]) for body in bodies if body["event_type"] == kind.event_type]


def yes(act: Permission, amount: int) -> Approval:
    return Approval("M01", act, amount, "stale", AT)


def code(desk: ReturnDesk | NoReceiptDesk) -> str:
    assert desk.state.notice is not None
    return desk.state.notice.code


def test_a_part_comes_back_and_the_rest_stays(till: TestTill) -> None:
    known = sell(till, COLA, COLA, COLA, BREAD)
    desk = at_desk(till, known)
    desk.set_back(line(known), 2)
    assert desk.state.worth is not None
    assert (desk.state.worth.amount, desk.state.worth.paid_out) == (20_000, 20_000)
    desk.set_restock(line(known), restock=False)
    desk.give_back("sữa hỏng")
    done = desk.state.done
    assert done is not None
    assert (done.amount, done.cash, done.number, done.cash_notes.notes) == (
        20_000,
        20_000,
        "POS_01-000002",
        ((20_000, 1),),
    )
    (fact,) = facts(till, RefundRecorded)
    assert (fact.terminal_id, fact.refunded_by, fact.reason) == ("POS_01", "M01", "sữa hỏng")
    assert [(each.quantity, each.restock) for each in fact.lines] == [(2, False)]
    assert [each.left for each in at_desk(till, known).state.lines] == [1, 1]


def test_a_double_tap_gives_back_once(till: TestTill) -> None:
    known = sell(till, COLA)
    desk = at_desk(till, known)
    desk.take_all()
    desk.give_back("stale")
    desk.give_back("stale")
    desk.cancel_sale("stale")
    assert len(facts(till, RefundRecorded)) == 1
    assert facts(till, TransactionVoided) == []


def test_a_commit_whose_answer_was_lost_is_found_again(till: TestTill) -> None:
    known = sell(till, COLA)
    desk = at_desk(till, known)
    desk.take_all()
    fact = desk._refund("stale", None)
    till.till.record_return(
        fact.refund_id, lambda _: fact, ("transaction", known.sale.transaction_id), till.clock()
    )
    desk.give_back("stale")
    assert len(facts(till, RefundRecorded)) == 1
    assert desk.state.notice is not None, "nothing is left to give back a second time"


def test_never_more_than_was_bought(till: TestTill) -> None:
    known = sell(till, COLA, COLA)
    desk = at_desk(till, known)
    desk.set_back(line(known), 3)
    assert (code(desk), desk.state.worth) == ("refund-too-much", None)
    desk.set_back(line(known), 2)
    desk.give_back("stale")
    again = at_desk(till, known)
    assert not again.state.left
    again.take_all()
    again.give_back("stale")
    assert code(again) == "deed-not-allowed"


def test_nothing_chosen_is_nothing_given(till: TestTill) -> None:
    desk = at_desk(till, sell(till, COLA))
    assert desk.permit_refund("stale") is None
    assert code(desk) == "nothing-to-refund"


def test_a_cashier_needs_a_managers_yes_and_both_names_are_in_the_fact(till: TestTill) -> None:
    known = sell(till, COLA)
    desk = at_desk(till, known, CASHIER)
    desk.take_all()
    permit = desk.permit_refund(" khách  đổi ý ")
    assert permit is not None
    assert permit.ask is not None
    assert (permit.ask.act, permit.ask.amount, permit.ask.reason) == (
        Permission.REFUND,
        10_000,
        "khách đổi ý",
    )
    assert permit.ask.subject == known.sale.receipt_number
    desk.give_back("khách đổi ý")
    assert code(desk) == "approval-needed"
    desk.give_back("khách đổi ý", yes(Permission.REFUND, 10_000))
    (fact,) = facts(till, RefundRecorded)
    assert (fact.refunded_by, fact.approval.approved_by) == ("C07", "M01")


def test_up_to_the_chains_limit_a_cashier_gives_back_alone(till: TestTill) -> None:
    feed(till.catalogue, setting("refund_cashier_limit", 10_000), version=2)
    desk = at_desk(till, sell(till, COLA), CASHIER)
    desk.take_all()
    permit = desk.permit_refund("stale")
    assert permit is not None
    assert permit.ask is None


def test_after_the_window_it_is_a_late_refund(till: TestTill) -> None:
    known = sell(till, COLA)
    till.clock.forward(8 * 24 * 3600)
    desk = at_desk(till, known)
    desk.take_all()
    permit = desk.permit_refund("stale")
    assert permit is not None
    assert permit.ask is not None
    assert (permit.ask.act, permit.ask.amount) == (Permission.LATE_REFUND, 10_000)
    desk.give_back("stale", yes(Permission.REFUND, 10_000))
    assert code(desk) == "approval-does-not-cover"
    alone = at_desk(till, known, ADMIN)
    alone.take_all()
    alone.give_back("stale")
    assert alone.state.done is not None


def test_a_reason_is_asked_for(till: TestTill) -> None:
    desk = at_desk(till, sell(till, COLA))
    desk.take_all()
    desk.give_back("   ")
    assert code(desk) == "reason-needed"


def test_money_goes_back_the_way_it_came_or_as_cash(till: TestTill) -> None:
    known = sell(till, COLA, BREAD, qr=20_000)
    desk = at_desk(till, known)
    assert desk.state.can_choose_cash
    desk.take_all()
    worth = desk.state.worth
    assert worth is not None
    assert [(each.payment_method, each.amount) for each in worth.tenders] == [
        ("QR_MOMO", 20_000),
        ("CASH", 15_000),
    ]
    desk.set_as_cash(True)
    worth = desk.state.worth
    assert worth is not None
    assert [(each.payment_method, each.amount) for each in worth.tenders] == [("CASH", 35_000)]
    desk.give_back("stale")
    done = desk.state.done
    assert done is not None
    assert (done.cash, done.by_provider) == (35_000, ())


def test_a_broken_2_plus_1_gives_back_what_was_paid_for(till: TestTill) -> None:
    free = promotion(
        "P1", "Mua 2 tặng 1", "buy_x_get_y", buy_quantity=2, get_quantity=1, eligible_skus=["COLA"]
    )
    feed(till.catalogue, free, version=2)
    known = sell(till, COLA, COLA, COLA)
    assert known.sale.totals.total_amount == 20_000
    given = []
    for _ in range(3):
        desk = at_desk(till, known)
        desk.set_back(line(known), 1)
        desk.give_back("stale")
        assert desk.state.done is not None
        given.append(desk.state.done.cash)
    assert sum(given) == 20_000
    assert max(given) - min(given) <= 1


def test_cash_back_is_rounded_by_the_chains_rule(till: TestTill) -> None:
    feed(till.catalogue, setting("cash_rounding", "nearest-1000"), version=2)
    known = sell(till, COFFEE, COFFEE, COFFEE)
    desk = at_desk(till, known)
    desk.set_back(line(known), 1)
    assert desk.state.worth is not None
    assert desk.state.worth.paid_out % 1_000 == 0


def test_a_whole_sale_is_cancelled_on_its_own_day(till: TestTill) -> None:
    known = sell(till, COLA, qr=5_000)
    desk = at_desk(till, known, CASHIER)
    assert desk.state.can_void
    permit = desk.permit_void("bán nhầm")
    assert permit is not None
    assert permit.ask is not None
    assert (permit.ask.act, permit.ask.amount) == (Permission.VOID, 10_000)
    desk.cancel_sale("bán nhầm", yes(Permission.VOID, 10_000))
    done = desk.state.done
    assert done is not None
    assert (done.is_void, done.cash, done.number) == (True, 5_000, known.sale.receipt_number)
    assert [each.payment_method for each in done.by_provider] == ["QR_MOMO"]
    (fact,) = facts(till, TransactionVoided)
    assert (fact.voided_by, fact.approved_by, fact.terminal_id) == ("C07", "M01", "POS_01")
    again = at_desk(till, known)
    assert (again.state.left, again.state.can_void) == (False, False)


def test_the_next_day_a_sale_is_refunded_and_no_longer_cancelled(till: TestTill) -> None:
    known = sell(till, COLA)
    till.clock.forward(24 * 3600)
    desk = at_desk(till, known)
    assert not desk.state.can_void
    desk.cancel_sale("bán nhầm")
    assert code(desk) == "void-too-late"


def test_a_sale_that_came_back_in_part_is_no_longer_cancelled(till: TestTill) -> None:
    known = sell(till, COLA, COLA)
    desk = at_desk(till, known)
    desk.set_back(line(known), 1)
    desk.give_back("stale")
    desk = at_desk(till, known)
    assert not desk.state.can_void
    desk.cancel_sale("bán nhầm")
    assert code(desk) == "void-after-refund"


def test_while_the_hub_is_asked_nothing_is_given_back(till: TestTill) -> None:
    known = sell(till, COLA)
    desk = ReturnDesk(till.till, known, Told.ASKING, MANAGER, clock=till.clock, new_id=till.ids)
    desk.take_all()
    assert desk.permit_refund("stale") is None
    desk.heard(known, Told.AWAY)
    permit = desk.permit_refund("stale")
    assert permit is not None
    assert permit.ask is None


def test_what_another_till_gave_back_meanwhile_is_not_chosen_any_more(till: TestTill) -> None:
    known = sell(till, COLA, COLA)
    other = at_desk(till, known)
    desk = ReturnDesk(till.till, known, Told.ASKING, MANAGER, clock=till.clock, new_id=till.ids)
    desk.take_all()
    other.set_back(line(known), 2)
    other.give_back("stale")
    fresh = till.till.past_sale(known.sale.transaction_id)
    assert fresh is not None
    desk.heard(fresh, Told.TOLD)
    assert [each.back for each in desk.state.lines] == [0]
    assert not desk.state.left


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.integers(1, 3), min_size=1, max_size=5), qr=st.sampled_from([0, 7_000, 43_000]))
def test_however_it_is_given_back_the_parts_are_what_was_paid(
    till: TestTill, parts: list[int], qr: int
) -> None:
    known = sell(till, COLA, COLA, COFFEE, BREAD, qr=qr)
    for part in parts:
        desk = at_desk(till, known)
        for each in desk.state.lines:
            desk.set_back(each.line_item_id, min(each.left, part))
        if desk.state.worth is not None:
            desk.give_back("stale")
    desk = at_desk(till, known)
    if desk.state.left:
        desk.take_all()
        desk.give_back("stale")
    ours = [fact for fact in facts(till, RefundRecorded) if fact.transaction_id == known.sale.transaction_id]
    given = sum(tender.amount for fact in ours for tender in fact.tenders)
    assert given == sum(tender.amount for tender in known.sale.tenders) == 63_000


def test_goods_without_a_receipt_cost_what_they_cost_today_and_need_a_manager(till: TestTill) -> None:
    desk = till.desks.without_receipt(CASHIER)
    desk.scan(COLA)
    desk.scan(COLA)
    desk.scan(BREAD)
    assert [(each.product_name, each.back) for each in desk.state.lines] == [
        ("Coca-Cola lon 320ml", 2),
        ("Bánh mì sandwich", 1),
    ]
    desk.set_back(desk.state.lines[1].line_item_id, 0)
    assert desk.state.worth is not None
    assert desk.state.worth.paid_out == 20_000
    permit = desk.permit_refund("mất phiếu")
    assert permit is not None
    assert permit.ask is not None
    assert (permit.ask.act, permit.ask.amount) == (Permission.REFUND_WITHOUT_RECEIPT, 20_000)
    desk.set_restock(desk.state.lines[0].line_item_id, restock=False)
    desk.give_back("mất phiếu", yes(Permission.REFUND_WITHOUT_RECEIPT, 20_000))
    desk.give_back("mất phiếu", yes(Permission.REFUND_WITHOUT_RECEIPT, 20_000))
    (fact,) = facts(till, RefundRecorded)
    assert (fact.transaction_id, fact.total_amount, fact.receipt_number) == (None, 20_000, "POS_01-000001")
    assert [each.restock for each in fact.lines] == [False]


def test_what_cannot_come_back_without_a_receipt_says_why(till: TestTill) -> None:
    desk = till.desks.without_receipt(MANAGER)
    desk.scan("POS_01-000001")
    assert code(desk) == "not-goods"
    desk.scan(MANGO)
    assert code(desk) == "weight-needed"
    desk.scan("4006381333931")
    assert code(desk) == "product-not-found"
    assert desk.permit_refund("x") is None
    assert code(desk) == "nothing-to-refund"


def test_a_refund_is_there_after_a_power_cut(till: TestTill) -> None:
    known = sell(till, COLA, COLA)
    desk = at_desk(till, known)
    desk.set_back(line(known), 1)
    desk.give_back("stale")
    till.reopen()
    assert [each.left for each in at_desk(till, known).state.lines] == [1]


def test_a_journal_of_an_older_program_gets_what_returns_need(till: TestTill) -> None:
    known = sell(till, COLA, COLA)
    till.journal._connection.execute("DROP TABLE returns")
    till.journal._connection.execute("PRAGMA user_version = 1")
    till.reopen()
    desk = at_desk(till, known)
    desk.set_back(line(known), 1)
    desk.give_back("stale")
    assert [each.left for each in at_desk(till, known).state.lines] == [1]
