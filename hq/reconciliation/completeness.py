"""Whether everything a store has made is here, unbroken and in the books (DESIGN invariant 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, text

from courier.standing import OPEN_BREAKS, Break, Standing, standings
from hq.database import courier
from hq.ledger.queries import pipe_states, pipes_of, set_aside_count
from hq.reconciliation.tables import store_set_aside
from hq.stores.queries import chain_calendar
from hq.stores.tables import enrolment_codes


@dataclass(frozen=True, slots=True)
class Completeness:
    """What head office can say about a store's facts. `set_aside`: here and at the store's hub; `annulled`:
    by a person, here or there."""

    store_id: str
    origins: list[Standing]
    set_aside: int
    set_aside_at_hub: int
    projected: bool
    at: datetime
    zone: ZoneInfo
    annulled: int = 0

    @property
    def complete(self) -> bool:
        """Every number of every origin is here, unbroken, applied, and nothing waits for a person."""
        settled = self.set_aside == 0 and self.set_aside_at_hub == 0
        return settled and self.projected and all(origin.whole for origin in self.origins)

    def says(self) -> list[str]:
        """Why it is complete or not: one sentence per origin, and one for what waits."""
        sentences = [origin.says(self.zone) for origin in self.origins]
        if self.set_aside:
            sentences.append(f"{self.set_aside} set aside here, waiting for a decision")
        if self.set_aside_at_hub:
            sentences.append(f"{self.set_aside_at_hub} set aside at the hub, waiting for a decision")
        if self.annulled:
            sentences.append(f"{self.annulled} annulled by a person, in no sum")
        if not self.projected:
            sentences.append("not everything received is in the books yet")
        return sentences

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {
            "store_id": self.store_id,
            "complete": self.complete,
            "says": self.says(),
            "origins": [origin.to_body(self.zone, self.at) for origin in self.origins],
            "set_aside": self.set_aside,
            "set_aside_at_hub": self.set_aside_at_hub,
            "annulled": self.annulled,
            "projected": self.projected,
        }


_ENDS = text("""
    SELECT o.origin, coalesce((SELECT min(sequence) FROM ledger f WHERE f.origin = o.origin), 0) AS first,
        l.envelope::jsonb ->> 'timestamp' AS made_at
    FROM origins o LEFT JOIN ledger l ON l.origin = o.origin AND l.sequence = o.sequence
    WHERE split_part(o.origin, '/', 1) = :store_id
""")
_SUMS = text("""
    SELECT origin, sales_count, sales_total FROM origin_sums WHERE split_part(origin, '/', 1) = :store_id
""")

_ANNULLED = text("""
    SELECT count(*) FROM (
        SELECT coalesce(event_id, pipe || '#' || position) AS fact FROM set_aside
        WHERE decision = 'annul' AND pipe = ANY(:pipes)
        UNION
        SELECT coalesce(event_id, pipe || '#' || position) FROM store_set_aside
        WHERE decision = 'annul' AND store_id = :store_id
    ) AS annulled
""")


def completeness(tx: Connection, store_id: str, projection: str, at: datetime) -> Completeness:
    """The state of all chains of a store; wants a transaction with one snapshot."""
    values = {"store_id": store_id}
    ends = {row.origin: (row.first, _moment(row.made_at)) for row in tx.execute(_ENDS, values)}
    sums = {row.origin: (row.sales_count, row.sales_total) for row in tx.execute(_SUMS, values)}
    told = store_set_aside.c
    open_cases = tx.execute(
        select(store_set_aside).where(told.store_id == store_id, told.decision.is_(None))
    ).all()
    open_elsewhere = [
        (row.origin, Break(OPEN_BREAKS[row.code], row.sequence or 0, row.sequence or 0, row.set_aside_at))
        for row in open_cases
        if row.code in OPEN_BREAKS and row.origin is not None
    ]
    pipes = pipes_of(store_id)
    return Completeness(
        store_id,
        standings(
            tx,
            courier,
            store_id,
            expected=enrolled_tills(tx, store_id),
            sums=sums,
            ends=ends,
            open_elsewhere=open_elsewhere,
            at=at,
        ),
        set_aside_count(tx, pipes),
        len(open_cases),
        all(state.lag == 0 for state in pipe_states(tx, projection) if state.pipe in pipes),
        at,
        ZoneInfo(chain_calendar(tx).timezone),
        tx.execute(_ANNULLED, {**values, "pipes": pipes}).scalar_one(),
    )


def enrolled_tills(tx: Connection, store_id: str) -> list[str]:
    """The origins of the tills that head office has ever made a code for."""
    c = enrolment_codes.c
    query = select(c.terminal_id).where(c.store_id == store_id, c.terminal_id.is_not(None)).distinct()
    return [f"{store_id}/{terminal_id}" for terminal_id in tx.execute(query).scalars()]


def _moment(said: str | None) -> datetime | None:
    """What an origin says of the moment of its fact; it may be anything."""
    try:
        moment = datetime.fromisoformat(said or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
