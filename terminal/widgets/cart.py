"""The list of lines: a C++ item model that changes one row at a time, and our own brush for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QResizeEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QScroller,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from retail.basket import AppliedPromotion, Line, RungLine
from terminal.widgets.look import Look
from terminal.widgets.text import CENTRE, RIGHT, SEMI_BOLD, Fitted, Sizes, fit, paint_lines, sizes
from terminal.wording import Wording

NAME, QUANTITY, UNIT_PRICE, TOTAL = range(4)
NOTE_ROLE = Qt.ItemDataRole.UserRole + 1
SAVED_ROLE = Qt.ItemDataRole.UserRole + 2
NOTE_COLOURS = {QUANTITY: "warn", UNIT_PRICE: "ink_soft", TOTAL: "good"}
ROW_HEIGHT = 54
HEAD_HEIGHT = 36


@dataclass(frozen=True, slots=True)
class CartRow:
    """A line as it is shown; the notes stand small below the figure they belong to or beside the name,
    `saved_by` (the promotions, in full and in short) below the name."""

    line_item_id: UUID
    texts: tuple[str, str, str, str]
    notes: tuple[str, str, str, str]
    saved_by: tuple[str, str] = ("", "")

    @classmethod
    def of(cls, rung: RungLine, words: Wording, left: int | None = None) -> CartRow:
        """The row of a rung line; `left`: the store has only so many (pieces or grams)."""
        line = rung.line
        listed = words.figure(line.list_price) if line.list_price != line.unit_price else ""
        discount = f"−{words.figure(rung.line_discount)}" if rung.line_discount else ""
        few = "" if left is None else words.say("cart.left", quantity=words.quantity(left, line.unit))
        return cls(
            line.line_item_id,
            (
                line.product_name,
                words.quantity(line.quantity, line.unit),
                words.figure(line.unit_price),
                words.figure(rung.line_total),
            ),
            (words.say("cart.age") if line.age_restricted else "", few, listed, discount),
            _saved_by(rung.promotions, words),
        )


def _saved_by(promotions: Sequence[AppliedPromotion], words: Wording) -> tuple[str, str]:
    """The promotion by its name, several with what each took off; and how many where that has no room."""
    if not promotions:
        return "", ""
    names = [f"{each.name} −{words.figure(each.discount_amount)}" for each in promotions]
    full = promotions[0].name if len(promotions) == 1 else " · ".join(names)
    return full, words.say("cart.promotions", count=len(promotions))


class CartView(QTableView):
    """The lines of a basket.

    Signals:
        picked(object): a finger chose the line with this id.
    """

    picked = Signal(object)

    def __init__(self, look: Look, words: Wording, *, compact: bool = False) -> None:
        """`compact` leaves the unit price out and lets nothing be chosen."""
        super().__init__()
        self._words = words
        self._rows: list[CartRow] = []
        self._known: dict[UUID, tuple[Line, tuple[AppliedPromotion, ...], int | None, CartRow]] = {}
        self._row_height = look.px(ROW_HEIGHT)
        self._model = QStandardItemModel(0, 4, self)
        heads = ("cart.product", "cart.quantity", "cart.unit-price", "cart.total")
        self._model.setHorizontalHeaderLabels([words.say(code) for code in heads])
        sides = {NAME: Qt.AlignmentFlag.AlignLeft, QUANTITY: CENTRE, UNIT_PRICE: RIGHT, TOTAL: RIGHT}
        for column, side in sides.items():
            align = int(side | Qt.AlignmentFlag.AlignVCenter)
            self._model.setHeaderData(
                column, Qt.Orientation.Horizontal, align, Qt.ItemDataRole.TextAlignmentRole
            )
        self.brush = RowBrush(look, self)
        self.setItemDelegate(self.brush)
        self.setModel(self._model)
        self._set_up(look, compact)

    def _set_up(self, look: Look, compact: bool) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(
            QAbstractItemView.SelectionMode.NoSelection
            if compact
            else QAbstractItemView.SelectionMode.SingleSelection
        )
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QTableView.Shape.NoFrame)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        heads = self.horizontalHeader()
        heads.setFixedHeight(look.px(HEAD_HEIGHT))
        heads.setHighlightSections(False)
        heads.setSectionsClickable(False)
        heads.setMinimumSectionSize(look.px(40))
        heads.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        widths = ((QUANTITY, 60 if compact else 84), (UNIT_PRICE, 100), (TOTAL, 108 if compact else 128))
        for column, width in widths:
            heads.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            heads.resizeSection(column, look.px(width))
        self.setColumnHidden(UNIT_PRICE, compact)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)

    def rows(self) -> list[CartRow]:
        """What is shown, top to bottom."""
        return list(self._rows)

    def show_lines(
        self,
        lines: Sequence[RungLine],
        selected: UUID | None,
        touched: UUID | None = None,
        short: Mapping[UUID, int] = MappingProxyType({}),
    ) -> None:
        """Show these lines: rows that did not change are not touched, and the touched one is made visible.

        `short`: lines of which the store has fewer, and how many it has.
        """
        wanted = [self._row_of(rung, short.get(rung.line.line_item_id)) for rung in lines]
        kept = {row.line_item_id for row in wanted}
        for place in range(len(self._rows) - 1, -1, -1):
            if self._rows[place].line_item_id not in kept:
                self._model.removeRow(place)
                self._known.pop(self._rows[place].line_item_id, None)
                del self._rows[place]
        for place, row in enumerate(wanted):
            if place == len(self._rows) or self._rows[place].line_item_id != row.line_item_id:
                self._model.insertRow(place, _items(row))
                self._rows.insert(place, row)
            elif self._rows[place] != row:
                self._write(place, row)
        del self._rows[len(wanted) :]
        self._model.setRowCount(len(wanted))
        self.show_selected(selected)
        if touched is not None:
            self.reveal(touched)

    def _row_of(self, rung: RungLine, left: int | None) -> CartRow:
        """The row of a line; of a line that is the very one shown before, the row from then."""
        known = self._known.get(rung.line.line_item_id)
        if known is not None and known[0] is rung.line and known[1:3] == (rung.promotions, left):
            return known[3]
        row = CartRow.of(rung, self._words, left)
        self._known[rung.line.line_item_id] = (rung.line, rung.promotions, left, row)
        return row

    def show_selected(self, selected: UUID | None) -> None:
        """Mark the line with this id as the one that the keys below act on."""
        place = self._place_of(selected)
        if place is None:
            self.clearSelection()
        elif not self.selectionModel().isRowSelected(place):
            self.selectRow(place)

    def cut_off(self) -> list[str]:
        """Names that not even the smallest type has room for."""
        return self.brush.cut_off(self._rows, self.columnWidth(NAME))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Rows of a height that the view holds a whole number of: none is cut in half."""
        super().resizeEvent(event)
        height = self.viewport().height()
        self.verticalHeader().setDefaultSectionSize(height // max(1, round(height / self._row_height)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A finger chooses a line."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and self.selectionMode() != QAbstractItemView.SelectionMode.NoSelection:
            self.picked.emit(self._rows[index.row()].line_item_id)

    def _write(self, place: int, row: CartRow) -> None:
        old = self._rows[place]
        self._rows[place] = row
        for column in range(4):
            if (old.texts[column], old.notes[column]) != (row.texts[column], row.notes[column]):
                self._model.setItemData(
                    self._model.index(place, column),
                    {int(Qt.ItemDataRole.DisplayRole): row.texts[column], int(NOTE_ROLE): row.notes[column]},
                )
        if old.saved_by != row.saved_by:
            self._model.setData(self._model.index(place, NAME), row.saved_by, SAVED_ROLE)

    def _place_of(self, line_item_id: UUID | None) -> int | None:
        for place, row in enumerate(self._rows):
            if row.line_item_id == line_item_id:
                return place
        return None

    def reveal(self, line_item_id: UUID | None) -> None:
        """Scroll so that the line with this id can be seen."""
        place = self._place_of(line_item_id)
        if place is not None:
            self.scrollTo(self._model.index(place, NAME))


def _items(row: CartRow) -> list[QStandardItem]:
    items = []
    for text, note in zip(row.texts, row.notes, strict=True):
        item = QStandardItem(text)
        item.setData(note, NOTE_ROLE)
        items.append(item)
    items[NAME].setData(row.saved_by, SAVED_ROLE)
    return items


class RowBrush(QStyledItemDelegate):
    """Paints one cell: text, the note below it, the ground of the chosen row and the hairline under it."""

    def __init__(self, look: Look, view: QTableView) -> None:
        """Fonts and colours are looked up once, not once a cell."""
        super().__init__(view)
        self._pad = look.px(14)
        self._bar = look.px(5)
        self._name_sizes = sizes(look, 18, (16, 2), (14, 2), (13, 3))
        self._upper_name_sizes = sizes(look, 17, 15, 13, (12, 2))
        self._figure_sizes = {
            QUANTITY: sizes(look, 20, 16, weight=SEMI_BOLD),
            UNIT_PRICE: sizes(look, 16, 13),
            TOTAL: sizes(look, 20, 16, 13, weight=SEMI_BOLD),
        }
        self._note_sizes = sizes(look, 13, weight=SEMI_BOLD)
        self._saved_sizes = sizes(look, 13, 12, weight=SEMI_BOLD)
        self._colours = {
            name: look.colour(name)
            for name in ("ink", "ink_soft", "accent", "accent_soft", "border", "good", "warn", "bad")
        }

    def cut_off(self, rows: Sequence[CartRow], name_width: int) -> list[str]:
        """Names that do not fit a cell of this width (px)."""
        width = name_width - self._pad - self._bar
        names = [row.texts[NAME] for row in rows if fit(row.texts[NAME], self._sizes_of(row), width).cut]
        return names + [row.saved_by[0] for row in rows if self._saved(row.saved_by, width).cut]

    def _sizes_of(self, row: CartRow) -> Sizes:
        return self._upper_name_sizes if row.saved_by[0] else self._name_sizes

    def _saved(self, saved_by: Sequence[str], width: float) -> Fitted:
        """The promotions by name where there is room for all of it."""
        full = fit(saved_by[0], self._saved_sizes, width)
        return fit(saved_by[1], self._saved_sizes, width) if full.cut else full

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the cell."""
        box = QRectF(option.rect)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(box, self._colours["accent_soft"])
        column = index.column()
        if chosen and column == NAME:
            painter.fillRect(QRectF(box.left(), box.top(), self._bar, box.height()), self._colours["accent"])
        painter.fillRect(QRectF(box.left(), box.bottom() - 1, box.width(), 1), self._colours["border"])
        text, note = index.data(Qt.ItemDataRole.DisplayRole) or "", index.data(NOTE_ROLE) or ""
        if column == NAME:
            inner = box.adjusted(self._pad, 0, -self._bar, 0)
            self._paint_name(painter, inner, text, note, index.data(SAVED_ROLE) or ("", ""))
            return
        align = CENTRE if column == QUANTITY else RIGHT
        inner = box.adjusted(0, 0, -self._pad if column == TOTAL else -self._bar, 0)
        fitted = fit(text, self._figure_sizes[column], inner.width())
        if note:
            self._paint_two(painter, inner, fitted, note, column)
        else:
            colour = self._colours["ink_soft" if column == UNIT_PRICE else "ink"]
            paint_lines(painter, inner, fitted, colour, align)

    def _paint_name(
        self, painter: QPainter, box: QRectF, name: str, note: str, saved_by: Sequence[str]
    ) -> None:
        if note:
            mark = fit(note, self._note_sizes, box.width())
            wide = mark.width + self._bar
            paint_lines(painter, box, mark, self._colours["bad"], RIGHT)
            box = box.adjusted(0, 0, -wide, 0)
        if saved_by[0]:
            lower = self._saved(saved_by, box.width())
            paint_lines(painter, _lower(box), lower, self._colours["good"])
            upper = fit(name, self._upper_name_sizes, box.width())
            paint_lines(painter, _upper(box), upper, self._colours["ink"])
        else:
            paint_lines(painter, box, fit(name, self._name_sizes, box.width()), self._colours["ink"])

    def _paint_two(self, painter: QPainter, box: QRectF, figure: Fitted, note: str, column: int) -> None:
        """The figure, and small below it how many there are (quantity), what it was before (unit price) or
        what came off it (total)."""
        lower = _lower(box)
        align = CENTRE if column == QUANTITY else RIGHT
        paint_lines(painter, _upper(box), figure, self._colours["ink"], align)
        small = fit(note, self._note_sizes, box.width())
        colour = self._colours[NOTE_COLOURS[column]]
        paint_lines(painter, lower, small, colour, align)
        if column == UNIT_PRICE:
            painter.fillRect(QRectF(lower.right() - small.width, lower.center().y(), small.width, 1), colour)


def _upper(box: QRectF) -> QRectF:
    """Where the text of a cell goes that has a note below it."""
    return QRectF(box.left(), box.top(), box.width(), box.height() * 0.64)


def _lower(box: QRectF) -> QRectF:
    return QRectF(box.left(), box.top() + box.height() * 0.56, box.width(), box.height() * 0.38)
