"""The panel of a price check: every scan shows what goods cost, until it is left."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent

from retail.quantity import Unit
from terminal.checkout.price_check import PriceTag
from terminal.widgets.keys import on_tap
from terminal.widgets.look import Look
from terminal.widgets.panel import END_KEYS, Panel
from terminal.widgets.text import LEFT, SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Language, Wording

PROMOTIONS_MAX = 3


class PricePanel(Panel):
    """Shows a `PriceTag`.

    Signals:
        wanted(str): the goods of this code shall go into the basket after all.
    """

    wanted = Signal(str)

    def __init__(self, look: Look, words: Wording) -> None:
        """Wait for the first scan."""
        super().__init__(look, words, words.say("check.title"))
        self._text = ""
        self.name = Words(look, sizes(look, 20, (18, 2), (15, 3), weight=SEMI_BOLD), "ink")
        self.price = Figure(look, 48, "ink", align=LEFT, smallest=26)
        self.price.setObjectName("check-price")
        self.instead = Words(look, sizes(look, 16, 14, 12), "ink_soft")
        self.promotions = [
            Words(look, sizes(look, 16, (14, 2), (12, 2), weight=SEMI_BOLD), "good")
            for _ in range(PROMOTIONS_MAX)
        ]
        self.stock = Words(look, sizes(look, 16, (14, 2)), "ink_soft")
        self.stock.setObjectName("check-stock")
        for widget in (self.name, self.price, self.instead):
            self.main.addWidget(widget)
        more = self.pad if look.upright else self.main
        for widget in (*self.promotions, self.stock):
            more.addWidget(widget)
        self.main.addStretch(1)
        self._add = self.ok_key(words.say("check.add"), "check-add")
        on_tap(self._add, self._want)
        close = self.cancel_key("check-close")
        close.set_label(words.say("search.close"))
        if look.upright:
            self.pad.addStretch(1)
        self.pad.addLayout(self.keys_row((close, 1), (self._add, 2)))
        self.begin()

    def begin(self) -> None:
        """Wait for a scan."""
        self._text = ""
        self.name.setText(self.words.say("check.hint"))
        for widget in (self.price, self.instead, *self.promotions, self.stock):
            widget.setText("")
        self._add.setEnabled(False)

    def show_tag(self, text: str, tag: PriceTag) -> None:
        """Show what this code means."""
        words = self.words
        self._text = text
        per = words.say("check.per-kilogram") if tag.unit is Unit.GRAM else ""
        self.name.setText(tag.product_name)
        self.price.setText(f"{words.money(tag.now)}{per}")
        before = words.say("check.instead", amount=tag.price) if tag.now != tag.price else ""
        grown_up = words.say("check.grown-ups") if tag.age_restricted else ""
        self.instead.setText(" · ".join(filter(None, (before, grown_up, tag.barcode))))
        told = list(tag.promotions)
        for missed in tag.missed:
            reason = missed.reasons[0]
            told.append(f"{missed.name}: {reason.vi if words.language is Language.VI else reason.en}")
        for place, label in enumerate(self.promotions):
            label.setText(told[place] if place < len(told) else "")
        self.stock.setText("")
        self._add.setEnabled(True)

    def show_stock(self, text: str, available: int | None, unit: Unit) -> None:
        """Show how many there are of the goods of this code; None: nobody can say now."""
        if text == self._text:
            words = self.words
            known = available is not None
            self.stock.setText(
                words.say("check.stock", quantity=words.quantity(available or 0, unit))
                if known
                else words.say("check.stock-unknown")
            )

    def take_key(self, event: QKeyEvent) -> bool:
        """Enter adds, Esc or F3 leaves."""
        if event.key() in END_KEYS:
            if not event.isAutoRepeat():
                self._want()
            return True
        if event.key() == Qt.Key.Key_F3:
            self.left.emit()
            return True
        return super().take_key(event)

    def _want(self) -> None:
        if self._text:
            self.wanted.emit(self._text)
