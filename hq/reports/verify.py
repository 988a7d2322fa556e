"""`hq verify`: the whole ledger read again, envelope by envelope, and held against everything that was
worked out from it. Reads the database alone, as a stream; it trusts nothing that a program said before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Connection, Select, cast, func, select, text
from sqlalchemy.dialects.postgresql import JSONB

from courier.chain import ChainHead, Link
from courier.decision import SetAsideDecided
from courier.verify import Kept, Noted, Walked, walk
from hq.database import courier
from hq.ledger.own import OWN
from hq.ledger.queries import known_hash, pipe_states
from hq.ledger.tables import ledger
from hq.members.points import MEMBER_ID_MAX
from hq.reports.accepted import decided_entries
from hq.reports.balances import unequal_balances
from hq.reports.entries import Posted
from hq.reports.partner import PartnerSale, read_partner_event
from hq.reports.projection import BOOKS
from hq.stores.queries import chain_calendar
from hq.vouchers.uses import CODE_MAX
from retail.facts import RefundRecorded, SaleRecorded, TransactionVoided
from retail.refusal import Refusal

ROWS_AT_ONCE = 2_000
CHAINS_BROKEN_BY = frozenset({f"chain-{Link.FORK}", f"chain-{Link.ALTERED}"})
"""What is set aside for these reasons has no place in its chain."""

StoreDay = tuple[str, date]


@dataclass(frozen=True, slots=True)
class Scope:
    """What to verify: one store or all, everything or what belongs to the days from `since` on."""

    store_id: str | None = None
    since: date | None = None

    def since_moment(self) -> datetime | None:
        """From when on facts are read: a day's sales arrive after its first moment in any zone on earth."""
        return datetime.combine(self.since, time(), UTC) - timedelta(days=1) if self.since else None


@dataclass(slots=True)
class Sum:
    """How many and how much, in minor units."""

    count: int = 0
    amount: int = 0

    def add(self, amount: int) -> None:
        """One more."""
        self.count += 1
        self.amount += amount


@dataclass(slots=True)
class Reread:
    """What the facts themselves say, added up anew."""

    sales: dict[StoreDay, Sum] = field(default_factory=dict)
    voids: dict[StoreDay, Sum] = field(default_factory=dict)
    refunds: dict[StoreDay, Sum] = field(default_factory=dict)
    by_origin: dict[str, Sum] = field(default_factory=dict)
    points_earned: Counter[str] = field(default_factory=Counter)
    voucher_uses: Counter[str] = field(default_factory=Counter)
    facts: int = 0


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found; `differences` and the walks' flaws are what somebody has to look at."""

    walks: Sequence[Walked]
    reread: Reread
    differences: Sequence[str]
    remarks: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.differences and not any(walked.flaws for walked in self.walks)

    def lines(self) -> Iterator[str]:
        """A table of the origins, then what is wrong, each with a sentence."""
        yield f"{'origin':<30} {'facts':>9} {'first':>8} {'last':>8} {'sales':>8} {'amount':>16}  chain  head"
        for walked in self.walks:
            sold = self.reread.by_origin.get(walked.origin, Sum())
            yield (
                f"{walked.origin:<30} {walked.count:>9} {walked.first:>8} {walked.last:>8} "
                f"{sold.count:>8} {sold.amount:>16}  {'BROKEN' if walked.flaws else 'intact'} "
                f"{walked.hash[:8]}"
            )
        for remark in self.remarks:
            yield f"note  {remark}"
        for walked in self.walks:
            for flaw in walked.flaws:
                yield f"LOOK  {flaw}"
        for difference in self.differences:
            yield f"LOOK  {difference}"


def verify(tx: Connection, scope: Scope) -> Verification:
    """Walk and compare; wants a transaction with one snapshot."""
    reading, begins = _Reading(tx, scope), _begins(tx, scope)
    walks = list(walk(_chained(tx, scope, begins), _noted(tx, scope, begins), reading.look))
    for row in _plain(tx, scope):
        reading.look_plain(row)
    reading.decisions(tx)
    differences = [
        *_unequal_days(tx, scope, reading.reread),
        *_unequal_origins(tx, scope, reading.reread),
        *_sold_twice(tx),
        *_vanished_plain(tx, scope),
        *_unequal_balances(tx, scope, reading.reread),
    ]
    return Verification(walks, reading.reread, differences, list(_remarks(tx)))


