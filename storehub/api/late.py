"""The door for facts off an old disk: what a till had not sent when its disk was lost, and was found."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from courier.problem import Problem
from storehub.api.call import Answer, CallDep
from storehub.api.door import demand_own
from storehub.intake import Intake, Pipe

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
