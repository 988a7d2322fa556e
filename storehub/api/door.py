"""The tills' own door, `POST /api/v1/envelopes`: raw ASGI in front of everything else, as it is the hot path.

A cashier's sale waits here, so no framework, no validation models and no thread stand between the socket
and the statement. Everything else goes on to the application behind.
"""

from __future__ import annotations

import time
from typing import Any

import orjson
import structlog
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from courier.envelope import SEQUENCE_LIMIT
from courier.outage import Outage
from courier.problem import Problem, unpacked_body
from courier.skew import HEADER
from storehub.api.gate import authorization
from storehub.api.hub import Hub
from storehub.api.problems import database_away, problem_of
from storehub.api.tokens import Caller
from storehub.intake import Intake, Pipe

log = structlog.get_logger(__name__)

PATH = "/api/v1/envelopes"
BODY_BYTES_MAX = 8_000_000
_JSON = (b"content-type", b"application/json")
NOW = HEADER.encode()


class EnvelopesDoor:
    """ASGI: answers the tills' facts itself and passes every other request on."""

    def __init__(self, app: ASGIApp, hub: Hub, intake: Intake) -> None:
        self._app = app
        self._gate = hub.gate
        self._intake = intake
        self._metrics = hub.metrics
        self._store_id = hub.store_id
        self._announced = hub.announced
        self._clock = hub.clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        try:
            answer = await self._take(scope, receive)
        except Exception as error:
            problem = _known(error)
            if problem is None:
                log.exception("facts not taken")
                problem = Problem(500, "internal-error", "Something went wrong on our side")
            await problem.response()(scope, receive, send)
        else:
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [
                        _JSON,
                        (b"content-length", str(len(answer)).encode()),
                        (NOW, self._clock().isoformat().encode()),
                    ],
                }
            )
            await send({"type": "http.response.body", "body": answer})
        self._metrics.request_answered(PATH, "POST", time.perf_counter() - begun)

    async def _take(self, scope: Scope, receive: Receive) -> bytes:
        header = authorization(scope)
        caller = self._gate.remembered(header)
        if caller is None:
            caller = await run_in_threadpool(self._gate.admit, header)
        pipe = Pipe(self._store_id, caller.terminal_id)
        if caller.is_terminal:
            self._announced.note(pipe.name, scope)
        body = await _body(scope, receive)
        from_position, events = _batch(unpacked_body(body, _encoding(scope), BODY_BYTES_MAX))
        demand_own(caller, pipe, events)
        verdict = await self._intake.take(pipe, from_position, events)
        return orjson.dumps(verdict.to_body())


async def _body(scope: Scope, receive: Receive) -> bytes:
    """The body; raises a `Problem` (413) as soon as it is known to be too large."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > BODY_BYTES_MAX:
            raise _too_large()
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "incomplete", "The connection ended in the middle of the body")
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_BYTES_MAX:
            raise _too_large()
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _encoding(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"content-encoding":
            encoding: str = value.decode("latin-1")
            return encoding.strip().lower()
    return ""


def _batch(body: bytes) -> tuple[int, list[Any]]:
    """Position and envelopes of a batch; raises a `Problem` (400, 422)."""
    try:
        batch = orjson.loads(body)
    except orjson.JSONDecodeError as broken:
        raise Problem(400, "malformed-json", "The request body is not JSON", str(broken)) from broken
    if not isinstance(batch, dict):
        raise Problem(422, "invalid-request", "A batch is a JSON object with from_position and events")
    from_position, events = batch.get("from_position"), batch.get("events")
    if type(from_position) is not int or not 1 <= from_position <= SEQUENCE_LIMIT:
        raise Problem(422, "invalid-request", "from_position is a whole number from 1", field="from_position")
    if not isinstance(events, list):
        raise Problem(422, "invalid-request", "events is a list of envelopes", field="events")
    return from_position, events


def demand_own(caller: Caller, pipe: Pipe, events: list[Any]) -> None:
    """A terminal brings its own facts only; raises a `Problem` (403) and nothing of the batch is taken."""
    for event in events:
        if isinstance(event, dict) and event.get("origin", pipe.name) != pipe.name:
            log.warning("foreign facts refused", terminal_id=caller.terminal_id, origin=str(event["origin"]))
            raise Problem(
                403,
                "wrong-terminal",
                "A terminal brings its own facts only",
                f"the token is {pipe.name}'s, the fact {event['origin']}'s",
            )


def _known(error: Exception) -> Problem | None:
    if isinstance(error, Problem):
        return error
    return database_away() if isinstance(error, Outage) else problem_of(error)


def _too_large() -> Problem:
    # The rest of the body is not read, so the connection cannot be used again.
    return Problem(
        413,
        "too-large",
        "The request body is too large",
        f"at most {BODY_BYTES_MAX} bytes; send smaller batches",
        headers={"connection": "close"},
        bytes_max=BODY_BYTES_MAX,
    )