class _Reading:
    """Adds up what the facts say, leaving out what is not in the books by intent."""

    def __init__(self, tx: Connection, scope: Scope) -> None:
        self.reread = Reread()
        self._since, self._store_id = scope.since or date.min, scope.store_id
        self._calendar = chain_calendar(tx)
        self._decided: list[tuple[Posted, SetAsideDecided]] = []
        self._projected = {state.pipe: state.projected for state in pipe_states(tx, BOOKS)}
        aside = courier.set_aside.c
        self._left_out = {(row.pipe, row.position) for row in tx.execute(select(aside.pipe, aside.position))}

    def look(self, row: Kept, body: Any) -> None:
        """A sealed fact (`courier.verify.Look`)."""
        self.reread.facts += 1
        if not self._in_books(row):
            return
        payload = body["payload"]
        if body["event_type"] == SaleRecorded.event_type:
            self._sold(row, body["store_id"], date.fromisoformat(payload["business_date"]), payload)
        elif body["event_type"] == SetAsideDecided.event_type:
            posted = Posted(
                row.pipe,
                row.position,
                UUID(body["event_id"]),
                body["event_type"],
                body["store_id"],
                row.origin,
                row.text,
            )
            self._decided.append((posted, SetAsideDecided.from_body(payload)))
        elif body["event_type"] == TransactionVoided.event_type:
            day = date.fromisoformat(payload["business_date"])
            self._add(self.reread.voids, body["store_id"], day, payload["amount"])
        elif body["event_type"] == RefundRecorded.event_type:
            day = date.fromisoformat(payload["business_date"])
            self._add(self.reread.refunds, body["store_id"], day, payload["total_amount"])

    def look_plain(self, row: Kept) -> None:
        """A partner's plain event."""
        self.reread.facts += 1
        if not self._in_books(row):
            return
        try:
            body = orjson.loads(row.text)
            fact = read_partner_event(UUID(body["event_id"]), body, self._calendar)
        except (Refusal, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return  # it was readable when it was booked: the books' day will differ
        if isinstance(fact, PartnerSale | SaleRecorded):
            self._add(self.reread.sales, fact.store_id, fact.business_date, fact.totals.total_amount)
        elif isinstance(fact, TransactionVoided):
            self._add(self.reread.voids, fact.store_id, fact.business_date, fact.amount)

    def decisions(self, tx: Connection) -> None:
        """What people decided to enter all the same, by the code that entered it."""
        for posted, decided in self._decided:
            entries = decided_entries(tx, posted, decided, self._calendar)
            for row in entries.transactions:
                self._add(self.reread.sales, row[2], row[1], row[13])
            for origin, (count, amount) in entries.sums.items():
                kept = self.reread.by_origin.setdefault(origin, Sum())
                self.reread.by_origin[origin] = Sum(kept.count + count, kept.amount + amount)
            for sale, _, _ in entries.of_customers:
                self._of_customer(sale.to_body())
            for void in entries.voids:
                self._add(self.reread.voids, void.store_id, void.business_date, void.amount)
            for _, refund in entries.refunds:
                self._add(self.reread.refunds, refund.store_id, refund.business_date, refund.total_amount)

    def _in_books(self, row: Kept) -> bool:
        if (row.pipe, row.position) in self._left_out:
            return False
        return row.position <= self._projected.get(row.pipe, 0)

    def _sold(self, row: Kept, store_id: str, day: date, payload: Any) -> None:
        self._add(self.reread.sales, store_id, day, payload["total_amount"])
        self.reread.by_origin.setdefault(row.origin, Sum()).add(payload["total_amount"])
        self._of_customer(payload)

    def _of_customer(self, payload: Mapping[str, Any]) -> None:
        if payload.get("member_id") is not None:
            self.reread.points_earned[payload["member_id"][:MEMBER_ID_MAX]] += payload.get("points_earned", 0)
        codes = {voucher["code"][:CODE_MAX] for voucher in payload.get("vouchers") or ()}
        self.reread.voucher_uses.update(codes)

    def _add(self, sums: dict[StoreDay, Sum], store_id: str, day: date, amount: int) -> None:
        if day >= self._since and self._store_id in (None, store_id):
            sums.setdefault((store_id, day), Sum()).add(amount)


def _chained(tx: Connection, scope: Scope, begins: Mapping[str, int]) -> Iterator[Kept]:
    c = ledger.c
    query = select(c.pipe, c.position, c.origin, c.sequence, c.envelope).where(c.origin.is_not(None))
    if scope.store_id is not None:
        # What head office decided about the store's facts is among its own.
        query = query.where(c.store_id.in_((scope.store_id, OWN)))
    if scope.since is not None:
        first = func.jsonb_each_text(cast(dict(begins), JSONB)).table_valued("key", "value").alias("first")
        query = query.where(c.origin == first.c.key, c.sequence >= cast(first.c.value, BigInteger))
    return _stream(tx, query.order_by(c.origin, c.sequence))


def _plain(tx: Connection, scope: Scope) -> Iterator[Kept]:
    c = ledger.c
    query = select(c.pipe, c.position, c.pipe, c.position, c.envelope).where(c.origin.is_(None))
    if scope.store_id is not None:
        query = query.where(c.store_id == scope.store_id)
    if (moment := scope.since_moment()) is not None:
        query = query.where(c.received_at >= moment)
    return _stream(tx, query)


def _begins(tx: Connection, scope: Scope) -> dict[str, int]:
    """The first number of each origin that is walked; what fills an old gap late begins there."""
    c, moment = ledger.c, scope.since_moment()
    if moment is None:
        return {}
    first = select(c.origin, func.min(c.sequence)).where(c.received_at >= moment, c.origin.is_not(None))
    return {row[0]: row[1] for row in tx.execute(first.group_by(c.origin))}


def _stream(tx: Connection, query: Select[Any]) -> Iterator[Kept]:
    """Rows by a server-side cursor: the ledger may be larger than this machine's memory."""
    with tx.execution_options(yield_per=ROWS_AT_ONCE).execute(query) as rows:
        for row in rows:
            yield Kept(*row)


def _noted(tx: Connection, scope: Scope, begins: Mapping[str, int]) -> dict[str, Noted]:
    heads, breaks, aside = courier.origins.c, courier.chain_breaks.c, courier.set_aside.c
    gaps: dict[str, list[tuple[int, int]]] = {}
    for row in tx.execute(select(courier.chain_breaks).where(breaks.kind == Link.GAP.value)):
        gaps.setdefault(row.origin, []).append((row.first_sequence, row.last_sequence))
    kept_aside: dict[str, set[int]] = {}
    for row in tx.execute(
        select(aside.origin, aside.sequence).where(
            aside.origin.is_not(None), aside.sequence.is_not(None), aside.code.not_in(CHAINS_BROKEN_BY)
        )
    ):
        kept_aside.setdefault(row.origin, set()).add(row.sequence)
    return {
        row.origin: Noted(
            ChainHead(row.origin, row.sequence, row.hash),
            tuple(gaps.get(row.origin, ())),
            frozenset(kept_aside.get(row.origin, ())),
            _before(tx, row.origin, begins.get(row.origin, 1)),
        )
        for row in tx.execute(select(heads.origin, heads.sequence, heads.hash))
        if (scope.store_id is None or row.origin.partition("/")[0] in (scope.store_id, OWN))
        and (scope.since is None or row.origin in begins)
    }


def _before(tx: Connection, origin: str, first_sequence: int) -> ChainHead | None:
    """What the walk of an origin holds on to: the envelope before its first."""
    if first_sequence == 1:
        return ChainHead(origin)
    known = known_hash(tx, origin, first_sequence - 1)
    return ChainHead(origin, first_sequence - 1, known) if known else None


_DAYS = text("""
    SELECT 'sale' AS kind, store_id, business_date, count(*) AS sales, sum(total_amount)::bigint AS amount
    FROM transactions GROUP BY store_id, business_date
    UNION ALL
    SELECT 'line', t.store_id, t.business_date, count(DISTINCT t.id), sum(l.line_amount)::bigint
    FROM transactions t JOIN line_items l ON l.transaction_id = t.id AND l.business_date = t.business_date
    GROUP BY t.store_id, t.business_date
    UNION ALL
    SELECT 'void', store_id, business_date, count(*), sum(amount)::bigint
    FROM voids GROUP BY store_id, business_date
    UNION ALL
    SELECT 'refund', store_id, business_date, count(*), sum(total_amount)::bigint
    FROM refunds GROUP BY store_id, business_date
""")


def _unequal_days(tx: Connection, scope: Scope, reread: Reread) -> Iterator[str]:
    """The books of every store and day against what the facts say."""
    booked: dict[str, dict[StoreDay, Sum]] = {kind: {} for kind in _OF}
    for row in tx.execute(_DAYS):
        if scope.store_id in (None, row.store_id) and row.business_date >= (scope.since or date.min):
            booked[row.kind][row.store_id, row.business_date] = Sum(row.sales, row.amount)
    told = {"sale": reread.sales, "line": reread.sales, "void": reread.voids, "refund": reread.refunds}
    for kind, said in told.items():
        for store_id, day in sorted(said.keys() | booked[kind].keys()):
            facts, books = said.get((store_id, day), Sum()), booked[kind].get((store_id, day), Sum())
            if facts != books:
                yield (
                    f"{store_id} {day}: the facts say {facts.count} {_OF[kind]}, {facts.amount} in all; "
                    f"the books {books.count}, {books.amount}"
                )


_OF = {"sale": "sales", "line": "sales by their lines", "void": "voids", "refund": "refunds"}


def _unequal_origins(tx: Connection, scope: Scope, reread: Reread) -> Iterator[str]:
    """The sums kept up for each origin against what its facts say."""
    if scope.since is not None:
        return  # they are of all time
    rows = tx.execute(text("SELECT origin, sales_count, sales_total FROM origin_sums"))
    kept = {row.origin: Sum(row.sales_count, row.sales_total) for row in rows}
    for origin in sorted(kept.keys() | reread.by_origin.keys()):
        facts, books = reread.by_origin.get(origin, Sum()), kept.get(origin, Sum())
        if facts != books and scope.store_id in (None, origin.partition("/")[0]):
            yield (
                f"{origin}: the facts say {facts.count} sales, {facts.amount} in all; "
                f"its sums {books.count}, {books.amount}"
            )


def _sold_twice(tx: Connection) -> Iterator[str]:
    """One id for sales of different days: the key of the partitioned table cannot forbid it."""
    rows = tx.execute(
        text("""
            SELECT id, array_agg(business_date ORDER BY business_date) AS days
            FROM transactions GROUP BY id HAVING count(*) > 1 ORDER BY id
        """)
    )
    for row in rows:
        yield f"transaction {row.id} is booked {len(row.days)} times: {', '.join(map(str, row.days))}"


def _vanished_plain(tx: Connection, scope: Scope) -> Iterator[str]:
    """Plain events have no chain, but their ids were noted when they came."""
    if scope != Scope():
        return
    rows = tx.execute(
        text("""
            SELECT i.event_id, i.event_type FROM inbox i
            LEFT JOIN ledger l ON l.event_id = i.event_id AND l.origin IS NULL
            WHERE l.event_id IS NULL ORDER BY 1
        """)
    )
    for row in rows:
        yield f"plain event {row.event_id} ({row.event_type}) deleted: received once, and gone"


def _unequal_balances(tx: Connection, scope: Scope, reread: Reread) -> Iterator[str]:
    """What is kept up from all sales of a chain, so there is nothing to hold a part of them against."""
    if scope == Scope():
        yield from unequal_balances(tx, reread.points_earned, reread.voucher_uses)


def _remarks(tx: Connection) -> Iterator[str]:
    for state in pipe_states(tx, BOOKS):
        if state.lag:
            yield f"{state.pipe}: the last {state.lag} positions are not in the books yet"
    aside = courier.set_aside.c
    rows = tx.execute(
        select(aside.pipe, aside.code, func.count().label("facts"))
        .where(aside.decision.is_(None))
        .group_by(aside.pipe, aside.code)
        .order_by(aside.pipe, aside.code)
    )
    for row in rows:
        yield f"{row.pipe}: {row.facts} set aside for a person to decide ({row.code})"
