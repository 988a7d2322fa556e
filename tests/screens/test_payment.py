"""Paying through the real window: cash, QR, both, and what must not happen twice."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import zxingcpp
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from courier.link import LinkState
from terminal.background import Inline, Lane
from terminal.checkout.screen import CheckoutScreen
from terminal.payment.receipt_page import ReceiptScreen
from terminal.payment.screen import PaymentScreen
from terminal.till.qr import QrStatus
from terminal.wording import Language
from tests.screens.scenes import ODD, receipt_member
from tests.screens.stage import Stage, codes, prices_of
from tests.tills import feed, price, product, setting

DUE = sum(prices_of(codes(3)))
DUE_TEXT = f"{DUE:,} ₫".replace(",", ".")


@pytest.fixture
def page(stage: Stage) -> PaymentScreen:
    """The payment page of a basket with three lines."""
    stage.sign_in()
    stage.scan(*codes(3))
    stage.press(Qt.Key.Key_F12)
    return payment_page(stage)


def payment_page(stage: Stage) -> PaymentScreen:
    assert isinstance(stage.window.page, PaymentScreen)
    return stage.window.page


def receipt_page(stage: Stage) -> ReceiptScreen:
    assert isinstance(stage.window.page, ReceiptScreen)
    return stage.window.page


def sold(stage: Stage) -> list[dict[str, object]]:
    facts = [orjson.loads(text) for text in stage.till.envelopes()]
    return [fact["payload"] for fact in facts if fact["event_type"] == "SaleRecorded"]


class Slow(Inline):
    """A background whose disk takes its time: jobs wait while it is held, and come in their order."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Any, ...]] | None = None

    def hold(self) -> None:
        self._waiting = []

    def let_go(self) -> None:
        waiting, self._waiting = self._waiting or [], None
        for each in waiting:
            super().run(*each)

    def run(self, job: Any, done: Any = None, failed: Any = None, lane: Lane = Lane.TILL) -> None:
        if self._waiting is None or lane is not Lane.TILL:
            super().run(job, done, failed, lane)
        else:
            self._waiting.append((job, done, failed, lane))


def test_the_receipt_names_member_points_and_voucher(stage: Stage):
    receipt_member(stage, Language.VI)
    paper = receipt_page(stage).paper
    [sale] = sold(stage)
    points = receipt_page(stage).receipt.total_amount // 1_000
    assert (sale["member_id"], sale["points_earned"]) == ("M001", points)
    assert {f"Điểm được cộng {points}", "Phiếu đã dùng TET-2027-A7K2"} <= set(paper.texts())
    assert "Thành viên Nguyễn Phạm Quỳnh Hương" in paper.texts()
    assert paper.cut_off() == []


def wait_for_the_guard(stage: Stage) -> None:
    while not receipt_page(stage).ready:
        QTest.qWait(5)


def test_one_tap_on_exact_pays_and_shows_the_receipt(stage: Stage, page: PaymentScreen):
    stage.tap("quick-1")
    receipt = receipt_page(stage)
    assert receipt.receipt.total_amount == DUE
    assert "Đã trả đủ" in receipt.change.text()
    assert len(sold(stage)) == 1


def test_cash_is_rounded_on_a_line_of_its_own_and_the_change_is_told_in_notes(stage: Stage):
    feed(stage.till.catalogue, product("ODD", "Kẹo lẻ", ODD), price("ODD", 7_350))
    feed(stage.till.catalogue, setting("cash_rounding", "down-1000"), version=9)
    stage.sign_in()
    stage.scan(ODD)
    stage.press(Qt.Key.Key_F12)
    page = payment_page(stage)
    assert page.due.due.text() == "7.350 ₫"
    assert page.due.rounded.text() == "Tiền mặt 7.000 ₫ (làm tròn −350)"
    assert "7.000" in stage.key("quick-1").text()
    stage.tap("pad-1", "pad-0", "pad-000")
    assert page.cash.outcome() == "Thối lại 3.000 ₫"
    stage.tap("take-cash")

    receipt = receipt_page(stage)
    assert receipt.change.text() == "3.000 ₫"
    assert receipt.notes.text() == "1 × 2.000  ·  1 × 1.000"
    assert "Làm tròn tiền mặt −350" in receipt.paper.texts()
    assert [fact["rounding_amount"] for fact in sold(stage)] == [-350]


