"""The lines of the basket as the customer reads them: the newest last, as many as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from retail.basket import RungLine
from terminal.widgets.look import Look
from terminal.widgets.text import BOTTOM, RIGHT, SEMI_BOLD, TOP, fit, paint_lines, sizes
from terminal.wording import Wording

ROW_HEIGHT = 62
FIGURE_WIDTH = 118
PAD = 16


@dataclass(frozen=True, slots=True)
class LineFace:
    """One line in words: what, how many at what price, what it comes to, what was saved on it."""

    name: str
    amount: str
    total: str
    saved: str


class LinesView(QWidget):
    """Shows the last lines; what has no room any more is told as a number."""

    def __init__(self, look: Look, words: Wording) -> None:
        """Without lines."""
        super().__init__()
        self._look = look
        self._words = words
        self._faces: list[LineFace] = []
        self._name_sizes = sizes(look, 20, 18, (15, 2), (13, 3), (12, 3), weight=SEMI_BOLD)
        self._small = sizes(look, 16, 14, 12)
        self._total_sizes = sizes(look, 20, 18, 15, 12, weight=SEMI_BOLD)

    def show_lines(self, lines: Sequence[RungLine]) -> None:
        """Show these lines, the newest last."""
        self._faces = [self._face(rung) for rung in lines]
        self.update()

    def texts(self) -> list[str]:
        """The lines on show, each as it reads."""
        return [" · ".join(filter(None, (f.name, f.amount, f.total, f.saved))) for f in self._shown()]

    def cut_off(self) -> list[str]:
        """Names and figures that have no room."""
        width = self._name_width()
        return [
            text
            for face in self._shown()
            for text, type_sizes, room in (
                (face.name, self._name_sizes, width),
                (face.total, self._total_sizes, self._look.px(FIGURE_WIDTH)),
                (self._below(face), self._small, width),
            )
            if fit(text, type_sizes, room).cut
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Row under row from the top."""
        look = self._look
        painter = QPainter(self)
        top, height = 0.0, float(look.px(ROW_HEIGHT))
        for face in self._shown():
            box = QRectF(look.px(PAD), top, self.width() - 2 * look.px(PAD), height)
            inner = box.adjusted(0, look.px(4), 0, -look.px(6))
            left = QRectF(inner.left(), inner.top(), self._name_width(), inner.height())
            name = fit(face.name, self._name_sizes, left.width())
            paint_lines(painter, left, name, look.colour("ink"), vertical=TOP)
            if len(name.lines) == 1:
                below = fit(self._below(face), self._small, left.width())
                colour = "good" if face.saved else "ink_soft"
                paint_lines(painter, left, below, look.colour(colour), vertical=BOTTOM)
            total = fit(face.total, self._total_sizes, look.px(FIGURE_WIDTH))
            paint_lines(painter, inner, total, look.colour("ink"), RIGHT, TOP)
            painter.fillRect(QRectF(box.left(), box.bottom() - 1, box.width(), 1), look.colour("border"))
            top += height

    def hidden(self) -> int:
        """How many earlier lines have no room."""
        return len(self._faces) - len(self._shown())

    def _shown(self) -> list[LineFace]:
        rows = max(1, self.height() // self._look.px(ROW_HEIGHT))
        return self._faces[-rows:]

    def _name_width(self) -> float:
        return self.width() - 2 * self._look.px(PAD) - self._look.px(FIGURE_WIDTH + 12)

    def _below(self, face: LineFace) -> str:
        return f"{face.amount}   {face.saved}" if face.saved else face.amount

    def _face(self, rung: RungLine) -> LineFace:
        words, line = self._words, rung.line
        saved = words.say("customer.line-saved", amount=words.figure(rung.line_discount))
        return LineFace(
            line.product_name,
            f"{words.quantity(line.quantity, line.unit)} × {words.figure(line.unit_price)}",
            words.figure(rung.line_total),
            saved if rung.line_discount else "",
        )
