"""News for the hubs, and the stream that says when there is some."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response
from starlette.responses import StreamingResponse

from courier import feed, line
from courier.problem import Problem
from courier.stream import poke_response
from hq.api.catalog import VERSION_MAX
from hq.api.office import AnOffice, AStore
from hq.database import courier

router = APIRouter(tags=["news"])


@router.get("/v1/news")
def news(
    office: AnOffice, store_id: AStore, after: Annotated[int, Query(ge=0, le=VERSION_MAX)] = 0
) -> Response:
    """A page of what the asking store has to learn after a version; whole versions only.

    A store that is ahead of us has news of a future that was lost with a restore: our line goes on above
    it before anything else is published, and the store starts over.
    """
    with office.engine.connect() as tx:
        known = feed.version_now(tx, courier)
    # Whoever asks so is confused, and must not be the reason that our numbers run out.
    if after - known > line.AHEAD_MAX:
        raise Problem(
            422, "invalid-request", "The request is not valid", f"after: {after} was never a version"
        )
    if after > known:
        with office.engine.begin() as tx:
            line.lift(tx, courier, office.clock(), heard=after)
    with office.engine.connect() as tx:
        page = feed.page(tx, courier, after, store_id)
    return Response(orjson.dumps(page.to_body()), media_type="application/json")


@router.get("/v1/stream")
async def stream(office: AnOffice, _: AStore) -> StreamingResponse:
    """Server-sent events: a poke whenever there may be news."""
    return poke_response(office.pokes)
