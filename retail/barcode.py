"""Barcodes as they come from a scanner: EAN-13, EAN-8, UPC-A and GTIN-14, with their check digits.

Source: GS1 General Specifications, section 7.9 (check digit); parsing by biip.
"""

from __future__ import annotations

from dataclasses import dataclass

from biip import ParseError
from biip.gtin import Gtin

from retail.refusal import Refusal

GTIN_LENGTHS = frozenset({8, 12, 13, 14})
TEXT_LIMIT = 50


class BarcodeNotReadable(Refusal):
    """The scan is empty, too long, or holds characters no barcode of ours has (`barcode`)."""

    code = "barcode-not-readable"


class WrongCheckDigit(Refusal):
    """The digits look like a GTIN, but the last one does not fit: a half or torn scan (`barcode`)."""

    code = "wrong-check-digit"


@dataclass(frozen=True, slots=True)
class Scan:
    """What was scanned: `text` as it came, and `gtin14`, its zero-padded key when it is a GTIN."""

    text: str
    gtin14: str | None


def check_digit(payload: str) -> int:
    """The GS1 check digit that belongs behind these digits."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(payload)))
    return -weighted % 10


def is_gtin(text: str) -> bool:
    """Whether the text is a GTIN-8/12/13/14 with a right check digit."""
    return (
        len(text) in GTIN_LENGTHS
        and text.isascii()
        and text.isdigit()
        and check_digit(text[:-1]) == int(text[-1])
    )


def gtin14(text: str) -> str | None:
    """The zero-padded key of a valid GTIN, so that UPC-A and its EAN-13 form meet; else None."""
    if not is_gtin(text):
        return None
    try:
        return Gtin.parse(text).as_gtin_14()
    except ParseError:
        # Restricted-circulation and coupon ranges that biip does not call a GTIN are still our keys.
        return text.zfill(14)


def read(text: str) -> Scan:
    """Read one scan; raises `BarcodeNotReadable` or `WrongCheckDigit`.

    Digits of a GTIN's length must carry the right check digit. Other printable text is passed on:
    a store's own codes are looked up as they stand.
    """
    code = text.strip()
    if not code or len(code) > TEXT_LIMIT or not code.isascii() or not code.isprintable() or " " in code:
        raise BarcodeNotReadable(barcode=code[:TEXT_LIMIT])
    if code.isdigit() and len(code) in GTIN_LENGTHS and not is_gtin(code):
        raise WrongCheckDigit(barcode=code)
    return Scan(code, gtin14(code))
