"""What comes back: the lines of the sale, how many of each, why, and what that gives back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from retail.quantity import Unit
from terminal.returns.state import BackLine, ReturnState
from terminal.till.known_sale import Told
from terminal.widgets.entry import END_KEYS, digits_of
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.listing import Listing, Row
from terminal.widgets.look import Look, of_kind
from terminal.widgets.text import CENTRE, SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Wording

REASONS = ("changed-mind", "faulty", "wrong-item", "too-much")
REASON_MAX = 200
STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -6, Qt.Key.Key_PageDown: 6}


class GoodsPage(QWidget):
    """Shows a `ReturnState`, of a sale or of goods without a receipt.

    Signals:
        back_set(object, int), restock_set(object, bool): of the line with this id.
        all_asked(), cash_chosen(bool): everything that is left; all of it in cash.
        give_asked(str), void_asked(str): the deed, with its reason in words.
        print_asked(), leave_asked(): the receipt once more; away from here.
    """

    back_set = Signal(object, int)
    restock_set = Signal(object, bool)
    all_asked = Signal()
    cash_chosen = Signal(bool)
    give_asked = Signal(str)
    void_asked = Signal(str)
    print_asked = Signal()
    leave_asked = Signal()

    def __init__(self, look: Look, words: Wording, *, with_receipt: bool = True) -> None:
        """Wait for the first state; without a receipt there is nothing to print or to cancel."""
        super().__init__()
        self._look = look
        self._words = words
        self._with_receipt = with_receipt
        self._state = ReturnState()
        self._typed = ""
        self._title = Words(look, sizes(look, 18, 16, (14, 2), weight=SEMI_BOLD), "ink")
        self._title.setObjectName("return-title")
        self.listing = Listing(look, "return-lines")
        self.listing.picked.connect(lambda _: self._chosen())
        self._make_keys(look, words)
        columns = look.across()
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(look.px(10))
        columns.addWidget(self._list_side(), 12)
        if look.upright:
            columns.addLayout(self._lower_side())
        else:
            columns.addLayout(self._right_side(), 11)
        self.setLayout(columns)

    def show_state(self, state: ReturnState) -> None:
        """Show what the desk says."""
        self._state = state
        self._title.setText(self._heading())
        self.listing.show_rows([self._row(line) for line in state.lines])
        self._show_line()
        self._show_money()
        open_still = state.left and state.done is None and state.told is not Told.ASKING
        self._give.setEnabled(open_still and state.worth is not None)
        self._all.setEnabled(state.left and self._with_receipt)
        self._void.setEnabled(state.can_void and open_still)

    @property
    def reason(self) -> str:
        """Why, as it was typed or tapped."""
        return self._reason.text().strip()

    def forget(self) -> None:
        """Begin anew, with no reason."""
        self._reason.clear()
        self._typed = ""
        self._show_reasons()

    def take_key(self, event: QKeyEvent) -> bool:
        """Use a key of the keyboard; False when it means nothing here."""
        key = Qt.Key(event.key())
        deeds = {
            Qt.Key.Key_F4: self._all,
            Qt.Key.Key_F5: self._restock,
            Qt.Key.Key_F6: self._cash,
            Qt.Key.Key_F8: self._void,
            Qt.Key.Key_F9: self._print,
            Qt.Key.Key_Plus: self._more,
            Qt.Key.Key_Minus: self._less,
        }
        if key in STEPS:
            self.listing.step(STEPS[key])
            self._chosen()
        elif key in deeds:
            deeds[key].click()
        elif key in END_KEYS and not event.isAutoRepeat():
            self._give.click()
        elif digits := digits_of(event):
            self._type(digits)
        elif key == Qt.Key.Key_Backspace and self.reason:
            self._reason.backspace()
        elif event.text().strip() and event.text().isprintable():
            self._reason.insert(event.text())
        else:
            return False
        return True

    # ------------------------------------------------------------------ how it is made

    def _make_keys(self, look: Look, words: Wording) -> None:
        say = words.say
        self._less = Key(look, "", "quantity", icon="minus", shortcut="−", height=56, name="return-less")
        self._more = Key(look, "", "quantity", icon="plus", shortcut="+", height=56, name="return-more")
        self._whole = Key(look, say("return.whole-line"), height=56, name="return-whole")
        self._count = Figure(look, 28, "ink", align=CENTRE, smallest=13)
        self._count.setObjectName("return-count")
        self._restock = Key(look, "", "choice", shortcut="F5", height=48, name="return-restock")
        self._restock.setCheckable(True)
        self._reason = QLineEdit()
        self._reason.setObjectName("return-reason")
        self._reason.setMaxLength(REASON_MAX)
        self._reason.setFixedHeight(look.px(48))
        self._reason.setPlaceholderText(say("return.reason"))
        self._reason.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._reason.textChanged.connect(lambda _: self._show_reasons())
        self._reasons = [
            Key(look, say(f"reason.{name}"), "choice", height=48, name=f"reason-{name}") for name in REASONS
        ]
        self._cash = Key(look, say("return.as-cash"), "choice", shortcut="F6", height=48, name="return-cash")
        self._cash.setCheckable(True)
        self._give = Key(
            look,
            say("return.give"),
            "pay",
            shortcut="Enter",
            height=72,
            name="return-give",
        )
        self._all = Key(look, say("return.all"), shortcut="F4", height=56, name="return-all")
        self._void = Key(look, say("return.void"), "danger", shortcut="F8", height=56, name="return-void")
        self._print = Key(
            look, say("return.print"), icon="receipt", shortcut="F9", height=56, name="return-print"
        )
        self._connect()

    def _connect(self) -> None:
        on_tap(self._less, lambda: self._step(-1))
        on_tap(self._more, lambda: self._step(1))
        on_tap(self._whole, self._take_line)
        on_tap(self._restock, self._flip_restock)
        on_tap(self._all, self.all_asked.emit)
        on_tap(self._void, lambda: self.void_asked.emit(self.reason))
        on_tap(self._print, self.print_asked.emit)
        on_tap(self._give, lambda: self.give_asked.emit(self.reason))
        on_tap(self._cash, lambda: self.cash_chosen.emit(self._cash.isChecked()))
        for key, name in zip(self._reasons, REASONS, strict=True):
            key.setCheckable(True)
            on_tap(key, self._reason_deed(self._words.say(f"reason.{name}")))

    def _list_side(self) -> QWidget:
        look = self._look
        side = QWidget()
        of_kind(side, "card")
        column = QVBoxLayout(side)
        inset = look.px(12)
        column.setContentsMargins(inset, inset, inset, inset)
        column.setSpacing(look.px(8))
        keys = QGridLayout()
        keys.setSpacing(look.px(8))
        back = Key(look, self._words.say("sales.back"), shortcut="Esc", height=56, name="return-back")
        on_tap(back, self.leave_asked.emit)
        keys.addWidget(back, 0, 0)
        if self._with_receipt:
            places = ((0, 1), (0, 2), (0, 3)) if look.upright else ((0, 1), (1, 0), (1, 1))
            for key, place in zip((self._all, self._print, self._void), places, strict=True):
                keys.addWidget(key, *place)
        column.addWidget(self._title)
        column.addWidget(self.listing, 1)
        column.addLayout(keys)
        return side

    def _right_side(self) -> QVBoxLayout:
        look = self._look
        column = QVBoxLayout()
        column.setSpacing(look.px(10))
        column.addWidget(self._line_card())
        column.addWidget(self._reason_card())
        column.addStretch(1)
        column.addWidget(self._money_card())
        column.addWidget(self._give)
        return column

    def _lower_side(self) -> QVBoxLayout:
        """The same on an upright window: two by two below the list."""
        look = self._look
        column = QVBoxLayout()
        column.setSpacing(look.px(10))
        for left, right in ((self._line_card(), self._reason_card()), (self._money_card(), self._give)):
            row = QHBoxLayout()
            row.setSpacing(look.px(10))
            row.addWidget(left, 1)
            row.addWidget(right, 1)
            column.addLayout(row)
        return column

    def _line_card(self) -> QWidget:
        card, column = self._card()
        row = QHBoxLayout()
        row.setSpacing(self._look.px(8))
        row.addWidget(self._less)
        row.addWidget(self._count, 1)
        row.addWidget(self._more)
        if self._with_receipt:
            row.addWidget(self._whole)
        for key in (self._less, self._more):
            key.setFixedWidth(self._look.px(72))
        column.addLayout(row)
        column.addWidget(self._restock)
        column.addStretch(1)
        return card

    def _reason_card(self) -> QWidget:
        card, column = self._card()
        grid = QGridLayout()
        grid.setSpacing(self._look.px(8))
        for place, key in enumerate(self._reasons):
            grid.addWidget(key, place // 2, place % 2)
        column.addLayout(grid)
        column.addWidget(self._reason)
        return card

    def _money_card(self) -> QWidget:
        look = self._look
        card = QWidget()
        of_kind(card, "total")
        column = QVBoxLayout(card)
        inset = look.px(14)
        column.setContentsMargins(inset, look.px(8), inset, look.px(8))
        column.setSpacing(look.px(2))
        caption = QLabel(self._words.say("return.gives"))
        of_kind(caption, "caption")
        self._figure = Figure(look, 40, "on_stage", smallest=24)
        self._figure.setObjectName("return-figure")
        self._ways = Words(look, sizes(look, 15, (13, 2)), "on_stage_soft")
        self._ways.setObjectName("return-ways")
        top = QHBoxLayout()
        top.addWidget(caption)
        top.addWidget(self._figure, 1)
        column.addLayout(top)
        column.addWidget(self._ways)
        if self._with_receipt:
            keeps = self._cash.sizePolicy()
            keeps.setRetainSizeWhenHidden(True)
            self._cash.setSizePolicy(keeps)
        column.addWidget(self._cash)
        return card

    def _card(self) -> tuple[QWidget, QVBoxLayout]:
        card = QWidget()
        of_kind(card, "card")
        column = QVBoxLayout(card)
        inset = self._look.px(12)
        column.setContentsMargins(inset, inset, inset, inset)
        column.setSpacing(self._look.px(8))
        return card, column

    # ------------------------------------------------------------------ what it shows

    def _heading(self) -> str:
        sale, words = self._state.sale, self._words
        if sale is None:
            return words.say("return.no-receipt")
        total = words.money(sale.totals.total_amount + sale.rounding_amount)
        return f"{sale.receipt_number} · {words.day_and_moment(sale.sold_at)} · {total}"

    def _row(self, line: BackLine) -> Row:
        words = self._words
        sub = words.say("return.sold", quantity=words.quantity(line.sold, line.unit))
        if not self._with_receipt:
            sub = words.money(line.amount)
        elif line.left != line.sold:
            left = words.say("return.left", quantity=words.quantity(line.left, line.unit))
            sub = f"{sub} · {left}"
        note = words.say("return.spoilt") if line.back and not line.restock else ""
        figure = f"−{words.quantity(line.back, line.unit)}" if line.back else words.figure(line.amount)
        return Row(line.line_item_id, line.product_name, sub, figure, note, "warn", marked=bool(line.back))

    @property
    def _line(self) -> BackLine | None:
        current = self.listing.current
        return next((line for line in self._state.lines if line.line_item_id == current), None)

    def _show_line(self) -> None:
        line, words = self._line, self._words
        left = line.left if line else 0
        back = words.quantity(line.back, line.unit) if line else "0"
        of = words.quantity(left, line.unit) if line else "0"
        pieces = line is None or line.unit is Unit.PIECE
        self._count.setText(f"{back} / {of}" if self._with_receipt and pieces else back)
        self._less.setEnabled(line is not None and line.back > 0)
        self._more.setEnabled(line is not None and line.back < left)
        self._whole.setEnabled(line is not None and self._with_receipt and line.back < left)
        restock = line is None or line.restock
        can = line is not None and bool(left)
        self._restock.setChecked(restock and can)
        self._restock.setEnabled(can)
        self._restock.set_label(words.say("return.restock" if restock else "return.not-restock"))

    def _show_money(self) -> None:
        worth, words = self._state.worth, self._words
        self._figure.setText(words.money(worth.paid_out if worth else 0))
        ways = [
            f"{words.say(f'pay.{each.payment_method}')} {words.figure(each.amount)}"
            for each in (worth.tenders if worth else ())
        ]
        self._ways.setText(" · ".join(ways))
        self._cash.setVisible(self._state.can_choose_cash)
        self._cash.setChecked(self._state.as_cash)

    def _show_reasons(self) -> None:
        for key, name in zip(self._reasons, REASONS, strict=True):
            key.setChecked(self.reason == self._words.say(f"reason.{name}"))

    # ------------------------------------------------------------------ what a person does

    def _chosen(self) -> None:
        self._typed = ""
        self._show_line()

    def _step(self, by: int) -> None:
        """One piece more or less; weighed goods come back as a whole."""
        line = self._line
        if line is not None:
            whole = line.unit is Unit.GRAM and self._with_receipt
            wanted = (line.left if by > 0 else 0) if whole else line.back + by
            self._set(line, wanted)

    def _take_line(self) -> None:
        line = self._line
        if line is not None:
            self._set(line, line.left)

    def _type(self, digits: str) -> None:
        """Figures set the quantity of the line that is chosen."""
        line = self._line
        if line is None:
            return
        longer = (self._typed + digits).lstrip("0")
        self._typed = longer if longer and int(longer) <= line.left else digits
        self._set(line, int(self._typed))

    def _set(self, line: BackLine, quantity: int) -> None:
        self.back_set.emit(line.line_item_id, quantity)

    def _flip_restock(self) -> None:
        line = self._line
        if line is not None:
            self.restock_set.emit(line.line_item_id, not line.restock)

    def _reason_deed(self, words: str) -> Callable[[], None]:
        def tapped() -> None:
            self._reason.setText("" if self.reason == words else words)
            self._show_reasons()

        return tapped
