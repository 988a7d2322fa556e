"""The receipt on the screen, as it looks on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from retail.quantity import Unit
from retail.receipt import Receipt, ReceiptLine
from terminal.widgets.look import Look
from terminal.widgets.text import BOTTOM, CENTRE, LEFT, RIGHT, SEMI_BOLD, Fitted, fit, paint_lines, sizes
from terminal.wording import Wording

WIDTH = 400
EDGE = 22
TOOTH = 8


@dataclass(frozen=True, slots=True)
class Row:
    """A row of paper: words on the left (or in the middle), a figure on the right, or a rule."""

    left: str = ""
    right: str = ""
    size: float = 15
    bold: bool = False
    soft: bool = False
    middle: bool = False
    rule: bool = False


def rows_of(receipt: Receipt, words: Wording) -> list[Row]:
    """Everything the receipt says, from top to bottom."""
    return [
        *_head(receipt, words),
        Row(rule=True),
        *(row for line in receipt.lines for row in _line(line, words)),
        Row(rule=True),
        *_totals(receipt, words),
        Row(rule=True),
        *_tenders(receipt, words),
        *_customer(receipt, words),
        Row(rule=True),
        Row(words.say("receipt.thanks"), middle=True),
        Row(
            f"{receipt.receipt_number} · {words.say('receipt.proof', proof=receipt.proof)}",
            size=14,
            soft=True,
            middle=True,
        ),
    ]


def _head(receipt: Receipt, words: Wording) -> list[Row]:
    store = receipt.store
    lines = [Row(store.name, size=20, bold=True, middle=True)]
    lines += [Row(store.address, size=14, soft=True, middle=True)] if store.address else []
    numbers = [
        words.say("receipt.tax-code", tax_code=store.tax_code) if store.tax_code else "",
        words.say("receipt.phone", phone=store.phone) if store.phone else "",
    ]
    if any(numbers):
        lines.append(Row(" · ".join(filter(None, numbers)), size=14, soft=True, middle=True))
    return [
        *lines,
        Row(words.say("receipt.title"), size=18, bold=True, middle=True),
        Row(
            f"{words.say('receipt.number')} {receipt.receipt_number}",
            receipt.sold_at.strftime("%d/%m/%Y %H:%M"),
            size=14,
            soft=True,
        ),
        Row(f"{words.say('receipt.cashier')} {receipt.cashier_id}", size=14, soft=True),
    ]


def _line(line: ReceiptLine, words: Wording) -> list[Row]:
    quantity = words.quantity(line.quantity, line.unit)
    rows = [
        Row(line.product_name, bold=True),
        Row(
            f"{quantity} × {words.figure(line.unit_price)}",
            words.figure(line.line_total + line.line_discount),
        ),
    ]
    rows += [Row(applied.name, words.signed(-applied.discount_amount)) for applied in line.promotions]
    by_hand = line.line_discount - sum(applied.discount_amount for applied in line.promotions)
    if by_hand:
        rows.append(Row(words.say("total.discount"), f"−{words.figure(by_hand)}"))
    return rows


def _totals(receipt: Receipt, words: Wording) -> list[Row]:
    rows = []
    if receipt.discount_amount or not receipt.prices_include_tax:
        rows.append(Row(words.say("total.subtotal"), words.figure(receipt.subtotal)))
    if receipt.discount_amount:
        rows.append(Row(words.say("total.discount"), f"−{words.figure(receipt.discount_amount)}"))
    taxes = [
        Row(
            words.say("total.tax-rate", rate=words.rate(tax.rate)),
            words.figure(tax.tax_amount),
            soft=True,
            size=14,
        )
        for tax in receipt.taxes
    ]
    total = Row(words.say("receipt.total"), words.money(receipt.total_amount), size=22, bold=True)
    contained = [Row(words.say("receipt.contained"), soft=True, size=14)] if taxes else []
    return [*rows, total, *contained, *taxes] if receipt.prices_include_tax else [*rows, *taxes, total]


def _tenders(receipt: Receipt, words: Wording) -> list[Row]:
    rows = []
    if receipt.rounding_amount:
        to_pay = receipt.total_amount + receipt.rounding_amount
        rows.append(Row(words.say("receipt.rounding"), words.signed(receipt.rounding_amount)))
        rows.append(Row(words.say("receipt.to-pay"), words.figure(to_pay), bold=True))
    for tender in receipt.tenders:
        rows.append(Row(words.say(f"pay.{tender.payment_method}"), words.figure(tender.amount)))
        if tender.change and tender.tendered is not None:
            rows.append(Row(words.say("receipt.tendered"), words.figure(tender.tendered), soft=True))
            rows.append(Row(words.say("receipt.change"), words.figure(tender.change), bold=True))
    return rows


def _customer(receipt: Receipt, words: Wording) -> list[Row]:
    """The member and what the sale earned them, and the vouchers that were used."""
    rows = [Row(rule=True)] if receipt.member or receipt.vouchers else []
    if receipt.member:
        points = words.quantity(receipt.member.points_earned, Unit.PIECE)
        rows.append(Row(words.say("receipt.member"), receipt.member.name))
        rows.append(Row(words.say("receipt.points"), points, bold=True))
    return [*rows, *(Row(words.say("receipt.voucher"), code) for code in receipt.vouchers)]


class ReceiptPaper(QWidget):
    """A strip of paper with a torn edge; as high as its rows need."""

    def __init__(self, look: Look, words: Wording) -> None:
        """Blank paper."""
        super().__init__()
        self._look = look
        self._words = words
        self._rows: list[tuple[Row, Fitted | None, Fitted | None, float]] = []
        self.setObjectName("receipt-paper")
        self.setFixedWidth(look.px(WIDTH))

    def show_receipt(self, receipt: Receipt) -> None:
        """Lay the receipt out and become as high as it is."""
        self.show_rows(rows_of(receipt, self._words))

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Lay these rows out and become as high as they are."""
        self._rows = [self._laid_out(row) for row in rows]
        height = sum(row[3] for row in self._rows) + 2 * self._look.px(EDGE) + self._look.px(TOOTH)
        self.setFixedHeight(round(height))
        self.update()

    def texts(self) -> list[str]:
        """Every row, as shown."""
        return [" ".join(filter(None, (row.left, row.right))) for row, *_ in self._rows]

    def cut_off(self) -> list[str]:
        """Rows that do not fit the paper."""
        return [
            row.left for row, left, right, _ in self._rows if (left and left.cut) or (right and right.cut)
        ]

    def _laid_out(self, row: Row) -> tuple[Row, Fitted | None, Fitted | None, float]:
        look = self._look
        if row.rule:
            return row, None, None, look.px(20)
        weight = SEMI_BOLD if row.bold else QFont.Weight.Normal
        inner = look.px(WIDTH) - 2 * look.px(EDGE)
        right = fit(row.right, sizes(look, row.size, weight=weight), inner)
        left = fit(
            row.left,
            sizes(look, (row.size, 4), weight=weight),
            inner - (right.width + look.px(10) if row.right else 0),
        )
        return row, left, right, left.height + look.px(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paper, then row after row."""
        look = self._look
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("paper"))
        painter.drawPolygon(self._outline())
        edge = look.px(EDGE)
        top = float(edge)
        for row, left, right, height in self._rows:
            box = QRectF(edge, top, self.width() - 2 * edge, height)
            if left is None or right is None:
                self._paint_rule(painter, box)
            else:
                colour = look.colour("on_paper_soft" if row.soft else "on_paper")
                align = CENTRE if row.middle else LEFT
                paint_lines(painter, box, left, colour, align)
                paint_lines(painter, box, right, colour, RIGHT, BOTTOM)
            top += height

    def _paint_rule(self, painter: QPainter, box: QRectF) -> None:
        dash = self._look.px(5)
        x = box.left()
        while x < box.right():
            painter.fillRect(QRectF(x, box.center().y(), dash, 1), self._look.colour("on_paper_soft"))
            x += 2 * dash

    def _outline(self) -> QPolygonF:
        tooth = self._look.px(TOOTH)
        width, height = self.width(), self.height()
        points = [QPointF(0, 0), QPointF(width, 0)]
        x, low = float(width), True
        while x > 0:
            points.append(QPointF(x, height - tooth if low else height))
            x -= tooth
            low = not low
        points.append(QPointF(0, height - tooth))
        return QPolygonF(points)
