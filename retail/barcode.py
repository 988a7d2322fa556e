"""Barcodes as they come from a scanner: GTINs, GS1 element strings and links, and a chain's own codes.

A code that stands in the catalogue as a whole always wins over any pattern inside it: `read` asks
`knows` first, and `Scan.keys` begins with the whole code for lookups that come later. What is no code
at all is refused with its reason: garbage, half scans, two codes in one burst.
Sources: GS1 General Specifications 3, 5.1.3 (symbology identifiers) and 7.9 (check digits), through
`retail.gs1` and biip; restricted circulation numbers through `retail.in_store`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from retail.gs1 import (
    CHECKED_LENGTHS,
    SEPARATOR,
    Element,
    check_digit,
    checked_elements,
    checks,
    date_of,
    moment_of,
    read_elements,
    read_link,
)
from retail.in_store import CodePattern, InStoreKind, pattern_for
from retail.money import Currency, round_half_up
from retail.refusal import Refusal

__all__ = [
    "BarcodeNotReadable",
    "GoodsExpired",
    "HalfScan",
    "Measure",
    "Scan",
    "ScanKind",
    "ScanRules",
    "TwoCodes",
    "WrongCheckDigit",
    "check_digit",
    "demand_fresh",
    "gtin14",
    "is_gtin",
    "read",
]

GTIN_LENGTHS = frozenset({8, 12, 13, 14})
TEXT_LIMIT = 50
"""The longest code of our own; element strings and links may have more."""
FIELDS_LIMIT = 512
BLANKS = " \t\r\n"

SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
COMPOSITE = re.compile(r"\|\]e[0-9]")
LINK = re.compile(r"https?://", re.IGNORECASE)
RECEIPT = re.compile(r"[A-Za-z0-9_]{1,60}-\d{6,}")
"""A receipt's number: terminal and six figures or more of its sequence, `POS_03-001042`."""

GTIN_SYMBOLOGIES = {"]E0": 13, "]E4": 8}
ELEMENT_SYMBOLOGIES = frozenset({"]C1", "]d2", "]e0", "]J1", "]Q3"})


class BarcodeNotReadable(Refusal):
    """The scan is empty, too long, or holds characters no barcode of ours has (`barcode`)."""

    code = "barcode-not-readable"


class WrongCheckDigit(Refusal):
    """The digits look like a GTIN, but the last one does not fit: a torn scan (`barcode`)."""

    code = "wrong-check-digit"


class HalfScan(Refusal):
    """Figures that are no code of the catalogue and of no code's length: a half scan (`barcode`)."""

    code = "half-scan"


class TwoCodes(Refusal):
    """Two codes came in one burst: scan them one after the other (`barcode`)."""

    code = "two-codes-at-once"


class GoodsExpired(Refusal):
    """The code says that these very goods are past their date; they are not sold (`expired_on`, `lot`)."""

    code = "goods-expired"


