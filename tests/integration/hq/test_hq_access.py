"""Who was let in at the tills, and who was not, is in head office's audit log (FR-6.2, NFR-5.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from uuid_utils.compat import uuid7

from hq.reports.projection import reset
from retail.access_facts import AccessDecided, AccessDeed, AccessOutcome
from retail.staff import Permission, Role
from tests.integration.hq.conftest import RunningHq
from tests.make_hq import Chain
from tests.patience import eventually


def decided(hq: RunningHq, deed: AccessDeed, outcome: AccessOutcome, **more: Any) -> AccessDecided:
    return AccessDecided(
        decision_id=uuid7(),
        store_id="STORE_001",
        terminal_id="POS_01",
        actor=more.pop("actor", "CASHIER_001"),
        deed=deed,
        outcome=outcome,
        decided_at=hq.clock(),
        **more,
    )


def lines(hq: RunningHq, **wanted: str) -> list[dict[str, Any]]:
    hq.report()
    answer = hq.admin.get("/v1/audit", params={"subject": "STORE_001/POS_01", **wanted})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def told(hq: RunningHq, *facts: AccessDecided) -> None:
    chain = Chain()
    hq.store().send([chain.seal(fact) for fact in facts])


def test_a_tills_decisions_are_read_in_the_audit_log(hq: RunningHq) -> None:
    given = decided(
        hq,
        AccessDeed.APPROVE,
        AccessOutcome.ALLOWED,
        actor="MANAGER_001",
        role=Role.MANAGER,
        permission=Permission.MOVE_CASH,
        amount=50_000,
        asked_by="CASHIER_001",
        reason="change for the market",
    )
    told(hq, decided(hq, AccessDeed.SIGN_IN, AccessOutcome.ALLOWED), given)
    (line,) = lines(hq, deed="approve")
    assert (line["id"], line["actor"], line["outcome"]) == (
        str(given.decision_id),
        "MANAGER_001",
        "allowed",
    )
    assert line["detail"] == {
        "role": "manager",
        "act": "move cash",
        "amount": 50_000,
        "asked_by": "CASHIER_001",
        "reason": "change for the market",
    }
    assert len(lines(hq)) == 2


def test_books_that_are_made_anew_note_no_decision_twice_and_nobody_changes_one(hq: RunningHq) -> None:
    told(hq, decided(hq, AccessDeed.SIGN_IN, AccessOutcome.ALLOWED))
    before = lines(hq)
    with hq.app.state.office.engine.begin() as tx:
        reset(tx, hq.clock())
    hq.app.state.office.projector.catch_up()
    assert lines(hq) == before
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        hq.sql("DELETE FROM audit_log")


def test_three_wrong_pins_are_an_alert_for_the_day(hq: RunningHq) -> None:
    wrong = [decided(hq, AccessDeed.SIGN_IN, AccessOutcome.REFUSED) for _ in range(2)]
    told(hq, *wrong, decided(hq, AccessDeed.SIGN_IN, AccessOutcome.REFUSED, alarm=True))
    assert len(lines(hq, outcome="refused")) == 3

    def alarms() -> list[str]:
        items = hq.admin.get("/v1/alerts").json()["items"]
        return [item["detail"] for item in items if item["kind"] == "wrong-pins"]

    eventually(lambda: len(alarms()) == 1)
    assert alarms()[0].startswith("POS_01: three wrong PINs in a row at ")
    assert alarms()[0].endswith("(CASHIER_001)")
    hq.clock.ahead = timedelta(hours=13)
    hq.app.state.office.watchman.look()
    hq.clock.ahead = timedelta(0)
    cleared = "SELECT count(*) FROM alerts WHERE kind = 'wrong-pins' AND cleared_at IS NOT NULL"
    assert hq.sql(cleared) == [(1,)]
