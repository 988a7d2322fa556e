"""The panel for prices by hand: what for, how much, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from retail.basket import RungLine, Totals
from terminal.widgets.entry import Digits, digits_of
from terminal.widgets.keys import Key, NumberPad, on_tap
from terminal.widgets.look import Look
from terminal.widgets.panel import END_KEYS, PAD_KEY_HEIGHT, Panel
from terminal.widgets.text import SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Wording

REASONS = ("damaged", "price-tag", "customer", "mistake")
DIGITS_MAX = 9
WHY_HEIGHT = 64


class Kind(StrEnum):
    """What the number means."""

    PERCENT = "percent"
    AMOUNT = "amount"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class HandPrice:
    """What was typed: of a line, or of the whole basket (None). `reason` in words."""

    line_item_id: UUID | None
    kind: Kind
    number: int
    reason: str


class HandPanel(Panel):
    """Asks for a discount or a price.

    Signals:
        asked(object): a `HandPrice`.
        restore_asked(object): the line with this id shall have the price of the book again.
    """

    asked = Signal(object)
    restore_asked = Signal(object)

    def __init__(self, look: Look, words: Wording) -> None:
        """Wait for `begin`."""
        super().__init__(look, words, words.say("hand.title"))
        self._line: RungLine | None = None
        self._totals: Totals | None = None
        self._whole = False
        self._kind = Kind.PERCENT
        self._digits = Digits(DIGITS_MAX)
        self.this = self._choice("hand.line", "hand-line", lambda: self._aim(whole=False))
        self.all = self._choice("hand.basket", "hand-basket", lambda: self._aim(whole=True))
        self.kinds = {
            Kind.PERCENT: self._choice("hand.percent", "hand-percent", lambda: self._choose(Kind.PERCENT)),
            Kind.AMOUNT: self._choice("hand.amount", "hand-amount", lambda: self._choose(Kind.AMOUNT)),
            Kind.PRICE: self._choice("hand.price", "hand-price", lambda: self._choose(Kind.PRICE)),
        }
        self._subject = Words(look, sizes(look, 15, 13, (12, 2)), "ink_soft")
        self.figure = Figure(look, 34, "ink", smallest=18)
        self.figure.setObjectName("hand-figure")
        self.outcome = Words(look, sizes(look, 15, 13, 12, weight=SEMI_BOLD), "accent")
        self.outcome.setObjectName("hand-outcome")
        self.restore = Key(look, "", icon="undo", name="hand-restore")
        self.restore.setAccessibleName(words.say("hand.restore"))
        on_tap(self.restore, self._restore)
        self.main.setSpacing(look.px(4))
        self.main.addLayout(self.keys_row((self.this, 3), (self.all, 3), (self.restore, 1)))
        self.main.addLayout(self.keys_row(*((key, 1) for key in self.kinds.values())))
        told = QVBoxLayout()
        told.setSpacing(0)
        told.addWidget(self._subject)
        told.addWidget(self.outcome)
        typed = QHBoxLayout()
        typed.addLayout(told, 3)
        typed.addWidget(self.figure, 2)
        self.main.addLayout(typed)
        self.main.addStretch(1)
        self._steps = QStackedWidget()
        self._steps.addWidget(self._typing())
        self._steps.addWidget(self._reasons())
        self.pad.addWidget(self._steps)

    def begin(self, line: RungLine | None, totals: Totals) -> None:
        """Ask about this line, or the whole basket where none is chosen."""
        self._line, self._totals = line, totals
        self._whole = line is None
        self._kind = Kind.PERCENT
        self._digits.propose(0)
        self._steps.setCurrentIndex(0)
        self._show()

    def take_key(self, event: QKeyEvent) -> bool:
        """Digits and Enter; the arrows choose; on the reasons their numbers."""
        if self._steps.currentIndex() == 1:
            return self._take_reason_key(event)
        kinds = [kind for kind, key in self.kinds.items() if key.isEnabled()]
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if digits := digits_of(event):
            self._type(digits)
        elif key == Qt.Key.Key_Backspace:
            self._erase()
        elif key in steps:
            self._choose(kinds[(kinds.index(self._kind) + steps[key]) % len(kinds)])
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._aim(whole=not self._whole)
        elif key in END_KEYS:
            if not event.isAutoRepeat():
                self._go_on()
        else:
            return super().take_key(event)
        return True

    def _take_reason_key(self, event: QKeyEvent) -> bool:
        digit = digits_of(event)
        if digit and 0 < int(digit) <= len(REASONS):
            self._say(REASONS[int(digit) - 1])
            return True
        return super().take_key(event)

    def _choice(self, code: str, name: str, deed: Callable[[], object]) -> Key:
        key = Key(self.look, self.words.say(code), "choice", name=name)
        key.setCheckable(True)
        on_tap(key, deed)
        return key

    def _typing(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self.look.px(6))
        pad = NumberPad(self.look, bundle="000", key_height=PAD_KEY_HEIGHT)
        pad.digits.connect(self._type)
        pad.back.connect(self._erase)
        self.ok = self.ok_key(self.words.say("hand.next"), "hand-ok")
        on_tap(self.ok, self._go_on)
        column.addWidget(pad)
        column.addLayout(self.keys_row((self.cancel_key("hand-cancel"), 1), (self.ok, 2)))
        return page

    def _reasons(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self.look.px(6))
        why = Words(self.look, sizes(self.look, 18, 16, weight=SEMI_BOLD), "ink")
        why.setText(self.words.say("hand.why"))
        column.addWidget(why)
        grid = QGridLayout()
        grid.setSpacing(self.look.px(6))
        for place, name in enumerate(REASONS):
            label = self.words.say(f"reason.{name}")
            key = Key(self.look, label, shortcut=str(place + 1), height=WHY_HEIGHT, name=f"why-{name}")
            grid.addWidget(on_tap(key, self._say_deed(name)), place // 2, place % 2)
        column.addLayout(grid)
        column.addStretch(1)
        column.addLayout(self.keys_row((self.cancel_key("why-cancel"), 1)))
        return page

    def _say_deed(self, name: str) -> Callable[[], None]:
        return lambda: self._say(name)

    def _say(self, name: str) -> None:
        line = None if self._whole or self._line is None else self._line.line.line_item_id
        reason = self.words.say(f"reason.{name}")
        self.asked.emit(HandPrice(line, self._kind, self._digits.number, reason))

    def _restore(self) -> None:
        if self._line is not None:
            self.restore_asked.emit(self._line.line.line_item_id)

    def _aim(self, *, whole: bool) -> None:
        self._whole = whole or self._line is None
        if self._whole and self._kind is Kind.PRICE:
            self._kind = Kind.PERCENT
        self._show()

    def _choose(self, kind: Kind) -> None:
        self._kind = kind
        self._digits.propose(0)
        self._show()

    def _type(self, digits: str) -> None:
        self._digits.add(digits)
        if self._kind is Kind.PERCENT and self._digits.number > 100:
            self._digits.erase()
        self._show()

    def _erase(self) -> None:
        self._digits.erase()
        self._show()

    def _go_on(self) -> None:
        if self.ok.isEnabled():
            self._steps.setCurrentIndex(1)

    def _show(self) -> None:
        words, number = self.words, self._digits.number
        line, totals = self._line, self._totals
        assert totals is not None, "it was begun"
        costs = sum(rung.line_total for rung in totals.lines)
        if line is not None and not self._whole:
            costs = line.line_total
        self.this.setEnabled(line is not None)
        for key, chosen in ((self.this, not self._whole), (self.all, self._whole)):
            key.setChecked(chosen)
        for kind, key in self.kinds.items():
            key.setChecked(kind is self._kind)
        self.kinds[Kind.PRICE].setEnabled(not self._whole)
        self._subject.setText(line.line.product_name if line and not self._whole else words.say("hand.all"))
        self.figure.setText(f"{number}%" if self._kind is Kind.PERCENT else words.money(number))
        self.restore.setEnabled(bool(line and line.line.is_priced_by_hand and not self._whole))
        off = -(-costs * number // 100) if self._kind is Kind.PERCENT else number
        if self._kind is Kind.PRICE:
            self.outcome.setText(words.say("hand.new-price", amount=number) if number else "")
        else:
            left = max(0, costs - off)
            self.outcome.setText(words.say("hand.outcome", before=words.money(costs), total=left))
        self.ok.setEnabled(number > 0 and (self._kind is Kind.PRICE or off <= costs))
