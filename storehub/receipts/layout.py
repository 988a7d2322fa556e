"""A receipt as rows, the same for paper and for plain text (FR-1.4)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from retail.figures import figure_text, money_text, quantity_text, rate_text
from retail.money import currency_of
from retail.quantity import Unit
from retail.receipt import Receipt, ReceiptLine
from retail.tax import TaxTotal
from storehub.printers.job import Edition
from storehub.receipts.wording import Wording


class Weight(Enum):
    """How loud a row is."""

    SMALL = auto()
    BODY = auto()
    ITEM = auto()
    STRONG = auto()
    HEADING = auto()
    TITLE = auto()
    TOTAL = auto()


@dataclass(frozen=True, slots=True)
class Centred:
    """A text in the middle, wrapped where it is too long."""

    text: str
    weight: Weight = Weight.BODY


@dataclass(frozen=True, slots=True)
class Pair:
    """Words on the left, wrapped where they are too long, and a figure on the right."""

    left: str
    right: str = ""
    weight: Weight = Weight.BODY
    indented: bool = False


@dataclass(frozen=True, slots=True)
class Banner:
    """A word nobody can overlook."""

    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper."""


@dataclass(frozen=True, slots=True)
class Code:
    """A text for scanners."""

    text: str


NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"

Row = Centred | Pair | Banner | Rule | Code
Figure = Callable[[int], str]


def rows_of(receipt: Receipt, words: Wording, edition: Edition) -> Iterator[Row]:
    """Everything the receipt says, from the top to the bottom; raises `UnknownCurrency`."""
    currency = currency_of(receipt.currency)

    def figure(amount: int) -> str:
        """An amount without its symbol, which the total carries for all of them."""
        return figure_text(amount, currency, words.language)

    yield from _head(receipt, words, edition)
    yield Rule()
    for line in receipt.lines:
        yield from _line(line, words, figure)
    yield Rule()
    yield from _totals(receipt, words, figure)
    total = money_text(receipt.total_amount, currency, words.language)
    yield Pair(words.total, total, Weight.TOTAL)
    yield from _tenders(receipt, words, figure)
    yield from _contained_tax(receipt, words, figure)
    yield from _customer(receipt, words)
    yield Rule()
    yield Code(receipt.receipt_number)
    yield Centred(f"{receipt.receipt_number} · {words.proof} {receipt.proof}", Weight.SMALL)
    for text in words.thanks:
        yield Centred(text)


def _head(receipt: Receipt, words: Wording, edition: Edition) -> Iterator[Row]:
    store = receipt.store
    yield Centred(clean(store.name), Weight.TITLE)
    if store.address:
        yield Centred(clean(store.address), Weight.SMALL)
    contact = [
        f"{label}: {clean(text)}"
        for label, text in ((words.tax_code, store.tax_code), (words.phone, store.phone))
        if text
    ]
    if contact:
        yield Centred("   ".join(contact), Weight.SMALL)
    yield Centred(words.title, Weight.HEADING)
    yield from edition_rows(words, edition)
    yield Pair(
        f"{words.number}: {receipt.receipt_number}", receipt.sold_at.strftime(words.moment), Weight.SMALL
    )
    yield Pair(
        f"{words.cashier}: {clean(receipt.cashier_id)}",
        f"{words.terminal}: {receipt.terminal_id}",
        Weight.SMALL,
    )


def edition_rows(words: Wording, edition: Edition) -> Iterator[Row]:
    """What a paper says that may not be the only one."""
    if edition is Edition.COPY:
        yield Banner(words.copy)
    elif edition is Edition.PERHAPS_COPY:
        yield Banner(words.perhaps_copy)
        yield Centred(words.perhaps_copy_why, Weight.SMALL)


def _line(line: ReceiptLine, words: Wording, figure: Figure) -> Iterator[Row]:
    yield Pair(clean(line.product_name), weight=Weight.ITEM)
    before_discount = line.line_total + line.line_discount
    yield Pair(
        f"{quantity_text(line.quantity, Unit(line.unit), words.language)} × {figure(line.unit_price)}",
        figure(before_discount),
        indented=True,
    )
    for applied in line.promotions:
        yield Pair(clean(applied.name), figure(-applied.discount_amount), indented=True)
    by_hand = line.line_discount - sum(applied.discount_amount for applied in line.promotions)
    if by_hand:
        yield Pair(words.discount, figure(-by_hand), indented=True)