def test_the_exact_sum_is_enough_where_rounding_would_ask_for_more(stage: Stage):
    feed(stage.till.catalogue, product("ODD", "Kẹo lẻ", ODD), price("ODD", 7_350))
    feed(stage.till.catalogue, setting("cash_rounding", "nearest-500"), version=9)
    stage.sign_in()
    stage.scan(ODD)
    stage.press(Qt.Key.Key_F12)
    stage.tap_digits("7350")
    assert payment_page(stage).cash.outcome() == "Thối lại 0 ₫"
    stage.tap("take-cash")
    assert [fact["rounding_amount"] for fact in sold(stage)] == [0]


def test_a_quick_amount_shows_the_change_large(stage: Stage, page: PaymentScreen):
    stage.press(Qt.Key.Key_F3)
    receipt = receipt_page(stage)
    tender = receipt.receipt.tenders[0]
    assert tender.change > 0
    assert receipt.change.text() == f"{tender.change:,} ₫".replace(",", ".")
    assert receipt.change.height() > 3 * stage.find("next-customer").fontMetrics().height()


def test_cash_is_typed_on_the_pad_and_the_change_is_told_before_it_is_taken(
    stage: Stage, page: PaymentScreen
):
    stage.tap("pad-5", "pad-0", "pad-000")
    change = f"{50_000 - DUE:,} ₫".replace(",", ".")
    assert change in page.cash.outcome()
    stage.tap("take-cash")
    assert receipt_page(stage).change.text() == change


def test_cash_is_typed_on_the_keyboard(stage: Stage, page: PaymentScreen):
    stage.type("500000")
    stage.press(Qt.Key.Key_Backspace)
    stage.press(Qt.Key.Key_Return)
    assert receipt_page(stage).receipt.tenders[0].tendered == 50_000


def test_the_receipt_on_the_screen_says_everything_that_is_on_paper(stage: Stage, page: PaymentScreen):
    stage.tap("quick-2")
    paper = "\n".join(receipt_page(stage).paper.texts())
    receipt = receipt_page(stage).receipt
    assert receipt.store.name in paper
    assert receipt.store.tax_code in paper
    assert receipt.receipt_number in paper
    assert receipt.proof in paper
    assert DUE_TEXT in paper
    assert all(line.product_name in paper for line in receipt.lines)
    assert "VAT 8%" in paper


def test_the_next_customer_begins_with_enter_and_an_empty_basket(stage: Stage, page: PaymentScreen):
    stage.tap("quick-1")
    wait_for_the_guard(stage)
    stage.press(Qt.Key.Key_Return)
    checkout = stage.window.page
    assert isinstance(checkout, CheckoutScreen)
    assert checkout.basket.cart.rows() == []


def test_the_next_customers_first_scan_begins_the_next_sale(stage: Stage, page: PaymentScreen):
    stage.tap("quick-1")
    stage.burst(codes(4)[3])
    checkout = stage.window.page
    assert isinstance(checkout, CheckoutScreen)
    assert len(checkout.basket.cart.rows()) == 1


def test_a_double_tap_and_a_double_enter_do_nothing_twice(stage: Stage, page: PaymentScreen):
    exact = stage.find("quick-1")
    QTest.mouseClick(exact, Qt.MouseButton.LeftButton)
    QTest.mouseClick(exact, Qt.MouseButton.LeftButton)
    stage.press(Qt.Key.Key_Return, Qt.Key.Key_Return)
    receipt_page(stage)
    assert len(sold(stage)) == 1
    stage.tap("next-customer")
    receipt_page(stage)


