"""The payment desk: cash, QR, any mix of both, and what must not happen twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from courier.outage import Outage
from retail.refusal import Refusal
from terminal.payment.desk import PaymentDesk
from terminal.payment.state import QrState
from terminal.till.qr import PaymentRefused, QrCode, QrProgress, QrStatus
from tests.tills import AT, BREAD, CASHIER, COLA, TestTill, feed, price


class HubOfTheTest:
    """QR payments whose fate the test decides; `away` is a cable that is out."""

    def __init__(self) -> None:
        self.asked: list[tuple[UUID, UUID, str, int]] = []
        self.progress = QrProgress(QrStatus.PENDING)
        self.answer_to_cancel = QrProgress(QrStatus.CANCELLED)
        self.away = False
        self.refuses = False
        self.on_ask: Callable[[], None] = lambda: None

    def ask(self, payment_id: UUID, sale_id: UUID, payment_method: str, amount: int) -> QrCode:
        self.on_ask()
        self._answer()
        self.asked.append((payment_id, sale_id, payment_method, amount))
        return QrCode(f"pay {amount}", AT + timedelta(seconds=60))

    def status(self, payment_id: UUID) -> QrProgress:
        self._answer()
        return self.progress

    def cancel(self, payment_id: UUID) -> QrProgress:
        self._answer()
        return self.answer_to_cancel

    def _answer(self) -> None:
        if self.away:
            raise Outage("timeout")
        if self.refuses:
            raise PaymentRefused(reason="unknown-payment-method", status=422)


class Later:
    """Errands that wait until the test lets them go."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], Any], Callable[[Any], None], Callable[[Exception], None]]] = []

    def run(
        self, job: Callable[[], Any], *, done: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> None:
        self.waiting.append((job, done, failed))

    def go(self) -> None:
        job, done, failed = self.waiting.pop(0)
        try:
            result = job()
        except (Outage, Refusal) as problem:
            failed(problem)
            return
        done(result)


@pytest.fixture
def hub() -> HubOfTheTest:
    return HubOfTheTest()


@pytest.fixture
def till(tmp_path: Path, hub: HubOfTheTest) -> Iterator[TestTill]:
    till = TestTill(tmp_path, hub)
    yield till
    till.close()


def desk_for(till: TestTill, *barcodes: str, **more: Any) -> PaymentDesk:
    checkout = till.desks.checkout(CASHIER)
    for barcode in barcodes or (COLA, BREAD):
        checkout.scan(barcode)
    draft = checkout.to_pay()
    assert draft is not None
    return till.desks.payment(draft, CASHIER, **more)


def notice(desk: PaymentDesk) -> str | None:
    return desk.state.notice.code if desk.state.notice else None


def qr(desk: PaymentDesk) -> QrState:
    assert desk.state.qr is not None
    return desk.state.qr


def sold(till: TestTill) -> list[dict[str, Any]]:
    return [orjson.loads(text)["payload"] for text in till.envelopes()]


def test_quick_amounts_begin_with_the_exact_sum(till):
    desk = desk_for(till)

    assert desk.state.due == 35_000
    assert desk.state.quick_amounts == (35_000, 36_000, 40_000, 50_000, 100_000, 200_000)


def test_cash_gives_change_a_receipt_and_a_sealed_sale(till):
    desk = desk_for(till)

    desk.pay_cash(50_000)

    assert desk.state.change == 15_000
    assert desk.state.over
    receipt = desk.state.receipt
    assert receipt is not None
    assert (receipt.receipt_number, receipt.total_amount) == ("POS_01-000001", 35_000)
    assert receipt.store.name == "Chợ Bến Thành"
    assert receipt.sold_at.hour == 8
    (fact,) = sold(till)
    assert fact["tenders"] == [
        {
            "payment_id": fact["tenders"][0]["payment_id"],
            "payment_method": "CASH",
            "amount": 35_000,
            "tendered": 50_000,
            "change": 15_000,
            "provider": None,
            "provider_txn_id": None,
        }
    ]
    assert orjson.loads(till.envelopes()[0])["hash"][:4].upper() == receipt.proof
    assert till.journal.open_draft() is None
    assert till.recorded == 1


def test_a_double_tap_sells_once(till):
    desk = desk_for(till)

    desk.pay_cash(50_000)
    desk.pay_cash(50_000)
    desk.ask_qr("QR_VNPAY")
    desk.back()

    assert len(sold(till)) == 1
    assert desk.state.receipt is not None


def test_the_next_customer_begins_with_an_empty_basket(till):
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)
    draft = checkout.to_pay()
    assert draft is not None
    till.desks.payment(draft, CASHIER).pay_cash(10_000)

    checkout.refresh()

    assert checkout.state.basket.lines == ()
    assert checkout.state.sale_id != draft.sale_id
    checkout.scan(COLA)
    assert len(checkout.state.basket.lines) == 1


