"""The card with the lines of the basket and the keys that act on the chosen one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from retail.basket import RungLine
from terminal.widgets.cart import CartView
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.text import SEMI_BOLD, Words, sizes
from terminal.wording import Wording

KEY_HEIGHT = 52
HINT_HEIGHT = 28


class BasketCard(QWidget):
    """The lines, or what to do when there are none; below them a hint that has its room also when there is
    none, then minus, quantity, plus, remove and clear.

    Signals:
        picked(object): a line was tapped (its id).
        stepped(int): one more (+1) or one less (-1) of the chosen line.
        quantity_asked(), remove_asked(): for the chosen line.
        clear_asked(): the whole basket.
    """

    picked = Signal(object)
    stepped = Signal(int)
    quantity_asked = Signal()
    remove_asked = Signal()
    clear_asked = Signal()

    def __init__(self, look: Look, words: Wording) -> None:
        """Make it empty."""
        super().__init__()
        of_kind(self, "card")
        self.cart = CartView(look, words)
        self.cart.picked.connect(self.picked)
        self._pages = QStackedWidget()
        self._pages.addWidget(_empty_page(look, words))
        self._pages.addWidget(self.cart)
        self.less = Key(look, "", icon="minus", height=KEY_HEIGHT, name="less")
        self.quantity = Key(look, "", "quantity", shortcut="*", height=KEY_HEIGHT, name="quantity")
        self.more = Key(look, "", icon="plus", height=KEY_HEIGHT, name="more")
        self.remove = Key(
            look,
            words.say("cart.remove"),
            "danger",
            icon="delete",
            icon_colour="bad",
            shortcut="Del",
            height=KEY_HEIGHT,
            name="remove",
        )
        self.clear = Key(look, words.say("cart.clear"), shortcut="F8", height=KEY_HEIGHT, name="clear")
        for key, label in ((self.less, "−"), (self.more, "+")):
            key.setFixedWidth(look.px(60))
            key.setAccessibleName(label)
        self.quantity.setFixedWidth(look.px(148))
        self.hint = Words(look, sizes(look, 15, 13, 12, weight=SEMI_BOLD), "accent")
        self.hint.setObjectName("hint")
        self.hint.setFixedHeight(look.px(HINT_HEIGHT))
        rule = QFrame()
        of_kind(rule, "rule")
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, look.px(10))
        column.setSpacing(0)
        column.addWidget(self._pages, 1)
        hint = QHBoxLayout()
        hint.setContentsMargins(look.px(14), 0, look.px(14), 0)
        hint.addWidget(self.hint)
        column.addLayout(hint)
        column.addWidget(rule)
        column.addSpacing(look.px(10))
        column.addLayout(self._strip(look))

    def _strip(self, look: Look) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(look.px(12), 0, look.px(12), 0)
        row.setSpacing(look.px(8))
        row.addWidget(on_tap(self.less, lambda: self.stepped.emit(-1)))
        row.addWidget(on_tap(self.quantity, self.quantity_asked.emit))
        row.addWidget(on_tap(self.more, lambda: self.stepped.emit(+1)))
        row.addStretch(1)
        row.addWidget(on_tap(self.remove, self.remove_asked.emit))
        row.addWidget(on_tap(self.clear, self.clear_asked.emit))
        return row

    def show_lines(
        self,
        lines: Sequence[RungLine],
        selected: UUID | None,
        touched: UUID | None,
        quantity: str,
        short: Mapping[UUID, int],
    ) -> None:
        """Show these lines; `quantity` is that of the chosen one, or empty when none is chosen, and `short`
        says of which lines the store has only so many."""
        self.cart.show_lines(lines, selected, touched, short)
        self._pages.setCurrentIndex(1 if lines else 0)
        for key in (self.less, self.quantity, self.more, self.remove):
            key.setEnabled(bool(quantity))
        self.quantity.setText(f"× {quantity}" if quantity else "×")
        self.clear.setEnabled(bool(lines))


def _empty_page(look: Look, words: Wording) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setSpacing(look.px(8))
    picture, title, hint = QLabel(), QLabel(words.say("cart.empty")), QLabel(words.say("cart.empty-hint"))
    picture.setPixmap(look.pixmap("basket", "border_strong", 88))
    of_kind(title, "title")
    of_kind(hint, "soft")
    column.addStretch(1)
    for label in (picture, title, hint):
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(label)
    column.addStretch(1)
    return page
