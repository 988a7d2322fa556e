"""The doctor's eyes: what is not as it should be, in sentences, and the proof of every chain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, func, select, text

from courier.envelope import FIRST_HASH
from hq.database import courier
from hq.ledger.queries import pipe_states
from hq.ledger.run import unsealed
from hq.ledger.tables import ledger
from hq.reports.projection import BOOKS

ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence, and whether somebody has to look."""

    sentence: str
    alarming: bool = False


def quick_look(tx: Connection) -> Iterator[Finding]:
    """Pipes, books and open questions; reads no envelope."""
    states = pipe_states(tx, BOOKS)
    received = sum(state.received for state in states)
    yield Finding(f"{len(states)} pipes, {received} positions received")
    lag = sum(state.lag for state in states)
    yield Finding(f"the books lack {lag} positions", alarming=lag > 0)
    aside = courier.set_aside.c
    for row in tx.execute(
        select(aside.code, func.count().label("facts"))
        .where(aside.decision.is_(None))
        .group_by(aside.code)
        .order_by(aside.code)
    ):
        yield Finding(f"{row.facts} facts are set aside: {row.code}", alarming=True)
    breaks = courier.chain_breaks.c
    for row in tx.execute(select(courier.chain_breaks).order_by(breaks.origin, breaks.first_sequence)):
        sentence = f"chain of {row.origin}: {row.kind} from {row.first_sequence} to {row.last_sequence}"
        yield Finding(sentence, alarming=True)
    yield from _sums(tx)


def _sums(tx: Connection) -> Iterator[Finding]:
    """The figures kept up for each origin against the sales themselves, and sales against their lines."""
    kept = tx.execute(text("SELECT coalesce(sum(sales_count), 0) FROM origin_sums")).scalar_one()
    booked = tx.execute(
        text("""
            SELECT count(*) FROM transactions JOIN ledger l USING (pipe, position)
            WHERE l.origin IS NOT NULL
        """)
    ).scalar_one()
    if kept != booked:
        yield Finding(f"{booked} sales are booked, but the origins' sums say {kept}: rebuild", alarming=True)
    unequal = tx.execute(
        text("""
            SELECT count(*) FROM (
                SELECT id FROM (
                    SELECT id, total_amount AS amount FROM transactions
                    UNION ALL
                    SELECT transaction_id, -line_amount FROM line_items
                ) AS both_sides GROUP BY id HAVING sum(amount) <> 0
            ) AS unequal
        """)
    ).scalar_one()
    yield Finding(f"{unequal} sales differ from the sum of their lines", alarming=unequal > 0)


def verify_chains(tx: Connection) -> Iterator[Finding]:
    """Read the whole ledger again and recompute every hash of every origin."""
    c = ledger.c
    rows = tx.execution_options(yield_per=ROWS_AT_ONCE).execute(
        select(c.origin, c.sequence, c.envelope).where(c.origin.is_not(None)).order_by(c.origin, c.sequence)
    )
    origin, sequence, head, seen = "", 0, FIRST_HASH, 0
    for row in rows:
        if row.origin != origin:
            if origin:
                yield _seen(origin, sequence, seen)
            origin, sequence, head, seen = row.origin, 0, FIRST_HASH, 0
        body = orjson.loads(row.envelope)
        previous, stated = bytes.fromhex(body["previous_hash"]), body["hash"]
        if hashlib.sha256(previous + unsealed(row.envelope.encode(), stated)).hexdigest() != stated:
            yield Finding(f"{origin} {row.sequence}: the hash is not that of the envelope", alarming=True)
        if row.sequence != sequence + 1:
            yield Finding(f"{origin}: {sequence + 1} to {row.sequence - 1} are missing", alarming=True)
        elif body["previous_hash"] != head:
            yield Finding(f"{origin} {row.sequence}: does not follow the one before", alarming=True)
        sequence, head, seen = row.sequence, stated, seen + 1
    if origin:
        yield _seen(origin, sequence, seen)


def _seen(origin: str, sequence: int, seen: int) -> Finding:
    return Finding(f"{origin}: {seen} envelopes up to {sequence} read again")