def test_receipt_numbers_count_up_without_gaps(till):
    numbers = []
    for _ in range(3):
        desk = desk_for(till, COLA)
        desk.pay_cash(10_000)
        assert desk.state.receipt is not None
        numbers.append(desk.state.receipt.receipt_number)

    assert numbers == ["POS_01-000001", "POS_01-000002", "POS_01-000003"]


@pytest.mark.parametrize("tendered", [0, -5, 10**16])
def test_no_money_or_absurd_money_is_refused(till, tendered):
    desk = desk_for(till)

    desk.pay_cash(tendered)

    assert notice(desk) == "bad-amount"
    assert desk.state.due == 35_000
    assert sold(till) == []


def test_cash_in_two_hands_adds_up(till):
    desk = desk_for(till)

    desk.pay_cash(20_000)
    assert (desk.state.due, desk.state.receipt) == (15_000, None)
    desk.pay_cash(20_000)

    assert desk.state.change == 5_000
    assert [tender["amount"] for tender in sold(till)[0]["tenders"]] == [20_000, 15_000]


def test_qr_is_shown_followed_and_recorded_when_captured(till, hub):
    desk = desk_for(till)

    desk.ask_qr("QR_VNPAY")
    assert (qr(desk).text, qr(desk).status, qr(desk).amount) == ("pay 35000", QrStatus.PENDING, 35_000)
    desk.check_qr()
    assert qr(desk).status is QrStatus.PENDING
    hub.progress = QrProgress(QrStatus.CAPTURED, "VNPAY-1")
    desk.check_qr()

    assert desk.state.receipt is not None
    (tender,) = sold(till)[0]["tenders"]
    assert (tender["provider"], tender["provider_txn_id"]) == ("VNPAY", "VNPAY-1")
    assert tender["payment_id"] == str(hub.asked[0][0])


def test_cash_and_qr_go_together_in_any_order(till, hub):
    desk = desk_for(till)

    desk.ask_qr("QR_MOMO", 10_000)
    hub.progress = QrProgress(QrStatus.CAPTURED, "M-1")
    desk.check_qr()
    desk.pay_cash(5_000)
    desk.ask_qr("QR_VNPAY")
    hub.progress = QrProgress(QrStatus.CAPTURED, "V-1")
    desk.check_qr()

    assert [(tender["payment_method"], tender["amount"]) for tender in sold(till)[0]["tenders"]] == [
        ("QR_MOMO", 10_000),
        ("CASH", 5_000),
        ("QR_VNPAY", 20_000),
    ]


@pytest.mark.parametrize("amount", [0, -1, 35_001])
def test_a_qr_over_nothing_or_more_than_is_due_is_refused(till, hub, amount):
    desk = desk_for(till)

    desk.ask_qr("QR_VNPAY", amount)

    assert notice(desk) == "bad-amount"
    assert hub.asked == []


def test_a_way_of_paying_the_store_does_not_take_is_refused(till, hub):
    desk = desk_for(till)

    desk.ask_qr("QR_UNKNOWN")

    assert notice(desk) == "unknown-payment-method"
    assert hub.asked == []


