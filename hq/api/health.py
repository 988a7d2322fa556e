"""Whether the program lives, whether it can work, and its metrics. No token: there is nothing to learn."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text

from courier import backups
from courier.skew import HEADER as NOW_HEADER
from hq.alerts.queries import open_counts
from hq.api.office import AnOffice
from hq.backup import WHAT
from hq.ledger.queries import last_batches, pipe_states, waiting_counts
from hq.reports.projection import BOOKS

router = APIRouter(tags=["health"])


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@router.get("/health/ready")
def ready(office: AnOffice, response: Response) -> dict[str, str]:
    """The database answers as well; otherwise the problem `database-away`."""
    response.headers[NOW_HEADER] = office.clock().isoformat()
    with office.engine.connect() as tx:
        tx.execute(text("SELECT 1"))
    return {"status": "ready"}


@router.get("/metrics")
def metrics(office: AnOffice) -> Response:
    """Prometheus' text format."""
    with office.engine.connect() as tx:
        states = pipe_states(tx, BOOKS)
        office.metrics.lag.set(sum(state.lag for state in states))
        office.metrics.count_review(*waiting_counts(tx), open_counts(tx))
        for store_id, heard_at in last_batches(tx).items():
            age = (office.clock() - heard_at).total_seconds()
            office.metrics.heard.labels(store_id).set(max(0.0, age))
    folder = office.settings.backup_dir
    newest = backups.newest_at(folder, WHAT) if folder is not None else None
    office.metrics.backup_age.set((office.clock() - newest).total_seconds() if newest is not None else -1)
    return Response(office.metrics.page(), media_type=CONTENT_TYPE_LATEST)
