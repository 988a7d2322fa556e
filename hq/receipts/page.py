"""A receipt as a small web page: no script, nothing from elsewhere, nothing of the member or the cashier."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from hq.receipts.queries import FoundReceipt
from hq.receipts.wording import OTHER, WORDS
from retail.figures import money_text, quantity_text, rate_text
from retail.money import currency_of
from retail.quantity import Unit
from retail.receipt import Receipt, ReceiptLine

STYLE = (
    "body{font:17px/1.45 system-ui,sans-serif;margin:0;background:#e7eeec;color:#0b1f1d}"
    "main{max-width:26rem;min-height:100vh;margin:0 auto;"
    "padding:1.2rem;box-sizing:border-box;background:#fff}"
    "h1{font-size:1.25rem;margin:0}p{margin:.2rem 0}.soft{color:#465d59;font-size:.9rem}"
    "table{width:100%;border-collapse:collapse;margin:.8rem 0}td{padding:.15rem 0;vertical-align:top}"
    "td:last-child{text-align:right;white-space:nowrap;padding-left:.8rem}"
    ".name{font-weight:600}.total td{font-size:1.35rem;font-weight:700;border-top:2px solid}"
    ".note{background:#fdecec;color:#9b1c1c;border-radius:.5rem;padding:.6rem .8rem;font-weight:600}"
    "a{color:#0f766e}"
)
PAGE = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    "{head}<title>{title}</title><style>{style}</style></head><body><main>{body}"
    '<p class="soft"><a href="?lang={other}" hreflang="{other}">{other_name}</a></p></main></body></html>'
)
AGAIN_SECONDS = 5


def receipt_page(found: FoundReceipt, language: str) -> str:
    """The receipt; raises `UnknownCurrency`."""
    words = WORDS[language]
    store = found.receipt.store.name
    return _page(f"{words['title']} · {store}", "".join(_rows(found, language)), language)


def coming_page(language: str) -> str:
    """Before the sale has reached head office; the page asks again by itself."""
    again = f'<meta http-equiv="refresh" content="{AGAIN_SECONDS}">'
    return _said("coming", language, again)


def unknown_page(language: str) -> str:
    """For a token that is none, or too old to be on its way."""
    return _said("unknown", language, "")


def _said(code: str, language: str, head: str) -> str:
    words = WORDS[language]
    body = f"<h1>{escape(words[code])}</h1><p>{escape(words[f'{code}-hint'])}</p>"
    return _page(words[code], body, language, head)


def _page(title: str, body: str, language: str, head: str = "") -> str:
    return PAGE.format(
        language=language,
        head=head,
        title=escape(title),
        style=STYLE,
        body=body,
        other=OTHER[language],
        other_name=escape(WORDS[language]["other"]),
    )


def _rows(found: FoundReceipt, language: str) -> Iterator[str]:
    receipt, words = found.receipt, WORDS[language]

    def money(amount: int) -> str:
        return money_text(amount, currency_of(receipt.currency), language)

    yield from _head(receipt, language)
    if found.is_void:
        yield f'<p class="note">{escape(words["void"])}</p>'
    elif found.given_back:
        yield f'<p class="note">{escape(words["given-back"])}: {escape(money(found.given_back))}</p>'
    yield "<table>"
    for line in receipt.lines:
        yield from _line(line, receipt, language)
    if receipt.discount_amount:
        yield _pair(words["discount"], money(-receipt.discount_amount))
    if not receipt.prices_include_tax:
        yield _pair(words["added"], money(receipt.tax_amount))
    yield _pair(words["total"], money(receipt.total_amount), "total")
    if receipt.rounding_amount:
        yield _pair(words["rounding"], money(receipt.rounding_amount))
    for tender in receipt.tenders:
        yield _pair(words.get(tender.payment_method, tender.payment_method), money(tender.amount))
        if tender.tendered is not None and tender.change:
            yield _pair(words["tendered"], money(tender.tendered), "soft")
            yield _pair(words["change"], money(tender.change), "soft")
    if receipt.prices_include_tax:
        for tax in receipt.taxes:
            name = f"{words['contained']} {rate_text(tax.rate, language)}"
            yield _pair(name, money(tax.tax_amount), "soft")
    yield f"</table><p>{escape(words['thanks'])}</p>"
    numbers = f"{receipt.receipt_number} · {words['proof']} {receipt.proof}"
    yield f'<p class="soft">{escape(numbers)}</p>'


def _head(receipt: Receipt, language: str) -> Iterator[str]:
    store, words = receipt.store, WORDS[language]
    yield f"<h1>{escape(store.name)}</h1>"
    lines = [
        store.address,
        f"{words['tax-code']}: {store.tax_code}" if store.tax_code else "",
        f"{words['phone']}: {store.phone}" if store.phone else "",
        f"{words['number']} {receipt.receipt_number} · {receipt.sold_at:%d/%m/%Y %H:%M}",
    ]
    for text in filter(None, lines):
        yield f'<p class="soft">{escape(text)}</p>'


def _line(line: ReceiptLine, receipt: Receipt, language: str) -> Iterator[str]:
    currency = currency_of(receipt.currency)
    yield f'<tr><td class="name" colspan="2">{escape(line.product_name)}</td></tr>'
    quantity = quantity_text(line.quantity, Unit(line.unit), language)
    before = money_text(line.line_total + line.line_discount, currency, language)
    yield _pair(f"{quantity} × {money_text(line.unit_price, currency, language)}", before)
    for applied in line.promotions:
        yield _pair(applied.name, money_text(-applied.discount_amount, currency, language), "soft")
    by_hand = line.line_discount - sum(applied.discount_amount for applied in line.promotions)
    if by_hand:
        yield _pair(WORDS[language]["discount"], money_text(-by_hand, currency, language), "soft")


def _pair(name: str, figure: str, kind: str = "") -> str:
    mark = f' class="{kind}"' if kind else ""
    return f"<tr{mark}><td>{escape(name)}</td><td>{escape(figure)}</td></tr>"
