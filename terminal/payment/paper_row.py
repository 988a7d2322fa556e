"""The receipt in the customer's hand: what became of the paper, and the code for the phone."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from terminal.sales.paper import PaperOnShow
from terminal.till.known_sale import PaperState
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.qr_picture import QrPicture
from terminal.widgets.text import Words, sizes
from terminal.wording import Wording

QR_SIDE = 132
SAID = {
    PaperState.COMING: ("ink_soft", "paper.coming"),
    PaperState.PRINTED: ("ink_soft", "paper.printed"),
    PaperState.IN_TROUBLE: ("warn", "paper.trouble"),
}


class PaperRow(QObject):
    """Words and a key for the page after the sale, which lays them out.

    Signals:
        print_asked(): paper, please.
    """

    print_asked = Signal()

    def __init__(self, look: Look, words: Wording) -> None:
        """Nothing is known yet."""
        super().__init__()
        self._words = words
        self.words = Words(look, sizes(look, 16, 14), "ink_soft")
        self.words.setObjectName("paper-state")
        self.key = Key(look, "", icon="receipt", shortcut="F9", height=56, name="print-receipt")
        on_tap(self.key, self.print_asked.emit)

    def show_paper(self, paper: PaperOnShow) -> None:
        """Say what became of the paper; the key asks for the first one, or for a copy."""
        say = self._words.say
        colour, text = "ink_soft", ""
        state = paper.papers.state if paper.papers else PaperState.NONE
        if paper.asked:
            text = say("paper.waits" if paper.away else "paper.asked")
        elif paper.papers is not None and not paper.papers.has_printer:
            text = say("paper.no-printer")
        elif state in SAID:
            colour, code = SAID[state]
            text = say(code)
        elif paper.away:
            text = say("paper.away")
        self.words.set_colour(colour)
        self.words.setText(text)
        self.key.set_label(say("paper.print" if state is PaperState.NONE else "paper.again"))
        self.key.setEnabled(not paper.asked and (paper.papers is None or paper.papers.has_printer))


class PhoneReceipt(QWidget):
    """The receipt's address as a code to scan, where the chain has one."""

    def __init__(self, look: Look, words: Wording) -> None:
        """A blank card."""
        super().__init__()
        self.picture = QrPicture(look, QR_SIDE)
        caption = QLabel(words.say("paper.phone"))
        of_kind(caption, "small")
        caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.px(2))
        column.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(caption)
