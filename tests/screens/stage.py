"""A till with a window on the demo chain's products, for tests and pictures of the screens."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from courier.link import LinkState
from courier.news import News
from courier.outage import Outage
from retail.money import currency_of
from terminal.background import Background, Inline, LaneErrands, Threads
from terminal.counter import Counter
from terminal.cues import Cue
from terminal.customer.display import CustomerDisplay
from terminal.customer.follower import Follower
from terminal.shift.screen import SignInScreen
from terminal.sync_state import SyncState
from terminal.till.cashier import Cashier
from terminal.widgets.look import Theme
from terminal.window import MainWindow
from terminal.wording import Language, Wording
from tests.screens.toy_hub import ToyHub
from tests.tills import TestTill, person, price, product

SMALL, LARGE, UPRIGHT = (1024, 768), (1920, 1080), (768, 1024)
SIZES = (SMALL, LARGE, UPRIGHT)
CUSTOMER_SIZES = (*SIZES, (800, 480), (480, 800))
PERSON_MS, SCANNER_MS = 120, 6
PATIENCE_MS = 30_000
EMPLOYEE, PIN = "CASHIER_001", "135790"
LONG_NAME = (
    "Bàn Chải Đánh Răng Lipzo Kids Step1 Cao Cấp Chỉ Tơ Nha Khoa Dành Cho Trẻ Em Trên 5 Tuổi "
    "(Giao Màu Ngẫu Nhiên)"
)
LONG_CODE = "8936000000011"
LOOSE, BEER = "2000001000007", "2000002000006"


def demo_rows(name: str) -> list[dict[str, str]]:
    """A table of the demo chain."""
    with files("resources").joinpath("demo", name).open(encoding="utf-8") as table:
        return list(csv.DictReader(table))


@cache
def demo_shop() -> tuple[News, ...]:
    """The demo chain's products, its first store, a cashier and a manager, as news."""
    by_sku: dict[str, list[dict[str, str]]] = {}
    for row in demo_rows("catalogue.csv"):
        by_sku.setdefault(row["sku_id"], []).append(row)
    pieces: list[News] = []
    for sku_id, rows in by_sku.items():
        first = rows[0]
        codes = [row["barcode"] for row in rows if row["barcode"]]
        more = {
            "category": first["category"],
            "tax_rate": first["tax_rate"],
            "unit": first["unit"] or "piece",
        }
        pieces.append(product(sku_id, first["product_name"], *codes, **more))
        pieces.append(price(sku_id, int(first["base_price"])))
    pieces += [
        product("LONG", LONG_NAME, LONG_CODE, category="Chăm sóc cá nhân"),
        price("LONG", 12_345_000),
        product(
            "LOOSE", "Nho xanh Ninh Thuận", LOOSE, category="Trái cây tươi", tax_rate="0.05", unit="gram"
        ),
        price("LOOSE", 90_000),
        product("BEER", "Bia Sài Gòn Đỏ lon 330 ml", BEER, category="Bia", age_restricted=True),
        price("BEER", 15_000),
        News(1, "store", "STORE_001", demo_rows("stores.csv")[0]),
        person(EMPLOYEE, PIN, name="Nguyễn Thị Mai Anh"),
        person("MANAGER_001", PIN, name="Võ Thanh Hằng", role="manager"),
    ]
    return tuple(pieces)


@cache
def _catalogue_file() -> Path:
    """The demo catalogue applied once; every stage works on a copy."""
    folder = Path(mkdtemp(prefix="everopen-stage-"))
    TestTill(folder, pieces=demo_shop()).close()
    return folder / "catalogue.sqlite"


def codes(count: int) -> list[str]:
    """Barcodes of different products that are sold by the piece, cheap enough to be usual."""
    rows = demo_rows("catalogue.csv")
    usual = [
        row for row in rows if row["barcode"] and row["unit"] == "piece" and int(row["base_price"]) < 90_000
    ]
    return [row["barcode"] for row in usual][7 : 7 + 3 * count : 3]


def sku_of(barcode: str) -> str:
    """The product of a barcode of the demo chain."""
    return next(row["sku_id"] for row in demo_rows("catalogue.csv") if row["barcode"] == barcode)


class ToyWorld:
    """Counts what a person does about hub and printer; `away` is a pulled cable."""

    def __init__(self) -> None:
        self.deeds: list[str] = []
        self.away = False

    def print_now(self) -> None:
        if self.away:
            raise Outage("unreachable")
        self.deeds.append("print")

    def try_now(self) -> None:
        self.deeds.append("try")


