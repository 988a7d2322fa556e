"""The gate: every request shows a token; one that was looked at once is remembered until it ends.

Pure ASGI. A remembered token costs a look into a dict; a new one is verified in a thread, as that may ask
the database whether what it stands on is still good.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from storehub.api.tokens import Caller, Mint, token_problem
from storehub.people.queries import person_of, secret_hash_of, session_is_open

REMEMBERED_MAX = 10_000
CALLER = "everopen.caller"
GUARDED = "/api/"
OPEN = frozenset({"/api/v1/auth/login", "/api/v1/auth/token", "/api/v1/enrolments"})
"""Doors where a caller gets its token in the first place."""


class Gate:
    """Knows who calls; safe for several threads."""

    def __init__(self, mint: Mint, engine: Engine, store_id: str, clock: Callable[[], datetime]) -> None:
        self._mint = mint
        self._engine = engine
        self._store_id = store_id
        self._clock = clock
        self._remembered: dict[bytes, Caller] = {}

    def remembered(self, header: bytes) -> Caller | None:
        """Who this Authorization header belongs to, when it was verified before and is not over."""
        caller = self._remembered.get(header)
        if caller is None or self._clock() >= caller.expires_at:
            return None
        return caller

    def admit(self, header: bytes) -> Caller:
        """Verify a header and remember it; raises a `Problem` (401)."""
        scheme, _, text = header.decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise token_problem("token-missing", "This needs a bearer token")
        caller = self._mint.read(text.strip(), self._clock())
        with self._engine.connect() as tx:
            caller = self._still_good(tx, caller)
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered = {}
        self._remembered[header] = caller
        return caller

    def forget(self) -> None:
        """Look at every token anew: people, terminals or sessions have changed."""
        self._remembered = {}

    def _still_good(self, tx: Connection, caller: Caller) -> Caller:
        if caller.is_terminal:
            secret_hash = secret_hash_of(tx, caller.terminal_id)
            if secret_hash is None or secret_hash[:16] != caller.seal:
                raise token_problem("token-revoked", "The terminal was enrolled anew or closed")
            return caller
        person = person_of(tx, caller.name, self._store_id)
        if person is None or not session_is_open(tx, UUID(caller.seal)):
            raise token_problem("token-revoked", "The session has ended; sign in again")
        return Caller(caller.name, caller.terminal_id, person.role, caller.seal, caller.expires_at)


class GateDoor:
    """ASGI: puts the caller into the scope, or answers 401 by raising."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(GUARDED) and scope["path"] not in OPEN:
            header = authorization(scope)
            caller = self._gate.remembered(header)
            if caller is None:
                caller = await run_in_threadpool(self._gate.admit, header)
            scope[CALLER] = caller
        await self._app(scope, receive, send)


def authorization(scope: Scope) -> bytes:
    """The Authorization header, empty when there is none."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return bytes(value)
    return b""