def test_the_id_of_a_qr_payment_is_in_the_journal_before_the_hub_hears_of_it(till, hub):
    desk = desk_for(till)
    kept: list[Any] = []
    hub.on_ask = lambda: kept.append(till.journal.open_draft())

    desk.ask_qr("QR_VNPAY")

    assert kept[0].qr.payment_id == hub.asked[0][0]


def test_without_a_hub_qr_says_so_and_cash_still_works(till, hub):
    hub.away = True
    desk = desk_for(till)

    desk.ask_qr("QR_VNPAY")

    assert notice(desk) == "hub-away"
    assert desk.state.qr is None
    desk.pay_cash(35_000)
    assert desk.state.receipt is not None


def test_a_hub_that_refuses_the_payment_is_not_an_outage(till, hub):
    hub.refuses = True
    desk = desk_for(till)

    desk.ask_qr("QR_VNPAY")

    assert notice(desk) == "payment-refused"
    assert desk.state.qr is None


def test_two_taps_on_qr_ask_for_one_payment(till, hub):
    later = Later()
    till.desks = till.desks.with_errands(later)
    desk = desk_for(till)

    desk.ask_qr("QR_VNPAY")
    assert desk.state.busy
    desk.ask_qr("QR_VNPAY")
    desk.pay_cash(35_000)
    assert len(later.waiting) == 1
    later.go()

    assert len(hub.asked) == 1
    assert qr(desk).status is QrStatus.PENDING


def test_checks_do_not_pile_up_behind_a_slow_hub(till, hub):
    later = Later()
    till.desks = till.desks.with_errands(later)
    desk = desk_for(till)
    desk.ask_qr("QR_VNPAY")
    later.go()

    desk.check_qr()
    desk.check_qr()
    desk.cancel_qr()

    assert len(later.waiting) == 1


def test_an_open_qr_bars_cash_and_the_way_back(till):
    desk = desk_for(till)
    desk.ask_qr("QR_VNPAY")

    desk.pay_cash(35_000)
    assert notice(desk) == "qr-still-open"
    desk.back()
    assert notice(desk) == "qr-still-open"
    assert not desk.state.over


def test_a_cancelled_qr_leaves_the_sum_due(till):
    desk = desk_for(till)
    desk.ask_qr("QR_VNPAY")

    desk.cancel_qr()

    assert (desk.state.qr, desk.state.due) == (None, 35_000)
    desk.pay_cash(35_000)
    assert desk.state.receipt is not None


def test_money_that_was_quicker_than_the_cancel_counts(till, hub):
    desk = desk_for(till)
    desk.ask_qr("QR_VNPAY")
    hub.answer_to_cancel = QrProgress(QrStatus.CAPTURED, "V-9")

    desk.cancel_qr()

    assert desk.state.receipt is not None


def test_a_failed_payment_says_so_and_another_way_is_open(till, hub):
    desk = desk_for(till)
    desk.ask_qr("QR_VNPAY")
    hub.progress = QrProgress(QrStatus.FAILED)

    desk.check_qr()

    assert notice(desk) == "payment-failed"
    assert (desk.state.qr, desk.state.due) == (None, 35_000)


def test_after_its_time_a_qr_is_unknown_and_late_money_still_counts(till, hub):
    desk = desk_for(till)
    desk.ask_qr("QR_VNPAY")

    till.clock.forward(61)
    desk.check_qr()

    assert qr(desk).status is QrStatus.UNKNOWN
    assert notice(desk) == "payment-unknown"
    hub.progress = QrProgress(QrStatus.CAPTURED, "V-2")
    desk.check_qr()
    assert desk.state.receipt is not None


def test_a_hub_that_goes_away_leaves_the_code_on_show_and_the_line_can_move_on(till, hub):
    desk = desk_for(till)
    desk.ask_qr("QR_VNPAY")
    hub.away = True

    desk.check_qr()
    assert notice(desk) == "hub-away"
    assert qr(desk).status is QrStatus.PENDING

    desk.leave_qr()
    desk.pay_cash(35_000)

    assert desk.state.receipt is not None
    assert [tender["payment_method"] for tender in sold(till)[0]["tenders"]] == ["CASH"]