class Stage:
    """A window over a real till; `close` ends both."""

    def __init__(
        self,
        folder: Path,
        size: tuple[int, int] = SMALL,
        language: Language = Language.VI,
        theme: Theme = Theme.DAY,
        background: Background | None = None,
    ) -> None:
        shutil.copy(_catalogue_file(), folder / "catalogue.sqlite")
        self.till = TestTill(folder, pieces=())
        self.clock = self.till.clock
        self.hub = ToyHub(self.clock)
        self.till.hub = self.hub
        self.till.reopen()
        self.heard: list[Cue] = []
        self.world = ToyWorld()
        self.ms = 0.0
        self.background = background or Inline()
        self.size, self.language = size, language
        self.shown: QWidget
        self.window = self.open_window(size, language, theme)

    def open_window(
        self, size: tuple[int, int] = SMALL, language: Language = Language.VI, theme: Theme = Theme.DAY
    ) -> MainWindow:
        """A window as it opens at the start of the program."""
        desks = replace(self.till.desks, mirrored=True)
        if isinstance(self.background, Threads):
            desks = desks.with_errands(LaneErrands(self.background))
        counter = Counter("POS_01", desks, self.till.till.rules, self.till.catalogue.card, self.world)
        self.window = MainWindow(
            counter,
            self.background,
            clock=self.clock,
            now_ms=self.now_ms,
            language=language,
            theme=theme,
            play=self.heard.append,
        )
        self.shown = self.window
        self.window.resize(*size)
        self.window.show()
        self.window.activateWindow()
        for _ in range(PATIENCE_MS):
            if self.window.isActiveWindow() and QApplication.focusWidget():
                break
            QTest.qWait(1)
        self.settle()
        self.link(LinkState.ONLINE)
        return self.window

    def open_customer_display(self, idle_folder: Path | None = None) -> CustomerDisplay:
        """The second window, of the same size; it is what pictures of the stage show from now on."""
        follower = Follower(self.window)
        self.window.attended.connect(follower.attend)
        display = CustomerDisplay(
            self.background,
            self._store_words,
            clock=self.clock,
            store=lambda: self.till.catalogue.card().name,
            idle_folder=idle_folder,
        )
        follower.changed.connect(display.show_view)
        self.shown = self.customer = display
        display.resize(*self.size)
        display.show()
        self.window.activateWindow()
        self.settle()
        return display

    def _store_words(self) -> Wording:
        rules = self.till.till.rules()
        return Wording(self.language, currency_of(rules.currency), rules.calendar)

    def now_ms(self) -> float:
        """The clock of the scanner: it goes on when keys are pressed."""
        return self.ms

    @property
    def beeps(self) -> int:
        """How many refusals were heard."""
        return self.heard.count(Cue.REFUSAL)

    def restart(self) -> None:
        """What a power cut and a new start come to: everything but the files is gone."""
        self._drop_window()
        self.till.reopen()
        self.open_window()

    def close(self) -> None:
        if isinstance(self.background, Threads):
            self.background.close()
        self._drop_window()
        self.till.close()

    def _drop_window(self) -> None:
        if self.shown is not self.window:
            self.shown.close()
            self.shown.deleteLater()
        self.window.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.settle()

    def settle(self) -> None:
        """Let Qt do what it has been asked to."""
        for _ in range(4):
            QApplication.processEvents()

    def link(
        self,
        state: LinkState,
        *,
        unsent: int = 0,
        minutes: int = 0,
        news_at: datetime | None = None,
        **more: Any,
    ) -> None:
        """What the lifeline would report; `minutes` ago the hub was last heard."""
        since = self.clock()
        self.clock.forward(60 * minutes)
        self.window.link_changed.emit(
            SyncState(
                state,
                since,
                since,
                unsent=unsent,
                oldest_at=since if unsent else None,
                news_version=7,
                news_at=news_at or since,
                sequence=1042,
                head_hash="5f2a9c31e07d44b8",
                **{"block_hours": 24, **more},
            )
        )

    def sign_in(self, employee_id: str = EMPLOYEE, language: Language | None = None) -> None:
        """Through the sign-in page."""
        page = self.window.page
        assert isinstance(page, SignInScreen)
        page.employee.setText(employee_id)
        page.pin.setText(PIN)
        self.tap("sign-in")
        if language is not None and self.window.language is not language:
            self.tap("language")

    def scan(self, *barcodes: str) -> None:
        """Scan them, far enough apart for the guard."""
        for barcode in barcodes:
            self.clock.forward(4)
            self.window.take_scan(barcode)
        self.settle()

    def press(self, *keys: Qt.Key) -> None:
        """Press keys of the keyboard as a person does, wherever the focus is."""
        for key in keys:
            self.ms += PERSON_MS
            QTest.keyClick(QApplication.focusWidget() or self.window, key)
        self._let_go()

    def type(self, text: str) -> None:
        """Type text as a person does, wherever the focus is."""
        for letter in text:
            self.ms += PERSON_MS
            QTest.keyClicks(QApplication.focusWidget() or self.window, letter)
        self._let_go()

    def burst(self, code: str, *, settle: bool = True) -> None:
        """What a scanner types, wherever the focus is."""
        for letter in code:
            self.ms += SCANNER_MS
            QTest.keyClicks(QApplication.focusWidget() or self.window, letter)
        self.ms += SCANNER_MS
        QTest.keyClick(QApplication.focusWidget() or self.window, Qt.Key.Key_Return)
        if settle:
            self.settle()

    def _let_go(self) -> None:
        """The last key is held back until it is clear that no scanner follows."""
        while self.window.scanner.holding:
            QTest.qWait(1)
        self.settle()

    def find(self, name: str) -> QWidget:
        """The widget with this name that is on show."""
        found = [w for w in self.window.findChildren(QWidget, name) if w.isVisible()]
        assert found, f"nothing on show is called {name}"
        return found[0]

    def key(self, name: str) -> QAbstractButton:
        """The key with this name that is on show."""
        key = self.find(name)
        assert isinstance(key, QAbstractButton)
        return key

    def tap(self, *names: str) -> None:
        """Tap keys by name, as a finger does."""
        for name in names:
            QTest.mouseClick(self.key(name), Qt.MouseButton.LeftButton)
            self.settle()

    def tap_digits(self, digits: str) -> None:
        """Tap digits on the number pad."""
        self.tap(*(f"pad-{digit}" for digit in digits))


def cashier(language: str = "") -> Cashier:
    """Whoever is signed in on a stage, as the people table has it."""
    from retail.staff import Role

    return Cashier(EMPLOYEE, "Nguyễn Thị Mai Anh", Role.CASHIER, language)


def prices_of(barcodes: Sequence[str]) -> list[int]:
    """What the demo chain asks for these."""
    by_code = {row["barcode"]: int(row["base_price"]) for row in demo_rows("catalogue.csv")}
    return [by_code[code] for code in barcodes]
