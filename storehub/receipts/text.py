"""The receipt as plain text (`text/plain`), for screens, e-mail and printers without graphics."""

from __future__ import annotations

import unicodedata

from retail.receipt import Receipt
from storehub.printers.job import Edition
from storehub.receipts.layout import Banner, Centred, Code, Pair, Row, Rule, beside, broken_evenly, rows_of
from storehub.receipts.wording import wording_of

INDENT = "  "


def write_receipt(
    receipt: Receipt, language: str = "vi", *, columns: int = 48, edition: Edition = Edition.ORIGINAL
) -> str:
    """The receipt in lines of at most `columns` characters (48 for 80 mm paper, 42 for narrower fonts).

    The scanner's code has no text of its own; its number is written under it. Raises `UnknownCurrency`.
    """
    lines: list[str] = []
    for row in rows_of(receipt, wording_of(language), edition):
        lines += _written(row, columns)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _written(row: Row, columns: int) -> list[str]:
    match row:
        case Centred(text):
            return [_centred(piece, columns) for piece in broken_evenly(text, cells, columns)]
        case Banner(text):
            return [_centred(f"*** {text} ***", columns)]
        case Rule():
            return ["-" * columns]
        case Pair(left, right):
            return _pair(left, right, INDENT if row.indented else "", columns)
        case Code():
            return []


def _pair(left: str, right: str, indent: str, columns: int) -> list[str]:
    rows = beside(left, right, cells, columns - len(indent), gap=1)
    return [indent + piece + " " * (columns - cells(indent + piece + end)) + end for piece, end in rows]


def _centred(text: str, columns: int) -> str:
    return " " * ((columns - cells(text)) // 2) + text


def cells(text: str) -> int:
    """How many columns a text takes: Chinese and Japanese letters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
