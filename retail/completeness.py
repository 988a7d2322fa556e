"""The line of a Z report that lets anybody check that nothing is missing: range, count, sum and head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from retail.shift_facts import ShiftClosed

HEAD_CHARACTERS = 4
"""As many as a receipt shows of its own fact's hash."""


@dataclass(frozen=True, slots=True)
class CompletenessLine:
    """From which receipt to which, how many sales, what they amount to (minor units), and the chain's head.

    `sequence` is the closing's own number in its chain: every number up to it must be there, and `head` are
    the first characters of the hash that stands for all of them.
    """

    first_receipt: str | None
    last_receipt: str | None
    sales_count: int
    sales_amount: int
    sequence: int
    head: str

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "first_receipt": self.first_receipt,
            "last_receipt": self.last_receipt,
            "sales_count": self.sales_count,
            "sales_amount": self.sales_amount,
            "sequence": self.sequence,
            "head": self.head,
        }

    def __str__(self) -> str:
        receipts = f"{self.first_receipt}…{self.last_receipt}" if self.sales_count else "-"
        return f"{receipts} · {self.sales_count} · {self.sales_amount} · {self.sequence} {self.head}"


def completeness_line(closed: ShiftClosed, sequence: int, fact_hash: str) -> CompletenessLine:
    """The line of a closed shift, from its fact and the fact's number and hash."""
    return CompletenessLine(
        closed.first_receipt,
        closed.last_receipt,
        closed.sales_count,
        closed.sales_amount,
        sequence,
        fact_hash[:HEAD_CHARACTERS].upper(),
    )
