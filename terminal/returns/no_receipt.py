"""Goods whose receipt nobody has: at what they cost today, in cash, with a manager's yes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from retail.approval import Approval, ApprovalNeeded
from retail.basket import Basket, line_for
from retail.label import at_label_price
from retail.payment import CASH
from retail.refund import Counter, Worth, refund_without_receipt
from retail.refund_facts import RefundRecorded, RefundTender
from retail.refusal import Refusal
from retail.staff import Permission
from terminal.approval import ApprovalAsk
from terminal.checkout.goods import Goods, goods_of
from terminal.notice import notice_of
from terminal.returns.port import ShelfTill
from terminal.returns.state import BackLine, Permit, ReturnState, refunded, why
from terminal.till.cashier import Cashier
from terminal.till.customer import NOBODY

DIGITS_MAX = 6


class NoReceiptDesk:
    """Takes goods back by scan; the refund's id is made when the page opens, so that it is made once."""

    def __init__(
        self,
        till: ShelfTill,
        cashier: Cashier,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._till = till
        self.cashier = cashier
        self._clock = clock
        self._new_id = new_id
        self._refund_id = new_id()
        rules = till.rules()
        self._basket = Basket(prices_include_tax=rules.prices_include_tax, currency=rules.currency)
        self._spoilt: set[UUID] = set()
        self._listeners: list[Callable[[ReturnState], None]] = []
        self._state = ReturnState()

    @property
    def state(self) -> ReturnState:
        """What the screen shows."""
        return self._state

    def listen(self, changed: Callable[[ReturnState], None]) -> None:
        """Call `changed` with the state after every deed."""
        self._listeners.append(changed)

    def scan(self, text: str) -> None:
        """One more of what the code says."""
        self._change(lambda: self._with(goods_of(self._till, text, self._clock())))

    def set_back(self, line_item_id: UUID, quantity: int) -> None:
        """So many pieces or grams; none takes the line away."""

        def changed() -> Basket:
            if quantity == 0:
                return self._basket.without_line(line_item_id)
            return self._basket.with_quantity(line_item_id, quantity)

        self._change(changed)

    def set_restock(self, line_item_id: UUID, restock: bool) -> None:
        """Whether the goods of this line go back on the shelf."""
        (self._spoilt.discard if restock else self._spoilt.add)(line_item_id)
        self._change(lambda: self._basket)

    def permit_refund(self, reason: str) -> Permit | None:
        """What is missing for the refund; None when it is refused, with a notice."""
        if self._state.done is not None:
            return None
        try:
            self._refund(reason, None)
        except ApprovalNeeded as needed:
            act, amount = Permission(needed.detail["permission"]), needed.detail["amount"]
            return Permit(ApprovalAsk(act, amount, reason=" ".join(reason.split())))
        except Refusal as refusal:
            self._refuse(refusal)
            return None
        return Permit()

    def give_back(self, reason: str, approval: Approval | None = None) -> None:
        """Record the refund; a second time it is the same one."""
        if self._state.done is not None:
            return
        try:
            fact = self._refund(why(reason, approval), approval)
            recorded, _ = self._till.record_return(
                self._refund_id,
                lambda number: replace(fact, receipt_number=number),
                ("refund", self._refund_id),
                fact.refunded_at,
            )
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._show(replace(self._state, done=refunded(recorded, self._till.rules().notes)))

    def dismiss(self) -> None:
        """Take the notice away."""
        self._show(replace(self._state, notice=None))

    def _with(self, goods: Goods) -> Basket:
        """The basket with these goods; the same goods at the same price are one line."""
        ware = goods.ware
        for line in self._basket.lines:
            same = line.sku_id == ware.product.sku_id and line.unit_price == ware.price.amount
            if same and goods.label_price is None and not line.override_reason:
                return self._basket.with_quantity(line.line_item_id, line.quantity + goods.quantity)
        new = line_for(
            ware.product,
            ware.price,
            ware.tax_rate,
            line_item_id=self._new_id(),
            barcode=ware.barcode,
            quantity=goods.quantity,
        )
        return self._basket.with_line(at_label_price(new, goods.label_price))

    def _change(self, deed: Callable[[], Basket]) -> None:
        if self._state.done is not None:
            return
        try:
            self._basket = deed()
            self._show(self._fresh())
        except Refusal as refusal:
            self._refuse(refusal)

    def _refund(self, reason: str, approval: Approval | None) -> RefundRecorded:
        at, rules = self._clock(), self._till.rules()
        where = Counter(
            store_id=self._till.store_id,
            terminal_id=self._till.terminal_id,
            employee_id=self.cashier.employee_id,
            role=self.cashier.role,
            business_date=rules.calendar.business_date(at),
            at=at,
            reason=reason,
            approval=approval,
        )
        fact = refund_without_receipt(
            self._till.ring_up(self._basket, at, NOBODY),
            where,
            rules.refunds,
            refund_id=self._refund_id,
            currency=self._basket.currency,
            prices_include_tax=self._basket.prices_include_tax,
        )
        lines = tuple(replace(line, restock=line.line_item_id not in self._spoilt) for line in fact.lines)
        return replace(fact, lines=lines)

    def _fresh(self) -> ReturnState:
        """The state of what was scanned, at the prices of now."""
        totals = self._till.ring_up(self._basket, self._clock(), NOBODY)
        lines = tuple(
            BackLine(
                line_item_id=rung.line.line_item_id,
                product_name=rung.line.product_name,
                unit=rung.line.unit,
                sold=rung.line.quantity,
                left=10**DIGITS_MAX - 1,
                back=rung.line.quantity,
                amount=rung.line_total,
                restock=rung.line.line_item_id not in self._spoilt,
            )
            for rung in totals.lines
        )
        if not lines:
            return ReturnState()
        cash = self._till.rules().refunds.rounding.rounded(totals.total_amount)
        return ReturnState(lines=lines, worth=Worth((), totals.total_amount, (RefundTender(CASH, cash),)))

    def _refuse(self, refusal: Refusal) -> None:
        self._show(replace(self._state, notice=notice_of(refusal)))

    def _show(self, state: ReturnState) -> None:
        self._state = state
        for changed in self._listeners:
            changed(state)
