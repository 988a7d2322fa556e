"""Recording paid sales: one statement for both doors, the tills' facts and the Checkout API's finalize.

The statement is `record.sql`. `GUARDED` is its form for the tills' door, which sends it over a connection
of its own (`storehub.sales.wire`): it checks and moves the chain and the pipe's cursor and passes the
envelopes on by itself, so that a sale is one statement and one commit; an origin that it does not return
has not been touched. `record` runs the same statement inside a transaction whose caller has seen to that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, text

from courier.cursor import pipe_cursor
from courier.envelope import Envelope
from retail.facts import SaleRecorded
from retail.price import Price
from retail.stock import movements_of_sale
from storehub.printers.job import Document

PARAMETERS = ("chains", "sales", "lines", "tenders", "movements", "vouchers", "jobs", "at")

# Cursor, origin, outbox head: the same order of locks as `courier.inbox.receive`, so that a batch that is
# repeated while its first try is still under way waits for it.
_GUARDED = """awaited AS MATERIALIZED (
    SELECT c.* FROM chain c JOIN sync_cursors s ON s.cursor_name = c.pipe
    WHERE s.cursor_value = c.from_position - 1 FOR UPDATE OF s
),
heard AS (
    UPDATE origins o SET sequence = a.last, hash = a.last_hash, heard_at = :at::timestamptz
    FROM awaited a
    WHERE o.origin = a.origin AND o.sequence = a.previous AND o.hash = a.previous_hash
    RETURNING o.origin, a.pipe, a.to_position
),
followed AS (
    UPDATE sync_cursors s SET cursor_value = h.to_position, updated_at = :at::timestamptz
    FROM heard h WHERE s.cursor_name = h.pipe
)"""
# The head row of the outbox is the last lock, so that positions come in commit order.
_PASSED_ON = """head AS (
    UPDATE heads SET value = value + (SELECT count(*) FROM sale)
    WHERE name = 'outbox' AND EXISTS (SELECT FROM sale)
    RETURNING value
),
passed_on AS (
    INSERT INTO outbox (id, event_id, event_type, aggregate_type, aggregate_id, origin, sequence,
        payload, created_at)
    SELECT head.value + back, event_id, event_type, 'Transaction', sale.id, origin, sequence,
        envelope, :at::timestamptz
    FROM sale, head
)"""
_TRUSTED = "heard AS (SELECT origin FROM chain)"
_PASSED_ON_BEFORE = "head AS (SELECT :position::bigint AS value)"

_SQL = (resources.files("storehub.sales") / "record.sql").read_text(encoding="utf-8")
_BODY = "WITH" + _SQL.partition("\nWITH")[2]
GUARDED = _BODY.replace("{heard}", _GUARDED).replace("{passed_on}", _PASSED_ON)
_RECORD = text(
    _BODY.replace("{heard}", _TRUSTED).replace("{passed_on}", _PASSED_ON_BEFORE).replace("::", "\\:\\:")
)


@dataclass(frozen=True, slots=True)
class PrintJob:
    """A job of the sale for the print queue: its id, the printer's name, and what is wanted of it."""

    job_id: UUID
    printer: str
    document: Document = Document.RECEIPT


@dataclass(frozen=True, slots=True)
class Recording:
    """A paid sale with the envelope that carries it, and what the hub adds to it.

    `differences`: lines whose list price is not the hub's own for that moment, with the hub's price
    (None: it knows none). `opened_at`: when the hub opened the sale, for those it knew as a draft.
    """

    envelope: Envelope
    sale: SaleRecorded
    differences: Mapping[UUID, Price | None] = field(default_factory=dict)
    jobs: Sequence[PrintJob] = ()
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PipeBatch:
    """Consecutive sales of one till, each linked to the one before, from a position of its pipe."""

    pipe: str
    from_position: int
    recordings: Sequence[Recording]


def record(tx: Connection, recording: Recording, position: int, at: datetime) -> None:
    """Record a sale whose envelope the caller has chained and passed on at this position of the outbox."""
    chains = [{"origin": recording.envelope.origin}]
    tx.execute(_RECORD, {**_parameters(chains, [recording], at), "position": position})


def guarded_parameters(batches: Sequence[PipeBatch], at: datetime) -> dict[str, str]:
    """The parameters of `GUARDED` for batches of different pipes; it returns the origins it took."""
    chains = [_chain(batch) for batch in batches]
    recordings = [recording for batch in batches for recording in batch.recordings]
    return _parameters(chains, recordings, at)


def _chain(batch: PipeBatch) -> dict[str, Any]:
    first, last = batch.recordings[0].envelope, batch.recordings[-1].envelope
    return {
        "origin": first.origin,
        "pipe": pipe_cursor(batch.pipe),
        "from_position": batch.from_position,
        "to_position": batch.from_position + len(batch.recordings) - 1,
        "previous": first.sequence - 1,
        "previous_hash": first.previous_hash,
        "last": last.sequence,
        "last_hash": last.hash,
    }


