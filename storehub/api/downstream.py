"""The tills' way down: news under head office's own versions, and the stream of pokes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from courier import feed
from courier.stream import poke_response
from storehub.api.call import Answer, CallDep
from storehub.api.hub import Hub, hub_of
from storehub.database import courier

router = APIRouter(prefix="/api/v1", tags=["courier"])


@router.get("/news")
def get_news(call: CallDep, after: Annotated[int, Query(ge=0)] = 0) -> Answer:
    """What has changed after a version; whole versions only."""
    return call.read(lambda tx: feed.page(tx, courier, after, call.hub.store_id).to_body())


@router.get("/stream")
async def get_stream(hub: Annotated[Hub, Depends(hub_of)]) -> StreamingResponse:
    """Pokes as server-sent events: "there is news", nothing more."""
    return poke_response(hub.pokes)
