"""The question for goods that only grown-ups may buy: the date in large, yes and no."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent

from terminal.checkout.state import AgeAsked
from terminal.widgets.keys import on_tap
from terminal.widgets.look import Look
from terminal.widgets.panel import Panel
from terminal.widgets.text import CENTRE, SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Wording


class AgePanel(Panel):
    """Shows what an `AgeGate` asks. Neither Enter nor Esc answers: a person does.

    Signals:
        confirmed(): somebody has looked, the customer is old enough.
        refused(): the customer is not, or has no papers.
    """

    confirmed = Signal()
    refused = Signal()

    def __init__(self, look: Look, words: Wording) -> None:
        """Wait for the first question."""
        super().__init__(look, words, words.say("adult.title"))
        self._goods = Words(look, sizes(look, 16, (14, 2), (13, 3)), "ink_soft")
        caption = Words(look, sizes(look, 18, (16, 2), weight=SEMI_BOLD), "ink", CENTRE)
        caption.setText(words.say("adult.born-by"))
        self.day = Figure(look, 52, "ink", align=CENTRE, smallest=28)
        self.day.setObjectName("born-by")
        hint = Words(look, sizes(look, 15, (14, 2), (13, 3)), "ink_soft", CENTRE)
        hint.setText(words.say("adult.hint"))
        self.main.addWidget(self._goods)
        self.main.addStretch(1)
        for widget in (caption, self.day, hint):
            self.main.addWidget(widget)
        self.main.addStretch(2)
        yes = self.ok_key(words.say("adult.yes"), "age-yes", shortcut="F1")
        no = self.ok_key(words.say("adult.no"), "age-no", kind="danger", shortcut="F2")
        if look.upright:
            self.pad.addStretch(1)
        for key, answer in ((yes, self.confirmed), (no, self.refused)):
            key.setFixedHeight(look.px(72))
            self.pad.addWidget(on_tap(key, answer.emit))
        if look.upright:
            self.pad.addStretch(1)

    def ask(self, asked: AgeAsked) -> None:
        """Ask this."""
        self._goods.setText(", ".join(asked.names))
        self.day.setText(asked.born_by.strftime("%d/%m/%Y"))

    def take_key(self, event: QKeyEvent) -> bool:
        """F1 and F2 answer; nothing else is heard before that but Pay, which says so."""
        if event.isAutoRepeat():
            return True
        if event.key() == Qt.Key.Key_F1:
            self.confirmed.emit()
        elif event.key() == Qt.Key.Key_F2:
            self.refused.emit()
        return event.key() != Qt.Key.Key_F12
