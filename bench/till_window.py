"""From the scanner's last key to the repainted line, and from "cash exact" to "next customer".

A real window without a display, over a till that sends ten sales a second to a real hub meanwhile. The
floor beside every scan: one bare look-up in the same file, one commit as large as the basket's, and the
repaint of a list of as many rows in a C++ item model.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QTableView

from bench.counter import (
    SIZE,
    Paint,
    barcodes,
    checkout_of,
    enrolled_till,
    facts_beside,
    press,
    turn_until,
    type_code,
    window_at_work,
)
from bench.figures import Figure, percentile
from bench.machine import workshop
from terminal.bootstrap import RunningTill
from terminal.checkout.screen import CheckoutScreen
from terminal.payment.receipt_page import ReceiptScreen
from terminal.payment.screen import PaymentScreen
from terminal.till.disk import connect
from terminal.till.draft import Draft, written
from terminal.window import MainWindow

CATALOGUES = (12_854, 300_000)
BASKETS = (1, 100)
SCANS = 150
SALES = 60
SHIFT_SALES, SHIFT_LINES = 480, 4
"""Eight hours with a sale a minute."""
SETTLED = SHIFT_SALES // 4
PARTS = (("p50", 0.5, ""), ("p95", 0.95, "≤ 2 × the floor"), ("p99", 0.99, "< 16 ms"))


def run() -> list[Figure]:
    """Scans with either catalogue and basket; paying; the memory of a day."""
    figures: list[Figure] = []
    for products in CATALOGUES:
        with (
            workshop() as folder,
            enrolled_till(folder, products) as hub_url,
            window_at_work(folder / "till", hub_url) as (till, window),
        ):
            for lines in BASKETS:
                with facts_beside(till), bare_floor(folder, lines) as floor:
                    figures += _scan_figures(products, lines, *_scans(window, floor, lines))
            if products == CATALOGUES[0]:
                figures += [_paying(till, window), _memory(window)]
    return figures


class Floor:
    """What no till can do without: look a code up, keep the basket, paint the list."""

    def __init__(self, catalogue: sqlite3.Connection, journal: sqlite3.Connection, lines: int) -> None:
        self._catalogue = catalogue
        self._journal = journal
        journal.execute("CREATE TABLE floor (place INTEGER PRIMARY KEY, body TEXT NOT NULL)")
        self._model = QStandardItemModel(lines, 4)
        self.view = QTableView()
        self.view.setModel(self._model)
        self.view.resize(*SIZE)
        self.view.show()

    def scan(self, code: str, body: str) -> float:
        """Milliseconds for one; the list is as long as before afterwards."""
        began = time.perf_counter()
        found = self._catalogue.execute("SELECT sku_id FROM barcodes WHERE barcode = ?", (code,)).fetchone()
        self._journal.execute("INSERT OR REPLACE INTO floor VALUES (1, ?)", (body,))
        before = self._model.rowCount()
        paint = Paint(self.view.viewport(), lambda: self._model.rowCount() > before)
        self._model.appendRow([QStandardItem(text) for text in (found[0], "1", "10.000", "10.000")])
        self.view.scrollToBottom()
        ended = paint.wait()
        self._model.removeRow(before)
        return (ended - began) * 1_000


@contextmanager
def bare_floor(folder: Path, lines: int) -> Iterator[Floor]:
    """The floor for baskets of so many lines, on the same disk and the same catalogue."""
    with (
        closing(connect(folder / "till" / "catalogue.sqlite", durable=False)) as catalogue,
        closing(connect(folder / f"floor-{lines}.sqlite", durable=True)) as journal,
    ):
        floor = Floor(catalogue, journal, lines)
        yield floor
        floor.view.close()


def _scans(window: MainWindow, floor: Floor, lines: int) -> tuple[list[float], list[float]]:
    """Scans into a basket of so many lines, each beside its floor; it is the same basket again after each."""
    codes = barcodes(lines + SCANS)
    for code in codes[: lines - 1]:
        _scan(window, code)
    window.activateWindow()
    ours, bare = [], []
    for place, code in enumerate(codes[lines - 1 : lines - 1 + SCANS]):
        page = checkout_of(window)
        if place % 2:
            ours.append(_scan(window, code))
        bare.append(floor.scan(code, written(_draft(window))))
        if not place % 2:
            ours.append(_scan(window, code))
        window.activateWindow()
        press(window, Qt.Key.Key_Delete)
        turn_until(lambda page=page: len(page.basket.cart.rows()) == lines - 1)  # type: ignore[misc]
    press(window, Qt.Key.Key_F8)
    press(window, Qt.Key.Key_F8)
    turn_until(lambda: not checkout_of(window).basket.cart.rows())
    return ours, bare


def _scan(window: MainWindow, code: str) -> float:
    """Milliseconds from the Enter behind a code to the paint of its line."""
    cart = checkout_of(window).basket.cart
    before = len(cart.rows())
    type_code(window, code)
    paint = Paint(cart.viewport(), lambda: len(cart.rows()) > before)
    began = time.perf_counter()
    press(window, Qt.Key.Key_Return)
    return (paint.wait() - began) * 1_000


def _draft(window: MainWindow) -> Draft:
    desk = window.checkout_desk
    assert desk is not None
    return Draft(desk.state.sale_id, desk.state.basket)


def _scan_figures(products: int, lines: int, ours: list[float], bare: list[float]) -> list[Figure]:
    what = f"till: scan to paint, {products:,} products, {lines} line{'s' if lines > 1 else ''}"
    return [
        Figure(
            f"{what}, {name}",
            percentile(ours, part),
            "ms",
            percentile(bare, part),
            percentile(ours, part) / percentile(bare, part),
            len(ours),
            aim,
        )
        for name, part, aim in PARTS
    ]


def _sell(window: MainWindow, codes: list[str]) -> float:
    """One sale in cash; milliseconds from the tap on "exact" to the page with the next customer's key.

    The first scan ends the sale before, as it does at a real counter.
    """
    if isinstance(window.page, ReceiptScreen):
        first, *codes = codes
        type_code(window, first)
        press(window, Qt.Key.Key_Return)
        turn_until(
            lambda: isinstance(window.page, CheckoutScreen) and len(window.page.basket.cart.rows()) == 1
        )
    for code in codes:
        _scan(window, code)
    press(window, Qt.Key.Key_F12)
    turn_until(lambda: isinstance(window.page, PaymentScreen))
    began = time.perf_counter()
    press(window, Qt.Key.Key_F1)
    turn_until(lambda: isinstance(window.page, ReceiptScreen) and window.page.next.isVisible())
    page = window.page
    assert isinstance(page, ReceiptScreen)
    page.next.update()
    return (Paint(page.next, lambda: True).wait() - began) * 1_000


def _paying(till: RunningTill, window: MainWindow) -> Figure:
    codes = barcodes(40)
    commits, took = [], []
    with facts_beside(till):
        for number in range(SALES):
            took.append(_sell(window, codes[number % 30 : number % 30 + 5]))
            commits.append(_bare_commit(till))
    floor = percentile(commits, 0.99)
    worst = percentile(took, 0.99)
    return Figure(
        "till: cash exact to next customer, p99", worst, "ms", floor, worst / floor, SALES, "< 100 ms"
    )


def _bare_commit(till: RunningTill) -> float:
    """Milliseconds for as many bytes on the same disk."""
    file = os.open(till.till.journal.log_file.with_name("bare"), os.O_CREAT | os.O_WRONLY)
    began = time.perf_counter()
    os.write(file, bytes(4_000))
    os.fdatasync(file)
    took = (time.perf_counter() - began) * 1_000
    os.close(file)
    return took


def _memory(window: MainWindow) -> Figure:
    """Megabytes after a day of sales, against those after a quarter of it."""
    codes = barcodes(400)
    settled = 0.0
    for number in range(SHIFT_SALES):
        start = number * SHIFT_LINES % 380
        _sell(window, codes[start : start + SHIFT_LINES])
        if number == SETTLED:
            settled = _resident()
    used = _resident()
    aim = "< 250 MB and not growing (ratio 1)"
    return Figure("till: memory after 8 hours", used, "MB", settled, used / settled, SHIFT_SALES, aim)


def _resident() -> float:
    """Megabytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
