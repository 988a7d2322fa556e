"""Writing down what hubs tell of facts they set aside, of decisions, and of differences."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update
from sqlalchemy.dialects.postgresql import insert

from courier.aside import close_number
from courier.decision import FactSetAside, NewsOverruled, SetAsideDecided
from hq.database import courier
from hq.ledger.own import OWN
from hq.reconciliation.tables import conflicts, store_set_aside
from retail.discrepancy import Discrepancy, PriceDiscrepancyFound

PRICE_DIFFERENCE = "price-difference"
PROMOTION_DIFFERENCE = "promotion-difference"
NEWS_OVERRULED = "news-overruled"


def note_set_aside(tx: Connection, store_id: str, told: FactSetAside) -> None:
    """A hub has set a fact aside."""
    tx.execute(
        insert(store_set_aside)
        .values(
            store_id=store_id,
            pipe=told.pipe,
            position=told.position,
            event_id=told.event_id,
            origin=told.origin,
            sequence=told.sequence,
            code=told.code,
            detail=told.detail,
            envelope=told.envelope,
            set_aside_at=told.set_aside_at,
        )
        .on_conflict_do_nothing()
    )


def note_decision(tx: Connection, store_id: str, decided: SetAsideDecided) -> None:
    """Somebody at a store has decided; head office's own copy of the fact, if it waits, follows."""
    if store_id == OWN:
        return  # written down with the decision itself (`hq.reports.settling`)
    what: dict[str, Any] = {
        "decision": decided.decision.value,
        "decided_by": decided.decided_by,
        "decided_at": decided.decided_at,
    }
    c = store_set_aside.c
    tx.execute(
        update(store_set_aside)
        .where(c.store_id == store_id, c.pipe == decided.pipe, c.position == decided.position)
        .values(**what, reason=decided.reason)
    )
    close_number(tx, courier, decided)
    aside = courier.set_aside.c
    if decided.origin is not None:
        tx.execute(
            update(courier.set_aside)
            .where(
                aside.origin == decided.origin,
                aside.event_id == decided.event_id,
                aside.decision.is_(None),
            )
            .values(**what)
        )


def note_difference(tx: Connection, pipe: str, position: int, found: Discrepancy) -> None:
    """A sale was made at another price, or with other promotions, than the hub's book had for that moment."""
    note_conflict(
        tx,
        pipe,
        position,
        kind=PRICE_DIFFERENCE if isinstance(found, PriceDiscrepancyFound) else PROMOTION_DIFFERENCE,
        store_id=found.store_id,
        found_at=found.noted_at,
        subject=str(found.transaction_id),
        detail=found.to_body(),
    )


def note_overruled(tx: Connection, pipe: str, position: int, store_id: str, told: NewsOverruled) -> None:
    """A store gave up news that we had lost with a restore; somebody may want it back."""
    note_conflict(
        tx,
        pipe,
        position,
        kind=NEWS_OVERRULED,
        store_id=store_id,
        found_at=told.overruled_at,
        subject=f"{told.count} pieces of news",
        detail=told.to_body(),
    )


def note_conflict(
    tx: Connection,
    pipe: str,
    position: int,
    *,
    kind: str,
    store_id: str,
    found_at: datetime,
    subject: str,
    detail: dict[str, Any],
) -> None:
    """Two who should agree do not; once for each fact that tells of it."""
    tx.execute(
        insert(conflicts)
        .values(
            pipe=pipe,
            position=position,
            kind=kind,
            store_id=store_id,
            found_at=found_at,
            subject=subject[:200],
            detail=detail,
        )
        .on_conflict_do_nothing()
    )