def test_a_second_enter_before_the_disk_has_answered_means_the_first(set_up):
    """A part of the money, Enter, Enter: what is on show is still the old sum when the second one comes."""
    slow = Slow()
    stage = set_up(background=slow)
    stage.sign_in()
    stage.scan(*codes(3))
    stage.press(Qt.Key.Key_F12)
    slow.hold()
    stage.type("5000")
    stage.press(Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_F8, Qt.Key.Key_F1)
    slow.let_go()
    stage.settle()
    page = payment_page(stage)
    assert page.desk.state.due == DUE - 5_000
    assert [tender.amount for tender in page.desk.state.tenders] == [5_000]
    assert page.desk.state.qr is None
    stage.press(Qt.Key.Key_F1)
    assert sum(tender.amount for tender in receipt_page(stage).receipt.tenders) == DUE


def test_escape_leads_back_to_the_basket(stage: Stage, page: PaymentScreen):
    stage.type("20")
    stage.press(Qt.Key.Key_Escape)
    assert payment_page(stage).cash.typed == 0
    stage.press(Qt.Key.Key_Escape)
    checkout = stage.window.page
    assert isinstance(checkout, CheckoutScreen)
    assert len(checkout.basket.cart.rows()) == 3


def test_a_last_minute_scan_goes_into_the_basket(stage: Stage, page: PaymentScreen):
    stage.burst(codes(4)[3])
    checkout = stage.window.page
    assert isinstance(checkout, CheckoutScreen)
    assert len(checkout.basket.cart.rows()) == 4


def test_a_last_minute_scan_of_an_unknown_code_is_told_on_the_checkout_page(
    stage: Stage, page: PaymentScreen
):
    stage.burst("8930000000019")
    checkout = stage.window.page
    assert isinstance(checkout, CheckoutScreen)
    assert "8930000000019" in checkout.notice.words()[0]


def test_a_scan_while_money_has_been_taken_is_not_added_and_not_silent(stage: Stage, page: PaymentScreen):
    stage.tap("pad-5", "pad-000", "take-cash")
    stage.burst(codes(4)[3])
    assert stage.window.page is page
    assert page.notice.mood == "warn"
    assert stage.beeps == 1


def test_cash_in_part_lowers_what_is_due_and_back_gives_it_back(stage: Stage, page: PaymentScreen):
    stage.tap("pad-5", "pad-000")
    assert stage.key("take-cash").text() == "Nhận một phần"
    stage.tap("take-cash")
    assert page.due.due.text() == f"{DUE - 5_000:,} ₫".replace(",", ".")
    assert "5.000" in page.due.paid.text()
    stage.tap("back")
    checkout = stage.window.page
    assert isinstance(checkout, CheckoutScreen)
    assert "5.000" in checkout.notice.words()[0]


def test_a_qr_payment_is_drawn_so_that_a_phone_reads_it(stage: Stage, page: PaymentScreen):
    stage.tap("method-QR_VIETQR")
    text = next(iter(stage.hub.codes.values())).text
    image = page.qr.picture.image().convertToFormat(QImage.Format.Format_Grayscale8)
    path = stage.till.data_dir / "qr.png"
    image.save(str(path))
    from PIL import Image

    with Image.open(path) as picture:
        assert [code.text for code in zxingcpp.read_barcodes(picture)] == [text]
    assert page.qr.amount.text() == DUE_TEXT


def test_a_qr_payment_counts_down_and_is_seen_by_itself(stage: Stage, page: PaymentScreen):
    stage.press(Qt.Key.Key_F7)
    stage.clock.forward(61)
    page.qr.tick()
    assert page.qr.left.text() == "Còn 3:59"
    stage.hub.pay()
    page.poll()
    assert receipt_page(stage).receipt.tenders[0].payment_method == "QR_VIETQR"


def test_check_again_and_cancel_are_keys_of_the_keyboard_too(stage: Stage, page: PaymentScreen):
    stage.press(Qt.Key.Key_F8, Qt.Key.Key_Return)
    assert page.notice.words()[0] == "Đang chờ khách quét mã"
    stage.press(Qt.Key.Key_Escape)
    assert stage.find("quick-1").isEnabled()
    assert next(iter(stage.hub.progress.values())).status is QrStatus.CANCELLED


