"""The bar that talks to the cashier: always there, so that nothing jumps when it has something to say."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from terminal.notice import NoticeKind
from terminal.widgets.keys import Key
from terminal.widgets.look import Look, of_kind, set_mood
from terminal.widgets.text import BOTTOM, SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Message

ICONS = {
    "calm": ("scanner", "ink_soft"),
    "good": ("check", "good"),
    "warn": ("warning", "warn"),
    "bad": ("warning", "bad"),
}


class NoticeBar(QWidget):
    """What happened (bold) and what to do now (below it), with up to two keys.

    Signals:
        yes(): the first key, or a tap anywhere on the bar while it has one.
        no(): the second key.
    """

    yes = Signal()
    no = Signal()

    def __init__(self, look: Look) -> None:
        """Make it calm and without words."""
        super().__init__()
        self._look = look
        self.setObjectName("notice")
        of_kind(self, "notice", "calm")
        self.setFixedHeight(look.px(62))
        self._icon = QLabel()
        self._happened = Words(
            look,
            sizes(look, 17, 15, 13, (12, 2), weight=SEMI_BOLD),
            "ink",
            vertical=BOTTOM,
        )
        self._todo = Words(look, sizes(look, 15, 13, 12), "ink_soft")
        self._figure = Figure(look, 26, "ink", smallest=18)
        self._figure.setFixedWidth(look.px(190))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self._happened)
        words.addWidget(self._todo)
        words.addStretch(3)
        self._yes = Key(look, "", name="notice-yes")
        self._no = Key(look, "", "quiet", name="notice-no")
        self._yes.clicked.connect(self.yes)
        self._no.clicked.connect(self.no)
        row = QHBoxLayout(self)
        row.setContentsMargins(look.px(16), 0, look.px(10), 0)
        row.setSpacing(look.px(12))
        row.addWidget(self._icon)
        row.addLayout(words, 1)
        row.addWidget(self._figure)
        row.addWidget(self._no)
        row.addWidget(self._yes)
        self._mood = ""
        self.show_message("calm", Message("", ""))

    @property
    def mood(self) -> str:
        """calm, good, warn or bad."""
        return self._mood

    def words(self) -> tuple[str, str]:
        """What happened and what to do now, as shown."""
        return self._happened.text(), self._todo.text()

    def show_message(
        self, mood: str, message: Message, yes: str = "", no: str = "", figure: str = ""
    ) -> None:
        """Say something, in a mood; `yes` and `no` are the labels of the keys that answer, `figure` is an
        amount to show large."""
        if mood != self._mood:
            self._mood = mood
            set_mood(self, mood)
            icon, colour = ICONS[mood]
            self._icon.setPixmap(self._look.pixmap(icon, colour, 28))
            self._happened.set_colour("ink" if mood == "calm" else mood)
            self._todo.set_colour("ink_soft" if mood == "calm" else mood)
        self._happened.setText(message.happened)
        self._todo.setText(message.todo)
        self._figure.setText(figure)
        self._figure.setVisible(bool(figure))
        for key, label in ((self._yes, yes), (self._no, no)):
            key.setText(label)
            key.setVisible(bool(label))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A tap beside the key counts for the key."""
        if event.button() == Qt.MouseButton.LeftButton and self._yes.text():
            self.yes.emit()


def mood_of(kind: NoticeKind) -> str:
    """The mood of a desk's notice: what stops a person is bad, what was done is good, the rest wants
    attention."""
    return {NoticeKind.REFUSAL: "bad", NoticeKind.DONE: "good"}.get(kind, "warn")
