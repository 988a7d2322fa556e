"""A till's window at work: production code from the scanner's keys to the paint, tied to a served hub."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from sqlalchemy import create_engine

from bench.machine import free_port, postgres, serving, until_ready
from bench.sales import CASHIER, PIN, PRODUCTS, STORE, cashier_news, paid_sale, price_of, shop_news
from courier.news import News, NewsPage
from retail.barcode import check_digit
from storehub.database import engine_url, migrate
from storehub.news import apply_news
from storehub.people.queries import digest
from terminal.bootstrap import RunningTill, build_till, opened_window
from terminal.checkout.screen import CheckoutScreen
from terminal.settings import Settings
from terminal.till import news
from terminal.till.disk import connect
from terminal.till.seal import KEY_BYTES, PeopleSeal
from terminal.window import MainWindow

SIZE = (1024, 768)
PATIENCE_MS = 60_000
SALES_BESIDE_SECONDS = 0.1
WORDS = (
    "cà phê",
    "sữa",
    "trà",
    "bánh mì",
    "nước suối",
    "mì gói",
    "kẹo",
    "xà phòng",
    "bia",
    "khoai tây",
    "đậu",
)
MORE_WORDS = ("lon", "chai", "hộp", "gói", "đá", "nóng", "vị dâu", "vị cam", "ít đường", "không đường")


def application() -> QApplication:
    """The one application of this process, without a display."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    running = QApplication.instance()
    return running if isinstance(running, QApplication) else QApplication([])


@contextmanager
def enrolled_till(folder: Path, products: int, terminal_id: str = "POS_01") -> Iterator[str]:
    """A till with so many products in `folder/till`, enrolled at a hub that is served; the hub's address."""
    port = free_port()
    with ExitStack() as ending:
        server = ending.enter_context(postgres(folder))
        server.create_database("hub")
        url = server.url("hub")
        migrate(url)
        _furnish(url, terminal_id)
        environment = {
            "STOREHUB_DATABASE_URL": url,
            "STOREHUB_STORE_ID": STORE,
            "STOREHUB_DATA_DIR": str(folder / "hub"),
            "STOREHUB_PORT": str(port),
        }
        ending.enter_context(serving(folder, "storehub.bootstrap", environment))
        until_ready(port, folder / "storehub.bootstrap.log")
        hub_url = f"http://127.0.0.1:{port}"
        with build_till(folder / "till", hub_url, f"CODE-{terminal_id}") as till:
            _until(lambda: till.lifeline.state.news_version >= 2)
        stock_up(folder / "till" / "catalogue.sqlite", products - len(PRODUCTS))
        yield hub_url


@contextmanager
def window_at_work(folder: Path, hub_url: str) -> Iterator[tuple[RunningTill, MainWindow]]:
    """The till in this folder with its window as the program opens it, and a cashier signed in."""
    application()
    settings = Settings(data_dir=folder, hub_url=hub_url, windowed=True)
    with closing(build_till(folder, hub_url)) as till, opened_window(till, settings) as window:
        window.resize(*SIZE)
        window.activateWindow()
        try:
            sign_in(window)
            yield till, window
        finally:
            # Its clocks would go on over a till that is closed, and it would keep the keyboard to itself.
            window.close()
            window.deleteLater()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def sign_in(window: MainWindow) -> None:
    """By keys, as a cashier does."""
    turn_until(lambda: window.page is not None and QApplication.focusWidget() is not None)
    for text in (CASHIER, PIN):
        for letter in text:
            QTest.keyClicks(_focus(window), letter)
            QTest.qWait(40)
        QTest.keyClick(_focus(window), Qt.Key.Key_Return)
        QTest.qWait(40)
    turn_until(lambda: isinstance(window.page, CheckoutScreen))


def type_code(window: MainWindow, code: str) -> None:
    """All keys of a scanner's burst but the Enter behind it."""
    QTest.keyClicks(_focus(window), code)


def press(window: MainWindow, key: Qt.Key) -> None:
    """One key, wherever the focus is."""
    QTest.keyClick(_focus(window), key)


def checkout_of(window: MainWindow) -> CheckoutScreen:
    """The checkout page, which has to be on show."""
    page = window.page
    assert isinstance(page, CheckoutScreen), page
    return page


