"""A cashier works a whole shift at a real window: `python -m tests.journeys.cashier FOLDER HUB SCRIPT`.

SCRIPT is a JSON file with `code`, `employee` and `manager` (id and PIN), `baskets` (lists of barcode and
quantity), `deeds` (by the basket's number), `by_phone` and `float`. What was done stands in `progress.jsonl`
beside it, a line a step, on the disk before the next step begins: whoever is killed goes on behind the last
line. The cash that went in and out of the drawer is what the screens said, not what the till's books say.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt

from retail.payment import VND_NOTES
from retail.receipt import Receipt
from terminal.checkout.parked_screen import ParkedScreen
from terminal.checkout.screen import CheckoutScreen
from terminal.drawer.closing import ClosingScreen
from terminal.drawer.opening import OpeningScreen
from terminal.oversight.menu import MenuScreen
from terminal.oversight.screen import ApprovalScreen
from terminal.payment.receipt_page import ReceiptScreen
from terminal.payment.screen import PaymentScreen
from terminal.sales.screen import SalesScreen
from terminal.shift.screen import SignInScreen
from tests.journeys.hands import Hands, amount_of, at_the_till

SCANS_MAX = ASKED_MAX = 5
ENTER, ESCAPE = Qt.Key.Key_Return, Qt.Key.Key_Escape


@dataclass
class Notebook:
    """What was done, on the disk before anybody goes on."""

    file: Path

    def write(self, step: str, **more: Any) -> None:
        """One more line."""
        with self.file.open("a", encoding="utf-8") as text:
            text.write(json.dumps({"step": step, **more}) + "\n")
            text.flush()
            os.fsync(text.fileno())

    def lines(self) -> list[dict[str, Any]]:
        """Everything done so far."""
        if not self.file.exists():
            return []
        return [json.loads(line) for line in self.file.read_text(encoding="utf-8").splitlines()]

    def cash(self) -> int:
        """What went into the drawer minus what went out of it."""
        return sum(line.get("cash", 0) for line in self.lines())


class Cashier:
    """Does what the script says, in its order."""

    def __init__(self, hands: Hands, script: dict[str, Any], notebook: Notebook) -> None:
        self.hands = hands
        self.script = script
        self.notebook = notebook

    def work(self) -> None:
        """From sign-in to the Z, or from where the last one was cut off."""
        done = {line["basket"] for line in self.notebook.lines() if line["step"] == "sold"}
        self._sign_in()
        if not any(line["step"] == "opened" for line in self.notebook.lines()):
            self._open_shift()
        self.hands.see(CheckoutScreen)
        for number, basket in enumerate(self.script["baskets"]):
            if number not in done:
                self._serve(number, basket, self.script["deeds"].get(str(number), ""))
        self._close_shift()

    # ------------------------------------------------------------------ the shift

    def _sign_in(self) -> None:
        hands, who = self.hands, self.script["employee"]
        hands.see(SignInScreen)
        hands.until(lambda: hands.shown("employee") is not None, "no field for the id")
        hands.fill_in("employee", who["employee_id"])
        hands.press(ENTER)
        hands.type(who["pin"])
        hands.press(ENTER)
        hands.until(lambda: isinstance(hands.window.page, CheckoutScreen | OpeningScreen), "not signed in")

    def _open_shift(self) -> None:
        hands = self.hands
        hands.see(OpeningScreen)
        count = {int(note): number for note, number in self.script["float"].items()}
        self._count(count)
        hands.tap("open-shift")
        hands.see(CheckoutScreen)
        self.notebook.write("opened", cash=sum(note * number for note, number in count.items()))

    def _close_shift(self) -> None:
        hands, count, rest = self.hands, {}, self.notebook.cash()
        for note in sorted(VND_NOTES, reverse=True):
            count[note], rest = divmod(rest, note)
        assert rest == 0, "money that no note can pay"
        self._next_customer()
        self._task("shift")
        hands.see(ClosingScreen)
        self._count(count)
        hands.tap("close-shift")
        hands.until(lambda: hands.shown("report-done") is not None, "no Z")
        hands.window.grab().save(str(self.notebook.file.with_name("z.png")))
        self.notebook.write("closed", counted=self.notebook.cash())
        hands.tap("report-done")

    def _count(self, count: dict[int, int]) -> None:
        """Type how many of each note, from row to row."""
        hands = self.hands
        for note, number in count.items():
            if number:
                hands.tap(f"count-{note}")
                hands.type(str(number))

    # ------------------------------------------------------------------ a customer

    def _serve(self, number: int, basket: Sequence[Sequence[Any]], deed: str) -> None:
        self.notebook.write("begun", basket=number)
        have = len(self._lines())
        self._ring_up(basket[have:], number)
        if deed == "park":
            self._park_and_take_back()
        if deed == "split":
            receipt, cash = self._pay_split(number)
        else:
            receipt, cash = self._pay_cash(number)
        total = receipt.total_amount
        self.notebook.write("sold", basket=number, total=total, cash=cash, receipt=receipt.receipt_number)
        if deed in ("void", "refund"):
            self._next_customer()
            self._give_back(number, receipt.receipt_number, void=deed == "void")

    def _ring_up(self, lines: Sequence[Sequence[Any]], number: int) -> None:
        hands = self.hands
        for barcode, quantity in lines:
            before = len(self._lines())
            for _ in range(SCANS_MAX):
                hands.scan(barcode)
                hands.until(partial(self._answered, before), f"{barcode} is not in the basket")
                if self._more(before) or self._asked():
                    break
            self._grown_up()
            hands.until(partial(self._more, before), f"{barcode} is not in the basket")
            for more in range(2, quantity + 1):
                hands.press(Qt.Key.Key_Plus)
                hands.until(partial(self._has_last, str(more)), f"not {more} of {barcode}")
        self.notebook.write("rung up", basket=number)

    def _more(self, before: int) -> bool:
        return len(self._lines()) > before

    def _answered(self, before: int) -> bool:
        return self._more(before) or self._asked() or self._misread()

    def _misread(self) -> bool:
        """A busy machine types a code slower than a scanner, and then it is read in part."""
        page = self.hands.window.page
        return isinstance(page, CheckoutScreen) and page.notice.mood == "bad"

    def _has_last(self, quantity: str) -> bool:
        lines = self._lines()
        return bool(lines) and lines[-1].texts[1] == quantity

    def _asked(self) -> bool:
        return self.hands.shown("age-yes") is not None

    def _grown_up(self) -> None:
        """The customer shows that they are old enough."""
        if self._asked():
            self.hands.tap("age-yes")
            self.hands.until(lambda: not self._asked(), "the question stays")

    def _park_and_take_back(self) -> None:
        hands, before = self.hands, len(self._lines())
        hands.tap("park")
        hands.until(lambda: hands.shown("park-ok") is not None, "no question for a label")
        hands.press(ENTER)
        hands.until(lambda: not self._lines(), "the basket is still open")
        for _ in range(ASKED_MAX):
            hands.tap("park")
            hands.see(ParkedScreen)
            hands.tap("take-1")
            hands.see(CheckoutScreen)
            hands.until(
                lambda: len(self._lines()) == before or hands.shown("notice-no") is not None,
                "the basket has not come back",
            )
            if self._lines():
                return
            # The hub has it and was too slow to say so: the customer waits, and it is asked again.
            hands.press(ESCAPE)
        raise AssertionError("the hub does not give the basket back")

    def _pay_cash(self, number: int) -> tuple[Receipt, int]:
        """Most customers pay exactly; every fifth hands over a note."""
        hands = self.hands
        hands.press(Qt.Key.Key_F12)
        hands.see(PaymentScreen)
        key = hands.shown("quick-2") if number % 5 == 0 else None
        if key is not None and key.isEnabled():
            hands.press(Qt.Key.Key_F2)
        else:
            hands.press(Qt.Key.Key_F1)
        return self._receipt()

    def _pay_split(self, number: int) -> tuple[Receipt, int]:
        """A part in cash, the rest by phone, or in cash again where the network may be away."""
        hands = self.hands
        hands.press(Qt.Key.Key_F12)
        page = hands.see(PaymentScreen)
        before = page.desk.state.due
        part = before // 2 // 1_000 * 1_000 or before
        hands.type(str(part))
        hands.press(ENTER)
        hands.until(
            lambda: amount_of(page.due.due.text()) < before or isinstance(hands.window.page, ReceiptScreen),
            "the part is not taken",
        )
        if isinstance(hands.window.page, PaymentScreen):
            if number in self.script["by_phone"]:
                hands.tap("method-QR_MOMO")
            else:
                hands.press(Qt.Key.Key_F1)
        return self._receipt()

    def _receipt(self) -> tuple[Receipt, int]:
        """The page after the sale: what it says, and what stayed in the drawer."""
        page = self.hands.see(ReceiptScreen)
        handed = sum(
            tender.tendered or 0 for tender in page.receipt.tenders if tender.payment_method == "CASH"
        )
        return page.receipt, handed - amount_of(page.change.text())

    def _next_customer(self) -> None:
        while isinstance(self.hands.window.page, ReceiptScreen):
            self.hands.press(ENTER)
        self.hands.see(CheckoutScreen)
        self.hands.until(lambda: not self._lines(), "the basket is not empty")

    # ------------------------------------------------------------------ what comes back

    def _give_back(self, number: int, receipt: str, *, void: bool) -> None:
        hands = self.hands
        self._task("sales")
        hands.see(SalesScreen)
        hands.type(receipt.rpartition("-")[2].lstrip("0"))
        hands.press(ENTER)
        hands.until(lambda: hands.shown("return-give") is not None, f"{receipt} is not found")
        if void:
            hands.tap("reason-wrong-item")
            hands.tap("return-void")
        else:
            hands.tap("return-whole")
            hands.tap("reason-faulty")
            hands.tap("return-give")
        self._approve()
        hands.until(lambda: hands.shown("given-back") is not None, "nothing was given back")
        cash = amount_of(hands.shown("given-back").text())  # type: ignore[union-attr]
        self.notebook.write("voided" if void else "refunded", basket=number, cash=-cash)
        while hands.shown("return-done") is not None:
            hands.press(ENTER)
        while not isinstance(hands.window.page, CheckoutScreen):
            hands.press(ESCAPE)

    def _approve(self) -> None:
        hands, manager = self.hands, self.script["manager"]
        hands.see(ApprovalScreen)
        hands.fill_in("approver", manager["employee_id"])
        hands.press(ENTER)
        hands.type(manager["pin"])
        hands.press(ENTER)

    def _task(self, name: str) -> None:
        self.hands.press(Qt.Key.Key_F10)
        self.hands.see(MenuScreen)
        self.hands.tap(f"menu-{name}")

    def _lines(self) -> Sequence[Any]:
        page = self.hands.window.page
        return page.basket.cart.rows() if isinstance(page, CheckoutScreen) else ()


def main(arguments: Sequence[str]) -> int:
    """Work; returns the exit code."""
    folder, hub_url, script_file = Path(arguments[0]), arguments[1], Path(arguments[2])
    script = json.loads(script_file.read_text(encoding="utf-8"))
    notebook = Notebook(script_file.with_name("progress.jsonl"))
    code = "" if (folder / "enrolment.json").exists() else script["code"]
    with at_the_till(folder, hub_url, code) as hands:
        Cashier(hands, script, notebook).work()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
