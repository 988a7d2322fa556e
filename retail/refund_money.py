"""How the money of a refund goes back: the way it came, cash last, and never more than was paid."""

from __future__ import annotations

from collections.abc import Sequence

from retail.cash import CashRounding
from retail.payment import CASH, Tender
from retail.refund_facts import RefundTender


def as_paid(tenders: Sequence[Tender]) -> tuple[RefundTender, ...]:
    """Every tender of a sale the way it came; cash, in however many parts it was paid, once."""
    cash = sum(tender.amount for tender in tenders if tender.payment_method == CASH)
    back = [
        RefundTender(tender.payment_method, tender.amount, tender.payment_id)
        for tender in tenders
        if tender.payment_method != CASH and tender.amount
    ]
    return (*back, RefundTender(CASH, cash)) if cash else tuple(back)


def money_back(
    paid: Sequence[Tender],
    before: Sequence[RefundTender],
    amount: int,
    *,
    carried: int,
    last: bool,
    as_cash: bool,
    rounding: CashRounding,
) -> tuple[RefundTender, ...]:
    """The tenders of a refund of this amount (minor units).

    `before` are the tenders of earlier refunds, `carried` what rounding them paid out too much. First
    the providers get back what is left on each of their payments, then the drawer pays the rest, rounded
    by the store's rule but never beyond what is left of the money paid. The `last` refund of a sale pays
    out exactly what is left, so that all refunds together are the payment, its cash rounding included.
    """
    left = sum(tender.amount for tender in paid) - sum(tender.amount for tender in before)
    to_pay = left if last else min(amount, left)
    back = [] if as_cash else _to_providers(paid, before, to_pay)
    cash = to_pay - sum(tender.amount for tender in back)
    if not last:
        cash = min(rounding.rounded_part(cash, carried) if cash else 0, left - (to_pay - cash))
    return (*back, RefundTender(CASH, cash)) if cash else tuple(back)


def _to_providers(paid: Sequence[Tender], before: Sequence[RefundTender], amount: int) -> list[RefundTender]:
    back = []
    for tender in paid:
        if tender.payment_method == CASH:
            continue
        gone = sum(earlier.amount for earlier in before if earlier.payment_id == tender.payment_id)
        part = min(tender.amount - gone, amount)
        if part > 0:
            back.append(RefundTender(tender.payment_method, part, tender.payment_id))
            amount -= part
    return back
