"""The doctor's eyes: what is not as it should be, in sentences (`verify` is the proof of it)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from hq.database import courier
from hq.ledger.queries import pipe_states
from hq.reports.projection import BOOKS


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
