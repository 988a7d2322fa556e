"""The projection of the ledger into the books: a batch of a pipe per transaction, restartable, rebuildable.

The cursor of (projection, pipe) moves in the transaction that wrote the rows, and whoever projects a
pipe holds its cursor row: several instances share the pipes out among themselves and never apply a
fact twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import psycopg
import structlog
from sqlalchemy import Connection, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from courier import cursor
from courier.aside import restate
from courier.decision import FactSetAside, NewsOverruled, Notice, SetAsideDecided
from courier.inbox import NotApplicable
from courier.stumble import is_stumble
from hq.audit.commands import note_decisions
from hq.database import copy_in, courier
from hq.ledger.tables import ledger, projection_cursors
from hq.members.points import book_points, take_points_back
from hq.members.tables import POINT_BOOKS
from hq.reconciliation.commands import note_decision, note_difference, note_overruled, note_set_aside
from hq.reconciliation.tables import READ_FROM_LEDGER
from hq.reports.accepted import decided_entries
from hq.reports.annulled import follow_store
from hq.reports.entries import Entries, Place, Places, Posted, enter, month_after, void_movements
from hq.reports.refunds import SALE_NOT_KNOWN, book_refund, refunded_amount
from hq.reports.tables import (
    PARTITIONED,
    line_items,
    origin_sums,
    payment_captures,
    payments,
    transactions,
    voids,
)
from hq.stock.commands import move
from hq.stock.tables import stock_levels, stock_movements
from hq.vouchers.tables import VOUCHER_BOOKS
from hq.vouchers.uses import book_uses, give_vouchers_back
from retail.calendar import StoreCalendar
from retail.discrepancy import Discrepancy
from retail.facts import TransactionVoided
from retail.sale import SaleState

log = structlog.get_logger(__name__)

BOOKS = "books"
"""Name of the projection."""

BATCH_MAX = 500
PARTITIONS_LOCK = 20_261_125
"""Key of the advisory lock under which partitions are made."""

BY_MONTH = (*PARTITIONED, stock_movements)
READ_AGAIN = (*BY_MONTH, origin_sums, stock_levels, *POINT_BOOKS, *VOUCHER_BOOKS, *READ_FROM_LEDGER)
"""What the ledger alone can give back."""

UNFIT = (
    *(psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError),
    *(IntegrityError, DataError, ProgrammingError),
)
"""What is said to rows that do not fit, today or after any number of retries: by the driver itself (COPY), or
through SQLAlchemy (everything else)."""


class PartitionsMissing(Exception):
    """Facts of months that have no partitions yet: make them, in a transaction of its own, and try again."""

    def __init__(self, months: Iterable[date]) -> None:
        self.months = sorted(months)
        super().__init__(", ".join(str(month) for month in self.months))


def claim(tx: Connection, pipe: str, at: datetime) -> int | None:
    """The last position applied of this pipe, its cursor locked; None while somebody else holds it."""
    cursors = projection_cursors
    position: int | None = tx.execute(
        select(cursors.c.position)
        .where(cursors.c.projection == BOOKS, cursors.c.pipe == pipe)
        .with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    if position is not None:
        return position
    first_time = tx.execute(
        insert(cursors)
        .values(projection=BOOKS, pipe=pipe, position=0, updated_at=at)
        .on_conflict_do_nothing()
        .returning(cursors.c.position)
    ).first()
    return 0 if first_time is not None else None


def project(tx: Connection, pipe: str, after: int, calendar: StoreCalendar, at: datetime) -> int:
    """Apply the next batch of a claimed pipe; returns the position that its cursor moved to.

    Raises `PartitionsMissing`, with nothing done.
    """
    received = cursor.read(tx, courier.sync_cursors, cursor.pipe_cursor(pipe))
    batch = posted_after(tx, pipe, after)
    fresh = _without_decided(tx, pipe, batch)
    try:
        _apply(tx, fresh, calendar)
    except NotApplicable:
        _one_by_one(tx, fresh, calendar, at)
    if any(posted.event_type == SetAsideDecided.event_type for posted in fresh):
        # What waited for the fact that somebody has decided about need not wait for a rebuild.
        retry_set_aside(tx, calendar)
    last = batch[-1].position if batch else after
    if len(batch) < BATCH_MAX:
        # Positions without a row in the ledger (repeats, facts set aside on arrival) are passed over.
        last = max(last, received)
    tx.execute(
        update(projection_cursors)
        .where(projection_cursors.c.projection == BOOKS, projection_cursors.c.pipe == pipe)
        .values(position=last, updated_at=at)
    )
    return last


def posted_after(tx: Connection, pipe: str, position: int, count_max: int = BATCH_MAX) -> list[Posted]:
    """The next facts of a pipe in their order."""
    c = ledger.c
    rows = tx.execute(
        select(c.pipe, c.position, c.event_id, c.event_type, c.store_id, c.origin, c.envelope)
        .where(c.pipe == pipe, c.position > position)
        .order_by(c.position)
        .limit(count_max)
    )
    return [Posted(*row) for row in rows]


def reset(tx: Connection, at: datetime) -> None:
    """Forget everything that was projected, so that it is read from the ledger again.

    Facts that were set aside on arrival stay; those a projection set aside get another chance, unless a
    person has decided about them.
    """
    # First the cursors: a projector at work holds its own until commit and none starts meanwhile.
    tx.execute(
        update(projection_cursors)
        .where(projection_cursors.c.projection == BOOKS)
        .values(position=0, updated_at=at)
    )
    names = ", ".join(table.name for table in READ_AGAIN)
    tx.execute(text(f"TRUNCATE {names}"))
    aside = courier.set_aside
    tx.execute(
        aside.delete().where(
            aside.c.decision.is_(None),
            select(ledger.c.pipe)
            .where(ledger.c.pipe == aside.c.pipe, ledger.c.position == aside.c.position)
            .exists(),
        )
    )


def _without_decided(tx: Connection, pipe: str, batch: Sequence[Posted]) -> list[Posted]:
    """The facts whose place nobody has decided about: the others are entered where the decision stands."""
    aside = courier.set_aside.c
    if not batch:
        return []
    decided = set(
        tx.execute(
            select(aside.position).where(
                aside.pipe == pipe,
                aside.decision.is_not(None),
                aside.position.between(batch[0].position, batch[-1].position),
            )
        ).scalars()
    )
    return [posted for posted in batch if posted.position not in decided]


def retry_set_aside(
    tx: Connection, calendar: StoreCalendar, behind: Place = ("", 0), only: Places | None = None
) -> Place | None:
    """Give facts that could not be applied (or `only` these) another chance, a batch of them; the place
    behind which there may be more of them, None when there are none.

    What is applied now waits for nobody any more, the rest for the reason that it has now. Raises
    `PartitionsMissing`, with nothing done.
    """
    aside, c = courier.set_aside, ledger.c
    query = (
        select(c.pipe, c.position, c.event_id, c.event_type, c.store_id, c.origin, c.envelope)
        .join_from(aside, ledger, (c.pipe == aside.c.pipe) & (c.position == aside.c.position))
        .where(aside.c.decision.is_(None), tuple_(aside.c.pipe, aside.c.position) > behind)
        .order_by(c.pipe, c.position)
        .limit(BATCH_MAX)
        .with_for_update(of=aside, skip_locked=True)
    )
    if only is not None:
        query = query.where(aside.c.pipe == only[0], aside.c.position.in_(only[1]))
    batch = [Posted(*row) for row in tx.execute(query)]
    for posted in batch:
        try:
            _apply(tx, [posted], calendar)
        except NotApplicable as still:
            restate(tx, courier, posted.pipe, posted.position, still.code, still.detail)
            continue
        tx.execute(aside.delete().where(aside.c.pipe == posted.pipe, aside.c.position == posted.position))
        log.info("fact applied at last", pipe=posted.pipe, position=posted.position)
    return (batch[-1].pipe, batch[-1].position) if len(batch) == BATCH_MAX else None


def _one_by_one(tx: Connection, batch: Sequence[Posted], calendar: StoreCalendar, at: datetime) -> None:
    """Apply each fact by itself; what cannot be applied is set aside and the rest goes on."""
    for posted in batch:
        try:
            _apply(tx, [posted], calendar)
        except NotApplicable as reason:
            _set_aside(tx, posted, reason.code, reason.detail, at)


def _apply(tx: Connection, facts: Iterable[Posted], calendar: StoreCalendar) -> None:
    """Enter and write facts, all or none.

    Raises `NotApplicable` for whatever time does not mend, a bug of ours too: the stream must not stand still
    behind it. Raises `PartitionsMissing`, and what says that Postgres is away.
    """
    try:
        with tx.begin_nested():
            entries = Entries()
            for posted in facts:
                enter(entries, posted, calendar)
            write(tx, entries, calendar)
    except UNFIT as unfit:
        said = unfit.orig if isinstance(unfit, DBAPIError) else unfit
        twice = isinstance(said, psycopg.errors.UniqueViolation)
        raise NotApplicable("already-recorded" if twice else "does-not-fit", str(said)) from unfit
    except Exception as bug:
        if not is_stumble(bug):
            raise
        log.exception("facts could not be written")
        raise NotApplicable("internal-error", repr(bug)) from bug


def _set_aside(tx: Connection, posted: Posted, code: str, detail: str, at: datetime) -> None:
    log.warning(
        "fact set aside",
        pipe=posted.pipe,
        position=posted.position,
        event_id=str(posted.event_id),
        event_type=posted.event_type,
        code=code,
    )
    tx.execute(
        insert(courier.set_aside)
        .values(
            pipe=posted.pipe,
            position=posted.position,
            event_id=str(posted.event_id),
            origin=posted.origin,
            code=code,
            detail=detail.replace("\x00", ""),
            payload=posted.envelope,
            set_aside_at=at,
        )
        .on_conflict_do_nothing()
    )


def write(tx: Connection, entries: Entries, calendar: StoreCalendar) -> None:
    """Write the rows of facts; raises `PartitionsMissing`, `NotApplicable` and what Postgres says."""
    if missing := _without_partition(tx, entries.months):
        raise PartitionsMissing(missing)
    for table, rows in (
        (transactions, entries.transactions),
        (line_items, entries.line_items),
        (payments, entries.payments),
        (payment_captures, entries.payment_captures),
    ):
        copy_in(tx, table, rows)
    move(tx, entries.stock_movements)
    if entries.sums:
        statement = insert(origin_sums)
        tx.execute(
            statement.on_conflict_do_update(
                index_elements=["origin"],
                set_={
                    "sales_count": origin_sums.c.sales_count + statement.excluded.sales_count,
                    "sales_total": origin_sums.c.sales_total + statement.excluded.sales_total,
                },
            ),
            [
                {"origin": origin, "sales_count": count, "sales_total": total}
                for origin, (count, total) in entries.sums.items()
            ],
        )
    book_points(tx, (sale for sale, _, _ in entries.of_customers))
    book_uses(tx, entries.of_customers)
    for void in entries.voids:
        _void(tx, void)
    for posted, refund in entries.refunds:
        book_refund(tx, refund, posted.pipe, posted.position)
    note_decisions(tx, entries.accesses)
    for posted, notice in entries.notices:
        _notice(tx, posted, notice, calendar)


def _notice(tx: Connection, posted: Posted, notice: Notice | Discrepancy, calendar: StoreCalendar) -> None:
    """Write down what a hub tells, or do what somebody decided."""
    if isinstance(notice, Discrepancy):
        note_difference(tx, posted.pipe, posted.position, notice)
    elif isinstance(notice, NewsOverruled):
        note_overruled(tx, posted.pipe, posted.position, posted.store_id, notice)
    elif isinstance(notice, FactSetAside):
        note_set_aside(tx, posted.store_id, notice)
    else:
        note_decision(tx, posted.store_id, notice)
        follow_store(tx, posted, notice, calendar)
        write(tx, decided_entries(tx, posted, notice, calendar), calendar)


def _void(tx: Connection, void: TransactionVoided) -> None:
    """Note the void and what it puts back; raises `NotApplicable` when it does not fit its sale."""
    c = transactions.c
    sale = tx.execute(
        select(c.business_date, c.store_id, c.status, c.total_amount, c.pipe, c.position).where(
            c.id == void.transaction_id
        )
    ).one_or_none()
    if sale is None or sale.store_id != void.store_id:
        raise NotApplicable(SALE_NOT_KNOWN, f"no sale {void.transaction_id} of {void.store_id}")
    if sale.status == SaleState.VOID.value:
        raise NotApplicable("already-recorded", f"sale {void.transaction_id} is void already")
    if sale.status == SaleState.REFUNDED.value or refunded_amount(tx, void.transaction_id):
        raise NotApplicable("void-after-refund", f"a part of sale {void.transaction_id} came back already")
    if sale.total_amount != void.amount:
        raise NotApplicable("fact-does-not-add-up", f"void of {void.amount}, sale of {sale.total_amount}")
    tx.execute(
        voids.insert().values(
            transaction_id=void.transaction_id,
            business_date=void.business_date,
            sale_date=sale.business_date,
            store_id=void.store_id,
            voided_at=void.voided_at,
            voided_by=void.voided_by,
            approved_by=void.approved_by,
            reason=void.reason,
            amount=void.amount,
        )
    )
    tx.execute(
        update(transactions)
        .where(c.id == void.transaction_id, c.business_date == sale.business_date)
        .values(status=SaleState.VOID.value)
    )
    take_points_back(tx, void.transaction_id)
    give_vouchers_back(tx, void.transaction_id)
    (posted,) = posted_after(tx, sale.pipe, sale.position - 1, count_max=1)
    try:
        movements = void_movements(void, posted)
    except NotApplicable:
        movements = []  # somebody accepted a sale that cannot be read: it moved no goods either
    move(tx, movements)


def make_partitions(tx: Connection, months: Iterable[date]) -> None:
    """Make the partitions of these months (given by their first day) that are not there yet.

    They are made beside the table and attached, because that stops neither readers nor writers.
    """
    tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PARTITIONS_LOCK})
    for month in _without_partition(tx, months):
        for table in BY_MONTH:
            name = f"{table.name}_{month:%Y_%m}"
            tx.execute(text(f"CREATE TABLE {name} (LIKE {table.name} INCLUDING DEFAULTS)"))
            tx.execute(
                text(
                    f"ALTER TABLE {table.name} ATTACH PARTITION {name}"
                    f" FOR VALUES FROM ('{month}') TO ('{month_after(month)}')"
                )
            )


def _without_partition(tx: Connection, months: Iterable[date]) -> list[date]:
    # The last table of a month is made last, in one transaction with the others.
    names = {f"{BY_MONTH[-1].name}_{month:%Y_%m}": month for month in sorted(months)}
    # Not by to_regclass: it may answer from before we waited for the lock.
    found = tx.execute(
        text("""
            SELECT name FROM unnest(cast(:names AS text[])) AS name
            WHERE NOT EXISTS (
                SELECT FROM pg_class WHERE relname = name AND relnamespace = to_regnamespace(current_schema())
            )
        """),
        {"names": list(names)},
    )
    return [names[row.name] for row in found]
