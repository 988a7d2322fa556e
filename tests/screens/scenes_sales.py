"""Past sales, refunds and voids in every state worth a picture."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from PySide6.QtTest import QTest

from retail.facts import SaleRecorded
from retail.refund import BroughtBack, Counter, RefundRules, refund
from retail.staff import Role
from terminal.payment.receipt_page import ReceiptScreen
from terminal.sales.screen import SalesScreen
from terminal.till.known_sale import KnownSale, Papers, PaperState
from terminal.wording import Language
from tests.screens.stage import LONG_CODE, LOOSE, Stage, codes
from tests.tills import feed, setting

MANAGER = "MANAGER_001"


def sold(stage: Stage, *barcodes: str, qr: bool = False) -> SaleRecorded:
    """A sale at the window, paid exactly."""
    stage.scan(*barcodes)
    stage.tap("pay")
    if qr:
        stage.tap_digits("5")
        stage.tap("pad-000", "method-QR_MOMO")
        stage.hub.pay()
        stage.tap("qr-check")
    stage.tap("quick-1")
    sequence = stage.till.journal.head.sequence
    known = stage.till.till.sale_numbered(f"POS_01-{sequence:06d}")
    assert known is not None
    stage.window._next_customer()
    stage.settle()
    return known.sale


def opened(stage: Stage) -> None:
    """The page of past sales, from the menu."""
    stage.tap("menu", "menu-sales")


def finish(stage: Stage) -> None:
    """Paid out: as soon as the page takes a tap."""
    page = stage.window.page
    assert isinstance(page, SalesScreen)
    while not page.done.ready:
        QTest.qWait(5)
    stage.tap("return-done")


def sales_list(stage: Stage, language: Language) -> None:
    """Sales of today: one of them cancelled, one given back, one given back in part."""
    stage.sign_in(MANAGER, language)
    for count in (2, 1, 4, 3):
        sold(stage, *codes(count))
    opened(stage)
    stage.tap_digits("2")
    stage.tap("sales-find", "reason-wrong-item", "return-void")
    finish(stage)
    for digit in "34":
        stage.tap_digits(digit)
        stage.tap("sales-find", "return-more", "reason-faulty", "return-give")
        finish(stage)


def sales_empty(stage: Stage, language: Language) -> None:
    stage.sign_in(language=language)
    opened(stage)


def sales_typed(stage: Stage, language: Language) -> None:
    sales_list(stage, language)
    stage.tap_digits("1042")


def sales_not_found(stage: Stage, language: Language) -> None:
    sales_typed(stage, language)
    stage.tap("sales-find")


def sales_of_the_store(stage: Stage, language: Language) -> None:
    """Every till's, as the hub knows them."""
    stage.sign_in(language=language)
    for place, count in enumerate((3, 1, 2), start=1):
        sale = sold(stage, *codes(count))
        number = f"POS_0{place}-{1000 + 7 * place:06d}"
        stage.hub.sales[UUID(int=place)] = renamed(sale, place, number)
    opened(stage)
    stage.tap("sales-store")


def sales_hub_away(stage: Stage, language: Language) -> None:
    sales_list(stage, language)
    stage.hub.away = True
    stage.tap("sales-store")


def return_sale(stage: Stage, language: Language) -> None:
    """A sale that is looked at, nothing chosen yet."""
    stage.sign_in(language=language)
    first, second, third = codes(3)
    sold(stage, first, first, first, second, third, LONG_CODE)
    opened(stage)
    stage.tap("sales-find")


def return_chosen(stage: Stage, language: Language) -> None:
    return_sale(stage, language)
    stage.tap("return-more", "return-more", "return-restock", "reason-faulty")


def return_by_phone(stage: Stage, language: Language) -> None:
    """Money that came by phone goes back by phone, or in cash."""
    stage.sign_in(language=language)
    sold(stage, *codes(3), qr=True)
    opened(stage)
    stage.tap("sales-find", "return-all", "reason-changed-mind")


def return_weighed(stage: Stage, language: Language) -> None:
    stage.sign_in(language=language)
    stage.scan(LOOSE)
    stage.tap_digits("1250")
    stage.tap("entry-ok")
    sold(stage, *codes(1))
    opened(stage)
    stage.tap("sales-find", "return-whole")


def return_hub_away(stage: Stage, language: Language) -> None:
    stage.sign_in(language=language)
    sold(stage, *codes(3))
    opened(stage)
    stage.hub.away = True
    stage.tap("sales-find")


def return_needs_reason(stage: Stage, language: Language) -> None:
    stage.sign_in(MANAGER, language)
    sold(stage, *codes(3))
    opened(stage)
    stage.tap("sales-find", "return-all", "return-give")


def return_approval(stage: Stage, language: Language) -> None:
    """A cashier's refund on its way to a manager's yes."""
    return_chosen(stage, language)
    stage.tap("return-give")


def return_late(stage: Stage, language: Language) -> None:
    """Later than the chain takes goods back."""
    stage.sign_in(language=language)
    sold(stage, *codes(3))
    stage.clock.forward(60 * 24 * 3_600)
    opened(stage)
    stage.tap_digits("2")
    stage.tap("sales-find", "return-all", "reason-faulty", "return-give")


