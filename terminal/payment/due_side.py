"""The left side of the payment page: what is still due, what has been paid, what is being bought."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from terminal.payment.state import PaymentState
from terminal.widgets.cart import CartView
from terminal.widgets.keys import Key, on_tap
from terminal.widgets.look import Look, of_kind
from terminal.widgets.text import RIGHT, SEMI_BOLD, Figure, Words, sizes
from terminal.wording import Wording


class DueSide(QWidget):
    """Due in large; total and tenders below it; the lines; the way back.

    Signals:
        back_asked(): the way back to the basket.
    """

    back_asked = Signal()

    def __init__(self, look: Look, words: Wording) -> None:
        """Wait for the first state."""
        super().__init__()
        self._words = words
        panel = QWidget()
        of_kind(panel, "total")
        caption = QLabel(words.say("pay.due"))
        of_kind(caption, "caption")
        caption.setAlignment(RIGHT)
        self.due = Figure(look, 48 if look.upright else 56, "on_stage", smallest=24)
        self.due.setObjectName("due")
        self._total = Words(look, sizes(look, 16, 14, 12), "on_stage_soft", RIGHT)
        self.rounded = Words(look, sizes(look, 16, 14, 12, weight=SEMI_BOLD), "light_warn", RIGHT)
        self.rounded.setObjectName("rounded")
        self.paid = Words(look, sizes(look, 16, 14, (12, 2), weight=SEMI_BOLD), "light_good", RIGHT)
        self.paid.setObjectName("paid")
        inside = QVBoxLayout(panel)
        inside.setContentsMargins(look.px(18), look.px(14), look.px(18), look.px(14))
        inside.setSpacing(look.px(2))
        for widget in (caption, self.due, self.rounded, self._total, self.paid):
            inside.addWidget(widget)
        card = QWidget()
        of_kind(card, "card")
        self.cart = CartView(look, words, compact=True)
        lines = QVBoxLayout(card)
        lines.setContentsMargins(1, 1, 1, look.px(6))
        lines.addWidget(self.cart)
        height = 52 if look.upright else 60
        self.back = Key(look, words.say("pay.back"), icon="back", shortcut="Esc", height=height, name="back")
        on_tap(self.back, self.back_asked.emit)
        parts = QGridLayout(self)
        parts.setContentsMargins(0, 0, 0, 0)
        parts.setSpacing(look.px(10))
        parts.addWidget(panel, 0, 0)
        parts.addWidget(self.back, 1 if look.upright else 2, 0)
        if look.upright:
            parts.addWidget(card, 0, 1, 2, 1)
            parts.setColumnStretch(0, 1)
            parts.setColumnStretch(1, 1)
        else:
            parts.addWidget(card, 1, 0)
        parts.setRowStretch(0 if look.upright else 1, 1)

    def show_state(self, state: PaymentState) -> None:
        """Show what is due and what has been paid."""
        say, money = self._words.say, self._words.money
        self.due.setText(money(state.due))
        rounding, saved = state.rounding_amount, state.totals.promotion_discount
        cash = say("pay.cash-rounded", amount=state.cash_due, rounding=self._words.signed(rounding))
        self.rounded.setText(cash if rounding else "")
        count = len(state.totals.lines)
        self._total.setText(
            f"{say('pay.total')} {money(state.totals.total_amount)} · {say('total.lines', count=count)}"
            + (f" · {say('pay.saved', amount=saved)}" if saved else "")
        )
        paid = " + ".join(
            f"{say(f'pay.{tender.payment_method}')} {money(tender.amount)}" for tender in state.tenders
        )
        self.paid.setText(f"{say('pay.paid')}: {paid}" if paid else "")
        self.cart.show_lines(state.totals.lines, None)
        self.back.setEnabled(not (state.busy or state.qr or state.over))
