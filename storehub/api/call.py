"""One call of one caller: who may do it, the transaction around it, and its answer.

The transaction is drawn here and committed before the answer is made (invariant 2). A write may name an
Idempotency-Key: the first answer is kept in the same transaction and given again to every repeat.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid5

import orjson
from fastapi import Depends, Request
from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql
from starlette.responses import Response

from courier.problem import Problem
from retail.approval import ApprovalDoesNotCover, ApprovalNeeded
from retail.refusal import Refusal
from retail.staff import Permission, PermissionDenied, Role, demand
from storehub.api.gate import CALLER
from storehub.api.hub import Hub, the_hub
from storehub.api.tokens import Caller
from storehub.database import courier, idempotency_keys
from storehub.people.commands import ALLOWED, REFUSED, audit

KEY_HEADER = "idempotency-key"
KEY_LENGTH_MAX = 200
KEYED_IDS = UUID("018f3c6e-7f6b-7c1e-9a55-0d2f8e6b4a10")
"""Namespace of ids that follow from an Idempotency-Key."""


class Answer(Response):
    """A JSON answer, written once."""

    media_type = "application/json"

    def __init__(self, body: Any, status: int = 200) -> None:
        super().__init__(None if status == 204 else orjson.dumps(body), status_code=status)


@dataclass(frozen=True, slots=True)
class Deed:
    """What a write does: its name in the audit log, the permission it needs and what it is done to.

    `by_terminals`: a terminal's own token is enough. `detail` goes into the audit log with it.
    """

    name: str
    permission: Permission | None = None
    subject: str | None = None
    by_terminals: bool = False
    detail: Mapping[str, Any] | None = None


class Call:
    """What an endpoint gets; its methods run in the endpoint's thread."""

    def __init__(self, request: Request, body: bytes) -> None:
        self._request = request
        self._body = body
        self.hub: Hub = the_hub(request)
        self.caller: Caller = request.scope[CALLER]
        self.at: datetime = self.hub.clock()

    def read(self, query: Callable[[Connection], Any], deed: Deed | None = None) -> Answer:
        """Answer with what the query finds, in one snapshot of the database."""
        if deed is not None:
            self.allow(deed)
        with self.hub.engine.connect() as tx:
            return Answer(query(tx))

    def write(self, deed: Deed, do: Callable[[Connection], Any], status: int = 200) -> Answer:
        """Do it in one transaction and answer after its commit; the same key gives the same answer.

        What is refused for want of a permission or an approval is noted (FR-6.2).
        """
        self.allow(deed)
        try:
            return self._write(deed, do, status)
        except (PermissionDenied, ApprovalNeeded, ApprovalDoesNotCover) as denied:
            self._note_refusal(deed, denied)
            raise

    def _write(self, deed: Deed, do: Callable[[Connection], Any], status: int) -> Answer:
        key = self._key()
        with self.hub.engine.begin() as tx:
            if key is not None:
                known = self._known_answer(tx, key)
                if known is not None:
                    return known
            answer = Answer(do(tx), status)
            self.note(tx, deed, ALLOWED, deed.detail)
            if key is not None:
                self._keep_answer(tx, key, answer)
        return answer

    def allow(self, deed: Deed) -> None:
        """Return when the caller may do this; raises `PermissionDenied`, which is noted (FR-6.2)."""
        try:
            self._demand(deed)
        except PermissionDenied as denied:
            self._note_refusal(deed, denied)
            raise

    def note(self, tx: Connection, deed: Deed, outcome: str, detail: Mapping[str, Any] | None = None) -> None:
        """Write the decision into the audit log."""
        audit(
            tx,
            entry_id=self.hub.new_id(),
            at=self.at,
            actor=self.caller.name,
            deed=deed.name,
            outcome=outcome,
            role=self.caller.role.value if self.caller.role else "terminal",
            terminal_id=self.caller.terminal_id,
            subject=deed.subject,
            detail=detail,
        )

    def _note_refusal(self, deed: Deed, denied: Refusal) -> None:
        with self.hub.engine.begin() as tx:
            self.note(tx, deed, REFUSED, denied.detail)

    def keyed_id(self) -> UUID:
        """A new id, or the one that belongs to this caller's Idempotency-Key: for deeds whose repeat has to
        meet what the first try left behind, also at a hub that has taken a lost one's place and has its
        facts, not its answers."""
        key = self._key()
        return uuid5(KEYED_IDS, f"{self.caller.name}\n{key}") if key is not None else self.hub.new_id()

    def demand_own(self, terminal_id: str | None = None, cashier_id: str | None = None) -> None:
        """Raises a `Problem` (403) when the request speaks for another terminal or cashier than the token."""
        if terminal_id is not None and terminal_id != self.caller.terminal_id:
            raise Problem(403, "wrong-terminal", "The token is another terminal's", terminal_id=terminal_id)
        if cashier_id is not None and cashier_id != self.caller.name:
            raise Problem(403, "wrong-cashier", "The token is another cashier's", cashier_id=cashier_id)

    def _demand(self, deed: Deed) -> None:
        role: Role | None = self.caller.role
        if role is None:
            if not deed.by_terminals:
                raise PermissionDenied(role="terminal", permission=deed.name)
        elif deed.permission is not None:
            demand(role, deed.permission)

    def _key(self) -> str | None:
        key = self._request.headers.get(KEY_HEADER)
        if key is not None and not 0 < len(key) <= KEY_LENGTH_MAX:
            raise Problem(
                422, "invalid-request", "The Idempotency-Key has 1 to 200 characters", field=KEY_HEADER
            )
        return key

    def _fingerprint(self) -> str:
        said = f"{self._request.method} {self._request.url.path}\n".encode() + self._body
        return hashlib.sha256(said).hexdigest()

    def _known_answer(self, tx: Connection, key: str) -> Answer | None:
        """Take the key, or give the answer that was given to it; waits for a first try under way."""
        column = idempotency_keys.c
        taken = tx.execute(
            postgresql.insert(idempotency_keys)
            .values(
                caller=self.caller.name,
                key=key,
                fingerprint=self._fingerprint(),
                status=0,
                body="",
                created_at=self.at,
            )
            .on_conflict_do_nothing()
            .returning(column.key)
        ).first()
        if taken is not None:
            self._demand_not_done(tx)
            return None
        row = tx.execute(
            select(column.fingerprint, column.status, column.body).where(
                column.caller == self.caller.name, column.key == key
            )
        ).one()
        if row.fingerprint != self._fingerprint():
            raise Problem(
                422, "idempotency-key-reused", "The Idempotency-Key was used for another request before"
            )
        known = Answer(None, row.status)
        known.body = row.body.encode()
        known.init_headers({"idempotent-replayed": "true"})
        return known

    def _demand_not_done(self, tx: Connection) -> None:
        done = select(courier.outbox.c.id).where(courier.outbox.c.event_id == self.keyed_id())
        if tx.execute(done).first() is not None:
            raise Problem(409, "done-before", "This was done before; its answer is not kept any more")

    def _keep_answer(self, tx: Connection, key: str, answer: Answer) -> None:
        column = idempotency_keys.c
        tx.execute(
            update(idempotency_keys)
            .where(column.caller == self.caller.name, column.key == key)
            .values(status=answer.status_code, body=bytes(answer.body).decode())
        )


async def the_call(request: Request) -> Call:
    """The call behind a request; in the event loop, as it waits for nothing but the body."""
    return Call(request, await request.body())


CallDep = Annotated[Call, Depends(the_call)]
