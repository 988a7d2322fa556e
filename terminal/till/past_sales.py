"""Sales that were recorded, and what came back of them, as this till's own journal has them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from datetime import date, datetime
from uuid import UUID

from courier.envelope import Envelope, opened_text
from courier.outbox import ACKNOWLEDGED
from retail.facts import SaleRecorded
from retail.refund import Later
from retail.refund_facts import RefundRecorded, TransactionVoided
from terminal.till.journal import Journal
from terminal.till.known_sale import KnownSale, Returned, SaleInShort, later_facts

LATEST = """SELECT sequence, cashier_id, sold_at, total_amount FROM
    (SELECT * FROM sales ORDER BY sequence DESC LIMIT ?) WHERE business_date = ? ORDER BY sequence DESC"""
IDS_OF = "SELECT sequence, event_id FROM outbox WHERE sequence BETWEEN ? AND ?"
RETURNED = """SELECT transaction_id, sum(amount), max(event_type = 'TransactionVoided')
    FROM returns WHERE transaction_id IN (SELECT value FROM json_each(?)) GROUP BY transaction_id"""
NUMBERED = "SELECT payload FROM outbox WHERE sequence = ?"
LATER_OF = """SELECT outbox.payload FROM returns JOIN outbox USING (sequence)
    WHERE transaction_id = ? ORDER BY sequence"""
HUB_HAS = """SELECT 1 FROM outbox WHERE event_id = ?
    AND id <= (SELECT cursor_value FROM sync_cursors WHERE cursor_name = ?)"""
PUT_RETURN = "INSERT INTO returns (sequence, transaction_id, event_type, amount) VALUES (?, ?, ?, ?)"


class PastSales:
    """Finds the sales of this till, and records what comes back; methods raise refusals of the disk.

    Facts are let go of after a month (`terminal.lifeline`): older sales, those of other tills and those of
    a disk that was lost are the hub's to tell.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def hub_has(self, transaction_id: UUID) -> bool:
        """Whether the hub has had this sale of ours: one that does not know it has lost its memory."""
        return bool(self._journal.rows(HUB_HAS, (transaction_id.hex, ACKNOWLEDGED)))

    def of_day(self, day: date, count_max: int) -> list[SaleInShort]:
        """The newest sales of this business day, the newest first."""
        rows = self._journal.rows(LATEST, (count_max, day.isoformat()))
        if not rows:
            return []
        found = self._journal.rows(IDS_OF, (rows[-1][0], rows[0][0]))
        ids = {sequence: UUID(event_id) for sequence, event_id in found}
        returned = self._returned(ids.values())
        return [
            SaleInShort(
                ids[sequence],
                self.receipt_number(sequence),
                self._journal.terminal_id,
                cashier_id,
                datetime.fromisoformat(sold_at),
                total_amount,
                *returned.get(ids[sequence], (0, False)),
            )
            for sequence, cashier_id, sold_at, total_amount in rows
            if sequence in ids
        ]

    def receipt_number(self, sequence: int) -> str:
        """The number on the receipt of the fact with this number of ours."""
        return f"{self._journal.terminal_id}-{sequence:06d}"

    def numbered(self, receipt_number: str) -> KnownSale | None:
        """The sale with this number of ours, also by the number of a slip about it."""
        terminal_id, _, digits = receipt_number.rpartition("-")
        if terminal_id != self._journal.terminal_id or not digits.isdecimal() or len(digits) > 18:
            return None
        rows = self._journal.rows(NUMBERED, (int(digits),))
        if not rows:
            return None
        envelope = opened_text(rows[0][0])
        if envelope.event_type == SaleRecorded.event_type:
            return self._known(envelope)
        transaction_id = envelope.payload.get("transaction_id") if _is_return(envelope) else None
        return self.sale(UUID(transaction_id)) if transaction_id else None

    def sale(self, transaction_id: UUID) -> KnownSale | None:
        """The sale with this id; None where the journal has it not."""
        envelope = self._journal.envelope(transaction_id)
        if envelope is None or envelope.event_type != SaleRecorded.event_type:
            return None
        return self._known(envelope)

    def later_of(self, transaction_id: UUID) -> tuple[Later, ...]:
        """What came back of a sale at this till, whoever sold it; the oldest first."""
        rows = self._journal.rows(LATER_OF, (str(transaction_id),))
        return tuple(_later(opened_text(row[0])) for row in rows)

    def record(
        self,
        event_id: UUID,
        return_numbered: Callable[[str], Returned],
        about: tuple[str, UUID],
        at: datetime,
    ) -> tuple[Returned, str]:
        """Make a refund or a void final, in one commit (see `Journal.record_fact`).

        `return_numbered` makes the fact with the number of its slip.
        """

        def kept(tx: sqlite3.Connection, sequence: int) -> None:
            fact: Later = return_numbered(self.receipt_number(sequence))
            tx.execute(PUT_RETURN, (sequence, *_returned(fact)))

        return self._journal.record_fact(
            event_id, lambda sequence: return_numbered(self.receipt_number(sequence)), about, at, kept
        )

    def _returned(self, transaction_ids: Iterable[UUID]) -> dict[UUID, tuple[int, bool]]:
        """What came back of each of these sales here, and whether it is void."""
        listed = "[{}]".format(",".join(f'"{each}"' for each in transaction_ids))
        rows = self._journal.rows(RETURNED, (listed,))
        return {UUID(row[0]): (row[1], bool(row[2])) for row in rows}

    def _known(self, envelope: Envelope) -> KnownSale:
        sale = SaleRecorded.from_body(envelope.payload)
        return KnownSale(sale, self.later_of(sale.transaction_id), envelope.hash)


def _returned(fact: Later) -> tuple[str | None, str, int]:
    if isinstance(fact, TransactionVoided):
        return str(fact.transaction_id), fact.event_type, fact.amount
    sale = None if fact.transaction_id is None else str(fact.transaction_id)
    return sale, fact.event_type, fact.total_amount


def _later(envelope: Envelope) -> Later:
    return later_facts([(envelope.event_type, envelope.payload)])[0]


def _is_return(envelope: Envelope) -> bool:
    return envelope.event_type in (RefundRecorded.event_type, TransactionVoided.event_type)
