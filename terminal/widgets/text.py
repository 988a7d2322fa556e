"""Text that fits: broken into lines, made smaller before anything is cut, and honest when it was cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QSizePolicy, QWidget

from terminal.widgets.look import Look

LINE_SPACING = 1.12


@dataclass(frozen=True, slots=True)
class Fitted:
    """Lines of text in the font they fit in; `cut`: not even the smallest font had room for all of it."""

    lines: tuple[str, ...]
    font: QFont
    cut: bool

    @property
    def size(self) -> QSizeF:
        """Width of the widest line and height of all lines, px."""
        metrics = QFontMetricsF(self.font)
        width = max((metrics.horizontalAdvance(line) for line in self.lines), default=0.0)
        return QSizeF(width, metrics.height() * LINE_SPACING * len(self.lines))


def fit(text: str, fonts: Sequence[tuple[QFont, int]], width: float) -> Fitted:
    """Break the text into a column of this width (px) in the first font whose lines suffice.

    `fonts` pairs each font with the lines it may take, largest font first.
    """
    keys = tuple((font.key(), lines) for font, lines in fonts)
    return _fit(text, keys, round(width), tuple(font for font, _ in fonts))


@lru_cache(maxsize=4096)
def _fit(text: str, keys: tuple[tuple[str, int], ...], width: int, fonts: tuple[QFont, ...]) -> Fitted:
    broken: list[str] = []
    for font, (_, most) in zip(fonts, keys, strict=True):
        broken = _broken(text, font, width)
        if len(broken) <= most:
            return Fitted(tuple(_balanced(text, font, width, broken)), font, cut=False)
    font, most = fonts[-1], keys[-1][1]
    rest = " ".join(broken[most - 1 :])
    last = QFontMetricsF(font).elidedText(rest, Qt.TextElideMode.ElideRight, width)
    return Fitted((*broken[: most - 1], last), font, cut=True)


def _balanced(text: str, font: QFont, width: int, broken: list[str]) -> list[str]:
    """The same number of lines, as equally long as words allow: no lonely last word."""
    if len(broken) == 1:
        return broken
    narrow, wide, best = width // len(broken), width, broken
    while wide - narrow > 2:
        middle = (narrow + wide) // 2
        lines = _broken(text, font, middle)
        if len(lines) == len(broken):
            wide, best = middle, lines
        else:
            narrow = middle
    return best


def _broken(text: str, font: QFont, width: int) -> list[str]:
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    lines = []
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        start = line.textStart()
        lines.append(text[start : start + line.textLength()].strip())
    layout.endLayout()
    return lines or [""]


def paint_lines(
    painter: QPainter,
    box: QRectF,
    fitted: Fitted,
    colour: QColor,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    vertical: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignVCenter,
) -> float:
    """Draw the lines inside the box; returns the y below the last of them."""
    metrics = QFontMetricsF(fitted.font)
    step = metrics.height() * LINE_SPACING
    height = step * len(fitted.lines)
    top = box.top()
    if vertical == Qt.AlignmentFlag.AlignVCenter:
        top += (box.height() - height) / 2
    elif vertical == Qt.AlignmentFlag.AlignBottom:
        top += box.height() - height
    painter.setFont(fitted.font)
    painter.setPen(colour)
    for place, line in enumerate(fitted.lines):
        slot = QRectF(box.left(), top + place * step, box.width(), step)
        painter.drawText(slot, align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, line)
    return top + height


class Words(QWidget):
    """Text that takes the largest type its room allows, and so is never cut without saying so.

    `cut_off` lists the text when even the smallest type has no room for it.
    """

    def __init__(
        self,
        look: Look,
        fonts: Sequence[tuple[QFont, int]],
        colour: str,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        vertical: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignVCenter,
    ) -> None:
        """`fonts` pairs each font with the lines it may take, largest first; `colour` is of the palette."""
        super().__init__()
        self._look = look
        self._fonts = list(fonts)
        self._colour = look.colour(colour)
        self._align = align
        self._vertical = vertical
        self._text = ""
        self.setMinimumHeight(
            max(round(QFontMetricsF(font).height() * LINE_SPACING * lines) for font, lines in self._fonts)
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """What is shown."""
        return self._text

    def setText(self, text: str) -> None:
        """Show this text."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.update()

    def set_colour(self, colour: str) -> None:
        """Show it in this colour of the palette from now on."""
        self._colour = self._look.colour(colour)
        self.update()

    def cut_off(self) -> list[str]:
        """The text, when it does not fit."""
        return [self._text] if fit(self._text, self._fonts, self.width()).cut else []

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the text in the largest type that fits."""
        fitted = fit(self._text, self._fonts, self.width())
        paint_lines(QPainter(self), QRectF(self.rect()), fitted, self._colour, self._align, self._vertical)


class Figure(Words):
    """One line of type, such as a total, that grows smaller before it would be cut."""

    def __init__(
        self,
        look: Look,
        size: float,
        colour: str,
        *,
        weight: QFont.Weight = QFont.Weight.Bold,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignRight,
        smallest: float = 16,
    ) -> None:
        """`size` and `smallest` in px at 1024×768."""
        super().__init__(
            look, [(look.font(step, weight), 1) for step in _steps(size, smallest)], colour, align
        )


def _steps(size: float, smallest: float) -> list[float]:
    steps = [size]
    while steps[-1] * 0.9 > smallest:
        steps.append(steps[-1] * 0.9)
    return [*steps, smallest] if smallest < steps[-1] else steps