def test_a_customer_who_is_quicker_than_the_cancel_has_paid(stage: Stage, page: PaymentScreen):
    stage.press(Qt.Key.Key_F9)
    stage.hub.pay()
    stage.tap("qr-cancel")
    receipt_page(stage)


def test_a_qr_payment_whose_time_is_over_is_unknown_and_the_line_may_move_on(
    stage: Stage, page: PaymentScreen
):
    stage.press(Qt.Key.Key_F7)
    assert not stage.find("qr-leave").isEnabled()
    stage.clock.forward(600)
    stage.tap("qr-check")
    assert page.notice.mood == "warn"
    stage.tap("qr-leave", "quick-1")
    assert receipt_page(stage).receipt.tenders[0].payment_method == "CASH"


def test_a_hub_that_goes_away_in_a_qr_payment_says_so_once_and_lets_the_line_move_on(
    stage: Stage, page: PaymentScreen
):
    stage.press(Qt.Key.Key_F7)
    stage.hub.away = True
    for _ in range(3):
        page.poll()
    assert stage.beeps == 1
    assert page.notice.mood == "warn"
    stage.tap("qr-leave", "quick-1")
    receipt_page(stage)


def test_a_declined_qr_payment_leads_back_to_cash(stage: Stage, page: PaymentScreen):
    stage.press(Qt.Key.Key_F7)
    stage.hub.decline()
    page.poll()
    assert page.notice.mood == "bad"
    stage.tap("quick-1")
    receipt_page(stage)


def test_a_sale_is_paid_half_in_cash_and_half_by_qr(stage: Stage, page: PaymentScreen):
    stage.tap("pad-1", "pad-0", "pad-000", "take-cash", "method-QR_MOMO")
    assert page.qr.amount.text() == f"{DUE - 10_000:,} ₫".replace(",", ".")
    stage.hub.pay()
    stage.tap("qr-check")
    methods = [tender.payment_method for tender in receipt_page(stage).receipt.tenders]
    assert methods == ["CASH", "QR_MOMO"]


def test_a_typed_part_can_be_paid_by_qr_and_the_rest_in_cash(stage: Stage, page: PaymentScreen):
    stage.type("10000")
    stage.press(Qt.Key.Key_F7)
    assert page.qr.amount.text() == "10.000 ₫"
    stage.hub.pay()
    stage.tap("qr-check", "quick-1")
    assert [tender.amount for tender in receipt_page(stage).receipt.tenders] == [10_000, DUE - 10_000]


def test_without_the_hub_qr_is_not_offered_and_cash_is(stage: Stage, page: PaymentScreen):
    stage.link(LinkState.OFFLINE, unsent=3)
    assert not stage.find("method-QR_VIETQR").isEnabled()
    assert page.notice.words()[0].startswith("Mất kết nối")
    stage.tap("quick-1")
    receipt_page(stage)


def test_a_restart_in_the_middle_of_a_payment_comes_back_to_it(stage: Stage, page: PaymentScreen):
    stage.tap("pad-5", "pad-000", "take-cash", "method-QR_VIETQR")
    stage.restart()
    stage.sign_in()
    again = payment_page(stage)
    assert again.qr.amount.text() == f"{DUE - 5_000:,} ₫".replace(",", ".")
    stage.hub.pay()
    stage.tap("qr-check")
    assert len(receipt_page(stage).receipt.tenders) == 2
    assert len(sold(stage)) == 1


def test_nobody_signs_out_in_the_middle_of_a_payment(stage: Stage, page: PaymentScreen):
    assert not stage.find("sign-out").isEnabled()
    stage.press(Qt.Key.Key_Escape)
    assert stage.find("sign-out").isEnabled()


def test_a_change_of_language_in_a_payment_keeps_what_was_paid(stage: Stage, page: PaymentScreen):
    stage.tap("pad-5", "pad-000", "take-cash", "language")
    assert "Cash" in payment_page(stage).due.paid.text()
    stage.tap("quick-1", "language")
    assert receipt_page(stage).words.language == "vi"
