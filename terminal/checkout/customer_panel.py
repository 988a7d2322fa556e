"""The panel of the customer: who buys, by phone or card, and the vouchers they have shown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from terminal.till.customer import Customer
from terminal.widgets.entry import digits_of
from terminal.widgets.keys import Key, NumberPad, on_tap
from terminal.widgets.look import Look
from terminal.widgets.panel import END_KEYS, KEY_HEIGHT, PAD_KEY_HEIGHT, Panel
from terminal.widgets.text import SEMI_BOLD, Words, sizes
from terminal.wording import Wording

ROWS = 2
"""The member and the newest voucher; behind one that is taken away comes the one before."""


class CustomerPanel(Panel):
    """Shows a `Customer` and takes what they say or show.

    Signals:
        member_typed(str), voucher_typed(str): a phone number or a code.
        member_dropped(), voucher_dropped(str): it is not on this sale any more.
    """

    member_typed = Signal(str)
    voucher_typed = Signal(str)
    member_dropped = Signal()
    voucher_dropped = Signal(str)

    def __init__(self, look: Look, words: Wording) -> None:
        """Nobody yet."""
        super().__init__(look, words, words.say("customer.title"))
        self._drops: list[Callable[[], object]] = []
        self.rows = [self._row(place) for place in range(ROWS)]
        for row, _, _ in self.rows:
            self.main.addWidget(row)
        self.field = QLineEdit()
        self.field.setObjectName("customer-code")
        self.field.setPlaceholderText(words.say("customer.code"))
        self.field.setFixedHeight(look.px(48))
        self.field.textChanged.connect(self._typed)
        self.main.addWidget(self.field)
        self.main.addStretch(1)
        pad = NumberPad(look, key_height=PAD_KEY_HEIGHT)
        pad.digits.connect(self.field.insert)
        pad.back.connect(self.field.backspace)
        self.member = self.ok_key(words.say("customer.member"), "take-member")
        self.voucher = self.ok_key(words.say("customer.voucher"), "take-voucher", kind="key", shortcut="F2")
        on_tap(self.member, lambda: self._take(self.member_typed))
        on_tap(self.voucher, lambda: self._take(self.voucher_typed))
        self.pad.addWidget(pad)
        close = Key(look, "", icon="close", shortcut="Esc", height=KEY_HEIGHT, name="customer-close")
        close.setAccessibleName(words.say("search.close"))
        on_tap(close, self.left.emit)
        self.pad.addLayout(self.keys_row((close, 2), (self.voucher, 4), (self.member, 5)))
        self._typed("")

    def begin(self, customer: Customer) -> None:
        """Show this customer, with nothing typed."""
        self.field.clear()
        self.field.setFocus()
        self.show_customer(customer)

    def show_customer(self, customer: Customer) -> None:
        """Show who buys and what they have shown."""
        words = self.words
        shown: list[tuple[str, str, Callable[[], object]]] = []
        if member := customer.member:
            tier = member.tier or words.say("customer.no-tier")
            told = words.say("customer.points", count=member.points, tier=tier)
            shown.append((member.name, told, self.member_dropped.emit))
        shown += [
            (
                words.say("customer.voucher-code", number=voucher.code),
                "",
                self._drop_deed(voucher.code),
            )
            for voucher in reversed(customer.vouchers)
        ]
        self._drops = [drop for _, _, drop in shown]
        for place, (row, text, key) in enumerate(self.rows):
            known = place < len(shown)
            text.setText(" · ".join(filter(None, shown[place][:2])) if known else "")
            key.setEnabled(known)
            row.setVisible(known or place == 0)
        if not shown:
            self.rows[0][1].setText(words.say("customer.nobody"))

    def take_key(self, event: QKeyEvent) -> bool:
        """Enter takes a member, F2 a voucher, Del what is on top, Esc or F7 leaves."""
        key = Qt.Key(event.key())
        if key in END_KEYS:
            if not event.isAutoRepeat():
                self._take(self.member_typed)
        elif key == Qt.Key.Key_F2:
            self._take(self.voucher_typed)
        elif key == Qt.Key.Key_Delete:
            self._drop(0)
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_F7):
            self.left.emit()
        elif digits := digits_of(event):
            self.field.insert(digits)
        else:
            return super().take_key(event)
        return True

    def _row(self, place: int) -> tuple[QWidget, Words, Key]:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(self.look.px(8))
        text = Words(self.look, sizes(self.look, 16, 14, (12, 2), weight=SEMI_BOLD), "ink")
        key = Key(self.look, "", icon="close", name=f"drop-{place}")
        key.setAccessibleName(self.words.say("cart.remove"))
        on_tap(key, lambda: self._drop(place))
        line.addWidget(text, 1)
        line.addWidget(key)
        return row, text, key

    def _drop_deed(self, code: str) -> Callable[[], None]:
        return lambda: self.voucher_dropped.emit(code)

    def _drop(self, place: int) -> None:
        if place < len(self._drops):
            self._drops[place]()

    def _take(self, signal: object) -> None:
        text = self.field.text().strip()
        if text:
            self.field.clear()
            signal.emit(text)  # type: ignore[attr-defined]

    def _typed(self, text: str) -> None:
        for key in (self.member, self.voucher):
            key.setEnabled(bool(text.strip()))
