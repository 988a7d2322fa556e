"""How callers get their tokens: cashiers by PIN, terminals by enrolment and secret (FR-6.1, FR-6.2)."""

from __future__ import annotations

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from courier.envelope import ORIGIN_LIMIT, SEQUENCE_LIMIT
from courier.problem import Problem
from retail.refusal import Refusal
from retail.staff import PERMISSIONS, SignInFailed
from storehub.api.call import Answer, CallDep
from storehub.api.hub import Hub, hub_of
from storehub.api.tokens import token_problem
from storehub.people.commands import (
    ALLOWED,
    REFUSED,
    audit,
    close_sessions,
    enrol_terminal,
    open_session,
)
from storehub.people.queries import (
    SIGN_IN,
    TooManyTries,
    check_tries,
    digest,
    knows_terminal,
    person_of,
    pin_fits,
    secret_fits,
    secret_hash_of,
)
from storehub.people.succession import CodeOfAnotherTerminal, place_of, succeed

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/api/v1", tags=["sign-in"])
HubDep = Annotated[Hub, Depends(hub_of)]

Short = Annotated[str, Field(min_length=1, max_length=50)]


class Login(BaseModel):
    """Somebody signs in at a terminal."""

    employee_id: Short
    pin: Annotated[str, Field(min_length=1, max_length=50)]
    terminal_id: Short


class Enrolment(BaseModel):
    """The code that head office made for a terminal.

    `sequence`: where the journal ends that the machine brings, none when it has none. `last_receipt`: the
    number on the last receipt of the terminal that anybody has seen, when its disk was lost. `expected`: the
    machine is this store's terminal and stays it (`STORE_001/POS_01`): another one's code is not used up.
    """

    enrolment_code: Annotated[str, Field(min_length=1, max_length=200)]
    sequence: Annotated[int, Field(ge=0, le=SEQUENCE_LIMIT)] | None = None
    last_receipt: Annotated[int, Field(ge=0, le=SEQUENCE_LIMIT)] = 0
    expected: Annotated[str, Field(max_length=ORIGIN_LIMIT)] | None = None


class TerminalSecret(BaseModel):
    """What a terminal got when it was enrolled. `sequence`: where its journal ends."""

    terminal_id: Short
    secret: Annotated[str, Field(min_length=1, max_length=200)]
    sequence: Annotated[int, Field(ge=0, le=SEQUENCE_LIMIT)] | None = None


@router.post("/auth/login")
def login(body: Login, hub: HubDep) -> Answer:
    """A token for a cashier; an earlier session of theirs at this terminal ends."""
    at = hub.clock()
    with hub.engine.connect() as tx:
        paused = _paused(hub, tx, body)
        person = person_of(tx, body.employee_id, hub.store_id)
        terminal_known = knows_terminal(tx, body.terminal_id)
    if paused is not None:
        _note(hub, body, "paused")
        raise paused
    # Argon2 takes its time; no transaction is kept waiting for it.
    if not pin_fits(person, body.pin) or person is None:
        _note(hub, body, REFUSED)
        raise SignInFailed(employee_id=body.employee_id)
    if not terminal_known:
        raise Problem(
            403, "terminal-not-known", "No terminal of this store has this id", terminal_id=body.terminal_id
        )
    session_id = hub.new_id()
    with hub.engine.begin() as tx:
        ended = open_session(
            tx, session_id=session_id, employee_id=person.employee_id, terminal_id=body.terminal_id, at=at
        )
        _audit(hub, tx, body, ALLOWED, person.role.value)
    if ended:
        hub.gate.forget()
    token = hub.mint.for_person(person.employee_id, body.terminal_id, person.role, session_id, at)
    return Answer(
        token.to_body()
        | {
            "role": person.role.value,
            "name": person.name,
            "permissions": sorted(permission.value for permission in PERMISSIONS[person.role]),
        }
    )


