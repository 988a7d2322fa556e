"""How everything looks: one palette, one family of type, one scale that grows with the window."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from string import Template

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QBoxLayout, QWidget

BASE_WIDTH, BASE_HEIGHT = 1024, 768
SCALE_MAX = 1.6
SCALE_STEP = 0.05

FAMILY = "IBM Plex Sans"
"""Its figures all have one width, and it draws every Vietnamese letter."""

DRAWN_IN = "#1f2937"
"""The colour every icon is drawn in; on screen it becomes a colour of the palette."""

LENGTH = re.compile(r"(\d+)px")


class Theme(StrEnum):
    """The themes of the palette."""

    DAY = "day"
    NIGHT = "night"


@cache
def palette(theme: Theme) -> Mapping[str, str]:
    """The colours of a theme by name."""
    colours: Mapping[str, str] = tomllib.loads(_text("qss/palette.toml"))[theme]
    return colours


@cache
def load_fonts() -> str:
    """Make the fonts that ship with us known to Qt, once, and return the family to use."""
    folder = files("resources").joinpath("fonts")
    for font in folder.iterdir():
        if font.name.endswith(".ttf"):
            QFontDatabase.addApplicationFontFromData(QByteArray(font.read_bytes()))
    return FAMILY


def is_upright(width: int, height: int) -> bool:
    """Whether a window of this size (px) is higher than wide, as on a kiosk."""
    return height > width


def scale_for(width: int, height: int) -> float:
    """The scale of a window of this size (px): 1 at 1024×768 and at 768×1024, in steps so that small drags
    change nothing."""
    wide, high = (BASE_HEIGHT, BASE_WIDTH) if is_upright(width, height) else (BASE_WIDTH, BASE_HEIGHT)
    fits = min(width / wide, height / high)
    steps = int(max(1.0, min(fits, SCALE_MAX)) / SCALE_STEP + 1e-6)
    return steps * SCALE_STEP


@dataclass(frozen=True)
class Look:
    """A theme at a scale. Lengths given to it are those of a 1024×768 window, or of a 768×1024 one that
    stands `upright`."""

    theme: Theme = Theme.DAY
    scale: float = 1.0
    upright: bool = False
    colours: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look the colours up once."""
        object.__setattr__(self, "colours", palette(self.theme))

    def px(self, length: float) -> int:
        """A length at this scale, whole pixels."""
        return max(1, round(length * self.scale)) if length else 0

    def across(self) -> QBoxLayout:
        """A layout of columns side by side, or one below the other where the window is upright."""
        down, along = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        return QBoxLayout(down if self.upright else along)

    def colour(self, name: str) -> QColor:
        """A colour of the palette; raises KeyError when there is none of this name."""
        return QColor(self.colours[name])

    def font(self, size: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """The till's type at this size (px at 1024×768)."""
        font = QFont(load_fonts())
        font.setPixelSize(self.px(size))
        font.setWeight(weight)
        return font

    def stylesheet(self) -> str:
        """The whole style sheet for this theme and scale."""
        return _stylesheet(self.theme, self.scale)

    def icon(self, name: str, colour: str, size: float = 24) -> QIcon:
        """An icon of ours in a colour of the palette."""
        icon = QIcon(self.pixmap(name, colour, size))
        icon.addPixmap(self.pixmap(name, "ink_off", size), QIcon.Mode.Disabled)
        return icon

    def pixmap(self, name: str, colour: str, size: float = 24) -> QPixmap:
        """A picture of an icon of ours in a colour of the palette."""
        return _pixmap(name, self.colours[colour], self.px(size))

    def icon_size(self, size: float = 24) -> QSize:
        """The size for `QAbstractButton.setIconSize`."""
        return QSize(self.px(size), self.px(size))


def of_kind(widget: QWidget, kind: str, mood: str | None = None) -> None:
    """Say what a widget is for; the style sheet knows how that looks."""
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    widget.setProperty("kind", kind)
    if mood is not None:
        set_mood(widget, mood)


def set_mood(widget: QWidget, mood: str) -> None:
    """Change the mood of a message (calm, good, warn, bad) and paint it anew."""
    if widget.property("mood") == mood:
        return
    widget.setProperty("mood", mood)
    for one in (widget, *widget.findChildren(QWidget)):
        one.style().unpolish(one)
        one.style().polish(one)


@lru_cache(maxsize=8)
def _stylesheet(theme: Theme, scale: float) -> str:
    look = Look(theme, scale)
    text = Template(_text("qss/till.qss")).substitute(look.colours)
    scaled = LENGTH.sub(lambda found: f"{look.px(int(found[1]))}px", text)
    return f'* {{ font-family: "{load_fonts()}"; }}\n{scaled}'


@lru_cache(maxsize=512)
def _pixmap(name: str, colour: str, size: int) -> QPixmap:
    drawing = _text(f"icons/{name}.svg").replace(DRAWN_IN, colour)
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(drawing.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap


@cache
def _text(name: str) -> str:
    return files("resources").joinpath(name).read_text(encoding="utf-8")
