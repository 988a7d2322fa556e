"""Quick keys: groups of products, then the products of a group, always in the same places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look
from terminal.widgets.text import (
    BOTTOM,
    MIDDLE,
    RIGHT,
    SEMI_BOLD,
    TOP,
    Fitted,
    Sizes,
    Words,
    fit,
    paint_lines,
    sizes,
)
from terminal.wording import Wording

TINTS = tuple(f"tint_{place}" for place in range(1, 9))
TILE_WIDTH, TILE_HEIGHT = 124, 84
GAP = 8
HEAD_HEIGHT = 48
PICTURE_SIDE = 44
INSET, LOW_INSET = 8, 4


@dataclass(frozen=True, slots=True)
class TileFace:
    """What a tile shows: a name, a figure below it, the group whose colour it carries, and the file of a
    picture where there is one."""

    key: str
    name: str
    figure: str = ""
    group: str = ""
    picture: str = ""


class Tile(QAbstractButton):
    """A key for one product or one group; without a face it is an empty place."""

    def __init__(self, look: Look) -> None:
        """Make an empty place."""
        super().__init__()
        self._look = look
        self.face: TileFace | None = None
        self._picture = QPixmap()
        self._sizes = sizes(look, (15, 2), (14, 3), (13, 3), (12, 4), weight=SEMI_BOLD)
        self._figure_sizes = sizes(look, 14)
        self._low_figure_sizes = sizes(look, 12)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumSize(look.px(96), look.px(64))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_face(self, face: TileFace | None) -> None:
        """Show this face, or nothing."""
        self.face = face
        picture = QPixmap(face.picture) if face and face.picture else QPixmap()
        side = self._look.px(PICTURE_SIDE)
        kept, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        self._picture = picture if picture.isNull() else picture.scaled(side, side, kept, smooth)
        self.setEnabled(face is not None)
        self.setAccessibleName(face.name if face else "")
        self.setObjectName(f"tile-{face.key}" if face else "")
        self.update()

    def cut_off(self) -> list[str]:
        """The name, when there is no room for all of it above the figure."""
        if self.face is None:
            return []
        box, name, figure = self._texts(self.face)
        below = figure.height if figure else 0
        return [self.face.name] if name.cut or name.height + below > box.height() + 1 else []

    def paintEvent(self, event: QPaintEvent) -> None:
        """A card with a stripe in the colour of its group."""
        if self.face is None:
            return
        look, face = self._look, self.face
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        edge = QPen(look.colour("focus"), look.px(2)) if self.hasFocus() else QPen(look.colour("border"), 1)
        painter.setPen(edge)
        painter.setBrush(look.colour("pressed" if self.isDown() else "card"))
        painter.drawRoundedRect(box, look.px(10), look.px(10))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour(tint_of(face.group or face.name)))
        inset = look.px(10)
        painter.drawRoundedRect(
            QRectF(box.left() + look.px(5), box.top() + inset, look.px(4), box.height() - 2 * inset), 2, 2
        )
        if not self._picture.isNull():
            left = box.left() + look.px(14) + (look.px(PICTURE_SIDE) - self._picture.width()) / 2
            top = box.top() + (box.height() - self._picture.height()) / 2
            painter.drawPixmap(QPointF(left, top), self._picture)
        text_box, name, figure = self._texts(face)
        vertical = TOP if figure else MIDDLE
        paint_lines(painter, text_box, name, look.colour("ink"), vertical=vertical)
        if figure:
            paint_lines(painter, text_box, figure, look.colour("accent"), RIGHT, BOTTOM)

    def _texts(self, face: TileFace) -> tuple[QRectF, Fitted, Fitted | None]:
        """Where the texts go, the name, and the figure below it: in a low tile both are smaller, so that
        neither covers the other."""
        box = self._text_box(INSET)
        name = fit(face.name, self._sizes, box.width())
        if not face.figure:
            return box, name, None
        figure = fit(face.figure, self._figure_sizes, box.width())
        if name.height + figure.height <= box.height():
            return box, name, figure
        box = self._text_box(LOW_INSET)
        figure = fit(face.figure, self._low_figure_sizes, box.width())
        line = sizes(self._look, 12, weight=SEMI_BOLD).height
        lines = max(1, int((box.height() - figure.height) / line))
        return box, fit(face.name, self._low_sizes(lines), box.width()), figure

    def _low_sizes(self, lines: int) -> Sizes:
        return sizes(self._look, 15, 14, 13, (12, lines), weight=SEMI_BOLD)

    def _text_box(self, inset: int) -> QRectF:
        left, other = self._look.px(16), self._look.px(inset)
        if not self._picture.isNull():
            left += self._look.px(PICTURE_SIDE + 4)
        return QRectF(self.rect()).adjusted(left, other, -other, -other)


class Shelf(QWidget):
    """A page of tiles with keys to turn it; first the groups, then the products of one.

    Signals:
        group_opened(str): a group was tapped, or "" to go back to the groups.
        product_picked(str): the product with this SKU was tapped.
    """

    group_opened = Signal(str)
    product_picked = Signal(str)

    def __init__(self, look: Look, words: Wording) -> None:
        """Make it empty."""
        super().__init__()
        self._look = look
        self._words = words
        self._faces: Sequence[TileFace] = ()
        self.group = ""
        self._page = 0
        self.tiles: list[Tile] = []
        self._size = (0, 0)
        self._back = Key(look, "", icon="grid", name="shelf-back")
        self._back.setAccessibleName(words.say("shelf.groups"))
        self._title = Words(
            look,
            sizes(look, (16, 2), (14, 2), weight=SEMI_BOLD),
            "ink",
        )
        self._title.setFixedHeight(look.px(HEAD_HEIGHT))
        self._earlier = Key(look, "‹", "digit", name="shelf-earlier")
        self._later = Key(look, "›", "digit", name="shelf-later")
        head = QHBoxLayout()
        head.setSpacing(look.px(8))
        head.addWidget(on_tap(self._back, lambda: self.group_opened.emit("")))
        head.addWidget(self._title, 1)
        head.addWidget(on_tap(self._earlier, lambda: self._turn(-1)))
        head.addWidget(on_tap(self._later, lambda: self._turn(+1)))
        self._grid = QGridLayout()
        self._grid.setSpacing(look.px(GAP))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.px(GAP))
        column.addLayout(head)
        column.addLayout(self._grid, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many tiles as there is room for, always in whole rows and columns."""
        super().resizeEvent(event)
        step = self._look.px(GAP)
        columns = max(2, (self.width() + step) // (self._look.px(TILE_WIDTH) + step))
        rows = max(2, (self.height() - self._look.px(HEAD_HEIGHT)) // (self._look.px(TILE_HEIGHT) + step))
        if (columns, rows) != self._size:
            self._size = (columns, rows)
            self._make_tiles()

    def _make_tiles(self) -> None:
        for tile in self.tiles:
            self._grid.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        columns, rows = self._size
        self.tiles = [Tile(self._look) for _ in range(columns * rows)]
        for place, tile in enumerate(self.tiles):
            self._grid.addWidget(tile, place // columns, place % columns)
            tile.clicked.connect(self._tapped(tile))
        self._page = 0
        self._show_page()

    def show_groups(self, groups: Sequence[str]) -> None:
        """Show the groups."""
        self.group = ""
        title = self._words.say("shelf.groups" if groups else "shelf.empty")
        self._show([TileFace(group, group, group=group) for group in groups], title)

    def show_products(self, group: str, faces: Sequence[TileFace]) -> None:
        """Show the products of a group."""
        self.group = group
        self._show(faces, group)

    def names(self) -> list[str]:
        """What the tiles of this page show."""
        return [tile.face.name for tile in self.tiles if tile.face]

    def _show(self, faces: Sequence[TileFace], title: str) -> None:
        self._faces = faces
        self._page = 0
        self._title.setText(title)
        self._show_page()

    def _show_page(self) -> None:
        size = len(self.tiles)
        start = self._page * size
        for place, tile in enumerate(self.tiles):
            tile.show_face(self._faces[start + place] if start + place < len(self._faces) else None)
        self._back.setEnabled(bool(self.group))
        self._earlier.setEnabled(self._page > 0)
        self._later.setEnabled(start + size < len(self._faces))

    def _turn(self, pages: int) -> None:
        self._page += pages
        self._show_page()

    def _tapped(self, tile: Tile) -> Callable[[], None]:
        def tapped() -> None:
            if tile.face is not None:
                (self.product_picked if self.group else self.group_opened).emit(tile.face.key)

        return tapped


def tint_of(group: str) -> str:
    """The palette's colour for a group: the same for ever, whatever groups there are."""
    return TINTS[crc32(group.encode()) % len(TINTS)]