@router.post("/auth/logout", status_code=204)
def logout(call: CallDep) -> Answer:
    """End the caller's session; its token is good no longer."""
    if call.caller.is_terminal:
        raise Problem(422, "invalid-request", "A terminal has no session to end")
    with call.hub.engine.begin() as tx:
        close_sessions(tx, call.caller.name, call.caller.terminal_id, call.at)
        audit(
            tx,
            entry_id=call.hub.new_id(),
            at=call.at,
            actor=call.caller.name,
            deed="sign out",
            outcome=ALLOWED,
            terminal_id=call.caller.terminal_id,
        )
    call.hub.gate.forget()
    return Answer(None, 204)


@router.post("/auth/token")
def terminal_token(body: TerminalSecret, hub: HubDep) -> Answer:
    """A device token for an enrolled terminal. `chain` says how far the hub is with it: a till that was
    started from an old copy of its disk goes on behind that (`sequence`, `hash`, `next_position`)."""
    with hub.engine.connect() as tx:
        secret_hash = secret_hash_of(tx, body.terminal_id)
    if secret_hash is None or not secret_fits(secret_hash, body.secret):
        log.warning("terminal refused", terminal_id=body.terminal_id)
        raise token_problem("terminal-not-known", "Terminal and secret do not fit together; enrol it anew")
    at, origin = hub.clock(), f"{hub.store_id}/{body.terminal_id}"
    with hub.engine.begin() as tx:
        hub.announced.keep(tx, at)
        place = place_of(tx, origin)
        if body.sequence is not None and body.sequence < place.sequence:
            log.warning("terminal came with an old disk", terminal_id=body.terminal_id, known=place.sequence)
            audit(
                tx,
                entry_id=hub.new_id(),
                at=at,
                actor=body.terminal_id,
                deed="come with an old disk",
                outcome=ALLOWED,
                terminal_id=body.terminal_id,
                detail={"sequence": body.sequence, "known": place.sequence},
            )
    token = hub.mint.for_terminal(body.terminal_id, secret_hash, at).to_body()
    return Answer(token | {"chain": place.to_body()})


@router.post("/enrolments", status_code=201)
def enrol(body: Enrolment, hub: HubDep) -> Answer:
    """Make a machine a terminal of this store. Its secret is in this answer and nowhere else.

    An earlier machine under the same id is a terminal no longer; `sequence`, `hash` and `next_position` say
    where the new one goes on, `missing` which numbers of the old one never came.
    """
    at, secret = hub.clock(), hub.new_secret()
    with hub.engine.begin() as tx:
        hub.announced.keep(tx, at)
        terminal_id = enrol_terminal(tx, body.enrolment_code.strip(), secret, at)
        origin = f"{hub.store_id}/{terminal_id}"
        if body.expected not in (None, origin):
            raise CodeOfAnotherTerminal(terminal_id=terminal_id)
        begins = succeed(tx, origin, body.sequence, body.last_receipt, at)
        audit(
            tx,
            entry_id=hub.new_id(),
            at=at,
            actor=terminal_id,
            deed="enrol terminal",
            outcome=ALLOWED,
            terminal_id=terminal_id,
            detail=begins.to_body(),
        )
    hub.gate.forget()
    log.info("terminal enrolled", terminal_id=terminal_id, sequence=begins.sequence, missing=begins.missing)
    token = hub.mint.for_terminal(terminal_id, digest(secret), at)
    enrolled = {"store_id": hub.store_id, "terminal_id": terminal_id, "secret": secret}
    return Answer(enrolled | begins.to_body() | token.to_body(), 201)


def _paused(hub: Hub, tx: Any, body: Login) -> Refusal | None:
    try:
        check_tries(tx, body.employee_id, hub.clock())
    except TooManyTries as paused:
        return paused
    return None


def _note(hub: Hub, body: Login, outcome: str) -> None:
    with hub.engine.begin() as tx:
        _audit(hub, tx, body, outcome, None)


def _audit(hub: Hub, tx: Any, body: Login, outcome: str, role: str | None) -> None:
    audit(
        tx,
        entry_id=hub.new_id(),
        at=hub.clock(),
        actor=body.employee_id,
        deed=SIGN_IN,
        outcome=outcome,
        role=role,
        terminal_id=body.terminal_id,
    )