class ScanKind(StrEnum):
    """What a code turned out to be."""

    GTIN = "gtin"
    ELEMENTS = "elements"
    LINK = "link"
    IN_STORE = "in-store"
    RECEIPT = "receipt"
    VOUCHER = "voucher"
    MEMBER = "member"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with its decimals, as a code carries it: 315 and 3 is 0.315."""

    figures: int
    decimals: int

    def scaled(self, decimals: int) -> int:
        """The number in units of so many decimals, rounded half up: 0.315 kg with 3 is 315 g."""
        ahead = decimals - self.decimals
        if ahead >= 0:
            return self.figures * int(10**ahead)
        return round_half_up(self.figures, int(10**-ahead))

    def minor_units(self, currency: Currency) -> int:
        """The number as money of this currency."""
        return self.scaled(currency.digits)


@dataclass(frozen=True, slots=True)
class Scan:
    """What was scanned.

    `text` is the code as it came, without the scanner's symbology identifier; `gtin14` the zero-padded
    key of its GTIN, when it has one. Whatever else the code says: `weight_grams`, `count` of pieces,
    `price` of this very piece (`price_currency`: the three figures of ISO 4217, where it says them),
    `lot`, `serial`, `number` (of a member, voucher or receipt), and dates as six figures (YYMMDD), which
    become days only together with today's date.
    """

    text: str
    gtin14: str | None
    kind: ScanKind = ScanKind.OTHER
    symbology: str | None = None
    elements: tuple[Element, ...] = ()
    item_keys: tuple[str, ...] = ()
    weight_grams: int | None = None
    count: int | None = None
    price: Measure | None = None
    price_currency: str | None = None
    lot: str | None = None
    serial: str | None = None
    number: str | None = None
    expiry: str | None = None
    expiry_moment: str | None = None
    sell_by: str | None = None
    best_before: str | None = None
    produced: str | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """What to look up in the catalogue, in this order: the whole code goes first."""
        found = (self.text, self.gtin14, *self.item_keys)
        return tuple(dict.fromkeys(key for key in found if key))


@dataclass(frozen=True, slots=True)
class ScanRules:
    """A chain's settings: its own in-store codes, the beginnings of its voucher and member codes, and
    what its scanners send between fields."""

    patterns: tuple[CodePattern, ...] = ()
    voucher_prefix: str = "V-"
    member_prefix: str = "M-"
    separator: str = SEPARATOR


DEFAULT = ScanRules()


def is_gtin(text: str) -> bool:
    """Whether the text is a GTIN-8/12/13/14 with a right check digit."""
    return len(text) in GTIN_LENGTHS and checks(text)


def gtin14(text: str) -> str | None:
    """The zero-padded key of a valid GTIN, so that UPC-A and its EAN-13 form meet; else None.

    Restricted-circulation and coupon numbers are keys of ours too, whatever else they are.
    """
    return text.zfill(14) if is_gtin(text) else None


def read(text: str, rules: ScanRules = DEFAULT, knows: Callable[[str], bool] | None = None) -> Scan:
    """Read one scan.

    `knows(key)` says whether the catalogue has this very code; what it knows as a whole is not looked
    into. Without it, text that is no GS1 code is passed on: a store's own codes are looked up as they
    stand. Raises `BarcodeNotReadable`, `WrongCheckDigit`, `HalfScan`, `TwoCodes`, `ElementsNotReadable`,
    `LinkWithoutProduct` and `WrongMeasureDigit`.
    """
    symbology, code, component = _one_code(text.replace(rules.separator, SEPARATOR))
    known = gtin14(code)
    if knows is not None and any(knows(key) for key in (code, known) if key):
        return Scan(code, known, ScanKind.GTIN if known else ScanKind.OTHER, symbology)
    scan = _read_code(code, symbology, rules, strict=knows is not None)
    if component:
        # Both parts of a composite code speak of the same goods: neither takes back what the other says.
        scan = _with_elements(scan, checked_elements((*scan.elements, *read_elements(component)), code))
    return replace(scan, symbology=symbology)


def demand_fresh(scan: Scan, local: datetime) -> None:
    """Return unless the code says the goods are past their date; raises `GoodsExpired`.

    `local` is the moment on the store's wall clock. The day of the date itself is still good
    (General Specifications 3.4.7). A best-before date is a promise of quality and refuses nothing.
    """
    today = local.date()
    for day in (scan.expiry, scan.sell_by):
        if day is not None and date_of(day, today) < today:
            raise GoodsExpired(expired_on=date_of(day, today).isoformat(), lot=scan.lot)
    if scan.expiry_moment is not None:
        moment = moment_of(scan.expiry_moment, today)
        if moment < local.replace(tzinfo=None):
            raise GoodsExpired(expired_on=moment.isoformat(), lot=scan.lot)


def past_best_before(scan: Scan, today: date) -> bool:
    """Whether the best-before date is over: nothing is refused, but the cashier may say so."""
    return scan.best_before is not None and date_of(scan.best_before, today) < today


def _one_code(text: str) -> tuple[str | None, str, str]:
    """Symbology identifier, code and composite component of a burst that holds one code."""
    # Not str.split(): Python counts the field separator 0x1D among the blanks.
    whole = text.strip(BLANKS)
    pieces = re.split(f"[{BLANKS}]+", whole)
    shown = " ".join(pieces)[:TEXT_LIMIT]
    if len(whole) > FIELDS_LIMIT or not re.fullmatch(f"[{BLANKS}{SEPARATOR}!-~]+", whole):
        raise BarcodeNotReadable(barcode=shown)
    if len(pieces) > 1:
        raise TwoCodes(barcode=shown) if all(map(_is_code, pieces)) else BarcodeNotReadable(barcode=shown)
    symbology = None
    if whole.startswith("]"):
        symbology, whole = whole[:3], whole[3:]
        if not SYMBOLOGY.fullmatch(symbology) or not whole:
            raise BarcodeNotReadable(barcode=shown)
    code, *components = COMPOSITE.split(whole)
    links = LINK.finditer(code.partition("?")[0])
    if SYMBOLOGY.search(code) or any(found.start() > 0 for found in links):
        raise TwoCodes(barcode=shown)
    return symbology, code, SEPARATOR.join(components)


def _read_code(code: str, symbology: str | None, rules: ScanRules, *, strict: bool) -> Scan:
    length = GTIN_SYMBOLOGIES.get(symbology or "")
    if length is not None and (len(code) != length or not code.isdigit()):
        raise BarcodeNotReadable(barcode=code[:TEXT_LIMIT])
    if LINK.match(code):
        return _with_elements(Scan(code, None, ScanKind.LINK), read_link(code))
    if symbology in ELEMENT_SYMBOLOGIES or SEPARATOR in code or _begins_with_number(code):
        return _with_elements(Scan(code, None, ScanKind.ELEMENTS), read_elements(code))
    if code.isdigit():
        return _read_digits(code, rules, strict=strict)
    if len(code) > TEXT_LIMIT:
        raise BarcodeNotReadable(barcode=code[:TEXT_LIMIT])
    for prefix, kind in ((rules.voucher_prefix, ScanKind.VOUCHER), (rules.member_prefix, ScanKind.MEMBER)):
        if prefix and code.startswith(prefix) and code != prefix:
            return Scan(code, None, kind, number=code.removeprefix(prefix))
    if RECEIPT.fullmatch(code):
        return Scan(code, None, ScanKind.RECEIPT, number=code)
    return Scan(code, None)


def _read_digits(code: str, rules: ScanRules, *, strict: bool) -> Scan:
    """Figures only: a GTIN, an in-store number, or a code of the store's own (a PLU)."""
    if len(code) in GTIN_LENGTHS:
        if not is_gtin(code):
            raise WrongCheckDigit(barcode=code)
        return _in_store(code, rules) or Scan(code, gtin14(code), ScanKind.GTIN)
    if _is_several_gtins(code):
        raise TwoCodes(barcode=code[:TEXT_LIMIT])
    if len(code) > TEXT_LIMIT:
        raise BarcodeNotReadable(barcode=code[:TEXT_LIMIT])
    if strict and len(code) > min(GTIN_LENGTHS):
        raise HalfScan(barcode=code)
    return Scan(code, None)