def _totals(receipt: Receipt, words: Wording, figure: Figure) -> Iterator[Row]:
    if receipt.discount_amount or not receipt.prices_include_tax:
        yield Pair(words.subtotal, figure(receipt.subtotal))
    if receipt.discount_amount:
        yield Pair(words.discount, figure(-receipt.discount_amount))
    if not receipt.prices_include_tax:
        for tax in receipt.taxes:
            yield Pair(f"{words.tax_added} {_rate_on(tax, words, figure)}", figure(tax.tax_amount))


def _tenders(receipt: Receipt, words: Wording, figure: Figure) -> Iterator[Row]:
    if receipt.rounding_amount:
        yield Pair(words.rounding, figure(receipt.rounding_amount))
        yield Pair(words.to_pay, figure(receipt.total_amount + receipt.rounding_amount), Weight.STRONG)
    for tender in receipt.tenders:
        name = words.tenders.get(tender.payment_method, tender.payment_method)
        yield Pair(name, figure(tender.amount))
        if tender.tendered is not None:
            yield Pair(words.tendered, figure(tender.tendered), indented=True)
            yield Pair(words.change, figure(tender.change), Weight.STRONG, indented=True)
        if tender.provider_txn_id:
            yield Pair(
                f"{words.reference} {clean(tender.provider_txn_id)}", weight=Weight.SMALL, indented=True
            )


def _contained_tax(receipt: Receipt, words: Wording, figure: Figure) -> Iterator[Row]:
    if not receipt.prices_include_tax:
        return
    yield Rule()
    yield Pair(words.tax_contained, figure(receipt.tax_amount), Weight.SMALL)
    for tax in receipt.taxes:
        yield Pair(_rate_on(tax, words, figure), figure(tax.tax_amount), Weight.SMALL, indented=True)


def _customer(receipt: Receipt, words: Wording) -> Iterator[Row]:
    """The member and what the sale earned them, and the vouchers that were used."""
    if receipt.member or receipt.vouchers:
        yield Rule()
    if receipt.member:
        yield Pair(words.member, clean(receipt.member.name))
        points = quantity_text(receipt.member.points_earned, Unit.PIECE, words.language)
        yield Pair(words.points_earned, points)
    for code in receipt.vouchers:
        yield Pair(words.voucher, clean(code))


def _rate_on(tax: TaxTotal, words: Wording, figure: Figure) -> str:
    """`8% on 74,074`."""
    return f"{rate_text(tax.rate, words.language)} {words.tax_net} {figure(tax.net_amount)}"


def wrapped(text: str, width_of: Callable[[str], float], room: float) -> list[str]:
    """The text in pieces that fit: broken between words, and inside a word that is too long alone."""
    pieces = [""]
    for word in text.split(" "):
        longer = f"{pieces[-1]} {word}" if pieces[-1] else word
        if width_of(longer) <= room:
            pieces[-1] = longer
            continue
        if pieces[-1]:
            pieces.append("")
        for letter in word:
            if pieces[-1] and width_of(pieces[-1] + letter) > room:
                pieces.append("")
            pieces[-1] += letter
    return pieces


def beside(
    left: str, right: str, width_of: Callable[[str], float], room: float, gap: float
) -> list[tuple[str, str]]:
    """Lines of words and figure: the figure at the end of the last line, or under it where it has no room."""
    *full, last = wrapped(left, width_of, room)
    lines = [(piece, "") for piece in full]
    if right and width_of(last) + gap + width_of(right) > room:
        return [*lines, (last, ""), ("", right)]
    return [*lines, (last, right)]


def broken_evenly(text: str, width_of: Callable[[str], float], room: float) -> list[str]:
    """Like `wrapped`, broken at commas or into equal widths where that costs no further line."""
    pieces = wrapped(text, width_of, room)
    if len(pieces) == 1:
        return pieces
    tied = ", ".join(part.replace(" ", NO_BREAK_SPACE) for part in text.split(", "))
    at_commas = [piece.replace(NO_BREAK_SPACE, " ") for piece in wrapped(tied, width_of, room)]
    evenly = wrapped(text, width_of, min(room, 1.15 * width_of(text) / len(pieces)))
    return next(way for way in (at_commas, evenly, pieces) if len(way) == len(pieces))


def clean(text: str) -> str:
    """One line of composed letters: a decomposed `ệ` is drawn beside its marks, a line break not at all."""
    return " ".join(unicodedata.normalize("NFC", text).split())
