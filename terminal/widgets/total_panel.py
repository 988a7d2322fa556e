"""The running total: the largest thing on the screen."""

from __future__ import annotations

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from retail.basket import Totals
from retail.quantity import Unit
from terminal.widgets.look import Look, of_kind
from terminal.widgets.text import RIGHT, SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Wording

NONE_YET = "–"
DETAILS_WIDTH, VALUE_WIDTH = 224, 92


class TotalPanel(QWidget):
    """Items, subtotal, discounts and tax in small; the total in large."""

    def __init__(self, look: Look, words: Wording, *, height: float = 112, size: float = 56) -> None:
        """`height` and `size` of the total's figure in px at 1024×768."""
        super().__init__()
        of_kind(self, "total")
        self._words = words
        self.setFixedHeight(look.px(height))
        self._labels: dict[str, Words] = {}
        self._values: dict[str, Words] = {}
        details = QGridLayout()
        details.setContentsMargins(0, 0, 0, 0)
        details.setHorizontalSpacing(look.px(8))
        details.setVerticalSpacing(look.px(2))
        label_sizes = sizes(look, 15, 13, 12)
        value_sizes = sizes(look, 16, 14, 12, weight=SEMI_BOLD)
        for row, name in enumerate(("subtotal", "discount", "tax")):
            self._labels[name] = Words(look, label_sizes, "on_stage_soft")
            self._values[name] = Words(look, value_sizes, "on_stage", RIGHT)
            self._values[name].setText(NONE_YET)
            self._values[name].setFixedWidth(look.px(VALUE_WIDTH))
            details.addWidget(self._labels[name], row, 0)
            details.addWidget(self._values[name], row, 1)
        block = QWidget()
        block.setLayout(details)
        block.setFixedWidth(look.px(DETAILS_WIDTH))
        self._caption = QLabel(words.say("total.caption"))
        of_kind(self._caption, "caption")
        self._caption.setAlignment(RIGHT)
        self.total = Figure(look, size, "on_stage", weight=QFont.Weight.Bold, smallest=24)
        self.total.setObjectName("total")
        large = QVBoxLayout()
        large.setSpacing(0)
        large.addStretch(1)
        large.addWidget(self._caption)
        large.addWidget(self.total)
        large.addStretch(1)
        row_layout = QHBoxLayout(self)
        row_layout.setContentsMargins(look.px(18), look.px(8), look.px(18), look.px(8))
        row_layout.setSpacing(look.px(20))
        row_layout.addWidget(block)
        row_layout.addLayout(large, 1)

    def show_totals(self, totals: Totals, prices_include_tax: bool) -> None:
        """Show these totals."""
        words = self._words
        items = words.say("total.items", count=items_of(totals))
        self._labels["subtotal"].setText(f"{words.say('total.subtotal')} · {items}")
        saved = "total.saved" if totals.promotion_discount else "total.discount"
        self._labels["discount"].setText(words.say(saved))
        tax = "total.tax-contained" if prices_include_tax else "total.tax-added"
        self._labels["tax"].setText(words.say(tax))
        self._values["subtotal"].setText(words.figure(totals.subtotal))
        discount = f"−{words.figure(totals.discount_amount)}" if totals.discount_amount else NONE_YET
        self._values["discount"].setText(discount)
        self._values["discount"].set_colour("light_good" if totals.discount_amount else "on_stage")
        self._values["tax"].setText(words.figure(totals.tax_amount))
        self.total.setText(words.money(totals.total_amount))

    def details(self) -> tuple[str, str, str]:
        """Subtotal, discount and tax, as shown."""
        return (
            self._values["subtotal"].text(),
            self._values["discount"].text(),
            self._values["tax"].text(),
        )


def items_of(totals: Totals) -> int:
    """How many things are in the basket: pieces, and one for each weighed line."""
    return sum(rung.line.quantity if rung.line.unit is Unit.PIECE else 1 for rung in totals.lines)