def test_a_power_cut_behind_a_qr_code_brings_the_code_back_as_unknown(till, hub):
    desk = desk_for(till)
    desk.ask_qr("QR_VNPAY")

    till.reopen()
    checkout = till.desks.checkout(CASHIER)
    assert checkout.state.paying
    checkout.scan(COLA)
    assert checkout.state.notice is not None
    assert checkout.state.notice.code == "payment-begun"
    draft = checkout.to_pay()
    assert draft is not None
    again = till.desks.payment(draft, CASHIER)

    assert (qr(again).text, qr(again).status) == ("pay 35000", QrStatus.UNKNOWN)
    hub.progress = QrProgress(QrStatus.CAPTURED, "V-3")
    again.check_qr()
    assert again.state.receipt is not None
    assert sold(till)[0]["tenders"][0]["payment_id"] == str(hub.asked[0][0])


def test_a_power_cut_between_two_tenders_keeps_the_first(till):
    desk = desk_for(till)
    desk.pay_cash(20_000)

    till.reopen()
    draft = till.desks.checkout(CASHIER).to_pay()
    assert draft is not None
    again = till.desks.payment(draft, CASHIER)

    assert again.state.due == 15_000


def test_going_back_returns_the_cash_and_opens_the_basket(till):
    desk = desk_for(till)
    desk.pay_cash(20_000)

    desk.back()

    assert desk.state.over
    assert desk.state.notice is not None
    assert (desk.state.notice.code, desk.state.notice.detail) == ("cash-goes-back", {"amount": 20_000})
    checkout = till.desks.checkout(CASHIER)
    assert not checkout.state.paying
    checkout.scan(COLA)
    assert checkout.state.totals.total_amount == 45_000


def test_going_back_is_barred_once_a_provider_has_taken_money(till, hub):
    desk = desk_for(till)
    desk.ask_qr("QR_VNPAY", 10_000)
    hub.progress = QrProgress(QrStatus.CAPTURED, "V-4")
    desk.check_qr()

    desk.back()

    assert notice(desk) == "paid-in-part"
    assert not desk.state.over


def test_a_replay_keeps_the_moment_and_the_number_of_the_original(till):
    sold_at = datetime(2000, 11, 1, 23, 30, tzinfo=UTC)

    desk_for(till, sold_at=sold_at, external_reference="basket-7").pay_elsewhere("QR_VNPAY", "old-1")

    (fact,) = sold(till)
    assert fact["sold_at"] == "2000-11-01T23:30:00+00:00"
    assert fact["business_date"] == "2000-11-02"
    assert fact["external_reference"] == "basket-7"
    assert fact["tenders"][0]["provider_txn_id"] == "old-1"
    assert till.journal.sold_references() == {"basket-7"}


def test_a_basket_that_was_sold_before_is_not_sold_again(till):
    desk_for(till, external_reference="basket-7").pay_cash(35_000)

    desk = desk_for(till, external_reference="basket-7")
    desk.pay_cash(35_000)

    assert notice(desk) == "already-sold"
    assert desk.state.receipt is None
    assert len(sold(till)) == 1


def test_a_basket_that_costs_nothing_is_still_a_sale(till):
    feed(till.catalogue, price("COLA", 0), version=2)
    desk = desk_for(till, COLA)

    desk.pay_cash(0)

    assert desk.state.receipt is not None
    assert sold(till)[0]["total_amount"] == 0


def test_a_bug_in_an_errand_is_not_hidden(till, hub):
    def break_down() -> None:
        raise ZeroDivisionError

    hub.on_ask = break_down
    desk = desk_for(till)

    with pytest.raises(ZeroDivisionError):
        desk.ask_qr("QR_VNPAY")

    assert not desk.state.busy
