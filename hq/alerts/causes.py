"""What somebody should look at, as the database has it at this moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, text

from courier.beginning import LOST_POSITIONS
from courier.chain import Link
from courier.standing import SILENT_AFTER, clock_time
from courier.verify import span
from hq.database import courier

AHEAD_AFTER = timedelta(minutes=2)
"""A fact made later than it arrived by more than this comes from a clock that is ahead."""

OPEN_ITEMS_WATCHED = timedelta(days=30)
"""For so long a barcode that was sold as an open item is on the list, unless the catalogue has it before."""

LOSSES_WATCHED = timedelta(days=30)
"""For so long the positions that no hub can bring any more stay on the list; their gaps stay until filled."""

PINS_WATCHED = timedelta(hours=12)
"""For so long three wrong PINs stay on the list: a day at work."""


class AlertKind(StrEnum):
    """What can be the matter."""

    GAP = "gap"
    FORK = "fork"
    ALTERED = "altered"
    SET_ASIDE = "set-aside"
    SILENCE = "silence"
    CLOCK = "clock"
    BACKUP = "backup"
    WRONG_PINS = "wrong-pins"
    UNKNOWN_BARCODE = "unknown-barcode"


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that is the matter now; (kind, store, subject) tells it from every other."""

    kind: AlertKind
    store_id: str
    subject: str
    detail: str


def causes(tx: Connection, zone: ZoneInfo, at: datetime) -> Iterator[Cause]:
    """Everything that is the matter."""
    yield from _gaps(tx, zone)
    yield from _lost_positions(tx, zone, at)
    yield from _cases(tx)
    yield from _silent_hubs(tx, zone, at)
    yield from _silent_tills(tx, zone, at)
    yield from _clocks(tx)
    yield from _wrong_pins(tx, zone, at)
    yield from _unknown_barcodes(tx, at)


def _lost_positions(tx: Connection, zone: ZoneInfo, at: datetime) -> Iterator[Cause]:
    """What a hub keeps no more and we lost: each chain's numbers are gaps; this says that it was one loss."""
    breaks = courier.chain_breaks
    recent = breaks.c.kind == LOST_POSITIONS, breaks.c.found_at > at - LOSSES_WATCHED
    for row in tx.execute(select(breaks).where(*recent)):
        numbers = span(row.first_sequence, row.last_sequence)
        said = f"{row.origin}: positions {numbers} are on no disk, found {clock_time(row.found_at, zone)}"
        yield Cause(AlertKind.GAP, row.origin, f"{row.origin} positions {numbers}", said)


def _gaps(tx: Connection, zone: ZoneInfo) -> Iterator[Cause]:
    breaks = courier.chain_breaks
    for row in tx.execute(select(breaks).where(breaks.c.kind == Link.GAP.value)):
        store_id, _, name = row.origin.partition("/")
        numbers = span(row.first_sequence, row.last_sequence)
        said = f"{name or store_id}: {numbers} missing since {clock_time(row.found_at, zone)}"
        yield Cause(AlertKind.GAP, store_id, f"{row.origin} {numbers}", said)


_CASES = text("""
    SELECT split_part(pipe, '/', 1) AS store_id, code, origin, count(*) AS facts, min(sequence) AS first
    FROM set_aside WHERE decision IS NULL GROUP BY 1, 2, 3
    UNION ALL
    SELECT store_id, code, origin, count(*), min(sequence)
    FROM store_set_aside WHERE decision IS NULL GROUP BY 1, 2, 3
""")
_CHAIN = {f"chain-{Link.FORK}": AlertKind.FORK, f"chain-{Link.ALTERED}": AlertKind.ALTERED}
_SAID = {
    AlertKind.FORK: "{name}: two histories from {first} on: two machines have one identity",
    AlertKind.ALTERED: "{name}: {facts} altered on the way, the first is {first}",
    AlertKind.SET_ASIDE: "{name}: {facts} set aside ({code}), waiting for a decision",
}


def _cases(tx: Connection) -> Iterator[Cause]:
    """What waits for a decision, here or at a hub; by origin and reason, as one deed makes many of them."""
    for row in tx.execute(_CASES):
        kind = _CHAIN.get(row.code, AlertKind.SET_ASIDE)
        origin = row.origin or row.store_id
        name = origin.rpartition("/")[2]
        said = _SAID[kind].format(name=name, facts=row.facts, first=row.first, code=row.code)
        subject = origin if kind is not AlertKind.SET_ASIDE else f"{origin} {row.code}"
        yield Cause(kind, row.store_id, subject[:200], said)


