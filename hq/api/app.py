"""Head office's web app: the doors, and what surrounds them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from courier import problem
from hq.api import (
    catalog,
    health,
    hubs,
    members,
    news,
    people,
    prices,
    promotions,
    receipts,
    reports,
    review,
    set_aside,
    sign_in,
    stores,
    vouchers,
)
from hq.api.bell import Bell
from hq.api.metrics import Measured
from hq.api.office import NEWS_CHANNEL, Office
from hq.api.problems import translate
from hq.backup import Nightly
from hq.roll_up import RollUp

LARGE_ANSWER_BYTES = 20_000
ROOMS = (
    catalog,
    health,
    hubs,
    members,
    news,
    people,
    prices,
    promotions,
    receipts,
    reports,
    review,
    set_aside,
    sign_in,
    stores,
    vouchers,
)


def make_app(
    office: Office, more: Iterable[APIRouter], larger_bodies: dict[str, int], tick: Callable[[], float]
) -> FastAPI:
    """The app of one instance; `tick` is a clock for durations. While it is up, its projector runs."""
    app = FastAPI(
        title="Everopen head office", version="1", docs_url=None, redoc_url=None, lifespan=_lifespan
    )
    app.state.office = office
    for router in (*(room.router for room in ROOMS), *more):
        app.include_router(router)
    # A page of news is ten times smaller when packed, and stores may sit behind thin lines.
    app.add_middleware(GZipMiddleware, minimum_size=LARGE_ANSWER_BYTES, compresslevel=4)
    app.add_middleware(Measured, metrics=office.metrics, clock=tick)
    problem.install(
        app, translate, larger_bodies={catalog.IMPORT_PATH: catalog.IMPORT_BYTES_MAX, **larger_bodies}
    )
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    office: Office = app.state.office
    bell = Bell(office.settings.database_url, office.pokes.poke)
    nightly = Nightly(office.settings, office.engine, office.clock)
    roll_up = RollUp(office.engine, office.clock, NEWS_CHANNEL)
    threads = [
        threading.Thread(target=work.run, name=name, daemon=True)
        for name, work in (
            ("projector", office.projector),
            ("bell", bell),
            ("watchman", office.watchman),
            ("nightly", nightly),
            ("roll-up", roll_up),
        )
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for work in (office.projector, bell, office.watchman, nightly, roll_up):
            work.stop()
        for thread in threads:
            thread.join()
        office.engine.dispose()
        office.intake_engine.dispose()
