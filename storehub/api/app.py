"""The hub's application: the tills' door in front, the gate behind it, and the rooms' endpoints."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from starlette.types import ASGIApp

from courier import problem
from storehub.api import (
    baskets,
    catalog,
    checkout,
    customers,
    downstream,
    drawer,
    found_sales,
    inventory,
    late,
    money,
    receipts,
    refunds,
    set_aside,
    shifts,
    sign_in,
    status,
    till_status,
)
from storehub.api.door import BODY_BYTES_MAX, EnvelopesDoor
from storehub.api.gate import GateDoor
from storehub.api.hub import Hub
from storehub.api.metrics import StopwatchDoor
from storehub.api.problems import problem_of
from storehub.intake import Intake

ROOMS = (
    checkout,
    customers,
    found_sales,
    baskets,
    refunds,
    shifts,
    drawer,
    money,
    catalog,
    inventory,
    receipts,
    sign_in,
    downstream,
    late,
    set_aside,
    status,
    till_status,
)

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def make_app(hub: Hub, intake: Intake, lifespan: Lifespan) -> ASGIApp:
    """The ASGI application of this hub; `lifespan` starts and stops what runs beside it."""
    app = FastAPI(title="Everopen store hub", version="1", lifespan=lifespan)
    app.state.hub = hub
    app.state.intake = intake
    for room in ROOMS:
        app.include_router(room.router)
    app.add_middleware(GateDoor, gate=hub.gate)
    problem.install(app, problem_of, body_bytes_max=BODY_BYTES_MAX)
    timed = StopwatchDoor(app, hub.metrics)
    return EnvelopesDoor(timed, hub, intake)
