"""How the hub is: for people, for supervisors and for Prometheus."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection, func, select
from starlette.responses import Response

from courier import cursor, outbox
from courier.skew import HEADER as NOW_HEADER
from storehub.api.call import Answer, CallDep, Deed
from storehub.api.hub import Hub, hub_of
from storehub.api.metrics import CONTENT_TYPE
from storehub.database import courier, print_jobs
from storehub.people.queries import terminals_enrolled
from storehub.printers.queries import waiting_count
from storehub.sales.queries import sums

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


def _status(tx: Connection, hub: Hub) -> dict[str, Any]:
    backlog = outbox.backlog(tx, courier)
    count, total = sums(tx)
    set_aside = select(func.count()).select_from(courier.set_aside)
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
        },
        "news_version": cursor.read(tx, courier.sync_cursors, cursor.NEWS),
        "sales": {"count": count, "total": total},
        "set_aside": tx.execute(set_aside.where(courier.set_aside.c.decision.is_(None))).scalar_one(),
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
