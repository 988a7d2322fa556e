"""How the hub is: for people, for supervisors and for Prometheus."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from sqlalchemy import Connection, func, select
from starlette.responses import Response

from courier import cursor, outbox
from courier.envelope import opened_text
from courier.skew import HEADER as NOW_HEADER
from courier.standing import standings
from storehub.api.call import Answer, CallDep, Deed
from storehub.api.hub import Hub, hub_of
from storehub.api.metrics import CONTENT_TYPE
from storehub.database import courier, print_jobs
from storehub.people.queries import terminals_enrolled
from storehub.printers.queries import waiting_count
from storehub.sales.queries import sums, sums_by_origin

router = APIRouter(tags=["status"])
HubDep = Annotated[Hub, Depends(hub_of)]


@router.get("/health/live")
async def live() -> Answer:
    """The process runs."""
    return Answer({"status": "live"})


@router.get("/health/ready")
def ready(hub: HubDep) -> Answer:
    """The hub can take facts: its database answers. Head office does not matter for that."""
    with hub.engine.connect() as tx:
        version = cursor.read(tx, courier.sync_cursors, cursor.NEWS)
    answer = Answer({"status": "ready", "store_id": hub.store_id, "news_version": version})
    answer.headers[NOW_HEADER] = hub.clock().isoformat()
    return answer


@router.get("/metrics")
def metrics(hub: HubDep) -> Response:
    """All figures in Prometheus' text format."""
    return Response(hub.metrics.text(), media_type=CONTENT_TYPE)


@router.get("/api/v1/status")
def status(call: CallDep) -> Answer:
    """What works, what waits and what was set aside."""
    return call.read(lambda tx: _status(tx, call.hub))


@router.post("/api/v1/sync/try-now", status_code=202)
def try_now(call: CallDep) -> Answer:
    """End every wait for head office at once: IT has mended the network, or wants to know whether it is."""
    call.allow(Deed("try head office now", by_terminals=True))
    call.hub.link.try_now()
    return Answer({"hq": call.hub.link.to_body()}, 202)


@router.get("/api/v1/completeness")
def completeness(call: CallDep) -> Answer:
    """What the hub has of every till's chain and its own, as head office tells of the store."""
    return call.read(lambda tx: _completeness(tx, call.hub, call.at))


def _completeness(tx: Connection, hub: Hub, at: datetime) -> dict[str, Any]:
    origins = standings(
        tx,
        courier,
        hub.store_id,
        expected=[f"{hub.store_id}/{terminal_id}" for terminal_id in terminals_enrolled(tx)],
        sums=sums_by_origin(tx),
        ends=_ends(tx),
        at=at,
    )
    zone, waiting = ZoneInfo(hub.rules(tx).timezone), _waiting(tx)
    says = [origin.says(zone) for origin in origins]
    if waiting:
        says.append(f"{waiting} set aside, waiting for a decision")
    return {
        "store_id": hub.store_id,
        "complete": waiting == 0 and all(origin.whole for origin in origins),
        "says": says,
        "origins": [origin.to_body(zone, at) for origin in origins],
        "set_aside": waiting,
    }


def waiting_figures(tx: Connection, at: datetime) -> dict[str, float]:
    """What waits, under the names of `storehub.api.metrics.WAITING`."""
    backlog = outbox.backlog(tx, courier)
    oldest = (at - backlog.oldest_at).total_seconds() if backlog.oldest_at is not None else 0.0
    breaks = select(func.count()).select_from(courier.chain_breaks)
    return {
        "outbox_queue_length": backlog.length,
        "outbox_oldest_age_seconds": max(0.0, oldest),
        "outbox_acknowledged_position": outbox.acknowledged(tx, courier),
        "news_version": cursor.read(tx, courier.sync_cursors, cursor.NEWS),
        "facts_set_aside": _waiting(tx),
        "chain_breaks": tx.execute(breaks).scalar_one(),
    }


def _ends(tx: Connection) -> dict[str, tuple[int, datetime | None]]:
    """First number passed on of each origin, and when its newest fact was made."""
    c, heads = courier.outbox.c, courier.origins.c
    first = {row[0]: row[1] for row in tx.execute(select(c.origin, func.min(c.sequence)).group_by(c.origin))}
    newest = tx.execute(
        select(c.origin, c.payload).join_from(
            courier.origins, courier.outbox, (heads.origin == c.origin) & (heads.sequence == c.sequence)
        )
    )
    made_at = {row.origin: datetime.fromisoformat(opened_text(row.payload).timestamp) for row in newest}
    return {origin: (number, made_at.get(origin)) for origin, number in first.items()}


def _waiting(tx: Connection) -> int:
    aside = select(func.count()).select_from(courier.set_aside)
    waiting: int = tx.execute(aside.where(courier.set_aside.c.decision.is_(None))).scalar_one()
    return waiting


def _status(tx: Connection, hub: Hub) -> dict[str, Any]:
    backlog = outbox.backlog(tx, courier)
    count, total = sums(tx)
    origins = courier.origins.c
    heard = {
        row.origin: row
        for row in tx.execute(select(origins.origin, origins.sequence, origins.hash, origins.heard_at))
    }
    return {
        "store_id": hub.store_id,
        "hq": hub.link.to_body(),
        "outbox": {
            "length": backlog.length,
            "oldest_at": backlog.oldest_at.isoformat() if backlog.oldest_at else None,
            "last_position": outbox.last_position(tx, courier),
            "acknowledged": outbox.acknowledged(tx, courier),
        },
        "news_version": cursor.read(tx, courier.sync_cursors, cursor.NEWS),
        "sales": {"count": count, "total": total},
        "set_aside": _waiting(tx),
        "chain_breaks": tx.execute(select(func.count()).select_from(courier.chain_breaks)).scalar_one(),
        "backups": hub.backups(),
        "printer": {"name": hub.printer, "waiting": waiting_count(tx, print_jobs)},
        "terminals": [
            _terminal(terminal_id, enrolled_at, heard.get(f"{hub.store_id}/{terminal_id}"))
            for terminal_id, enrolled_at in terminals_enrolled(tx).items()
        ],
    }


def _terminal(terminal_id: str, enrolled_at: Any, head: Any) -> dict[str, Any]:
    return {
        "terminal_id": terminal_id,
        "enrolled_at": enrolled_at.isoformat() if enrolled_at else None,
        "last_heard_at": head.heard_at.isoformat() if head and head.heard_at else None,
        "sequence": head.sequence if head else 0,
        "hash": head.hash if head else None,
    }