_HUBS = text("""
    SELECT s.store_id, s.enrolled_at, max(c.updated_at) AS heard_at
    FROM stores s LEFT JOIN sync_cursors c ON c.cursor_name = 'pipe:' || s.store_id
    WHERE s.enrolled_at IS NOT NULL GROUP BY s.store_id, s.enrolled_at
""")
_TILLS = text("""
    SELECT DISTINCT e.store_id, e.store_id || '/' || e.terminal_id AS origin, o.heard_at,
        min(e.expires_at) OVER (PARTITION BY e.store_id, e.terminal_id) AS expected_at
    FROM enrolment_codes e LEFT JOIN origins o ON o.origin = e.store_id || '/' || e.terminal_id
    WHERE e.terminal_id IS NOT NULL
""")


def _silent_hubs(tx: Connection, zone: ZoneInfo, at: datetime) -> Iterator[Cause]:
    for row in tx.execute(_HUBS):
        heard_at = row.heard_at or row.enrolled_at
        if at - heard_at > SILENT_AFTER:
            said = f"{row.store_id}: no fact of this store since {clock_time(heard_at, zone)}"
            yield Cause(AlertKind.SILENCE, row.store_id, row.store_id, said)


def _silent_tills(tx: Connection, zone: ZoneInfo, at: datetime) -> Iterator[Cause]:
    for row in tx.execute(_TILLS):
        name = row.origin.rpartition("/")[2]
        if row.heard_at is None and at > row.expected_at:
            said = f"{name}: enrolled, and nothing was ever heard of it"
        elif row.heard_at is not None and at - row.heard_at > SILENT_AFTER:
            said = f"{name}: not heard since {clock_time(row.heard_at, zone)}"
        else:
            continue
        yield Cause(AlertKind.SILENCE, row.store_id, row.origin, said)


_NEWEST = text("""
    SELECT split_part(o.origin, '/', 1) AS store_id, o.origin, l.received_at,
        l.envelope::jsonb ->> 'timestamp' AS made_at
    FROM origins o JOIN ledger l ON l.origin = o.origin AND l.sequence = o.sequence
""")


def _clocks(tx: Connection) -> Iterator[Cause]:
    """Clocks that are ahead: a slow one cannot be told from a slow line, and is not trusted either."""
    for row in tx.execute(_NEWEST):
        try:
            ahead = datetime.fromisoformat(row.made_at) - row.received_at
        except (TypeError, ValueError):
            continue
        if ahead > AHEAD_AFTER:
            name, minutes = row.origin.rpartition("/")[2], int(ahead.total_seconds() // 60)
            said = f"{name}: its clock is at least {minutes} minutes ahead"
            yield Cause(AlertKind.CLOCK, row.store_id, row.origin, said)


_ALARMS = text("""
    SELECT subject, count(*) AS times, max(at) AS last_at,
        min(actor) AS actor, count(DISTINCT actor) AS people
    FROM audit_log WHERE at > :since AND at <= :at AND detail ->> 'alarm' = 'true' GROUP BY subject
""")


def _wrong_pins(tx: Connection, zone: ZoneInfo, at: datetime) -> Iterator[Cause]:
    """Tills at which three wrong PINs came in a row."""
    for row in tx.execute(_ALARMS, {"since": at - PINS_WATCHED, "at": at + AHEAD_AFTER}):
        store_id, _, name = row.subject.partition("/")
        who = row.actor if row.people == 1 else f"{row.people} people"
        often = "" if row.times == 1 else f", {row.times} times in {PINS_WATCHED.seconds // 3600} hours"
        said = f"{name}: three wrong PINs in a row at {clock_time(row.last_at, zone)} ({who}){often}"
        yield Cause(AlertKind.WRONG_PINS, store_id, row.subject, said)


_OPEN_ITEMS = text("""
    SELECT t.store_id, l.barcode, count(*) AS times,
        (array_agg(l.product_name ORDER BY t.sold_at DESC))[1] AS product_name,
        (array_agg(l.unit_price ORDER BY t.sold_at DESC))[1] AS unit_price,
        max(l.business_date) AS last_date
    FROM line_items l
    JOIN transactions t ON t.id = l.transaction_id AND t.business_date = l.business_date
    WHERE l.sku_id = 'OPEN' AND l.business_date > :since AND l.barcode <> ''
        AND NOT EXISTS (
            SELECT FROM catalog_barcodes b
            WHERE b.barcode = l.barcode OR b.scan_key = lpad(l.barcode, 14, '0'))
    GROUP BY t.store_id, l.barcode ORDER BY t.store_id, l.barcode LIMIT 1000
""")


def _unknown_barcodes(tx: Connection, at: datetime) -> Iterator[Cause]:
    """Barcodes that the catalogue lacks and that tills have sold as open items."""
    for row in tx.execute(_OPEN_ITEMS, {"since": (at - OPEN_ITEMS_WATCHED).date()}):
        often = "once" if row.times == 1 else f"{row.times} times"
        said = (
            f"{row.barcode} is not in the catalogue and was sold {often} as an open item, last on "
            f"{row.last_date} as \u201c{row.product_name}\u201d for {row.unit_price}"
        )
        yield Cause(AlertKind.UNKNOWN_BARCODE, row.store_id, row.barcode, said)
