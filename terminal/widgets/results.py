"""What a search found: one row a product, to tap or to choose with the arrow keys."""

from __future__ import annotations

from collections.abc import Sequence

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

from terminal.till.wares import ProductHit
from terminal.widgets.look import Look
from terminal.widgets.text import RIGHT, SEMI_BOLD, fit, paint_lines, sizes
from terminal.wording import Wording

ROW_HEIGHT = 62
PRICE_WIDTH = 100
SUB_ROLE = Qt.ItemDataRole.UserRole + 1
PRICE_ROLE = Qt.ItemDataRole.UserRole + 2


class Results(QListView):
    """The hits of a search.

    Signals:
        picked(str): the product with this SKU was chosen.
    """

    picked = Signal(str)

    def __init__(self, look: Look, words: Wording) -> None:
        """Make it empty."""
        super().__init__()
        self._words = words
        self._hits: Sequence[ProductHit] = ()
        self._model = QStandardItemModel(self)
        self.brush = HitBrush(look, self)
        self.setModel(self._model)
        self.setItemDelegate(self.brush)
        self.setObjectName("results")
        self.setUniformItemSizes(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        self.clicked.connect(lambda index: self.picked.emit(self._hits[index.row()].sku_id))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Rows of a height that the view holds a whole number of."""
        super().resizeEvent(event)
        self.brush.fill(self.viewport().height())
        self.scheduleDelayedItemsLayout()

    def show_hits(self, hits: Sequence[ProductHit]) -> None:
        """Show these; the first is the one that Enter takes."""
        self._hits = hits
        self._model.setRowCount(len(hits))
        for row, hit in enumerate(hits):
            item = QStandardItem(hit.product_name)
            item.setData(" · ".join(filter(None, (hit.category, hit.barcode))), SUB_ROLE)
            price = self._words.say("search.no-price") if hit.price is None else self._words.money(hit.price)
            item.setData(price, PRICE_ROLE)
            self._model.setItem(row, item)
        if hits:
            self.setCurrentIndex(self._model.index(0, 0))

    def hits(self) -> Sequence[ProductHit]:
        """What is shown."""
        return self._hits

    def step(self, rows: int) -> None:
        """Move the choice up (negative) or down."""
        if self._hits:
            row = max(0, min(self.currentIndex().row() + rows, len(self._hits) - 1))
            self.setCurrentIndex(self._model.index(row, 0))

    def pick_current(self) -> None:
        """Choose the hit that is marked."""
        if self._hits and self.currentIndex().isValid():
            self.picked.emit(self._hits[self.currentIndex().row()].sku_id)

    def cut_off(self) -> list[str]:
        """Names that not even the smallest type has room for."""
        width = self.brush.name_width(self.viewport().width())
        names = [hit.product_name for hit in self._hits]
        return [name for name in names if fit(name, self.brush.name_sizes, width).cut]


class HitBrush(QStyledItemDelegate):
    """Paints a hit: name, what group and code it has, price."""

    def __init__(self, look: Look, view: QListView) -> None:
        """Fonts and colours are looked up once, not once a row."""
        super().__init__(view)
        self._look = look
        self._row_height = look.px(ROW_HEIGHT)
        self.name_sizes = sizes(look, 16, (14, 2), (12, 3))
        self._sub_sizes = sizes(look, 13, 12)
        self._price_sizes = sizes(look, 17, 13, weight=SEMI_BOLD)

    def fill(self, height: int) -> None:
        """Share this height (px) out over whole rows."""
        self._row_height = height // max(1, round(height / self._look.px(ROW_HEIGHT)))

    def name_width(self, row_width: float) -> float:
        """Room for the name in a row of this width, px."""
        return row_width - self._look.px(PRICE_WIDTH) - 3 * self._look.px(12)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """All rows are equally high."""
        return QSize(self._look.px(200), self._row_height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the row."""
        look = self._look
        box = QRectF(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, look.colour("accent_soft"))
        painter.fillRect(QRectF(box.left(), box.bottom() - 1, box.width(), 1), look.colour("border"))
        pad = look.px(12)
        width = self.name_width(box.width())
        name = fit(index.data(Qt.ItemDataRole.DisplayRole), self.name_sizes, width)
        sub = fit(index.data(SUB_ROLE), self._sub_sizes, width)
        height = name.height + (sub.height if len(name.lines) < 3 else 0)
        top = box.top() + (box.height() - height) / 2
        left = QRectF(box.left() + pad, top, width, name.height)
        paint_lines(painter, left, name, look.colour("ink"))
        if len(name.lines) < 3:
            below = QRectF(left.left(), left.bottom(), width, sub.height)
            paint_lines(painter, below, sub, look.colour("ink_soft"))
        right = box.adjusted(box.width() - look.px(PRICE_WIDTH) - pad, 0, -pad, 0)
        price = fit(index.data(PRICE_ROLE), self._price_sizes, right.width())
        paint_lines(painter, right, price, look.colour("ink"), RIGHT)
