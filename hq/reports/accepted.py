"""Facts that a person accepted as they are: into the books as far as they can be read.

What reads like any other fact is entered like any other. Of a sale that does not add up the stated total
counts, in one line and, unless its tenders say otherwise, one tender; goods are not moved by what cannot be
read. That it was accepted stands in `set_aside`, beside the pipe and position that its row names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

import orjson
from sqlalchemy import Connection, select

from courier.decision import Decision, SetAsideDecided
from courier.inbox import NotApplicable
from hq.database import courier
from hq.ledger.own import OWN
from hq.ledger.tables import ledger
from hq.reports.entries import YEARS, Entries, Posted, enter, enter_sale, read_posted
from hq.reports.partner import UNKNOWN_METHOD
from retail.calendar import StoreCalendar
from retail.facts import SaleRecorded
from retail.money import AMOUNT_LIMIT
from retail.sale import SaleState

TWICE = "already-recorded"


def decided_entries(
    tx: Connection, posted: Posted, decided: SetAsideDecided, calendar: StoreCalendar
) -> Entries:
    """The rows that a decision brings; `posted` is the fact of the decision itself.

    Raises `NotApplicable` for a retry that cannot be applied.
    """
    entries = Entries()
    target = _target(tx, posted, decided)
    if target is None or decided.decision is Decision.ANNUL:
        return entries
    if decided.decision is Decision.RETRY:
        enter(entries, target, calendar)
    else:
        _accept(entries, target, decided, calendar)
    return entries


def _target(tx: Connection, posted: Posted, decided: SetAsideDecided) -> Posted | None:
    """The fact that was decided about, as it shall be entered; None when there is nothing to enter."""
    if decided.envelope is not None:
        return _carried(posted, decided.envelope)
    c, aside = ledger.c, courier.set_aside.c
    query = select(c.pipe, c.position, c.event_id, c.event_type, c.store_id, c.origin, c.envelope)
    if posted.pipe == OWN:
        query = query.where(c.pipe == decided.pipe, c.position == decided.position)
    else:
        # A hub's decision about a fact that came here all the same counts if it waited here too.
        query = query.join_from(
            ledger, courier.set_aside, (aside.pipe == c.pipe) & (aside.position == c.position)
        ).where(
            c.origin == decided.origin,
            c.sequence == decided.sequence,
            aside.decided_by == decided.decided_by,
            aside.decided_at == decided.decided_at,
        )
    row = tx.execute(query).mappings().one_or_none()
    return Posted(**row) if row is not None else None


def _carried(posted: Posted, envelope: str) -> Posted | None:
    """The fact whose text the decision brought along; it stands in the ledger where the decision does."""
    try:
        body = orjson.loads(envelope)
        return Posted(
            posted.pipe,
            posted.position,
            UUID(body["event_id"]),
            str(body["event_type"]),
            str(body["store_id"]),
            body.get("origin"),
            envelope,
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None


def _accept(entries: Entries, target: Posted, decided: SetAsideDecided, calendar: StoreCalendar) -> None:
    try:
        if decided.code == TWICE:
            fact = read_posted(target, calendar)
            if isinstance(fact, SaleRecorded):
                enter_sale(entries, target, _as_another(fact, target.event_id))
            return
        enter(entries, target, calendar)
    except NotApplicable:
        _enter_stated(entries, target, calendar)


def _as_another(sale: SaleRecorded, event_id: UUID) -> SaleRecorded:
    """The sale under ids that follow from its fact's: its own are those of another row."""
    tenders = tuple(
        replace(tender, payment_id=uuid5(event_id, f"payment {number}"))
        for number, tender in enumerate(sale.tenders, start=1)
    )
    return replace(sale, transaction_id=uuid5(event_id, "accepted"), tenders=tenders)


def _enter_stated(entries: Entries, target: Posted, calendar: StoreCalendar) -> None:
    """The sale by what it says of itself; nothing, when that is not even an id and a total."""
    try:
        body = orjson.loads(target.envelope)
        payload = body["payload"]
        sale_id, total = UUID(payload["transaction_id"]), _amount(payload, "total_amount")
        sold_at = datetime.fromisoformat(payload.get("sold_at") or body["timestamp"])
        stated_day = payload.get("business_date")
        day = date.fromisoformat(stated_day) if stated_day else calendar.business_date(sold_at)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return
    if target.event_type != SaleRecorded.event_type or day.year not in YEARS or sold_at.tzinfo is None:
        return
    event_id, tax = target.event_id, min(_stated(payload, "tax_amount"), total)
    said = {name: _text(payload, name) for name in ("cashier_id", "receipt_number")}
    entries.transactions.append(
        (
            sale_id,
            day,
            target.store_id,
            (_text(payload, "terminal_id") or _text(body, "terminal_id"))[:50],
            said["cashier_id"][:50],
            said["receipt_number"][:120],
            SaleState.PAID.value,
            sold_at,
            _text(payload, "currency")[:3],
            True,
            total,
            0,
            tax,
            total,
            1,
            None,
            target.pipe,
            target.position,
        )
    )
    entries.add_plain_line(sale_id, day, uuid5(event_id, "line"), total, tax)
    entries.payments += _tenders(payload, event_id, sale_id, day, total)
    entries.months.add(day.replace(day=1))
    if target.origin is not None:
        count, amount = entries.sums.get(target.origin, (0, 0))
        entries.sums[target.origin] = (count + 1, amount + total)


def _tenders(
    payload: Mapping[str, Any], event_id: UUID, sale_id: UUID, day: date, total: int
) -> list[tuple[Any, ...]]:
    """One row a tender when the stated ones cover the total, else one of an unknown method."""
    stated = [(UNKNOWN_METHOD, total)]
    try:
        told = [(str(each["payment_method"])[:50], _amount(each, "amount")) for each in payload["tenders"]]
        stated = told if sum(amount for _, amount in told) == total else stated
    except (KeyError, TypeError, ValueError):
        pass
    return [
        (uuid5(event_id, f"payment {number}"), day, sale_id, number, method, amount, None, 0, None, None)
        for number, (method, amount) in enumerate(stated, start=1)
    ]


def _amount(body: Mapping[str, Any], name: str) -> int:
    amount = body[name]
    if type(amount) is not int or not 0 <= amount <= AMOUNT_LIMIT:
        raise ValueError(f"{name} is a whole number of minor units")
    return amount


def _stated(body: Mapping[str, Any], name: str) -> int:
    try:
        return _amount(body, name)
    except (KeyError, ValueError):
        return 0


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value.replace("\x00", "") if isinstance(value, str) else ""