def return_of_another_till(stage: Stage, language: Language) -> None:
    """A part came back at the till that sold it."""
    stage.sign_in(language=language)
    sale = sold(stage, *codes(2), *codes(2))
    known = renamed(sale, 9, "POS_02-001007")
    counter = Counter(
        "STORE_001", "POS_02", MANAGER, Role.MANAGER, sale.business_date, sale.sold_at, "faulty"
    )
    goods = [BroughtBack(sale.lines[0].line_item_id, 1)]
    back = refund(known.sale, [], goods, counter, RefundRules(), refund_id=UUID(int=77))
    stage.hub.sales[known.sale.transaction_id] = known.with_later([back])
    opened(stage)
    stage.window.take_scan("POS_02-001007")
    stage.settle()


def return_nothing_left(stage: Stage, language: Language) -> None:
    stage.sign_in(MANAGER, language)
    sold(stage, *codes(2))
    opened(stage)
    stage.tap("sales-find", "return-all", "reason-faulty", "return-give")
    finish(stage)
    stage.tap("sales-find")


def return_printing(stage: Stage, language: Language) -> None:
    return_sale(stage, language)
    for sale_id in list(_sale_ids(stage)):
        stage.hub.paper[sale_id] = Papers(PaperState.PRINTED)
    stage.tap("return-print")


def refund_done(stage: Stage, language: Language) -> None:
    stage.sign_in(MANAGER, language)
    first, second, third = codes(3)
    sold(stage, first, first, second, third)
    opened(stage)
    stage.tap("sales-find", "return-all", "reason-changed-mind", "return-give")


def refund_by_phone_done(stage: Stage, language: Language) -> None:
    stage.sign_in(MANAGER, language)
    sold(stage, *codes(3), qr=True)
    opened(stage)
    stage.tap("sales-find", "return-all", "reason-changed-mind", "return-give")


def void_done(stage: Stage, language: Language) -> None:
    stage.sign_in(MANAGER, language)
    sold(stage, *codes(2))
    opened(stage)
    stage.tap("sales-find", "reason-too-much", "return-void")


def no_receipt(stage: Stage, language: Language) -> None:
    stage.sign_in(MANAGER, language)
    stage.tap("menu", "menu-no-receipt")


def no_receipt_goods(stage: Stage, language: Language) -> None:
    no_receipt(stage, language)
    first, second = codes(2)
    stage.scan(first, first, second)
    stage.tap("reason-faulty")


def no_receipt_done(stage: Stage, language: Language) -> None:
    no_receipt_goods(stage, language)
    stage.tap("return-give")


def receipt_for_the_phone(stage: Stage, language: Language) -> None:
    """The page after the sale in a chain that has receipts on the phone; the paper is there."""
    feed(
        stage.till.catalogue,
        setting("receipt_url", "https://receipts.example/r/{token}"),
        setting("cash_rounding", "down-1000"),
        version=8,
    )
    stage.sign_in(language=language)
    stage.scan(*codes(5))
    stage.tap("pay", "quick-3")
    _paper(stage, PaperState.PRINTED)


def receipt_printer_trouble(stage: Stage, language: Language) -> None:
    stage.sign_in(language=language)
    stage.scan(*codes(2))
    stage.tap("pay", "quick-2")
    _paper(stage, PaperState.IN_TROUBLE)


def receipt_to_be_asked_for(stage: Stage, language: Language) -> None:
    """A chain that asks its cashiers whether to print; the hub is away just now."""
    stage.sign_in(language=language)
    stage.scan(*codes(2))
    stage.tap("pay", "quick-1")
    stage.hub.away = True
    stage.tap("print-receipt")


def _paper(stage: Stage, state: PaperState) -> None:
    page = stage.window.page
    assert isinstance(page, ReceiptScreen)
    stage.hub.paper[UUID(page.receipt.transaction_id)] = Papers(state)
    page.look_at_paper()
    stage.settle()


def renamed(sale: SaleRecorded, place: int, number: str) -> KnownSale:
    """The sale as another till's."""
    till = number.partition("-")[0]
    other = replace(sale, transaction_id=UUID(int=place), receipt_number=number, terminal_id=till)
    return KnownSale(other, (), "AB12")


def _sale_ids(stage: Stage) -> list[UUID]:
    today = stage.till.till.rules().calendar.business_date(stage.clock())
    return [row.transaction_id for row in stage.till.till.sales_of_day(today, 50)]


SCENES = (
    sales_list,
    sales_empty,
    sales_typed,
    sales_not_found,
    sales_of_the_store,
    sales_hub_away,
    return_sale,
    return_chosen,
    return_by_phone,
    return_weighed,
    return_hub_away,
    return_needs_reason,
    return_approval,
    return_late,
    return_of_another_till,
    return_nothing_left,
    return_printing,
    receipt_for_the_phone,
    receipt_printer_trouble,
    receipt_to_be_asked_for,
    refund_done,
    refund_by_phone_done,
    void_done,
    no_receipt,
    no_receipt_goods,
    no_receipt_done,
)
