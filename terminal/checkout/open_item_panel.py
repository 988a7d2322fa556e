"""The panel for goods that no catalogue knows: name, price, tax."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit

from retail.open_item import NAME_LIMIT
from terminal.checkout.by_hand import OpenItem
from terminal.widgets.entry import Digits, digits_of
from terminal.widgets.keys import Key, NumberPad, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.panel import END_KEYS, PAD_KEY_HEIGHT, Panel
from terminal.widgets.text import Figure
from terminal.wording import Wording

RATES_MAX = 4
DIGITS_MAX = 9


class OpenItemPanel(Panel):
    """Asks for an open item.

    Signals:
        asked(object): an `OpenItem`.
    """

    asked = Signal(object)

    def __init__(self, look: Look, words: Wording) -> None:
        """Wait for `begin`."""
        super().__init__(look, words, words.say("open.title"))
        self._barcode = ""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._digits = Digits(DIGITS_MAX)
        self._rates: list[Decimal] = []
        self._rate = Decimal(0)
        self.name = QLineEdit()
        self.name.setObjectName("open-name")
        self.name.setMaxLength(NAME_LIMIT)
        self.name.setPlaceholderText(words.say("open.name"))
        self.name.setFixedHeight(look.px(48))
        self.name.textChanged.connect(self._show)
        self.figure = Figure(look, 32, "ink", smallest=22)
        self.figure.setObjectName("open-price")
        self.rates = [self._rate_key(place) for place in range(RATES_MAX)]
        row = QHBoxLayout()
        row.setSpacing(look.px(6))
        tax = QLabel(words.say("total.tax-added"))
        of_kind(tax, "caption")
        row.addWidget(tax)
        for key in self.rates:
            row.addWidget(key, 1)
        self.main.addWidget(self.name)
        self.main.addLayout(row)
        self.main.addWidget(self.figure)
        self.main.addStretch(1)
        pad = NumberPad(look, bundle="000", key_height=PAD_KEY_HEIGHT)
        pad.digits.connect(self._type)
        pad.back.connect(self._erase)
        self.ok = self.ok_key(words.say("open.sell"), "open-ok")
        on_tap(self.ok, self._go_on)
        self.pad.addWidget(pad)
        self.pad.addLayout(self.keys_row((self.cancel_key("open-cancel"), 1), (self.ok, 2)))

    def begin(self, barcode: str, rates: Sequence[Decimal]) -> None:
        """Ask for goods with this barcode (empty: they have none); the first of the tax rates is usual."""
        self._barcode = barcode
        self._rates = list(rates)[:RATES_MAX] or [Decimal(0)]
        self._rate = self._rates[0]
        self._digits.propose(0)
        code = barcode or self.words.say("open.no-barcode")
        self.title.setText(f"{self.words.say('open.title')} · {code}")
        self.name.setText(self.words.say("open.usual-name"))
        self.name.selectAll()
        self._show()

    def take_key(self, event: QKeyEvent) -> bool:
        """Digits are the price unless the name is typed; Enter goes on; the arrows choose the tax."""
        key = Qt.Key(event.key())
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        typed = event.text()
        if key in END_KEYS:
            if not event.isAutoRepeat():
                self._enter()
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        elif digits := digits_of(event):
            self._type(digits)
        elif key == Qt.Key.Key_Backspace:
            self._erase()
        elif key in steps:
            place = self._rates.index(self._rate) + steps[key]
            self._take_rate(place % len(self._rates))
        elif typed.strip() and typed.isprintable():
            if not self.name.hasFocus():
                self.name.setFocus(Qt.FocusReason.OtherFocusReason)
                self.name.selectAll()
            self.name.insert(typed)
        else:
            return super().take_key(event)
        return True

    def _enter(self) -> None:
        """From the name to the price, from the price on."""
        if self.name.hasFocus():
            self.setFocus()
        else:
            self._go_on()

    def _rate_key(self, place: int) -> Key:
        key = Key(self.look, "", "choice", name=f"open-rate-{place}")
        key.setCheckable(True)
        on_tap(key, self._rate_deed(place))
        return key

    def _rate_deed(self, place: int) -> Callable[[], None]:
        return lambda: self._take_rate(place)

    def _take_rate(self, place: int) -> None:
        self._rate = self._rates[place]
        self._show()

    def _type(self, digits: str) -> None:
        self._digits.add(digits)
        self._show()

    def _erase(self) -> None:
        self._digits.erase()
        self._show()

    def _go_on(self) -> None:
        if self.ok.isEnabled():
            item = OpenItem(self._barcode, self.name.text(), self._digits.number, self._rate)
            self.asked.emit(item)

    def _show(self) -> None:
        self.figure.setText(self.words.money(self._digits.number))
        for place, key in enumerate(self.rates):
            known = place < len(self._rates)
            key.setVisible(known)
            if known:
                key.set_label(self.words.rate(self._rates[place]))
                key.setChecked(self._rates[place] == self._rate)
        self.ok.setEnabled(self._digits.number > 0 and bool(self.name.text().strip()))
