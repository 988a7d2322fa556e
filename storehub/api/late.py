"""The doors about old disks: facts off one that was lost and found, and where a till's facts begin."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from courier.beginning import Beginning
from courier.problem import Problem
from retail.staff import Permission
from storehub.api.call import Answer, CallDep, Deed
from storehub.api.door import demand_own
from storehub.intake import Intake, Pipe
from storehub.people.succession import go_on_behind, place_of

router = APIRouter(prefix="/api/v1", tags=["courier"])


class Found(BaseModel):
    """Sealed envelopes of the terminal that asks, in their order."""

    events: Annotated[list[Any], Field(max_length=500)]


async def intake_of(request: Request) -> Intake:
    """The intake of this hub."""
    intake: Intake = request.app.state.intake
    return intake


@router.post("/envelopes/late")
def late(body: Found, call: CallDep, intake: Annotated[Intake, Depends(intake_of)]) -> Answer:
    """Take what fills a gap in this terminal's chain; what is another history under the same numbers is set
    aside for a person. Sending again changes nothing."""
    if not call.caller.is_terminal:
        raise Problem(403, "not-allowed", "Only a terminal brings facts")
    pipe = Pipe(call.hub.store_id, call.caller.terminal_id)
    demand_own(call.caller, pipe, body.events)
    return Answer(intake.take_late(pipe, body.events).to_body())


@router.post("/envelopes/begin")
def begin(body: dict[str, Any], call: CallDep) -> Answer:
    """Want nothing from this terminal before `position` (`heads`: how far its chain had come by then): it was
    on a disk that is lost. What is not here is `missing` (positions, both ends included), an open gap that a
    disk which turns up can fill."""
    deed = Deed("begin behind a lost disk", Permission.SELL, by_terminals=True, detail=body)
    if not call.caller.is_terminal:
        raise Problem(403, "not-allowed", "Only a terminal brings facts")
    origin = f"{call.hub.store_id}/{call.caller.terminal_id}"
    try:
        beginning = Beginning.from_body(body)
    except (KeyError, TypeError, ValueError) as broken:
        raise Problem(422, "invalid-request", "The request is not valid", str(broken)) from broken
    if any(head.origin != origin for head in beginning.heads):
        raise Problem(403, "wrong-terminal", "A terminal speaks of its own facts only")

    def do(tx: Connection) -> dict[str, Any]:
        gone = go_on_behind(tx, origin, beginning, call.at)
        next_position = place_of(tx, origin).next_position
        return {"missing": [list(gone)] if gone else [], "next_position": next_position}

    return call.write(deed, do)
