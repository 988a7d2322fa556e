"""Cash: sums a customer is likely to hand over, one tap each, and a pad for any other."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from terminal.payment.state import PaymentState
from terminal.widgets.entry import END_KEYS, Digits, digits_of
from terminal.widgets.keys import Key, NumberPad, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.text import RIGHT, SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Wording

QUICK_KEYS = 6
DIGITS_MAX = 11
QUICK_SHORTCUTS = {
    key: place
    for place, key in enumerate(
        (Qt.Key.Key_F1, Qt.Key.Key_F2, Qt.Key.Key_F3, Qt.Key.Key_F4, Qt.Key.Key_F5, Qt.Key.Key_F6)
    )
}


class CashPage(QWidget):
    """Quick amounts on the left, the number pad on the right.

    Signals:
        tendered(int): the customer hands over so much (minor units).
    """

    tendered = Signal(int)

    def __init__(self, look: Look, words: Wording) -> None:
        """Wait for the first state."""
        super().__init__()
        self._words = words
        self._due = 0
        self._exact = 0
        self._open = True
        self._amounts: tuple[int, ...] = ()
        self._digits = Digits(DIGITS_MAX)
        quick, take = (56, 64) if look.upright else (71, 72)
        self._quick = [
            Key(look, "", "money", shortcut=f"F{place + 1}", height=quick, name=f"quick-{place + 1}")
            for place in range(QUICK_KEYS)
        ]
        for place, key in enumerate(self._quick):
            on_tap(key, self._quick_deed(place))
        self._figure = Figure(look, 44, "ink", smallest=24)
        self._figure.setObjectName("tendered")
        self._outcome = Words(look, sizes(look, 20, 16, weight=SEMI_BOLD), "good", RIGHT)
        self._outcome.setObjectName("outcome")
        self._take = Key(look, "", "primary", shortcut="Enter", height=take, name="take-cash")
        on_tap(self._take, self._take_typed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.px(12))
        row.addWidget(self._quick_side(look, words), 10)
        row.addWidget(self._pad_side(look, words), 11)

    def show_state(self, state: PaymentState) -> None:
        """Show what is due and what is likely to be handed over."""
        if state.cash_due != self._due:
            self._digits.propose(0)
        self._due, self._exact = state.cash_due, state.due
        self._open = not (state.busy or state.qr or state.over or state.receipt)
        self._amounts = state.quick_amounts[:QUICK_KEYS]
        for place, key in enumerate(self._quick):
            known = place < len(self._amounts)
            key.setText(self._quick_label(self._amounts[place]) if known else "")
            key.setEnabled(known and self._open)
        self._show_typed()

    @property
    def typed(self) -> int:
        """What was typed on the pad, minor units; 0 when nothing was."""
        return self._digits.number

    def outcome(self) -> str:
        """What the typed amount would come to: change, or what would still be missing."""
        return self._outcome.text()

    def forget_typed(self) -> None:
        """Begin typing anew."""
        self._digits.propose(0)
        self._show_typed()

    def take_key(self, event: QKeyEvent) -> bool:
        """Use a key of the keyboard; False when it means nothing here."""
        place = QUICK_SHORTCUTS.get(Qt.Key(event.key()))
        if place is not None:
            if not event.isAutoRepeat():
                self._quick[place].click()
        elif digits := digits_of(event):
            self._add(digits)
        elif event.key() == Qt.Key.Key_Backspace:
            self._erase()
        elif event.key() in END_KEYS:
            if not event.isAutoRepeat():
                self._take.click()
        else:
            return False
        return True

    def _quick_side(self, look: Look, words: Wording) -> QWidget:
        side = QWidget()
        of_kind(side, "card")
        column = QVBoxLayout(side)
        pad = look.px(16)
        column.setContentsMargins(pad, pad, pad, pad)
        column.setSpacing(look.px(10))
        caption = QLabel(words.say("pay.quick"))
        of_kind(caption, "caption")
        column.addWidget(caption)
        for key in self._quick:
            column.addWidget(key)
        column.addStretch(1)
        return side

    def _pad_side(self, look: Look, words: Wording) -> QWidget:
        side = QWidget()
        of_kind(side, "card")
        column = QVBoxLayout(side)
        inset = look.px(16)
        column.setContentsMargins(inset, inset, inset, inset)
        column.setSpacing(look.px(8))
        caption = QLabel(words.say("pay.other"))
        of_kind(caption, "caption")
        pad = NumberPad(look, bundle="000", key_height=52 if look.upright else 62)
        pad.digits.connect(self._add)
        pad.back.connect(self._erase)
        column.addWidget(caption)
        column.addWidget(self._figure)
        column.addWidget(self._outcome)
        column.addStretch(1)
        column.addWidget(pad)
        column.addWidget(self._take)
        return side

    def _quick_label(self, amount: int) -> str:
        text = self._words.money(amount)
        return f"{self._words.say('pay.exact')}  {text}" if amount == self._due else text

    def _quick_deed(self, place: int) -> Callable[[], None]:
        def tapped() -> None:
            self.tendered.emit(self._amounts[place])

        return tapped

    def _take_typed(self) -> None:
        if self.typed:
            self.tendered.emit(self.typed)

    def _add(self, digits: str) -> None:
        self._digits.add(digits)
        self._show_typed()

    def _erase(self) -> None:
        self._digits.erase()
        self._show_typed()

    def _show_typed(self) -> None:
        say, money = self._words.say, self._words.money
        self._figure.setText(money(self.typed))
        # The exact sum to the last đồng is taken too, where rounding would ask for more.
        missing = 0 if self.typed == self._exact < self._due else self._due - self.typed
        self._take.setEnabled(bool(self.typed) and self._open)
        self._take.setText(say("pay.take-part" if self.typed and missing > 0 else "pay.take"))
        if not self.typed:
            self._outcome.setText("")
        elif missing > 0:
            self._outcome.set_colour("warn")
            self._outcome.setText(f"{say('pay.short-would')} {money(missing)}")
        else:
            self._outcome.set_colour("good")
            self._outcome.setText(f"{say('pay.change-would')} {money(-missing)}")