def _parameters(
    chains: Sequence[Mapping[str, Any]], recordings: Sequence[Recording], at: datetime
) -> dict[str, str]:
    lines: list[dict[str, Any]] = []
    tenders: list[dict[str, Any]] = []
    movements: list[dict[str, Any]] = []
    vouchers: list[dict[str, Any]] = []
    jobs: list[dict[str, Any]] = []
    for place, recording in enumerate(recordings):
        lines += _line_rows(place, recording)
        tenders += _tender_rows(place, recording.sale)
        movements += [
            {"place": place, "sku_id": moved.sku_id, "quantity_delta": moved.quantity_delta}
            for moved in movements_of_sale(recording.sale.lines)
        ]
        vouchers += [{"place": place, "code": voucher.code} for voucher in recording.sale.vouchers]
        jobs += [
            {"place": place, "id": job.job_id, "printer": job.printer, "document": job.document}
            for job in recording.jobs
        ]
    sales = [_sale_row(place, recording) for place, recording in enumerate(recordings)]
    return {
        "chains": orjson.dumps(chains).decode(),
        "sales": orjson.dumps(sales).decode(),
        "lines": orjson.dumps(lines).decode(),
        "tenders": orjson.dumps(tenders).decode(),
        "movements": orjson.dumps(movements).decode(),
        "vouchers": orjson.dumps(vouchers).decode(),
        "jobs": orjson.dumps(jobs).decode(),
        "at": at.isoformat(),
    }


def _sale_row(place: int, recording: Recording) -> dict[str, Any]:
    envelope, sale = recording.envelope, recording.sale
    first = sale.tenders[0] if sale.tenders else None
    return {
        "place": place,
        "event_id": envelope.event_id,
        "event_type": envelope.event_type,
        "origin": envelope.origin,
        "sequence": envelope.sequence,
        "envelope": envelope.text,
        "proof": envelope.hash[:4],
        "id": sale.transaction_id,
        "store_id": sale.store_id,
        "terminal_id": sale.terminal_id,
        "cashier_id": sale.cashier_id,
        "currency": sale.currency,
        "prices_include_tax": sale.prices_include_tax,
        "subtotal": sale.totals.subtotal,
        "discount_amount": sale.totals.discount_amount,
        "tax_amount": sale.totals.tax_amount,
        "total_amount": sale.totals.total_amount,
        "rounding_amount": sale.rounding_amount,
        "payment_method": first.payment_method if first else None,
        "payment_provider_ref": first.provider_txn_id if first else None,
        "receipt_number": sale.receipt_number,
        "business_date": sale.business_date,
        "external_reference": sale.external_reference,
        "created_at": recording.opened_at or sale.sold_at,
        "completed_at": sale.sold_at,
        **_customer(sale),
    }


def _customer(sale: SaleRecorded) -> dict[str, Any]:
    """Who bought and the vouchers that were redeemed, where the sale says so."""
    said: dict[str, Any] = {}
    if sale.member_id is not None:
        said |= {"member_id": sale.member_id, "points_earned": sale.points_earned}
    if sale.vouchers:
        said["vouchers"] = [voucher.to_body() for voucher in sale.vouchers]
    return said


def _line_rows(place: int, recording: Recording) -> list[dict[str, Any]]:
    rows = []
    differences = recording.differences
    for number, rung in enumerate(recording.sale.totals.lines, start=1):
        line = rung.line
        row = {
            "place": place,
            "id": line.line_item_id,
            "line_number": number,
            "sku_id": line.sku_id,
            "barcode": line.barcode,
            "product_name": line.product_name,
            "category": line.category,
            "quantity": line.quantity,
            "unit": line.unit,
            "unit_price": line.unit_price,
            "list_price": line.list_price,
            "price_version": line.price_version,
            "line_subtotal": rung.line_subtotal,
            "line_discount": rung.line_discount,
            "line_total": rung.line_total,
            "tax_rate": str(line.tax_rate),
            "tax_amount": rung.tax_amount,
            "override_reason": line.override_reason,
            "pack_of": line.pack_of,
            "pack_size": line.pack_size,
            "age_restricted": line.age_restricted,
        }
        if rung.promotions:
            row["applied_promotions"] = [applied.to_body() for applied in rung.promotions]
        if line.line_item_id in differences:
            price = differences[line.line_item_id]
            row |= {"differs": True}
            row |= {"hub_price": price.amount, "hub_version": price.version} if price else {}
        rows.append(row)
    return rows


def _tender_rows(place: int, sale: SaleRecorded) -> list[dict[str, Any]]:
    return [
        {
            "place": place,
            "id": tender.payment_id,
            "payment_method": tender.payment_method,
            "amount": tender.amount,
            "tendered": tender.tendered,
            "change": tender.change,
            "provider": tender.provider,
            "provider_txn_id": tender.provider_txn_id,
        }
        for tender in sale.tenders
    ]
