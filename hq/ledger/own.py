"""Head office's own facts: sealed in a chain of its own, in a pipe of its own, in the same ledger."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from courier import cursor, outbox
from courier.chain import advanced
from courier.decision import SetAsideDecided
from courier.envelope import Envelope, seal
from hq.database import courier
from hq.ledger.tables import ledger

OWN = "HQ"
"""Origin and pipe of head office itself; no store may have this name."""


def record_own(tx: Connection, fact: SetAsideDecided, event_id: UUID, at: datetime) -> Envelope:
    """Seal a fact of head office behind its last one; its position in the pipe is its sequence."""
    cursor.lock(tx, courier.sync_cursors, cursor.pipe_cursor(OWN), at)
    head = outbox.chain_head(tx, courier.origins, OWN)
    envelope = seal(
        event_id=event_id,
        event_type=fact.event_type,
        version=fact.version,
        origin=OWN,
        sequence=head.sequence + 1,
        previous_hash=head.hash,
        store_id=OWN,
        terminal_id=None,
        timestamp=at,
        payload=fact.to_body(),
    )
    outbox.set_chain_head(tx, courier.origins, advanced(head, envelope), at)
    tx.execute(
        ledger.insert().values(
            pipe=OWN,
            position=envelope.sequence,
            event_id=envelope.event_id,
            event_type=envelope.event_type,
            store_id=OWN,
            origin=OWN,
            sequence=envelope.sequence,
            received_at=at,
            envelope=envelope.text,
        )
    )
    cursor.move(tx, courier.sync_cursors, cursor.pipe_cursor(OWN), envelope.sequence, at)
    return envelope
