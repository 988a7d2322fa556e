"""A list to choose one row of: a name and what belongs to it on the left, a figure on the right."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QScroller,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from terminal.widgets.look import Look
from terminal.widgets.text import RIGHT, SEMI_BOLD, fit, paint_lines, sizes

ROW_HEIGHT = 62
FIGURE_WIDTH = 150
LINES_WITH_SUB = 2
"""A longer name needs the room of what stands below it."""
ROW_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True, slots=True)
class Row:
    """What a row shows; `key` says what it stands for. `note` is below the figure, in the `mood`'s colour
    (a name of the palette); a `marked` row has its figure in the accent's colour."""

    key: Hashable
    name: str
    sub: str
    figure: str
    note: str = ""
    mood: str = "ink_soft"
    marked: bool = False


class Listing(QListView):
    """Rows to choose one of, by finger or by the arrow keys (`step`).

    Signals:
        picked(object): a finger chose the row with this key.
    """

    picked = Signal(object)

    def __init__(self, look: Look, name: str) -> None:
        """Make it empty; `name` is for tests."""
        super().__init__()
        self._rows: list[Row] = []
        self._model = QStandardItemModel(self)
        self._brush = _RowBrush(look, self)
        self.setModel(self._model)
        self.setItemDelegate(self._brush)
        self.setObjectName(name)
        self.setUniformItemSizes(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        self.clicked.connect(lambda index: self.picked.emit(self._rows[index.row()].key))

    def rows(self) -> list[Row]:
        """What is shown, top to bottom."""
        return list(self._rows)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these; the row that was chosen stays so where it is still there, else the first is."""
        chosen = self.current
        self._rows = list(rows)
        self._model.setRowCount(len(rows))
        for place, row in enumerate(rows):
            item = QStandardItem(row.name)
            item.setData(row, ROW_ROLE)
            self._model.setItem(place, item)
        self.choose(chosen if chosen in {row.key for row in rows} else rows[0].key if rows else None)

    @property
    def current(self) -> Hashable | None:
        """The key of the row that is chosen."""
        place = self.currentIndex().row()
        return self._rows[place].key if 0 <= place < len(self._rows) else None

    def choose(self, key: Hashable | None) -> None:
        """Choose the row with this key."""
        for place, row in enumerate(self._rows):
            if row.key == key:
                self.setCurrentIndex(self._model.index(place, 0))

    def step(self, rows: int) -> None:
        """Move the choice up (negative) or down."""
        if self._rows:
            place = max(0, min(self.currentIndex().row() + rows, len(self._rows) - 1))
            self.setCurrentIndex(self._model.index(place, 0))

    def cut_off(self) -> list[str]:
        """Names and notes that not even the smallest type has room for."""
        return self._brush.cut_off(self._rows, self.viewport().width())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Rows of a height that the view holds a whole number of."""
        super().resizeEvent(event)
        self._brush.fill(self.viewport().height())
        self.scheduleDelayedItemsLayout()


class _RowBrush(QStyledItemDelegate):
    """Paints a row."""

    def __init__(self, look: Look, view: QListView) -> None:
        """Fonts and colours are looked up once, not once a row."""
        super().__init__(view)
        self._look = look
        self._row_height = look.px(ROW_HEIGHT)
        self._name_sizes = sizes(look, 17, 15, (13, 2), (12, 3), weight=SEMI_BOLD)
        self._sub_sizes = sizes(look, 14, 13, 12)
        self._figure_sizes = sizes(look, 18, 15, 13, weight=SEMI_BOLD)

    def fill(self, height: int) -> None:
        """Share this height (px) out over whole rows."""
        self._row_height = height // max(1, round(height / self._look.px(ROW_HEIGHT)))

    def cut_off(self, rows: Sequence[Row], row_width: int) -> list[str]:
        """Texts that do not fit a row of this width (px)."""
        left, right = self._name_width(row_width), self._look.px(FIGURE_WIDTH)
        texts = [(row.name, self._name_sizes, left) for row in rows]
        texts += [(row.sub, self._sub_sizes, left) for row in rows]
        texts += [(row.figure, self._figure_sizes, right) for row in rows]
        texts += [(row.note, self._sub_sizes, right) for row in rows]
        return [text for text, type_sizes, width in texts if fit(text, type_sizes, width).cut]

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """All rows are equally high."""
        return QSize(self._look.px(200), self._row_height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the row."""
        look, row = self._look, index.data(ROW_ROLE)
        box = QRectF(option.rect)
        pad = look.px(12)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, look.colour("accent_soft"))
            painter.fillRect(QRectF(box.left(), box.top(), look.px(5), box.height()), look.colour("accent"))
        painter.fillRect(QRectF(box.left(), box.bottom() - 1, box.width(), 1), look.colour("border"))
        left = box.adjusted(pad, 0, -look.px(FIGURE_WIDTH) - 2 * pad, 0)
        self._two(painter, left, row.name, row.sub, ("ink", "ink_soft"), at_right=False)
        right = box.adjusted(box.width() - look.px(FIGURE_WIDTH) - pad, 0, -pad, 0)
        colours = ("accent" if row.marked else "ink", row.mood)
        self._two(painter, right, row.figure, row.note, colours, at_right=True)

    def _two(
        self,
        painter: QPainter,
        box: QRectF,
        upper: str,
        lower: str,
        colours: tuple[str, str],
        *,
        at_right: bool,
    ) -> None:
        """A text and a small one below it, together in the middle of the row."""
        first = fit(upper, self._figure_sizes if at_right else self._name_sizes, box.width())
        second = fit(lower, self._sub_sizes, box.width())
        if len(first.lines) > LINES_WITH_SUB:
            lower = ""
        height = first.height + (second.height if lower else 0)
        top = box.top() + (box.height() - height) / 2
        places = [(first, top, colours[0]), (second, top + first.height, colours[1])]
        for fitted, at, colour in places[: 2 if lower else 1]:
            line = QRectF(box.left(), at, box.width(), fitted.height)
            if at_right:
                paint_lines(painter, line, fitted, self._look.colour(colour), RIGHT)
            else:
                paint_lines(painter, line, fitted, self._look.colour(colour))

    def _name_width(self, row_width: float) -> float:
        return row_width - self._look.px(FIGURE_WIDTH) - 3 * self._look.px(12)
