"""The window over real threads: order, speed, and what happens when something is wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import orjson
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from terminal.background import Lane, Threads
from terminal.checkout.screen import CheckoutScreen
from terminal.payment.receipt_page import ReceiptScreen
from terminal.payment.screen import PaymentScreen
from tests.screens.stage import EMPLOYEE, PATIENCE_MS, PIN, Stage, codes, prices_of
from tests.screens.watchdog import Watchdog

BLOCKED_MS_MAX = 50


@pytest.fixture
def live(set_up: Callable[..., Stage], qapp: QApplication) -> Stage:
    """A stage whose deeds run in threads, as in production, with a cashier signed in."""
    stage = set_up(background=Threads())
    stage.type(EMPLOYEE)
    stage.press(Qt.Key.Key_Return)
    stage.type(PIN)
    stage.press(Qt.Key.Key_Return)
    until(lambda: isinstance(stage.window.page, CheckoutScreen))
    return stage


def until(come_true: Callable[[], bool]) -> None:
    """Let Qt work until something has come true."""
    deadline = time.monotonic() + PATIENCE_MS / 1_000
    while not come_true():
        assert time.monotonic() < deadline, "it did not come true"
        QTest.qWait(1)


def lines(stage: Stage) -> int:
    page = stage.window.page
    return len(page.basket.cart.rows()) if isinstance(page, CheckoutScreen) else -1


def has_more_lines(stage: Stage, than: int) -> bool:
    return lines(stage) > than


def is_ready(page: ReceiptScreen) -> bool:
    return page.ready


def recorded(stage: Stage) -> list[int]:
    facts = [orjson.loads(text) for text in stage.till.envelopes()]
    return [fact["payload"]["total_amount"] for fact in facts if fact["event_type"] == "SaleRecorded"]


def key(stage: Stage, code: Qt.Key) -> None:
    """A key, without waiting for what it does."""
    stage.ms += 120
    QTest.keyClick(QApplication.focusWidget() or stage.window, code)


def scan(stage: Stage, code: str) -> None:
    """A scanner's burst, without waiting for what it does."""
    stage.clock.forward(4)
    stage.burst(code, settle=False)


def test_a_rush_hour_never_blocks_the_window_for_50_ms(live: Stage) -> None:
    baskets = [codes(30)[start : start + 6] for start in range(0, 30, 6)]
    pauses: list[float] = []
    with Watchdog() as watchdog:
        for basket in baskets:
            for code in basket:
                before = lines(live)
                scan(live, code)
                until(partial(has_more_lines, live, before))
            live.press(Qt.Key.Key_Plus)
            live.type("ca phe")
            live.press(Qt.Key.Key_Escape, Qt.Key.Key_F12)
            until(lambda: isinstance(live.window.page, PaymentScreen))
            live.press(Qt.Key.Key_F2)
            until(lambda: isinstance(live.window.page, ReceiptScreen))
            receipt = live.window.page
            assert isinstance(receipt, ReceiptScreen)
            until(partial(is_ready, receipt))
            live.press(Qt.Key.Key_Return)
            until(lambda: lines(live) == 0)
            pauses.append(watchdog.restart())
    assert len(recorded(live)) == len(baskets)
    # What blocks, blocks in every basket; what the machine does falls on one of them.
    assert median(pauses) < BLOCKED_MS_MAX


def test_the_watchdog_bites() -> None:
    with Watchdog() as watchdog:
        QTest.qWait(20)
        time.sleep(0.5)
        QTest.qWait(20)
    assert watchdog.worst_ms > BLOCKED_MS_MAX


def test_a_slow_disk_does_not_freeze_the_window(live: Stage) -> None:
    """While a commit hangs, keys still go down and words still appear."""
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with live.till.journal._lock:
            held.set()
            let_go.wait(PATIENCE_MS / 1_000)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    scan(live, codes(1)[0])
    QTest.qWait(300)
    assert lines(live) == 0
    live.type("mi")
    until(lambda: "mi" in live.find("search").property("text"))
    assert holder.is_alive(), "the window came back only with the disk"
    let_go.set()
    holder.join()
    until(lambda: lines(live) == 1)


def test_pay_pressed_right_behind_a_scan_pays_for_that_scan_too(live: Stage) -> None:
    scan(live, codes(1)[0])
    scan(live, codes(2)[1])
    key(live, Qt.Key.Key_F12)
    until(lambda: isinstance(live.window.page, PaymentScreen))
    desk = live.window.payment_desk
    assert desk is not None
    assert desk.state.due == sum(prices_of(codes(2)))


def test_a_scan_right_behind_pay_is_in_the_basket_and_not_lost(live: Stage) -> None:
    scan(live, codes(1)[0])
    key(live, Qt.Key.Key_F12)
    live.window.take_scan(codes(2)[1])
    until(lambda: lines(live) == 2)


def test_a_qr_payment_over_threads_ends_in_a_receipt(live: Stage) -> None:
    scan(live, codes(1)[0])
    live.press(Qt.Key.Key_F12)
    until(lambda: isinstance(live.window.page, PaymentScreen))
    live.press(Qt.Key.Key_F7)
    page = live.window.page
    assert isinstance(page, PaymentScreen)
    until(lambda: bool(live.hub.codes) and page.qr.amount.text() != "")
    live.hub.pay()
    live.tap("qr-check")
    until(lambda: isinstance(live.window.page, ReceiptScreen))


@pytest.mark.allow_log("unexpected error")
def test_a_bug_in_a_deed_shows_a_reference_and_the_till_goes_on(live: Stage) -> None:
    threads = live.background
    assert isinstance(threads, Threads)
    threads.failed.connect(live.window.bug)
    page = live.window.page
    assert isinstance(page, CheckoutScreen)

    def broken() -> None:
        raise RuntimeError("a bug of ours")

    page.do(broken)
    until(lambda: page.notice.mood == "bad")
    assert "a bug of ours" not in " ".join(page.notice.words())
    assert "083" in page.notice.words()[0]
    scan(live, codes(1)[0])
    until(lambda: lines(live) == 1)


def test_an_answer_for_a_page_that_has_gone_is_dropped(live: Stage) -> None:
    page = live.window.page
    assert isinstance(page, CheckoutScreen)
    answers: list[int] = []
    go = threading.Event()

    def slow() -> int:
        go.wait(PATIENCE_MS / 1_000)
        return 1

    page.look_up(slow, answers.append, Lane.NETWORK)
    live.tap("language")
    go.set()
    QTest.qWait(100)
    assert answers == []


def test_closing_finishes_the_deeds_that_have_begun(qapp: QApplication, tmp_path: Path) -> None:
    threads = Threads()
    done: list[str] = []
    for place in range(20):
        threads.run(partial(done.append, str(place)))
    threads.close()
    assert done == [str(place) for place in range(20)]
    threads.run(lambda: done.append("too late"))
    assert len(done) == 20
