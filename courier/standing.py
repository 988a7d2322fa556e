"""How complete a receiver is: what it has of every origin's chain, and what it lacks, in a sentence each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from courier.chain import UNKNOWN_HASH, Link
from courier.tables import CourierTables
from courier.verify import span

SILENT_AFTER = timedelta(hours=24)
"""An origin that was not heard for so long is said to be silent; a shop may be closed for a night."""

OPEN_BREAKS = {f"chain-{Link.FORK}": Link.FORK.value, f"chain-{Link.ALTERED}": Link.ALTERED.value}
"""Why a fact waits for a decision → what is wrong with the chain until then."""

CHAIN_STATES = {Link.ALTERED.value: "altered", Link.FORK.value: "forked", Link.GAP.value: "gap"}
"""Kind of a break → state of the chain; the first that there is counts."""


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold (numbers, both ends included), how, and since when it is known."""

    kind: str
    first: int
    last: int
    since: datetime

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {"kind": self.kind, "first": self.first, "last": self.last, "since": self.since.isoformat()}


@dataclass(frozen=True, slots=True)
class Standing:
    """One origin as it has arrived.

    `sales_count` and `sales_total` (minor units) as booked; `newest_at`: when its newest fact was made, by
    its own clock; `announced`: the last number it has named, if that is beyond what has come.
    """

    origin: str
    first: int
    last: int
    hash: str | None
    breaks: tuple[Break, ...] = ()
    sales_count: int = 0
    sales_total: int = 0
    newest_at: datetime | None = None
    last_heard_at: datetime | None = None
    announced: int = 0
    silent: bool = False

    @property
    def chain(self) -> str:
        """intact, gap, forked or altered."""
        kinds = {each.kind for each in self.breaks}
        return next((state for kind, state in CHAIN_STATES.items() if kind in kinds), "intact")

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """Missing numbers, both ends included."""
        return [(each.first, each.last) for each in self.breaks if each.kind == Link.GAP.value]

    @property
    def whole(self) -> bool:
        """Whether everything it has made, as far as is known, is here and unbroken."""
        return not self.breaks and self.announced <= self.last

    def says(self, zone: ZoneInfo) -> str:
        """What there is to say in one sentence."""
        name = self.origin.rpartition("/")[2]
        parts = [_said(each, zone) for each in self.breaks]
        if self.announced > self.last:
            parts.append(f"{span(self.last + 1, self.announced)} announced and not here yet")
        if self.last == 0 and not parts:
            return f"{name}: enrolled, and nothing was ever heard of it"
        parts = parts or [f"complete to {self.last}"]
        if self.silent and self.last_heard_at is not None:
            parts.append(f"not heard since {clock_time(self.last_heard_at, zone)}")
        return f"{name}: {', '.join(parts)}"

    def to_body(self, zone: ZoneInfo, at: datetime) -> dict[str, Any]:
        """JSON types only."""
        age = None if self.newest_at is None else max(0, int((at - self.newest_at).total_seconds()))
        return {
            "origin": self.origin,
            "first": self.first,
            "last": self.last,
            "hash": self.hash,
            "gaps": [list(gap) for gap in self.gaps],
            "chain": self.chain,
            "breaks": [each.to_body() for each in self.breaks],
            "announced": max(self.announced, self.last),
            "sales_count": self.sales_count,
            "sales_total": self.sales_total,
            "newest_at": self.newest_at.isoformat() if self.newest_at else None,
            "newest_age_seconds": age,
            "last_heard_at": self.last_heard_at.isoformat() if self.last_heard_at else None,
            "silent": self.silent,
            "says": self.says(zone),
        }


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """`2026-11-22 14:02`, by the clock on the shop's wall."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _said(broken: Break, zone: ZoneInfo) -> str:
    numbers, since = span(broken.first, broken.last), clock_time(broken.since, zone)
    if broken.kind == Link.GAP.value:
        return f"{numbers} missing since {since}"
    if broken.kind == Link.FORK.value:
        return f"two histories at {numbers}, seen {since}"
    return f"{numbers} altered on its way, seen {since}"


def standings(
    tx: Connection,
    tables: CourierTables,
    store_id: str,
    *,
    expected: Iterable[str],
    sums: Mapping[str, tuple[int, int]],
    ends: Mapping[str, tuple[int, datetime | None]],
    open_elsewhere: Sequence[tuple[str, Break]] = (),
    at: datetime,
) -> list[Standing]:
    """The standing of every origin of a store, also of those that are only `expected` (enrolled).

    `ends`: first number and moment of the newest fact; `open_elsewhere`: breaks that a hub has told of.
    """
    heads = {row.origin: row for row in tx.execute(select(tables.origins)) if _of(row.origin, store_id)}
    named = {row.origin: row for row in tx.execute(select(tables.announced)) if _of(row.origin, store_id)}
    breaks = _breaks(tx, tables)
    for origin, each in open_elsewhere:
        breaks.setdefault(origin, []).append(each)
    found = []
    for origin in sorted({*heads, *named, *expected}):
        head, ahead = heads.get(origin), named.get(origin)
        first, newest_at = ends.get(origin, (0, None))
        heard_at = head.heard_at if head is not None else None
        last = head.sequence if head is not None else 0
        known = head is not None and head.hash != UNKNOWN_HASH
        found.append(
            Standing(
                origin,
                first or last,
                last,
                head.hash if head is not None and known else None,
                tuple(sorted(breaks.get(origin, ()), key=lambda each: (each.first, each.kind))),
                *sums.get(origin, (0, 0)),
                newest_at,
                heard_at,
                ahead.sequence if ahead is not None else 0,
                heard_at is None or at - heard_at > SILENT_AFTER,
            )
        )
    return found


def _of(origin: str, store_id: str) -> bool:
    return origin.partition("/")[0] == store_id


def _breaks(tx: Connection, tables: CourierTables) -> dict[str, list[Break]]:
    """Open gaps, and forks and alterations that nobody has decided about."""
    found: dict[str, list[Break]] = {}
    gap, aside = tables.chain_breaks.c, tables.set_aside.c
    for row in tx.execute(select(tables.chain_breaks).where(gap.kind == Link.GAP.value)):
        each = Break(row.kind, row.first_sequence, row.last_sequence, row.found_at)
        found.setdefault(row.origin, []).append(each)
    undecided = select(aside.origin, aside.sequence, aside.code, aside.set_aside_at).where(
        aside.decision.is_(None), aside.code.in_(OPEN_BREAKS), aside.origin.is_not(None)
    )
    for row in tx.execute(undecided):
        number = row.sequence or 0
        each = Break(OPEN_BREAKS[row.code], number, number, row.set_aside_at)
        found.setdefault(row.origin, []).append(each)
    return found
