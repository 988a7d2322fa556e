"""What a till shows of the world behind its hub: head office, the printer, the program's version."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter
from sqlalchemy import Connection

from courier import outbox
from courier.link import LinkState
from courier.stream import Pokes
from courier.watch import LinkReport
from storehub.api.call import Answer, CallDep, Deed
from storehub.api.hub import Hub
from storehub.database import courier, print_jobs
from storehub.printers.queries import waiting_count

router = APIRouter(prefix="/api/v1", tags=["status"])

TILL_STATUS = "status"
"""The poke that says that something of this has changed."""


class TillLights:
    """Pokes the tills when what their light shows of the world has changed; for any thread."""

    def __init__(self, pokes: Pokes) -> None:
        self._pokes = pokes
        self._link: LinkState | None = None

    def changed(self) -> None:
        """Something has."""
        self._pokes.poke(TILL_STATUS)

    def linked(self, report: LinkReport) -> None:
        """A report of the way to head office; only another state is worth a poke."""
        if report.state is not self._link:
            self._link = report.state
            self.changed()


@router.get("/till-status")
def till_status(call: CallDep) -> Answer:
    """Head office, the printer and what waits for them; a few look-ups by key: tills ask often."""
    return call.read(lambda tx: _till_status(tx, call.hub))


@router.post("/printer/try-now", status_code=202)
def print_now(call: CallDep) -> Answer:
    """Print what waits: somebody has put paper in, or wants to know whether the printer is back."""
    call.allow(Deed("print what waits", by_terminals=True))
    call.hub.mended()
    answer = call.read(lambda tx: {"printer": _printer(tx, call.hub)})
    answer.status_code = 202
    return answer


@cache
def program_version() -> str:
    """The version of this program, as it is installed."""
    return version("everopen")


def _till_status(tx: Connection, hub: Hub) -> dict[str, Any]:
    backlog, link = outbox.backlog(tx, courier), hub.link.to_body()
    return {
        "version": program_version(),
        "hq": {
            "state": link["state"],
            "since": link["since"],
            "last_heard_at": link["last_heard_at"],
            "waiting": backlog.length,
            "oldest_at": backlog.oldest_at.isoformat() if backlog.oldest_at else None,
        },
        "printer": _printer(tx, hub),
    }


def _printer(tx: Connection, hub: Hub) -> dict[str, Any] | None:
    condition = hub.condition()
    if condition is None:
        return None
    return condition.to_body() | {"name": hub.printer, "waiting": waiting_count(tx, print_jobs)}
