"""The ingestion door (spec 7.2): facts into the ledger first, understood later.

The quick way is one statement that commits itself, for a long batch a few in one transaction
(`hq.ledger.commands.append`); whatever does not fit it is judged envelope by envelope in a transaction.
Either way the answer is given after the commit. The request is read as it arrives; parsing, hashing and SQL
run in a worker thread (measured against psycopg's asynchronous connections: the same throughput, and the
code stays of one colour).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response

from courier.beginning import Beginning, begin_behind
from courier.chain import HEAD_HEADER, announced_in
from courier.problem import Problem, unpacked_body
from courier.resume import keep_announced
from courier.skew import HEADER as NOW_HEADER
from courier.verdict import Verdict
from hq.api.office import AnOffice, AStore, Office
from hq.api.problems import wrong_store
from hq.database import courier
from hq.ledger.commands import append, receive, receive_plain, stranger
from hq.ledger.queries import api_pipe, next_position
from hq.ledger.run import NotARun, belongs_to, read_runs

router = APIRouter(tags=["ingestion"])

EVENTS_PATH = "/v1/ingestion/events"
EVENTS_BYTES_MAX = 8_000_000
AT_ONCE = 4
"""Batches worked on at once; more would only wait for the same two things, the interpreter and the disk."""

BEGINS_BEYOND_MAX = 10_000_000
"""No hub gives out so many positions while head office is away; whoever says so is confused, and must not use
the store's positions up."""

RUN_MAX = 100
"""Envelopes in one statement: of a longer batch one part is read while Postgres writes the one before
(measured with 500: 0.75 of the time of one statement for all)."""

_LIMITER = CapacityLimiter(AT_ONCE)


@router.post(EVENTS_PATH)
async def ingest(request: Request, office: AnOffice, store_id: AStore) -> Response:
    """Take a batch: `{"from_position": n, "events": [envelope, …]}`, or plain events without a position."""
    packed = await request.body()
    encoding = request.headers.get("content-encoding", "").strip().lower()
    take = partial(_unpack_and_take, office, store_id, packed, encoding)
    verdict = await to_thread.run_sync(take, limiter=_LIMITER)
    announced = request.headers.get(HEAD_HEADER, "")
    if announced and office.announced.get(store_id) != announced:
        await to_thread.run_sync(partial(_keep_announced, office, store_id, announced), limiter=_LIMITER)
    answer = Response(orjson.dumps(verdict.to_body()), media_type="application/json")
    answer.headers[NOW_HEADER] = office.clock().isoformat()
    return answer


@router.post("/v1/ingestion/begin")
def begin(body: dict[str, Any], office: AnOffice, store_id: AStore) -> dict[str, Any]:
    """Want nothing from the store's hub before `position`: it is on no disk any more (`heads`: how far every
    chain of the store had come by then). What is not here is `missing` (positions, both ends included), and
    an open gap of every chain that is further than what came."""
    try:
        beginning = Beginning.from_body(body)
    except (KeyError, TypeError, ValueError) as broken:
        raise _invalid(str(broken)) from broken
    foreign = [head.origin for head in beginning.heads if not belongs_to(head.origin, store_id)]
    if foreign:
        raise wrong_store(store_id, foreign[0])
    with office.engine.begin() as tx:
        if beginning.position - next_position(tx, store_id) > BEGINS_BEYOND_MAX:
            raise _invalid(f"position: {beginning.position} was never given out")
        gone = begin_behind(tx, courier, pipe=store_id, beginning=beginning, at=office.clock())
        position = next_position(tx, store_id)
    office.projector.wake()
    office.watchman.wake()
    return {"missing": [list(gone)] if gone else [], "next_position": position}


@router.get("/v1/ingestion/cursor")
def position(office: AnOffice, store_id: AStore) -> dict[str, Any]:
    """Where the store's hub shall go on in its pipe; `pipes` has every pipe that the store can send."""
    with office.engine.connect() as tx:
        pipes = {pipe: next_position(tx, pipe) for pipe in (store_id, api_pipe(store_id))}
    return {"pipe": store_id, "next_position": pipes[store_id], "pipes": pipes}


def _unpack_and_take(office: Office, store_id: str, packed: bytes, encoding: str) -> Verdict:
    return _take(office, store_id, unpacked_body(packed, encoding, EVENTS_BYTES_MAX))


def _take(office: Office, store_id: str, body: bytes) -> Verdict:
    at = office.clock()
    with office.metrics.processing.time():
        quickly = _take_quickly(office, store_id, body, at)
        if quickly is not None:
            return quickly
        from_position, events = _parsed(body)
        strangers = [stranger(event, store_id) for event in events]
        if events and all(strangers):
            # One among many is set aside and the stream goes on; all of them are somebody else's pipe.
            raise wrong_store(store_id, strangers[0] or "")
        with office.engine.begin() as tx:
            if from_position is None:
                verdict = receive_plain(tx, api_pipe(store_id), store_id, events, at)
            else:
                verdict = receive(tx, store_id, store_id, from_position, events, at)
    office.projector.wake()
    office.watchman.wake()
    event_types = [str(event.get("event_type")) if isinstance(event, Mapping) else "" for event in events]
    office.metrics.count_batch(store_id, event_types, verdict.duplicates, len(verdict.errors))
    return verdict


def _take_quickly(office: Office, store_id: str, body: bytes, at: datetime) -> Verdict | None:
    try:
        with office.intake_engine.connect() as tx:
            runs = append(tx, store_id, store_id, read_runs(body, store_id, RUN_MAX), at)
    except NotARun:
        return None
    if not runs:
        return None
    office.projector.wake()
    event_types = [event_type for run in runs for event_type in run.event_types]
    office.metrics.count_batch(store_id, event_types, 0, 0)
    return Verdict(len(event_types), 0, runs[-1].next_position)


def _keep_announced(office: Office, store_id: str, value: str) -> None:
    """Keep how far a hub says its own chain is, once for every number it says."""
    head = announced_in(value, store_id)
    if head is not None:
        with office.engine.begin() as tx:
            keep_announced(tx, courier, head, office.clock())
    office.announced[store_id] = value


def _parsed(body: bytes) -> tuple[int | None, list[Any]]:
    try:
        batch = orjson.loads(body)
    except orjson.JSONDecodeError as broken:
        raise Problem(400, "malformed-json", "The body is not JSON", str(broken)) from broken
    if not isinstance(batch, dict) or not isinstance(batch.get("events"), list):
        raise _invalid("events: a list of events is wanted")
    from_position = batch.get("from_position")
    if from_position is not None and (type(from_position) is not int or from_position < 1):
        raise _invalid("from_position: a whole number from 1 on")
    return from_position, batch["events"]


def _invalid(detail: str) -> Problem:
    return Problem(422, "invalid-request", "The request is not valid", detail)
