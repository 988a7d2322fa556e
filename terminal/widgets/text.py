"""Text that fits: broken into lines, made smaller before anything is cut, and honest when it was cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QStaticText,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from terminal.widgets.look import Look

LINE_SPACING = 1.12
WORD = re.compile(r"\w+")
SEMI_BOLD = QFont.Weight.DemiBold
LEFT, RIGHT, CENTRE = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter
TOP, MIDDLE, BOTTOM = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignBottom


class Sizes:
    """Fonts to try, largest first, each with the lines it may take; compared by identity, which is quick."""

    def __init__(self, *steps: tuple[QFont, int]) -> None:
        """At least one."""
        self.steps = steps

    @property
    def height(self) -> float:
        """Height of the highest of them with all its lines, px."""
        return max(QFontMetricsF(font).height() * LINE_SPACING * lines for font, lines in self.steps)


@lru_cache(maxsize=256)
def sizes(look: Look, *steps: float | tuple[float, int], weight: QFont.Weight = QFont.Weight.Normal) -> Sizes:
    """Sizes of type (px at 1024×768), largest first, each for one line or paired with its lines."""
    pairs = [step if isinstance(step, tuple) else (step, 1) for step in steps]
    return Sizes(*((look.font(size, weight), lines) for size, lines in pairs))


@dataclass(frozen=True, eq=False)
class Fitted:
    """Lines of text in the font they fit in; `cut`: not even the smallest font had room for all of it.

    `width` of the widest line and `step` from line to line in px; `drawn` are the lines ready to paint.
    """

    lines: tuple[str, ...]
    font: QFont
    cut: bool
    step: float
    width: float
    drawn: tuple[tuple[QStaticText, float], ...]

    @property
    def height(self) -> float:
        """Height of all lines, px."""
        return self.step * len(self.lines)

    @classmethod
    def of(cls, lines: Sequence[str], font: QFont, cut: bool) -> Fitted:
        """Prepare the lines for painting."""
        metrics = QFontMetricsF(font)
        drawn = []
        for line in lines:
            text = QStaticText(line)
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.prepare(font=font)
            drawn.append((text, metrics.horizontalAdvance(line)))
        width = max((width for _, width in drawn), default=0.0)
        return cls(tuple(lines), font, cut, metrics.height() * LINE_SPACING, width, tuple(drawn))


def fit(text: str, type_sizes: Sizes, width: float) -> Fitted:
    """Break the text into a column of this width (px) in the first font whose lines suffice, of these the
    first that tears no word apart."""
    return _fit(text, type_sizes, round(width))


@lru_cache(maxsize=4096)
def _fit(text: str, type_sizes: Sizes, width: int) -> Fitted:
    broken: list[str] = []
    found: tuple[QFont, list[str]] | None = None
    for font, most in type_sizes.steps:
        broken = _broken(text, font, width)
        whole = _whole(text, broken)
        if len(broken) <= most and (whole or found is None):
            found = font, broken
            if whole:
                break
    if found is not None:
        font, broken = found
        return Fitted.of(_balanced(text, font, width, broken), font, cut=False)
    font, most = type_sizes.steps[-1]
    rest = " ".join(broken[most - 1 :])
    last = QFontMetricsF(font).elidedText(rest, Qt.TextElideMode.ElideRight, width)
    return Fitted.of([*broken[: most - 1], last], font, cut=True)


def _balanced(text: str, font: QFont, width: int, broken: list[str]) -> list[str]:
    """The same number of lines, as equally long as words allow: no lonely last word, and none in two."""
    if len(broken) == 1:
        return broken
    metrics = QFontMetricsF(font)
    widest = max(metrics.horizontalAdvance(word) for word in text.split())
    narrow, wide, best = max(width // len(broken), int(widest)), width, broken
    while wide - narrow > 2:
        middle = (narrow + wide) // 2
        lines = _broken(text, font, middle)
        if len(lines) == len(broken):
            wide, best = middle, lines
        else:
            narrow = middle
    return best


def _whole(text: str, lines: Sequence[str]) -> bool:
    """Whether no word is torn apart between lines."""
    return len(lines) == 1 or WORD.findall(" ".join(lines)) == WORD.findall(text)


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
    align: Qt.AlignmentFlag = LEFT,
    vertical: Qt.AlignmentFlag = MIDDLE,
) -> None:
    """Draw the lines inside the box."""
    room = box.height() - fitted.height
    top = box.top() + (0 if vertical is TOP else room if vertical is BOTTOM else room / 2)
    # A static text is as high as its font; what the line spacing adds goes above and below it.
    top += fitted.step * (1 - 1 / LINE_SPACING) / 2
    painter.setFont(fitted.font)
    painter.setPen(colour)
    for text, width in fitted.drawn:
        spare = box.width() - width
        left = box.left() + (0 if align is LEFT else spare if align is RIGHT else spare / 2)
        painter.drawStaticText(QPointF(left, top), text)
        top += fitted.step


class Words(QWidget):
    """Text that takes the largest type its room allows, and so is never cut without saying so.

    `cut_off` lists the text when even the smallest type has no room for it.
    """

    def __init__(
        self,
        look: Look,
        type_sizes: Sizes,
        colour: str,
        align: Qt.AlignmentFlag = LEFT,
        vertical: Qt.AlignmentFlag = MIDDLE,
    ) -> None:
        """`colour` is of the palette."""
        super().__init__()
        self._look = look
        self._sizes = type_sizes
        self._colour = look.colour(colour)
        self._align = align
        self._vertical = vertical
        self._text = ""
        self.setMinimumHeight(round(type_sizes.height))
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

    def shown_size(self) -> int:
        """The size of the type it is shown in, px; 0 when there is no text."""
        return fit(self._text, self._sizes, self.width()).font.pixelSize() if self._text else 0

    def cut_off(self) -> list[str]:
        """The text, when it does not fit."""
        return [self._text] if fit(self._text, self._sizes, self.width()).cut else []

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the text in the largest type that fits."""
        fitted = fit(self._text, self._sizes, self.width())
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
        align: Qt.AlignmentFlag = RIGHT,
        smallest: float = 16,
    ) -> None:
        """`size` and `smallest` in px at 1024×768."""
        super().__init__(look, sizes(look, *_steps(size, smallest), weight=weight), colour, align)


def _steps(size: float, smallest: float) -> list[float]:
    steps = [size]
    while steps[-1] * 0.9 > smallest:
        steps.append(steps[-1] * 0.9)
    return [*steps, smallest] if smallest < steps[-1] else steps
