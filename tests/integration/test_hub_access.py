"""The hub notes what its tills decided about people in its own audit log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from retail.access_facts import AccessDecided, AccessDeed, AccessOutcome
from retail.staff import Permission, Role
from tests import make
from tests.hubs import Hub, running_hub


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path) as running:
        yield running


def decided(n: int, deed: AccessDeed, outcome: AccessOutcome, **more: Any) -> AccessDecided:
    at = more.pop("at", make.AT)
    who = more.pop("actor", make.CASHIER)
    return AccessDecided(UUID(int=n), make.STORE, "POS_02", who, deed, outcome, at, **more)


def test_a_tills_decisions_are_noted_once_with_everything_they_say(hub: Hub) -> None:
    till = hub.till("POS_02")
    yes = decided(
        2,
        AccessDeed.APPROVE,
        AccessOutcome.ALLOWED,
        actor=make.MANAGER,
        role=Role.MANAGER,
        permission=Permission.VOID,
        amount=10_000,
        asked_by=make.CASHIER,
        reason="wrong size",
    )
    facts = (decided(1, AccessDeed.SIGN_IN, AccessOutcome.ALLOWED, role=Role.CASHIER), yes)
    envelopes = [till.chain.seal(fact) for fact in facts]
    for _ in range(2):
        assert till.send(1, envelopes).json()["errors"] == []
    noted = hub.rows(
        "SELECT id, actor, role, deed, outcome, detail FROM audit_log WHERE terminal_id = 'POS_02'"
        " AND deed <> 'enrol terminal' ORDER BY id"
    )
    detail = {"act": "void", "amount": 10_000, "asked_by": make.CASHIER, "reason": "wrong size"}
    assert noted == [
        (UUID(int=1), make.CASHIER, "cashier", "sign in", "allowed", None),
        (UUID(int=2), make.MANAGER, "manager", "approve", "allowed", detail),
    ]
    passed_on = hub.rows("SELECT aggregate_type, aggregate_id FROM outbox ORDER BY id")
    assert passed_on == [("Access", str(UUID(int=1))), ("Access", str(UUID(int=2)))]


def test_wrong_pins_at_a_till_count_at_the_hub_too_but_a_fast_clock_locks_nobody_out(hub: Hub) -> None:
    till = hub.till("POS_02")
    hub.enrolled(code="AAAA-BBBB")
    tomorrow = make.AT + timedelta(days=1)
    wrong = [decided(n, AccessDeed.SIGN_IN, AccessOutcome.REFUSED, at=tomorrow) for n in (1, 2, 3)]
    till.send(1, [till.chain.seal(fact) for fact in wrong])
    hub.as_cashier()
    hub.clock.forward(seconds=1)
    now = [decided(n, AccessDeed.UNLOCK, AccessOutcome.REFUSED, at=hub.clock()) for n in (4, 5, 6)]
    till.send(4, [till.chain.seal(fact) for fact in now])
    login = {"employee_id": make.CASHIER, "pin": make.PIN, "terminal_id": make.TERMINAL}
    answer = hub.http.post("/api/v1/auth/login", json=login)
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-tries")
