"""Past sales to choose from, and a pad for the number on a receipt."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from terminal.sales.state import SalesState
from terminal.till.known_sale import SaleInShort
from terminal.widgets.entry import END_KEYS, digits_of
from terminal.widgets.keys import Key, NumberPad, on_tap
from terminal.widgets.listing import Listing, Row
from terminal.widgets.look import Look, of_kind
from terminal.widgets.text import Figure
from terminal.wording import Wording

DIGITS_MAX = 9
STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -7, Qt.Key.Key_PageDown: 7}


class ListPage(QWidget):
    """The list on the left, the pad on the right.

    Signals:
        opened(object): the sale with this id.
        found(str): the figures of a receipt's number.
        own_asked(), store_asked(): another list.
        back_asked(), no_receipt_asked(): away from here.
    """

    opened = Signal(object)
    found = Signal(str)
    own_asked = Signal()
    store_asked = Signal()
    back_asked = Signal()
    no_receipt_asked = Signal()

    def __init__(self, look: Look, words: Wording) -> None:
        """Wait for the first state."""
        super().__init__()
        self._words = words
        self._typed = ""
        self._busy = False
        self.listing = Listing(look, "sales-list")
        self.listing.picked.connect(self.opened)
        self._empty = QLabel()
        of_kind(self._empty, "soft")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._own = self._choice(look, "sales.own", "F2", "sales-own")
        self._store = self._choice(look, "sales.store", "F3", "sales-store")
        self._figure = Figure(look, 40, "ink", smallest=24)
        self._figure.setObjectName("sales-number")
        self._find = Key(
            look, words.say("sales.find"), "primary", shortcut="Enter", height=64, name="sales-find"
        )
        columns = look.across()
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(look.px(12))
        columns.addWidget(self._list_side(look), 11)
        columns.addWidget(self._pad_side(look), 0 if look.upright else 9)
        self.setLayout(columns)
        on_tap(self._own, self.own_asked.emit)
        on_tap(self._store, self.store_asked.emit)
        on_tap(self._find, self._enter)
        self._show_typed()

    def show_state(self, state: SalesState) -> None:
        """Show the list of this state."""
        self._own.setChecked(not state.whole_store)
        self._store.setChecked(state.whole_store)
        self._busy = state.busy
        for key in (self._own, self._store):
            key.setEnabled(not state.busy)
        self.listing.show_rows([self._row(sale, state.whole_store) for sale in state.rows])
        self.listing.setVisible(bool(state.rows))
        self._empty.setVisible(not state.rows)
        self._empty.setText(self._words.say("sales.asking" if state.busy else "sales.none"))
        self._show_typed()

    def forget_typed(self) -> None:
        """Begin typing anew."""
        self._typed = ""
        self._show_typed()

    @property
    def typed(self) -> str:
        """The figures that were typed."""
        return self._typed

    def take_key(self, event: QKeyEvent) -> bool:
        """Use a key of the keyboard; False when it means nothing here."""
        key = Qt.Key(event.key())
        if key in STEPS:
            self.listing.step(STEPS[key])
        elif digits := digits_of(event):
            self._add(digits)
        elif key == Qt.Key.Key_Backspace:
            self._erase()
        elif key in (Qt.Key.Key_F2, Qt.Key.Key_F3):
            (self._own if key == Qt.Key.Key_F2 else self._store).click()
        elif key in END_KEYS and not event.isAutoRepeat():
            self._enter()
        else:
            return False
        return True

    def _choice(self, look: Look, code: str, shortcut: str, name: str) -> Key:
        key = Key(look, self._words.say(code), "choice", shortcut=shortcut, height=56, name=name)
        key.setCheckable(True)
        return key

    def _list_side(self, look: Look) -> QWidget:
        side = QWidget()
        of_kind(side, "card")
        column = QVBoxLayout(side)
        inset = look.px(10)
        column.setContentsMargins(inset, inset, inset, inset)
        column.setSpacing(look.px(8))
        choices = QHBoxLayout()
        choices.setSpacing(look.px(8))
        choices.addWidget(self._own, 1)
        choices.addWidget(self._store, 1)
        column.addLayout(choices)
        column.addWidget(self.listing, 1)
        column.addWidget(self._empty, 1)
        return side

    def _pad_side(self, look: Look) -> QWidget:
        side = QWidget()
        of_kind(side, "card")
        column = QVBoxLayout(side)
        inset = look.px(16)
        column.setContentsMargins(inset, look.px(12), inset, inset)
        column.setSpacing(look.px(8))
        caption = QLabel(self._words.say("sales.number"))
        of_kind(caption, "caption")
        pad = NumberPad(look, key_height=56)
        pad.digits.connect(self._add)
        pad.back.connect(self._erase)
        away = QHBoxLayout()
        away.setSpacing(look.px(8))
        back = Key(look, self._words.say("sales.back"), shortcut="Esc", height=56, name="sales-back")
        no_receipt = Key(look, self._words.say("sales.no-receipt"), height=56, name="sales-no-receipt")
        away.addWidget(on_tap(back, self.back_asked.emit), 2)
        away.addWidget(on_tap(no_receipt, self.no_receipt_asked.emit), 3)
        column.addWidget(caption)
        column.addWidget(self._figure)
        column.addStretch(1)
        column.addWidget(pad)
        column.addWidget(self._find)
        column.addLayout(away)
        return side

    def _row(self, sale: SaleInShort, whole_store: bool) -> Row:
        words = self._words
        note, mood = "", "ink_soft"
        if sale.void:
            note, mood = words.say("sales.void"), "bad"
        elif sale.given_back >= sale.total_amount > 0:
            note, mood = words.say("sales.all-back"), "warn"
        elif sale.given_back:
            note, mood = f"−{words.figure(sale.given_back)}", "warn"
        sub = f"{words.moment(sale.sold_at)} · {sale.cashier_id}"
        return Row(sale.transaction_id, sale.receipt_number, sub, words.money(sale.total_amount), note, mood)

    def _enter(self) -> None:
        """What was typed; else the sale that is chosen."""
        current = self.listing.current
        if self._typed:
            self.found.emit(self._typed)
        elif isinstance(current, UUID):
            self.opened.emit(current)

    def _add(self, digits: str) -> None:
        self._typed = (self._typed + digits).lstrip("0")[:DIGITS_MAX]
        self._show_typed()

    def _erase(self) -> None:
        self._typed = self._typed[:-1]
        self._show_typed()

    def _show_typed(self) -> None:
        self._figure.setText(self._typed or "–")
        self._find.set_label(self._words.say("sales.find" if self._typed else "sales.open"))
        self._find.setEnabled(not self._busy and bool(self._typed or self.listing.rows()))
