"""After the sale, at the window: found, given back, cancelled, printed again, by finger and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import orjson
import pytest
import zxingcpp
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from retail.receipt_link import token_of
from retail.refund_facts import RefundRecorded, TransactionVoided
from terminal.checkout.screen import CheckoutScreen
from terminal.oversight.screen import ApprovalScreen
from terminal.payment.receipt_page import ReceiptScreen
from terminal.returns.screen import NoReceiptScreen
from terminal.sales.screen import SalesScreen
from terminal.till.known_sale import Papers, PaperState
from terminal.widgets.qr_picture import QrPicture
from tests.screens.scenes_sales import MANAGER, finish, opened, receipt_for_the_phone, return_sale, sold
from tests.screens.stage import PIN, Stage, codes, prices_of


@pytest.fixture
def stage(tmp_path: Path, qapp: object) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.close()


def page(stage: Stage) -> SalesScreen:
    found = stage.window.page
    assert isinstance(found, SalesScreen)
    return found


def refunds(stage: Stage) -> list[RefundRecorded]:
    bodies = [orjson.loads(text) for text in stage.till.envelopes()]
    return [RefundRecorded.from_body(each["payload"]) for each in bodies if _is_refund(each)]


def _is_refund(body: dict[str, object]) -> bool:
    return body["event_type"] == RefundRecorded.event_type


def text_of(stage: Stage, name: str) -> str:
    return str(stage.find(name).text())  # type: ignore[attr-defined]


def test_a_cashier_gives_a_part_back_with_a_managers_pin(stage: Stage) -> None:
    stage.sign_in()
    first, second = codes(2)
    sold(stage, first, first, second)
    opened(stage)
    stage.tap("sales-find", "return-more", "reason-faulty", "return-give")
    approval = stage.window.page
    assert isinstance(approval, ApprovalScreen)
    approval.employee.setText(MANAGER)
    approval.pin.setText(PIN)
    stage.tap("approve")
    assert text_of(stage, "given-back").startswith(f"{prices_of([first])[0]:,}".replace(",", "."))
    (fact,) = refunds(stage)
    assert fact.approval is not None
    assert (fact.approval.approved_by, fact.reason) == (MANAGER, "Hàng hỏng")
    finish(stage)
    assert page(stage).list.listing.rows()[0].note.startswith("−")


def test_a_reason_that_the_manager_gave_is_not_asked_for_again(stage: Stage) -> None:
    return_sale(stage, stage.window.language)
    stage.tap("return-void")
    approval = stage.window.page
    assert isinstance(approval, ApprovalScreen)
    approval.reason.setText("wrong table")
    approval.employee.setText(MANAGER)
    approval.pin.setText(PIN)
    stage.tap("approve")
    bodies = [orjson.loads(text) for text in stage.till.envelopes()]
    voids = [each["payload"] for each in bodies if each["event_type"] == TransactionVoided.event_type]
    assert [TransactionVoided.from_body(each).reason for each in voids] == ["wrong table"]


def test_where_nobody_says_yes_nothing_is_given_back(stage: Stage) -> None:
    return_sale(stage, stage.window.language)
    stage.tap("return-all", "reason-faulty", "return-give", "approval-cancel")
    assert text_of(stage, "return-reason") == "Hàng hỏng"
    assert refunds(stage) == []


def test_the_whole_way_goes_by_keyboard_alone(stage: Stage) -> None:
    stage.sign_in(MANAGER)
    first, second = codes(2)
    sold(stage, first, first, first, second)
    opened(stage)
    stage.type("2")
    stage.press(Qt.Key.Key_Return)
    stage.press(Qt.Key.Key_2, Qt.Key.Key_F5, Qt.Key.Key_Down, Qt.Key.Key_Plus)
    stage.type("broken")
    stage.press(Qt.Key.Key_Return)
    (fact,) = refunds(stage)
    assert [(line.quantity, line.restock) for line in fact.lines] == [(2, False), (1, True)]
    assert fact.reason == "broken"
    while not page(stage).done.ready:
        QTest.qWait(5)
    stage.press(Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Escape)
    assert isinstance(stage.window.page, CheckoutScreen)


def test_a_double_tap_gives_back_once_and_leaves_the_figures_on_show(stage: Stage) -> None:
    stage.sign_in(MANAGER)
    sold(stage, *codes(1))
    opened(stage)
    stage.tap("sales-find", "return-all", "reason-faulty")
    key = stage.key("return-give")
    key.click()
    key.click()
    stage.settle()
    page(stage).done.go_on()
    assert text_of(stage, "given-back")
    assert len(refunds(stage)) == 1


def test_a_receipt_is_scanned_from_the_list_and_from_another_sale(stage: Stage) -> None:
    stage.sign_in(MANAGER)
    sold(stage, *codes(1))
    sold(stage, *codes(2))
    opened(stage)
    stage.burst("POS_01-000002")
    assert text_of(stage, "return-title").startswith("POS_01-000002")
    stage.burst("POS_01-000003")
    assert text_of(stage, "return-title").startswith("POS_01-000003")


def test_a_scan_does_not_send_the_figures_of_a_refund_away(stage: Stage) -> None:
    stage.sign_in(MANAGER)
    sold(stage, *codes(1))
    sold(stage, *codes(2))
    opened(stage)
    stage.tap("sales-find", "return-all", "reason-faulty", "return-give")
    stage.burst("POS_01-000002")
    assert text_of(stage, "given-back")


def test_what_is_chosen_stays_in_another_language(stage: Stage) -> None:
    return_sale(stage, stage.window.language)
    stage.tap("return-more", "return-more")
    stage.window._other_language()
    stage.settle()
    assert text_of(stage, "return-count") == "2 / 3"


def test_the_receipt_is_printed_again_and_the_page_says_whether_it_came(stage: Stage) -> None:
    stage.sign_in()
    sale = sold(stage, *codes(1))
    opened(stage)
    stage.tap("sales-find", "return-print")
    assert page(stage).notice.words()[0].startswith("Sẽ in ngay")
    stage.hub.paper[sale.transaction_id] = Papers(PaperState.NONE)
    page(stage)._look_at_paper()
    assert page(stage).notice.words()[0].startswith("Đang in")
    stage.hub.paper[sale.transaction_id] = Papers(PaperState.IN_TROUBLE)
    page(stage)._look_at_paper()
    assert (page(stage).notice.mood, page(stage).notice.words()[0]) == ("warn", "Máy in chưa in được")


def test_the_page_after_the_sale_says_whether_paper_came_and_prints_once_more(stage: Stage) -> None:
    stage.sign_in()
    stage.scan(*codes(1))
    stage.tap("pay", "quick-1")
    receipt = stage.window.page
    assert isinstance(receipt, ReceiptScreen)
    assert text_of(stage, "paper-state") == ""
    sale_id = UUID(receipt.receipt.transaction_id)
    stage.hub.paper[sale_id] = Papers(PaperState.PRINTED)
    receipt.look_at_paper()
    assert text_of(stage, "paper-state") == "Phiếu đã in"
    stage.press(Qt.Key.Key_F9)
    assert (text_of(stage, "paper-state"), stage.key("print-receipt").text().strip()) == (
        "Đang in phiếu…",
        "In lại",
    )


def test_a_hub_that_is_away_holds_up_no_next_customer(stage: Stage) -> None:
    stage.sign_in()
    stage.scan(*codes(1))
    stage.tap("pay")
    stage.hub.away = True
    stage.tap("quick-1", "print-receipt")
    assert text_of(stage, "paper-state") == "Sẽ in khi máy chủ trở lại"
    receipt = stage.window.page
    assert isinstance(receipt, ReceiptScreen)
    while not receipt.ready:
        QTest.qWait(5)
    stage.press(Qt.Key.Key_Return)
    assert isinstance(stage.window.page, CheckoutScreen)


def test_the_code_for_the_phone_leads_to_this_receipt_and_to_no_other(stage: Stage) -> None:
    receipt_for_the_phone(stage, stage.window.language)
    page = stage.window.page
    assert isinstance(page, ReceiptScreen)
    known = stage.till.till.sale_numbered(page.receipt.receipt_number)
    assert known is not None
    token = token_of(known.sale.transaction_id, known.proof)
    assert page.receipt.url == f"https://receipts.example/r/{token}"
    path = stage.till.data_dir / "qr.png"
    stage.find("qr").grab().save(str(path))
    with Image.open(path) as picture:
        assert [found.text for found in zxingcpp.read_barcodes(picture)] == [page.receipt.url]


def test_without_an_address_there_is_no_code(stage: Stage) -> None:
    stage.sign_in()
    stage.scan(*codes(1))
    stage.tap("pay", "quick-1")
    page = stage.window.page
    assert isinstance(page, ReceiptScreen)
    assert page.receipt.url == ""
    assert [code for code in page.findChildren(QrPicture) if code.isVisible()] == []


def test_goods_without_a_receipt_come_back_by_scan(stage: Stage) -> None:
    stage.sign_in(MANAGER)
    opened(stage)
    stage.tap("sales-no-receipt")
    assert isinstance(stage.window.page, NoReceiptScreen)
    (code,) = codes(1)
    stage.burst(code)
    stage.burst(code)
    stage.tap("return-less", "reason-faulty", "return-give")
    (fact,) = refunds(stage)
    assert (fact.transaction_id, fact.total_amount) == (None, prices_of([code])[0])


def test_a_power_cut_after_a_refund_leaves_it_recorded_and_the_sale_reduced(stage: Stage) -> None:
    stage.sign_in(MANAGER)
    sold(stage, *codes(2))
    opened(stage)
    stage.tap("sales-find", "return-more", "reason-faulty", "return-give")
    stage.restart()
    stage.sign_in(MANAGER)
    opened(stage)
    stage.tap("sales-find")
    assert [line.left for line in page(stage)._returned.lines] == [0, 1]