class Paint(QObject):
    """Waits for the paint that shows something: milliseconds from `began` on."""

    def __init__(self, widget: QWidget, there: Callable[[], bool]) -> None:
        """`there` says whether what is painted now shows it."""
        super().__init__()
        self._there = there
        self._loop = QEventLoop()
        self._widget = widget
        self.at = 0.0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Once: when the widget has been painted with what is waited for."""
        if event.type() == QEvent.Type.Paint and not self.at and self._there():
            # The filter is asked before the paint; the next turn of the loop comes after it.
            QTimer.singleShot(0, self._painted)
        return False

    def wait(self) -> float:
        """The moment of the paint (`time.perf_counter`)."""
        QTimer.singleShot(PATIENCE_MS, self._loop.quit)
        if not self.at:
            self._loop.exec()
        self._widget.removeEventFilter(self)
        assert self.at, "it was never painted"
        return self.at

    def _painted(self) -> None:
        if not self.at:
            self.at = time.perf_counter()
            self._loop.quit()


def turn_until(there: Callable[[], bool]) -> None:
    """Let the window live until something is so."""
    deadline = time.monotonic() + PATIENCE_MS / 1_000
    while not there():
        assert time.monotonic() < deadline, "it never came"
        QTest.qWait(1)


@contextmanager
def facts_beside(till: RunningTill) -> Iterator[None]:
    """The till has something to send all the time: ten sales a second join its journal from aside."""
    stop, dice = Event(), random.Random(7)

    def sell() -> None:
        while not stop.wait(SALES_BESIDE_SECONDS):
            at = datetime.now(UTC)
            sale = paid_sale(till.terminal_id, till.till.journal.head.sequence + 1, at, dice)
            till.till.journal.record_sale(sale.transaction_id, lambda _number, sale=sale: sale, at)  # type: ignore[misc]
            till.lifeline.facts_waiting()

    seller = Thread(target=sell)
    seller.start()
    try:
        yield
    finally:
        stop.set()
        seller.join()


def barcodes(count: int) -> list[str]:
    """Codes of different products."""
    return [product.barcodes[0].barcode for product in PRODUCTS[:count]]


def product_names(count: int) -> list[str]:
    """Made-up names as a convenience store's shelf has them."""
    dice = random.Random(3)
    return [
        f"{dice.choice(WORDS)} {dice.choice(MORE_WORDS)} {dice.choice(MORE_WORDS)} {number}"
        for number in range(count)
    ]


def _furnish(url: str, terminal_id: str) -> None:
    at = datetime.now(UTC)
    terminal = {
        "terminal_id": terminal_id,
        "store_id": STORE,
        "enrolment_code_hash": digest(f"CODE-{terminal_id}"),
        "enrolment_code_expires_at": (at + timedelta(hours=1)).isoformat(),
    }
    more = [
        News(2, "terminal", f"{STORE}/{terminal_id}", terminal),
        cashier_news(2),
        News(2, "store", STORE, {"store_id": STORE, "name": "Bench", "address": "Quận 1"}),
        News(2, "setting", "shift_required", {"name": "shift_required", "value": False}),
    ]
    engine = create_engine(engine_url(url))
    with engine.begin() as tx:
        apply_news(tx, shop_news(), STORE, at)
        apply_news(tx, NewsPage(2, more), STORE, at)
    engine.dispose()


SEAL = PeopleSeal(bytes(KEY_BYTES), os.urandom)
"""There are no people among these news."""


def stock_up(file: Path, count: int) -> None:
    """More products than the hub told, written as news of them would be."""
    pieces = []
    for number, name in enumerate(product_names(count)):
        figures = f"200{number:09}"
        code = figures + str(check_digit(figures))
        body = PRODUCTS[0].to_body() | {
            "sku_id": f"MORE_{number}",
            "product_name": name,
            "barcodes": [{"barcode": code, "pack_size": 1}],
        }
        price = {
            "price_id": f"MORE_{number}/base",
            "sku_id": f"MORE_{number}",
            "amount": price_of(number),
            "effective_from": "2020-01-01T00:00:00+00:00",
            "store_id": None,
        }
        pieces.append(News(2, "product", f"MORE_{number}", body))
        pieces.append(News(2, "price", f"MORE_{number}/base", price))
    with closing(connect(file, durable=False)) as connection:
        for start in range(0, len(pieces), 20_000):
            connection.execute("BEGIN IMMEDIATE")
            news.apply(connection, pieces[start : start + 20_000], SEAL)
            connection.execute("COMMIT")


def _focus(window: MainWindow) -> QWidget:
    return QApplication.focusWidget() or window


def _until(there: Callable[[], bool]) -> None:
    waiting, deadline = Event(), time.monotonic() + PATIENCE_MS / 1_000
    while not there():
        assert time.monotonic() < deadline, "it never came"
        waiting.wait(0.02)
