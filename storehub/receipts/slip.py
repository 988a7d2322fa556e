"""The slip of a refund or a void as rows, for paper."""

from __future__ import annotations

from collections.abc import Iterator

from retail.figures import figure_text, money_text, quantity_text
from retail.money import currency_of
from retail.quantity import Unit
from retail.slip import Slip
from storehub.printers.job import Edition
from storehub.receipts.layout import Centred, Code, Pair, Row, Rule, Weight, clean, edition_rows
from storehub.receipts.wording import Wording


def slip_rows(slip: Slip, words: Wording, edition: Edition) -> Iterator[Row]:
    """Everything the slip says, from the top to the bottom; raises `UnknownCurrency`."""
    currency = currency_of(slip.currency)

    def figure(amount: int) -> str:
        return figure_text(amount, currency, words.language)

    yield Centred(clean(slip.store.name), Weight.TITLE)
    if slip.store.address:
        yield Centred(clean(slip.store.address), Weight.SMALL)
    yield Centred(words.void_title if slip.is_void else words.refund_title, Weight.HEADING)
    yield from edition_rows(words, edition)
    yield from _head(slip, words)
    yield Rule()
    for line in slip.lines:
        yield Pair(clean(line.product_name), weight=Weight.ITEM)
        quantity = quantity_text(line.quantity, Unit(line.unit), words.language)
        yield Pair(quantity, figure(line.line_total), indented=True)
    yield Rule()
    yield Pair(words.given_back, money_text(slip.total_amount, currency, words.language), Weight.TOTAL)
    if slip.rounding_amount:
        yield Pair(words.rounding, figure(slip.rounding_amount))
    for tender in slip.tenders:
        name = words.tenders.get(tender.payment_method, tender.payment_method)
        yield Pair(name, figure(tender.amount), Weight.STRONG)
    yield Rule()
    yield Pair(f"{words.reason}: {clean(slip.reason)}", weight=Weight.SMALL)
    yield Centred(words.signature, Weight.SMALL)
    yield Centred("\N{NO-BREAK SPACE}", Weight.TOTAL)
    yield Rule()
    code = slip.number or slip.sale_number
    if code:
        yield Code(code)
        yield Centred(code, Weight.SMALL)


def _head(slip: Slip, words: Wording) -> Iterator[Row]:
    moment = slip.made_at.strftime(words.moment)
    yield Pair(f"{words.number}: {slip.number or slip.sale_number or ''}", moment, Weight.SMALL)
    if slip.number:
        yield Pair(f"{words.of_sale}: {slip.sale_number or words.no_receipt}", weight=Weight.SMALL)
    cashier = f"{words.cashier}: {clean(slip.made_by)}"
    yield Pair(cashier, f"{words.terminal}: {slip.terminal_id}", Weight.SMALL)
    if slip.approved_by:
        yield Pair(f"{words.approved_by}: {clean(slip.approved_by)}", weight=Weight.SMALL)
