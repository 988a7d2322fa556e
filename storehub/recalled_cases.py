"""What a lost hub had set aside and what people decided about it, out of its own facts at head office.

The hub that takes its place has the same list for its manager, and in its books what the lost one had: a
fact that was applied at a later try is applied where that was decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, select

from courier.aside import find, settle
from courier.decision import NOTICES, Decision, FactSetAside, SetAsideDecided
from courier.envelope import Envelope, EnvelopeNotReadable, opened
from storehub.database import courier
from storehub.intake import passed_on

CASES = (FactSetAside.event_type, SetAsideDecided.event_type)
CHAIN = "chain-"
"""Begins the codes of what no chain has carried on: another fact stands there under that number."""

Apply = Callable[[Envelope, int | None], bool]
"""(fact, position): into the books at this place of the outbox, None for its own; whether it went."""


def not_applied_at_once(facts: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The ids of the facts that the lost hub passed on and did not apply when they came."""
    told = (body["payload"] for body in facts if body["event_type"] == FactSetAside.event_type)
    return frozenset(
        str(case.get("event_id"))
        for case in told
        if not case.get("envelope") and not str(case.get("code")).startswith(CHAIN)
    )


def recall(tx: Connection, envelope: Envelope, position: int, apply: Apply) -> bool:
    """Take what the lost hub told of a case: that it is there, or what was decided. Whether it was readable
    and known."""
    try:
        notice = NOTICES[envelope.event_type, envelope.version](envelope.payload)
    except (KeyError, TypeError, ValueError):
        return False
    if isinstance(notice, FactSetAside):
        return _take_case(tx, notice)
    if isinstance(notice, SetAsideDecided):
        return _take_decision(tx, notice, position, apply)
    return True


def _take_case(tx: Connection, told: FactSetAside) -> bool:
    if find(tx, courier, told.pipe, told.position) is not None:
        return True  # from a backup
    c = courier.outbox.c
    carried = select(c.payload).where(c.origin == told.origin, c.sequence == told.sequence)
    payload = told.envelope or tx.execute(carried).scalar_one_or_none() or ""
    tx.execute(
        courier.set_aside.insert().values(
            **told.naming(), detail=told.detail, payload=payload, set_aside_at=told.set_aside_at
        )
    )
    return True


def _take_decision(tx: Connection, decided: SetAsideDecided, position: int, apply: Apply) -> bool:
    case = find(tx, courier, decided.pipe, decided.position)
    if case is None:
        return False
    if case.decision is None and decided.decision is not Decision.ANNUL:
        try:
            envelope = opened(orjson.loads(case.payload))
        except (EnvelopeNotReadable, orjson.JSONDecodeError):
            envelope = None
        # What no chain had carried comes at its own place, if it was good at another try.
        if envelope is not None and decided.decision is Decision.ACCEPT:
            apply(envelope, position)
        elif envelope is not None and passed_on(tx, case):
            apply(envelope, None)
    settle(tx, courier, decided)
    return True
