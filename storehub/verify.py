"""`storehub verify`: every fact this hub holds read again, its chains proved, its sales held against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from courier.chain import ChainHead, Link
from courier.decision import Decision, SetAsideDecided
from courier.verify import Kept, Noted, Walked, walk
from retail.facts import SaleRecorded
from storehub.database import courier
from storehub.sales.tables import transactions

ROWS_AT_ONCE = 2_000
BROKEN = (f"chain-{Link.FORK}", f"chain-{Link.ALTERED}")
"""Codes of what was set aside and no chain carries."""


@dataclass(slots=True)
class Told:
    """What the facts say was sold: amount by transaction, and the sales of each origin."""

    amounts: dict[str, int] = field(default_factory=dict)
    by_origin: dict[str, tuple[int, int]] = field(default_factory=dict)
    facts: int = 0

    def sale(self, origin: str, transaction_id: str, amount: int) -> None:
        """One more."""
        self.amounts[transaction_id] = amount
        count, total = self.by_origin.get(origin, (0, 0))
        self.by_origin[origin] = (count + 1, total + amount)


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found."""

    walks: Sequence[Walked]
    told: Told
    differences: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.differences and not any(walked.flaws for walked in self.walks)

    def lines(self) -> Iterator[str]:
        """A table of the origins, then what is wrong, each with a sentence."""
        yield f"{'origin':<30} {'facts':>8} {'first':>8} {'last':>8} {'sales':>8} {'amount':>14}  chain  head"
        for walked in self.walks:
            count, amount = self.told.by_origin.get(walked.origin, (0, 0))
            yield (
                f"{walked.origin:<30} {walked.count:>8} {walked.first:>8} {walked.last:>8} {count:>8} "
                f"{amount:>14}  {'BROKEN' if walked.flaws else 'intact'} {walked.hash[:8]}"
            )
        for walked in self.walks:
            for flaw in walked.flaws:
                yield f"LOOK  {flaw}"
        for difference in self.differences:
            yield f"LOOK  {difference}"


def verify(tx: Connection) -> Verification:
    """Walk and compare; wants a transaction with one snapshot."""
    told = Told()
    aside = courier.set_aside.c
    left_out = {
        (row.origin, row.sequence)
        for row in tx.execute(
            select(aside.origin, aside.sequence).where(
                # What was forked or altered is not what the chain has under that number.
                aside.code.not_in(BROKEN),
                aside.decision.is_distinct_from(Decision.RETRY.value),
                aside.decision.is_distinct_from(Decision.ACCEPT.value),
            )
        )
    }

    def look(row: Kept, body: Any) -> None:
        told.facts += 1
        if body["event_type"] == SetAsideDecided.event_type:
            _decided(told, SetAsideDecided.from_body(body["payload"]))
        elif body["event_type"] == SaleRecorded.event_type and (row.origin, row.sequence) not in left_out:
            told.sale(row.origin, body["payload"]["transaction_id"], body["payload"]["total_amount"])

    walks = list(walk(_rows(tx), _noted(tx), look))
    return Verification(walks, told, [*_positions(tx), *_unequal(tx, told)])


def _decided(told: Told, decided: SetAsideDecided) -> None:
    """A sale that no chain carries and that somebody accepted."""
    if decided.decision is not Decision.ACCEPT or decided.envelope is None:
        return
    try:
        body = orjson.loads(decided.envelope)
        payload = body["payload"]
        if body["event_type"] == SaleRecorded.event_type:
            told.sale(body["origin"], payload["transaction_id"], payload["total_amount"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return


def _rows(tx: Connection) -> Iterator[Kept]:
    c = courier.outbox.c
    query = select(c.id, c.origin, c.sequence, c.payload).order_by(c.origin, c.sequence)
    with tx.execution_options(yield_per=ROWS_AT_ONCE).execute(query) as rows:
        for row in rows:
            yield Kept("outbox", row.id, row.origin, row.sequence, row.payload)


def _noted(tx: Connection) -> dict[str, Noted]:
    heads, breaks, aside = courier.origins.c, courier.chain_breaks.c, courier.set_aside.c
    gaps: dict[str, list[tuple[int, int]]] = {}
    for row in tx.execute(select(courier.chain_breaks).where(breaks.kind == Link.GAP.value)):
        gaps.setdefault(row.origin, []).append((row.first_sequence, row.last_sequence))
    kept: dict[str, set[int]] = {}
    for row in tx.execute(
        select(aside.origin, aside.sequence).where(aside.sequence.is_not(None), aside.code.not_in(BROKEN))
    ):
        kept.setdefault(row.origin, set()).add(row.sequence)
    first = tx.execute(select(func.min(courier.outbox.c.id))).scalar_one()
    return {
        row.origin: Noted(
            ChainHead(row.origin, row.sequence, row.hash),
            tuple(gaps.get(row.origin, ())),
            frozenset(kept.get(row.origin, ())),
            # Facts that head office has had for long may be gone: then a chain begins where it begins.
            ChainHead(row.origin) if first in (None, 1) else None,
        )
        for row in tx.execute(select(heads.origin, heads.sequence, heads.hash).where(heads.sequence > 0))
    }


def _positions(tx: Connection) -> Iterator[str]:
    """The pipe's positions have no gaps: what was deleted leaves one, whosever it was."""
    c = courier.outbox.c
    first, last, count = tx.execute(select(func.min(c.id), func.max(c.id), func.count())).one()
    given_out = select(courier.heads.c.value).where(courier.heads.c.name == "outbox")
    head = tx.execute(given_out).scalar_one_or_none() or 0
    missing = head - (first or 1) + 1 - count
    if missing > 0:
        yield f"{missing} of the positions {first or 1}-{head} of the outbox are gone"
    if (last or 0) > head:
        yield f"the outbox goes to {last}, and {head} was the last position given out"


def _unequal(tx: Connection, told: Told) -> Iterator[str]:
    """Every recorded sale against its fact, both ways."""
    c = transactions.c
    left = dict(told.amounts)
    rows = tx.execution_options(yield_per=ROWS_AT_ONCE).execute(
        select(c.id, c.receipt_number, c.total_amount)
        .where(c.completed_at.is_not(None))
        .order_by(c.completed_at, c.id)
    )
    pruned = tx.execute(select(func.min(courier.outbox.c.id))).scalar_one() not in (None, 1)
    for row in rows:
        said = left.pop(str(row.id), None)
        if said is None and not pruned:
            yield f"sale {row.receipt_number} of {row.total_amount} is recorded, and no fact says so"
        elif said is not None and said != row.total_amount:
            yield f"sale {row.receipt_number}: the fact says {said}, the record {row.total_amount}"
    for transaction_id, amount in left.items():
        yield f"sale {transaction_id} of {amount}: a fact says so, and it is not recorded"
