"""After a refund or void: what goes back to the customer, in figures that nobody overlooks."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from terminal.returns.state import GivenBack
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.notes import notes_text
from terminal.widgets.text import LEFT, SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Wording

GUARD_MS = 400
"""The second tap of a double tap that gave back must not send the figures away."""


class DonePage(QWidget):
    """Shows what was given back.

    Signals:
        next_asked(): seen and paid out.
    """

    next_asked = Signal()

    def __init__(self, look: Look, words: Wording) -> None:
        """Wait for the first refund."""
        super().__init__()
        self._words = words
        self._caption = Words(look, sizes(look, 24, 20, weight=QFont.Weight.Bold), "ink")
        self.cash = Figure(look, 96, "good", align=LEFT, smallest=40)
        self.cash.setObjectName("given-back")
        self._notes = Words(look, sizes(look, 20, (16, 2), weight=SEMI_BOLD), "ink")
        self._ways = Words(look, sizes(look, 18, (16, 2)), "ink")
        self._ways.setObjectName("given-back-by")
        self._slip = Words(look, sizes(look, 16, (14, 2)), "ink_soft")
        self._saved = Words(look, sizes(look, 16, 14), "ink_soft")
        self._saved.setObjectName("given-back-saved")
        self._next = Key(
            look,
            words.say("return.done"),
            "pay",
            icon="next",
            icon_colour="on_accent",
            icon_size=36,
            shortcut="Enter",
            height=112,
            name="return-done",
        )
        on_tap(self._next, self.go_on)
        self._guard = QTimer(self)
        self._guard.setSingleShot(True)
        self._guard.setInterval(GUARD_MS)
        self._lay_out(look)

    def show_done(self, done: GivenBack) -> None:
        """Show this refund or void."""
        say, money = self._words.say, self._words.money
        self._caption.setText(say("return.cash-back" if done.cash else "return.no-cash-back"))
        self.cash.setText(money(done.cash))
        self.cash.set_colour("good" if done.cash else "ink")
        self._notes.setText(notes_text(done.cash_notes, self._words))
        ways = [f"{say(f'pay.{each.payment_method}')} {money(each.amount)}" for each in done.by_provider]
        self._ways.setText(say("return.by-provider", ways=" · ".join(ways)) if ways else "")
        self._slip.setText(say("return.slip"))
        self._saved.setText(say("return.saved-void" if done.is_void else "return.saved", number=done.number))
        self._guard.start()

    @property
    def ready(self) -> bool:
        """Whether it may be left: not in the wake of a double tap."""
        return not self._guard.isActive()

    def go_on(self) -> None:
        """Seen."""
        if self.ready:
            self.next_asked.emit()

    def _lay_out(self, look: Look) -> None:
        card = QWidget()
        of_kind(card, "card")
        inside = QVBoxLayout(card)
        inset = look.px(28)
        inside.setContentsMargins(inset, inset, inset, inset)
        inside.setSpacing(look.px(8))
        for widget in (self._caption, self.cash, self._notes, self._ways):
            inside.addWidget(widget)
        inside.addStretch(1)
        inside.addWidget(self._slip)
        saved = QHBoxLayout()
        saved.setSpacing(look.px(8))
        tick = QLabel()
        tick.setPixmap(look.pixmap("check", "good", 24))
        saved.addWidget(tick)
        saved.addWidget(self._saved, 1)
        inside.addLayout(saved)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.px(12))
        column.addWidget(card, 1)
        column.addWidget(self._next)
