"""Refunds of sales with promotions: whatever was saved and rounded, all parts together are the payment."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from retail.basket import Basket, Line, ring_up
from retail.cash import EXACT, CashRounding, RoundingKind
from retail.facts import SaleRecorded
from retail.promotion import Promotion
from retail.refund import BroughtBack, RefundRules, left_of, refund, refund_all, state_of
from retail.refund_facts import RefundRecorded
from retail.sale import SaleState
from tests.make_returns import cash, counter, number, qr, sale
from tests.unit.promotion_strategies import any_lines, any_promotions
from tests.unit.shelf import occasion

MEMBER = occasion(is_member=True, vouchers=frozenset(f"P{number}" for number in range(10)))
ROUNDINGS = st.sampled_from(
    [EXACT, CashRounding(RoundingKind.NEAREST, 5), CashRounding(RoundingKind.DOWN, 10)]
)


def sold(
    data: st.DataObject, lines: list[Line], promotions: list[Promotion], rounding: CashRounding
) -> SaleRecorded:
    """The basket rung up with its promotions, paid by QR and the rest in cash, rounded."""
    inclusive = data.draw(st.booleans())
    totals = ring_up(Basket(inclusive, lines=tuple(lines)), promotions, MEMBER)
    by_qr = data.draw(st.integers(0, totals.total_amount))
    rest = totals.total_amount - by_qr
    in_cash = rounding.rounded(rest)
    tenders = [qr(by_qr)] if by_qr else []
    if in_cash or not tenders:
        tenders.append(cash(in_cash))
    return sale(
        *lines,
        savings=[rung.promotions for rung in totals.lines],
        tenders=tenders,
        prices_include_tax=inclusive,
        rounding_amount=in_cash - rest,
    )


def given_up(parts: list[RefundRecorded]) -> Counter[tuple[str, str]]:
    """What each promotion took off each line that came back."""
    found: Counter[tuple[str, str]] = Counter()
    for part in parts:
        for item in part.lines:
            for applied in item.applied_promotions:
                found[str(item.line_item_id), applied.promo_id] += applied.discount_amount
    return +found


@settings(max_examples=150, deadline=None)
@given(data=st.data(), lines=any_lines(4), promotions=any_promotions(4), rounding=ROUNDINGS)
def test_all_parts_together_give_back_the_payment_the_tax_and_every_promotions_saving(
    data: st.DataObject, lines: list[Line], promotions: list[Promotion], rounding: CashRounding
) -> None:
    original = sold(data, lines, promotions, rounding)
    rules = RefundRules(rounding=rounding)
    paid = sum(tender.amount for tender in original.tenders)
    done: list[RefundRecorded] = []
    for n in range(3):
        some = [
            BroughtBack(left.rung.line.line_item_id, data.draw(st.integers(1, left.quantity)))
            for left in left_of(original, done)
            if left.quantity and data.draw(st.booleans())
        ]
        if some:
            done.append(refund(original, done, some, counter(), rules, refund_id=number(100 + n)))
            assert sum(tender.amount for part in done for tender in part.tenders) <= paid
    if state_of(original, done) is SaleState.PAID:
        done.append(refund_all(original, done, counter(), rules, refund_id=number(99)))

    assert sum(tender.amount for part in done for tender in part.tenders) == paid
    assert sum(part.rounding_amount for part in done) == original.rounding_amount
    for name in ("subtotal", "discount_amount", "tax_amount", "total_amount"):
        assert sum(getattr(part, name) for part in done) == getattr(original.totals, name)
    assert given_up(done) == {
        (str(rung.line.line_item_id), applied.promo_id): applied.discount_amount
        for rung in original.totals.lines
        for applied in rung.promotions
    }
