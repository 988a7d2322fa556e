"""Taking the tills' facts (invariants 2, 3, 6 and 7).

The quick way: sales that follow what is recorded, each linked to the one before, go into one statement
(`storehub.sales.clerk`). Everything else (a repeat, a gap, a fork, another fact, one that does not add up)
goes the careful way, envelope by envelope through `courier.inbox.receive`. Nothing is ever bounced: what
cannot be applied is set aside and still passed on to head office, so that the chain has no hole there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import structlog
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError

from courier import cursor, outbox
from courier.aside import Case, find
from courier.envelope import Envelope, EnvelopeNotReadable, opened, opened_and_verified
from courier.inbox import Effect, NotApplicable, receive, receive_late, take_from_aside
from courier.verdict import SetAside, Verdict
from retail.facts import (
    AccessDecided,
    CashMoved,
    Fact,
    InventoryAdjusted,
    PaymentCaptured,
    PaymentSettled,
    RefundRecorded,
    SaleRecorded,
    ShiftClosed,
    ShiftOpened,
    TransactionVoided,
    read_fact,
)
from retail.refusal import Refusal
from storehub.catalog.pricebook import PriceBook
from storehub.database import AGGREGATES, courier, lock_own_chain, record_fact, wake_uplink
from storehub.people.commands import take_decision
from storehub.receipts.printing import Printing
from storehub.sales.clerk import Clerk
from storehub.sales.commands import drop_open
from storehub.sales.record import PipeBatch, Recording, record
from storehub.sales.refunds import apply_refund, apply_void
from storehub.shifts import commands as shifts
from storehub.stock.commands import apply_adjustment

log = structlog.get_logger(__name__)

QUICK_MAX = 64
"""Envelopes that are read in the event loop; a longer batch would keep the other tills waiting."""

TOLD_AFTER_SECONDS = 0.003
"""Counting and logging a sale waits until the till has its answer and, when the shop is busy, the next sale
waits for its commit: that time is free."""

ABOUT = ("transaction_id", "shift_id", "sku_id", "decision_id")
"""Members of a fact that say what it is about, the first that is there (the outbox's `aggregate_id`)."""


@dataclass(frozen=True, slots=True)
class Pipe:
    """A till's pipe; its name is the till's origin."""

    store_id: str
    terminal_id: str

    @property
    def name(self) -> str:
        """The origin of the till's facts."""
        return f"{self.store_id}/{self.terminal_id}"


@dataclass(frozen=True, slots=True)
class Tools:
    """What taking facts needs of the program's edge. `told` hears of every sale that was recorded, and
    `wake_printer` of every paper that may be wanted."""

    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    printing: Printing
    told: Callable[[Sequence[SaleRecorded]], None]
    wake_printer: Callable[[], None] = lambda: None


class Intake:
    """The tills' door behind HTTP; `take` runs in the event loop, the careful way in `threads`."""

    def __init__(
        self, engine: Engine, clerk: Clerk, prices: PriceBook, threads: Executor, tools: Tools
    ) -> None:
        self._engine = engine
        self._clerk = clerk
        self._prices = prices
        self._threads = threads
        self._tools = tools

    async def take(self, pipe: Pipe, from_position: int, bodies: Sequence[Any]) -> Verdict:
        """Take a batch of parsed envelopes; whatever the answer counts is committed.

        Raises `Outage` or SQLAlchemy's OperationalError when the database is away.
        """
        loop = asyncio.get_running_loop()
        batch = self._quick_batch(pipe, from_position, bodies)
        if batch is not None and await self._clerk.record(batch):
            sales = [recording.sale for recording in batch.recordings]
            loop.call_later(TOLD_AFTER_SECONDS, self._tools.told, sales)
            return Verdict(len(sales), 0, from_position + len(sales))
        return await loop.run_in_executor(self._threads, self.take_carefully, pipe, from_position, bodies)

    def take_carefully(self, pipe: Pipe, from_position: int, bodies: Sequence[Any]) -> Verdict:
        """The careful way, one transaction for the batch."""
        at = self._tools.clock()
        sales: list[SaleRecorded] = []
        if not bodies:
            with self._engine.connect() as tx:
                last = cursor.read(tx, courier.sync_cursors, cursor.pipe_cursor(pipe.name))
            return Verdict(0, 0, last + 1)

        with self._engine.begin() as tx:
            lock_own_chain(tx, pipe.store_id)
            verdict = receive(
                tx,
                courier,
                pipe=pipe.name,
                from_position=from_position,
                bodies=bodies,
                effect=self._effect(pipe, sales, at),
                known_hash=hash_known,
                at=at,
                carry=lambda tx, envelope, _: self._pass_on(tx, envelope, at),
            )
            for error in verdict.errors:
                tell_set_aside(tx, pipe.store_id, error, self._tools.new_id(), at)
            wake_uplink(tx)
        self._tell("facts taken carefully", pipe, verdict, sales)
        return verdict

    def take_late(self, pipe: Pipe, bodies: Sequence[Any]) -> Verdict:
        """Take what was found on an old disk of this till, outside its pipe (see `receive_late`)."""
        at = self._tools.clock()
        sales: list[SaleRecorded] = []
        with self._engine.begin() as tx:
            # The till's own door takes the same locks in this order.
            lock_own_chain(tx, pipe.store_id)
            cursor.lock(tx, courier.sync_cursors, cursor.pipe_cursor(pipe.name), at)
            verdict = receive_late(
                tx,
                courier,
                pipe=pipe.name,
                bodies=bodies,
                effect=self._effect(pipe, sales, at),
                known_hash=hash_known,
                at=at,
                carry=lambda tx, envelope, _: self._pass_on(tx, envelope, at),
            )
            for error in verdict.errors:
                tell_set_aside(tx, pipe.store_id, error, self._tools.new_id(), at)
            wake_uplink(tx)
        self._tell("facts of an old disk taken", pipe, verdict, sales)
        return verdict

    def _effect(self, pipe: Pipe, sales: list[SaleRecorded], at: datetime) -> Effect:
        def effect(tx: Connection, envelope: Envelope, _position: int) -> None:
            fact = self._read(pipe, envelope)
            apply_fact(tx, envelope, fact, lambda sale: self._recording(envelope, sale, at), at)
            if isinstance(fact, SaleRecorded):
                sales.append(fact)
            elif isinstance(fact, RefundRecorded | TransactionVoided):
                self._tools.printing.put_slip(tx, fact, at)
            elif isinstance(fact, CashMoved | ShiftClosed | AccessDecided):
                self._tools.printing.follow(tx, fact, at)

        return effect

    def _tell(self, what: str, pipe: Pipe, verdict: Verdict, sales: Sequence[SaleRecorded]) -> None:
        if verdict.accepted or verdict.errors:
            log.info(
                what,
                terminal_id=pipe.terminal_id,
                accepted=verdict.accepted,
                duplicates=verdict.duplicates,
                set_aside=len(verdict.errors),
            )
        self._tools.told(sales)
        self._tools.wake_printer()

    def again(self, tx: Connection, case: Case, at: datetime) -> None:
        """Apply a fact that was set aside, like on arrival; raises `NotApplicable` if not."""
        pipe, body = self._pipe_of(case), orjson.loads(case.payload)

        effect = self._effect(pipe, [], at)
        if passed_on(tx, case):
            effect(tx, opened(body), case.position)
        else:
            take_from_aside(
                tx,
                courier,
                body=body,
                position=case.position,
                effect=effect,
                known_hash=hash_known,
                at=at,
                carry=lambda tx, envelope, _: self._pass_on(tx, envelope, at),
            )

    def accept(self, tx: Connection, case: Case, position: int, at: datetime) -> bool:
        """Take a fact that was set aside into the hub's books as it is; False when they cannot hold it.

        `position`: in the outbox, of the fact that says so.
        """
        try:
            with tx.begin_nested():
                envelope = opened(orjson.loads(case.payload))
                fact = self._read(self._pipe_of(case), envelope)
                apply_fact(tx, envelope, fact, lambda sale: self._recording(envelope, sale, at), at, position)
        except (EnvelopeNotReadable, NotApplicable, DBAPIError):
            return False
        return True

    def _pipe_of(self, case: Case) -> Pipe:
        store_id, terminal_id, *_ = [*case.pipe.split("/"), ""]
        return Pipe(store_id, terminal_id)

    def _quick_batch(self, pipe: Pipe, from_position: int, bodies: Sequence[Any]) -> PipeBatch | None:
        """The batch when it is sales only, whole and linked; None sends it the careful way."""
        if not 0 < len(bodies) <= QUICK_MAX:
            return None
        at = self._tools.clock()
        recordings: list[Recording] = []
        try:
            for body in bodies:
                envelope, intact = opened_and_verified(body)
                before = recordings[-1].envelope if recordings else None
                follows = before is None or (
                    envelope.sequence == before.sequence + 1 and envelope.previous_hash == before.hash
                )
                if not intact or not follows or envelope.event_type != SaleRecorded.event_type:
                    return None
                fact = self._read(pipe, envelope)
                assert isinstance(fact, SaleRecorded)
                recordings.append(self._recording(envelope, fact, at))
        except (EnvelopeNotReadable, NotApplicable):
            return None
        return PipeBatch(pipe.name, from_position, recordings)

    def _read(self, pipe: Pipe, envelope: Envelope) -> Fact:
        """The fact, re-computed; raises `NotApplicable` when it is not readable, not its till's or does not
        add up."""
        if envelope.origin != pipe.name or envelope.store_id != pipe.store_id:
            raise NotApplicable("wrong-origin", f"{envelope.origin} came through {pipe.name}")
        fact = fact_in(envelope)
        if isinstance(fact, SaleRecorded) and (fact.store_id, fact.terminal_id) != (
            pipe.store_id,
            pipe.terminal_id,
        ):
            raise NotApplicable("wrong-origin", f"a sale of {fact.store_id}/{fact.terminal_id}")
        return fact

    def _recording(self, envelope: Envelope, sale: SaleRecorded, at: datetime) -> Recording:
        jobs = self._tools.printing.jobs_for(sale, at)
        return Recording(envelope, sale, self._prices.differences(sale), jobs)

    def _pass_on(self, tx: Connection, envelope: Envelope, at: datetime) -> None:
        """Put the envelope on its way to head office, unless its id is another's: that one went before."""
        known = select(courier.outbox.c.id).where(courier.outbox.c.event_id == envelope.event_id)
        if tx.execute(known).first() is not None:
            log.error("event id used twice", event_id=str(envelope.event_id), origin=envelope.origin)
            return
        outbox.put(
            tx,
            courier,
            envelope,
            aggregate_type=AGGREGATES.get(envelope.event_type, "Unknown"),
            aggregate_id=about(envelope),
            at=at,
        )


def passed_on(tx: Connection, case: Case) -> bool:
    """Whether a fact that was set aside went on to head office in its own chain all the same."""
    known = select(courier.outbox.c.id).where(courier.outbox.c.payload == case.payload)
    if case.origin is None or case.sequence is None:
        return False
    column = courier.outbox.c
    known = known.where(column.origin == case.origin, column.sequence == case.sequence)
    return tx.execute(known).first() is not None


def tell_set_aside(tx: Connection, store_id: str, error: SetAside, event_id: UUID, at: datetime) -> None:
    """Tell head office what was set aside here, in the hub's own chain and the same transaction."""
    case = find(tx, courier, error.pipe, error.position)
    assert case is not None
    fact = case.told(carried=passed_on(tx, case))
    place = f"{case.pipe}#{case.position}"
    record_fact(tx, fact, store_id=store_id, event_id=event_id, aggregate_id=place[:100], at=at)


def fact_in(envelope: Envelope) -> Fact:
    """The fact of an envelope, re-computed; raises `NotApplicable`."""
    try:
        return read_fact(envelope.event_type, envelope.version, envelope.payload)
    except Refusal as refusal:
        raise NotApplicable(refusal.code, str(refusal)) from refusal


def apply_fact(
    tx: Connection,
    envelope: Envelope,
    fact: Fact,
    recording_of: Callable[[SaleRecorded], Recording],
    at: datetime,
    position: int | None = None,
) -> None:
    """What the fact does at the hub; raises `NotApplicable`. `position`: unless its own in the outbox."""
    column = courier.outbox.c
    own = column.origin == envelope.origin, column.sequence == envelope.sequence
    if position is None:
        position = tx.execute(select(column.id).where(*own)).scalar_one_or_none()
    if position is None:
        raise NotApplicable("event-known", f"{envelope.event_id} was another fact's id before")
    try:
        match fact:
            case SaleRecorded():
                drop_open(tx, fact.transaction_id)
                record(tx, recording_of(fact), position, at)
            case TransactionVoided():
                apply_void(tx, fact, position)
            case InventoryAdjusted():
                apply_adjustment(tx, fact, position)
            case RefundRecorded():
                apply_refund(tx, fact, position)
            case ShiftOpened() | CashMoved() | ShiftClosed():
                shifts.apply(tx, fact, position)
            case AccessDecided():
                take_decision(tx, fact)
            case PaymentCaptured() | PaymentSettled():
                pass  # head office's business: the sale's own fact says how it was paid
    except (Refusal, ValueError) as refusal:
        raise NotApplicable(getattr(refusal, "code", "not-applicable"), str(refusal)) from refusal


def about(envelope: Envelope) -> str:
    """What the fact is about: the outbox's `aggregate_id`."""
    payload = envelope.payload if isinstance(envelope.payload, dict) else {}
    said = str(next((payload[name] for name in ABOUT if payload.get(name)), envelope.event_id))
    return said[:100].replace("\x00", "")


def hash_known(tx: Connection, origin: str, sequence: int) -> str | None:
    """The hash under which we passed on this number of the origin; None when we did not."""
    column = courier.outbox.c
    text = tx.execute(
        select(column.payload).where(column.origin == origin, column.sequence == sequence)
    ).scalar_one_or_none()
    return str(orjson.loads(text)["hash"]) if text is not None else None