def _in_store(code: str, rules: ScanRules) -> Scan | None:
    """What an in-store number says by the chain's own patterns; None when it fits none of them."""
    short = code[1:] if len(code) == 14 and code.startswith("0") else code.zfill(13)
    pattern = pattern_for(short, rules.patterns)
    if pattern is None:
        return None
    scan = Scan(code, gtin14(code), ScanKind.IN_STORE)
    if pattern.kind in (InStoreKind.MEMBER, InStoreKind.VOUCHER):
        kind = ScanKind.MEMBER if pattern.kind is InStoreKind.MEMBER else ScanKind.VOUCHER
        return replace(scan, kind=kind, number=pattern.variable_part(short))
    measure = Measure(pattern.measure(short), pattern.decimals)
    zeroed = pattern.without_measure(short)
    scan = replace(scan, item_keys=(zeroed, zeroed.zfill(14), pattern.item(short)))
    if pattern.kind is InStoreKind.WEIGHT:
        return replace(scan, weight_grams=measure.scaled(3))
    if pattern.kind is InStoreKind.PIECES:
        return replace(scan, count=measure.scaled(0))
    return replace(scan, price=measure)


def _with_elements(scan: Scan, elements: tuple[Element, ...]) -> Scan:
    """The scan with what these fields say."""
    values = {element.ai: element.value for element in elements}
    weight = _first(values, "310")
    price = _first(values, "392")
    with_currency = None if price else _first(values, "393", skip=3)
    kind, number = scan.kind, scan.number
    for ai, its_kind in (("8018", ScanKind.MEMBER), ("255", ScanKind.VOUCHER)):
        if ai in values and "01" not in values:
            kind, number = its_kind, values[ai]
    return replace(
        scan,
        gtin14=values.get("01", scan.gtin14),
        kind=kind,
        number=number,
        elements=elements,
        weight_grams=scan.weight_grams if weight is None else weight.scaled(3),
        count=int(values["30"]) if "30" in values else scan.count,
        price=price or with_currency or scan.price,
        price_currency=_beginning(values, "393", 3) if with_currency else None,
        lot=values.get("10"),
        serial=values.get("21"),
        expiry=values.get("17"),
        expiry_moment=values.get("7003"),
        sell_by=values.get("16"),
        best_before=values.get("15"),
        produced=values.get("11") or values.get("13"),
    )


def _first(values: Mapping[str, str], beginning: str, skip: int = 0) -> Measure | None:
    """The measure of the first field whose identifier begins so; its fourth figure is the decimals."""
    for ai, value in values.items():
        if len(ai) == 4 and ai.startswith(beginning):
            return Measure(int(value[skip:]), int(ai[3]))
    return None


def _beginning(values: Mapping[str, str], beginning: str, figures: int) -> str | None:
    """The first figures of the first field whose identifier begins so."""
    return next((value[:figures] for ai, value in values.items() if ai.startswith(beginning)), None)


def _is_code(piece: str) -> bool:
    """Whether a piece of a burst could be a code by itself."""
    return len(piece) >= min(GTIN_LENGTHS)


def _begins_with_number(code: str) -> bool:
    """Whether text without symbology identifier begins as an element string does: 00, 01 or 02 and a whole
    number with its check digit."""
    length = CHECKED_LENGTHS[code[:2]] if code[:2] in ("00", "01", "02") else 0
    return 0 < length <= len(code) - 2 and checks(code[2 : 2 + length])


def _is_several_gtins(code: str) -> bool:
    """Whether figures can be cut into valid GTINs, one behind the other."""
    ends = {0}
    for end in range(min(GTIN_LENGTHS), len(code) + 1):
        if any(end - length in ends and is_gtin(code[end - length : end]) for length in GTIN_LENGTHS):
            ends.add(end)
    return len(code) in ends
