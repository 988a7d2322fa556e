"""The demo at a till's real window: who signs in, what is scanned, which pictures are taken."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from installer.delivery import Delivery
from installer.demo_clerk import Clerk
from installer.stack import Stack, demo_rows
from terminal.bootstrap import build_till, opened_window
from terminal.settings import Settings
from terminal.till.till import Till
from terminal.window import MainWindow

NEWS_SECONDS = 30.0
SMALL, LARGE = (1024, 768), (1920, 1080)
COFFEE = "2900000000018"


def at_first_till(stack: Stack, store: dict[str, Any], cashier: dict[str, str], out: Path) -> None:
    """Sign in, three lines with a double scan, cash; then a long basket on a large screen."""
    with till_window(stack, store, "POS_01", SMALL) as (window, till):
        clerk = Clerk(window, till, out, stack.look_after)
        clerk.picture("01_sign_in")
        clerk.sign_in(cashier["employee_id"], cashier["pin"])
        clerk.picture("02_checkout_empty")
        clerk.scan(COFFEE)
        clerk.one_more()
        for barcode in barcodes(2):
            clerk.scan(barcode)
        clerk.picture("03_checkout_three_lines")
        clerk.pay()
        clerk.picture("04_cash")
        clerk.cash(Qt.Key.Key_F2)
        clerk.picture("05_receipt")
        clerk.next_customer()
        window.resize(*LARGE)
        clerk.settle()
        for barcode in barcodes(30):
            clerk.scan(barcode)
        clerk.picture("06_checkout_thirty_lines_large")
        clerk.pay()
        clerk.cash()
        clerk.next_customer()


def at_second_till(stack: Stack, store: dict[str, Any], cashier: dict[str, str], out: Path) -> None:
    """A QR payment while head office is away: the hub and its payment provider are still there."""
    with till_window(stack, store, "POS_02", SMALL) as (window, till):
        clerk = Clerk(window, till, out, stack.look_after)
        clerk.sign_in(cashier["employee_id"], cashier["pin"])
        clerk.scan(COFFEE)
        clerk.pay()
        clerk.qr(Qt.Key.Key_F8, "07_qr_without_head_office")
        clerk.picture("08_receipt_qr")
        clerk.next_customer()


def by_hand_at(store: dict[str, Any], stack: Stack, manager: dict[str, str]) -> None:
    """The first till's window on the display, until a person closes it; the shelves are filled meanwhile."""
    with till_window(stack, store, "POS_01", LARGE) as (window, _):
        room = window.screen().availableGeometry()
        if room.width() <= LARGE[0] or room.height() <= LARGE[1]:
            # With its frame it would be larger than the screen, and the keys at the bottom out of reach.
            window.showMaximized()
        with Delivery(store["hub"], {**manager, "terminal_id": "POS_01"}):
            while window.isVisible():
                QApplication.processEvents()
                time.sleep(0.01)
                stack.look_after()


@contextlib.contextmanager
def till_window(
    stack: Stack, store: dict[str, Any], terminal_id: str, size: tuple[int, int]
) -> Iterator[tuple[MainWindow, Till]]:
    """A till of the stack with its window open, tied to its hub."""
    data_dir = stack.layout.till(store["store_id"], terminal_id)
    code = next(t["enrolment_code"] for t in store["terminals"] if t["terminal_id"] == terminal_id)
    settings = Settings(data_dir=data_dir, hub_url=store["hub"], enrolment_code=code, windowed=True)
    QApplication.instance() or QApplication([])
    till = build_till(data_dir, store["hub"], code)
    try:
        with opened_window(till, settings) as window:
            till.lifeline.wait_for_news(NEWS_SECONDS)
            window.resize(*size)
            yield window, till.till
            window.close()
    finally:
        till.close()


def barcodes(count: int) -> list[str]:
    """The first barcodes of products by the piece that carry a GTIN, each product once."""
    found: dict[str, str] = {}
    for row in demo_rows("catalogue.csv"):
        if row["unit"] != "gram" and len(row["barcode"]) == 13 and row["barcode"].startswith("893"):
            found.setdefault(row["sku_id"], row["barcode"])
    return list(found.values())[:count]
