"""Past sales at a till (FR-1.4): found by receipt, number and list, its own with the hub away too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from retail.facts import SaleRecorded
from retail.refund import BroughtBack, Counter, RefundRules, refund
from retail.staff import Role
from terminal.sales.desk import SalesDesk
from terminal.sales.paper import PaperDesk
from terminal.till.known_sale import KnownSale, Papers, PaperState, Told
from tests import make
from tests.screens.toy_hub import ToyHub
from tests.tills import BREAD, CASHIER, COLA, MANAGER, Clock, TestTill


@pytest.fixture
def hub() -> ToyHub:
    return ToyHub(Clock())


@pytest.fixture
def till(tmp_path: Path, hub: ToyHub) -> Iterator[TestTill]:
    till = TestTill(tmp_path, hub)
    yield till
    till.close()


def sell(till: TestTill, *barcodes: str) -> SaleRecorded:
    """A sale at this till, paid in cash to the đồng."""
    checkout = till.desks.checkout(CASHIER)
    for barcode in barcodes or (COLA,):
        till.clock.forward(10)
        checkout.scan(barcode)
    draft = checkout.to_pay()
    assert draft is not None
    payment = till.desks.payment(draft, CASHIER)
    payment.pay_cash(payment.state.due)
    known = till.till.past_sale(draft.sale_id)
    assert known is not None
    return known.sale


def elsewhere(hub: ToyHub, number: str = "POS_02-000001", back: int = 0) -> KnownSale:
    """A sale of another till that the hub knows; so many of its coffees came back there."""
    sale = make.sale(
        [make.line("coffee", 3)], terminal_id="POS_02", receipt_number=number, transaction_id=uuid7()
    )
    known = KnownSale(sale, (), "AB12")
    if back:
        known = known.with_later([refund_of(sale, back)])
    hub.sales[sale.transaction_id] = known
    return known


def refund_of(sale: SaleRecorded, quantity: int):
    counter = Counter("STORE_001", "POS_02", "M01", Role.MANAGER, sale.business_date, sale.sold_at, "stale")
    goods = [BroughtBack(sale.lines[0].line_item_id, quantity)]
    return refund(sale, [], goods, counter, RefundRules(), refund_id=uuid7())


def desk(till: TestTill) -> SalesDesk:
    return till.desks.sales(CASHIER)


def notice(desk: SalesDesk) -> str:
    assert desk.state.notice is not None
    return desk.state.notice.code


def test_the_list_begins_with_the_newest_sale_of_today(till: TestTill) -> None:
    first, second = sell(till), sell(till, COLA, BREAD)
    till.clock.forward(24 * 3600)
    assert desk(till).state.rows == ()
    till.clock.forward(-24 * 3600)
    rows = desk(till).state.rows
    assert [(row.receipt_number, row.total_amount) for row in rows] == [
        (second.receipt_number, 35_000),
        (first.receipt_number, 10_000),
    ]
    assert {row.cashier_id for row in rows} == {CASHIER.employee_id}


@pytest.mark.parametrize("text", ["1", "000001", "POS_01-000001", "]C0POS_01-000001"])
def test_a_sale_of_this_till_is_found_by_its_number_with_the_hub_away(
    till: TestTill, hub: ToyHub, text: str
) -> None:
    sale = sell(till)
    hub.away = True
    sales = desk(till)
    sales.find(text)
    assert sales.state.opened is not None
    assert sales.state.opened.sale == sale
    assert (sales.state.told, notice(sales)) == (Told.AWAY, "returns-not-told")


def test_it_is_found_after_a_restart_too(till: TestTill) -> None:
    sale = sell(till)
    till.reopen()
    sales = desk(till)
    sales.find(sale.receipt_number)
    assert sales.state.opened is not None
    assert sales.state.opened.sale == sale


def test_what_another_till_gave_back_of_our_sale_is_known_before_anything_is_given_back_here(
    till: TestTill, hub: ToyHub
) -> None:
    sale = sell(till, COLA, COLA)
    hub.sales[sale.transaction_id] = KnownSale(sale, (refund_of(sale, 1),), "AB12")
    sales = desk(till)
    sales.find("1")
    assert sales.state.told is Told.TOLD
    returning = sales.state.returning
    assert returning is not None
    assert [(line.sold, line.left) for line in returning.state.lines] == [(2, 1)]


def test_a_sale_of_another_till_is_the_hubs_to_tell(till: TestTill, hub: ToyHub) -> None:
    known = elsewhere(hub, back=1)
    sales = desk(till)
    sales.find("POS_02-000001")
    assert sales.state.opened == known
    hub.away = True
    alone = desk(till)
    alone.find("POS_02-000001")
    assert alone.state.opened is None
    assert notice(alone) == "hub-away-sales"


def test_an_unknown_number_says_so(till: TestTill) -> None:
    sales = desk(till)
    sales.find("77")
    assert notice(sales) == "sale-not-found"
    sales.find(COLA)
    assert notice(sales) == "no-receipt-number"
    sales.find("no receipt at all")
    assert notice(sales) == "no-receipt-number"


def test_the_whole_store_is_listed_and_found_by_the_figures_on_any_receipt(
    till: TestTill, hub: ToyHub
) -> None:
    elsewhere(hub, "POS_02-000042"), elsewhere(hub, "POS_03-000042"), elsewhere(hub, "POS_03-000043")
    sales = desk(till)
    sales.show_store()
    assert len(sales.state.rows) == 3
    sales.find("42")
    assert sorted(row.receipt_number for row in sales.state.rows) == ["POS_02-000042", "POS_03-000042"]
    sales.open(sales.state.rows[0])
    assert sales.state.opened is not None
    assert sales.state.opened.sale.receipt_number.endswith("42")


def test_without_the_hub_the_own_list_stays(till: TestTill, hub: ToyHub) -> None:
    sell(till)
    hub.away = True
    sales = desk(till)
    sales.show_store()
    assert (len(sales.state.rows), sales.state.whole_store, notice(sales)) == (1, False, "hub-away-sales")


def test_after_a_refund_the_list_says_what_came_back(till: TestTill) -> None:
    sale = sell(till, COLA, COLA)
    sales = till.desks.sales(MANAGER)
    sales.find("1")
    returning = sales.state.returning
    assert returning is not None
    returning.set_back(sale.lines[0].line_item_id, 1)
    returning.give_back("stale")
    sales.close()
    (row,) = sales.state.rows
    assert (row.given_back, row.void) == (10_000, False)
    sales.find("2")
    assert sales.state.opened is not None, "the slip's own number leads to its sale"
    assert sales.state.opened.sale == sale


def paper_desk(till: TestTill, sale_id: UUID) -> PaperDesk:
    return till.desks.paper(sale_id, CASHIER)


def test_paper_that_is_asked_for_before_the_sale_has_come_is_asked_for_again(
    till: TestTill, hub: ToyHub
) -> None:
    sale = sell(till)
    paper = paper_desk(till, sale.transaction_id)
    paper.look()
    assert (paper.state.papers, paper.state.away) == (None, False)
    paper.print_it()
    assert (paper.state.asked, paper.state.papers) == (True, None)
    hub.paper[sale.transaction_id] = Papers(PaperState.NONE)
    paper.look()
    assert (paper.state.asked, paper.state.papers) == (False, Papers(PaperState.COMING))
    hub.paper[sale.transaction_id] = Papers(PaperState.PRINTED)
    paper.look()
    assert paper.state.papers == Papers(PaperState.PRINTED)


def test_paper_waits_for_a_hub_that_is_away_and_a_store_without_a_printer_says_so(
    till: TestTill, hub: ToyHub
) -> None:
    sale = sell(till)
    hub.paper[sale.transaction_id] = Papers(PaperState.NONE)
    hub.away = True
    paper = paper_desk(till, sale.transaction_id)
    paper.print_it()
    assert paper.state.notice is not None
    assert (paper.state.notice.code, paper.state.asked) == ("paper-waits", True)
    hub.away = False
    hub.has_printer = False
    paper.look()
    assert (paper.state.notice.code, paper.state.asked) == ("hub-says-no", False)


def test_an_auditor_prints_nothing(till: TestTill) -> None:
    auditor = replace(CASHIER, role=Role.AUDITOR)
    sales = till.desks.sales(auditor)
    assert (sales.may_print(), notice(sales)) == (False, "permission-denied")
    assert desk(till).may_print()
