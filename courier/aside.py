"""Facts that were set aside: listing them, telling of them, and writing a decision down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, func, select, tuple_, update

from courier.breaks import gap_at, replace_gap
from courier.chain import Gap
from courier.decision import CARRIED_LIMIT, Aside, Decision, FactSetAside, SetAsideDecided
from courier.tables import CourierTables

PAGE_MAX = 500


@dataclass(frozen=True, slots=True)
class Case(Aside):
    """A fact that was set aside, and what was decided about it."""

    detail: str
    payload: str
    set_aside_at: datetime
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None

    def to_body(self) -> dict[str, Any]:
        """JSON types only; `envelope` as it came."""
        return {
            **self.naming(),
            "detail": self.detail,
            "envelope": self.payload,
            "set_aside_at": self.set_aside_at.isoformat(),
            "decision": self.decision,
            "decided_by": self.decided_by,
            "decided_at": self.decided_at.isoformat() if self.decided_at else None,
        }

    def told(self, *, carried: bool) -> FactSetAside:
        """The fact that tells of it; the text goes along when the chain it belongs to does not carry it."""
        return FactSetAside(
            *self.named,
            self.detail,
            self.set_aside_at,
            None if carried or len(self.payload) > CARRIED_LIMIT else self.payload,
        )

    def decided(
        self, decision: Decision, reason: str, by: str, at: datetime, *, carried: bool
    ) -> SetAsideDecided:
        """The fact of a decision about it."""
        return SetAsideDecided(
            *self.named,
            decision,
            reason,
            by,
            at,
            None if carried or len(self.payload) > CARRIED_LIMIT else self.payload,
        )


def cases(
    tx: Connection,
    tables: CourierTables,
    *,
    pipes: Sequence[str] | None = None,
    codes: Sequence[str] | None = None,
    undecided: bool = True,
    limit: int = PAGE_MAX,
    behind: Case | None = None,
) -> list[Case]:
    """What was set aside (in these pipes, for these reasons), the oldest first; `behind`: the last of the
    page before."""
    aside = tables.set_aside
    query = _columns(tables).order_by(aside.c.set_aside_at, aside.c.pipe, aside.c.position).limit(limit)
    if undecided:
        query = query.where(aside.c.decision.is_(None))
    if pipes is not None:
        query = query.where(aside.c.pipe.in_(list(pipes)))
    if codes is not None:
        query = query.where(aside.c.code.in_(list(codes)))
    if behind is not None:
        place = tuple_(aside.c.set_aside_at, aside.c.pipe, aside.c.position)
        query = query.where(place > tuple_(behind.set_aside_at, behind.pipe, behind.position))
    return [Case(**row) for row in tx.execute(query).mappings()]


def find(tx: Connection, tables: CourierTables, pipe: str, position: int) -> Case | None:
    """The fact set aside at this place, locked until commit where the database locks rows."""
    c = tables.set_aside.c
    query = _columns(tables).where(c.pipe == pipe, c.position == position).with_for_update()
    row = tx.execute(query).mappings().one_or_none()
    return Case(**row) if row is not None else None


def first_undecided(tx: Connection, tables: CourierTables) -> int | None:
    """The first position of our outbox under whose number something was set aside that waits for a decision:
    from there on everything is kept, or another try would find neither its place nor its history."""
    outbox, aside = tables.outbox.c, tables.set_aside.c
    first: int | None = tx.execute(
        select(func.min(outbox.id))
        .select_from(tables.set_aside)
        .join(tables.outbox, (outbox.origin == aside.origin) & (outbox.sequence == aside.sequence))
        .where(aside.decision.is_(None))
    ).scalar_one()
    return first


def restate(tx: Connection, tables: CourierTables, pipe: str, position: int, code: str, detail: str) -> None:
    """Give an undecided fact the reason for which it waits now; the first one may have been mended."""
    aside = tables.set_aside
    tx.execute(
        update(aside)
        .where(aside.c.pipe == pipe, aside.c.position == position, aside.c.decision.is_(None))
        .values(code=code[:100], detail=detail.replace("\x00", ""))
    )


def settle(tx: Connection, tables: CourierTables, decided: SetAsideDecided) -> None:
    """Write a decision down; a number that will never arrive any more is no gap from then on."""
    aside = tables.set_aside
    tx.execute(
        update(aside)
        .where(aside.c.pipe == decided.pipe, aside.c.position == decided.position)
        .values(decision=decided.decision.value, decided_by=decided.decided_by, decided_at=decided.decided_at)
    )
    close_number(tx, tables, decided)


def close_number(tx: Connection, tables: CourierTables, decided: SetAsideDecided) -> None:
    """Take the number of a decided fact out of the gap that it left, if it did."""
    if decided.origin is None or decided.sequence is None or decided.decision is Decision.RETRY:
        return
    gap = gap_at(tx, tables.chain_breaks, decided.origin, decided.sequence)
    if gap is None:
        return
    before = Gap(gap.origin, gap.first_sequence, decided.sequence - 1, _previous_hash(decided.envelope))
    after = Gap(gap.origin, decided.sequence + 1, gap.last_sequence, gap.awaited_hash)
    rests = [rest for rest in (before, after) if rest.first_sequence <= rest.last_sequence]
    replace_gap(tx, tables.chain_breaks, gap, rests, decided.decided_at)


def _previous_hash(envelope: str | None) -> str:
    try:
        return str(orjson.loads(envelope or "")["previous_hash"])[:64]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""


def _columns(tables: CourierTables) -> Any:
    c = tables.set_aside.c
    return select(
        c.pipe,
        c.position,
        c.event_id,
        c.origin,
        c.sequence,
        c.code,
        c.detail,
        c.payload,
        c.set_aside_at,
        c.decision,
        c.decided_by,
        c.decided_at,
    )
