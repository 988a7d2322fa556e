"""Alerts, conflicts and the audit log: what is the matter is known within one sync, and clears by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from uuid_utils.compat import uuid7

from courier.envelope import FIRST_HASH, seal
from retail.basket import AppliedPromotion
from retail.discrepancy import PriceDiscrepancyFound, PromotionDifference, PromotionDiscrepancyFound
from tests.integration.hq.conftest import ADMIN, RunningHq
from tests.make_hq import NOON, Chain, altered, line, sale

pytestmark = pytest.mark.allow_log("fact set aside", "chain broken")

POS_01 = "STORE_001/POS_01"


def open_alerts(hq: RunningHq, **params: Any) -> list[tuple[str, str]]:
    """(kind, subject) of what is the matter."""
    items = hq.admin.get("/v1/alerts", params=params).json()["items"]
    return sorted((item["kind"], item["subject"]) for item in items)


def test_a_gap_is_an_alert_within_one_sync_and_clears_by_itself(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    texts = till.sales(5)
    store.send(texts[:1])
    assert open_alerts(hq) == []

    store.send(texts[3:])  # one sync

    assert open_alerts(hq) == [("gap", f"{POS_01} 2-3")]
    (alert,) = hq.admin.get("/v1/alerts").json()["items"]
    assert alert["detail"].startswith("POS_01: 2-3 missing since ")
    store.send(texts[1:3])
    assert open_alerts(hq) == []
    (history,) = hq.admin.get("/v1/alerts", params={"open": False}).json()["items"]
    assert history["cleared_at"] > history["raised_at"]


def test_an_altered_fact_a_fork_and_one_nobody_can_read_are_alerts_until_somebody_decides(
    hq: RunningHq,
) -> None:
    store, till, other = hq.store(), Chain(), Chain("STORE_001/POS_02")
    texts = till.sales(3)
    store.send([texts[0], altered(texts[1], total_amount=1)])
    store.send([*other.sales(1), Chain("STORE_001/POS_02", sequence=1, head="ab" * 32).sales(1)[0]])
    store.send([other.seal_body("SomethingNew", {})])
    hq.report()

    assert open_alerts(hq) == [
        ("altered", POS_01),
        ("fork", "STORE_001/POS_02"),
        ("set-aside", "STORE_001/POS_02 fact-not-readable"),
    ]
    for position in (2, 4, 5):
        body = {"decision": "annul", "reason": "looked at it"}
        answer = hq.admin.post(f"/v1/set-aside/STORE_001/{position}/decision", json=body)
        assert answer.status_code == 200, answer.text
    assert open_alerts(hq) == []
    kinds = {(item["kind"], item["decision"]) for item in hq.admin.get("/v1/conflicts").json()["items"]}
    assert kinds == {("fork", "annul"), ("altered", "annul")}


def test_silence_and_a_fast_clock_are_alerts(hq: RunningHq) -> None:
    store = hq.store()
    code = hq.admin.post("/v1/stores/STORE_001/enrolment-codes", json={"terminal_id": "POS_09"})
    assert code.status_code == 201
    store.send(Chain().sales(1))
    assert open_alerts(hq) == []

    hq.clock.ahead = timedelta(hours=30)
    hq.app.state.office.watchman.look()  # nobody's token lives that long
    hq.clock.ahead = timedelta(0)
    silent = hq.sql("SELECT subject FROM alerts WHERE kind = 'silence' ORDER BY 1")
    assert silent == [("STORE_001",), ("STORE_001/POS_09",)]
    assert open_alerts(hq) == []
    says = hq.admin.get("/v1/stores/STORE_001/completeness").json()["says"]
    assert "POS_09: enrolled, and nothing was ever heard of it" in says


def test_a_clock_that_is_ahead_is_an_alert(hq: RunningHq) -> None:
    tomorrow = seal(
        event_id=uuid7(),
        event_type="ShiftOpened",
        version=1,
        origin=POS_01,
        sequence=1,
        previous_hash=FIRST_HASH,
        store_id="STORE_001",
        terminal_id="POS_01",
        timestamp=hq.clock() + timedelta(hours=3, minutes=1),
        payload={},
    )
    hq.store().send([tomorrow.text])
    hq.report()
    assert ("clock", POS_01) in open_alerts(hq)
    detail = [
        item["detail"] for item in hq.admin.get("/v1/alerts").json()["items"] if item["kind"] == "clock"
    ]
    assert detail == ["POS_01: its clock is at least 180 minutes ahead"]


def test_a_sale_at_an_old_price_is_a_conflict_to_review(hq: RunningHq) -> None:
    store, hub = hq.store(), Chain("STORE_001")
    sold = sale(line(unit_price=9_000))
    (sold_line,) = sold.lines
    found = PriceDiscrepancyFound(
        "STORE_001", sold.transaction_id, sold_line.line_item_id, "SKU_COLA", 9_000, 1, 10_000, 2, NOON
    )
    store.send([hub.seal(found)])
    hq.report()

    (item,) = hq.admin.get("/v1/conflicts", params={"store": "STORE_001", "from": "2026-11-20"}).json()[
        "items"
    ]
    assert (item["kind"], item["subject"]) == ("price-difference", str(sold.transaction_id))
    assert (item["detail"]["till_price"], item["detail"]["hub_price"]) == (9_000, 10_000)
    for params in ({"to": "2026-11-20"}, {"store": "STORE_002"}, {"kind": "fork"}):
        assert hq.admin.get("/v1/conflicts", params=params).json() == {"items": []}
    page = hq.admin.get("/v1/conflicts", headers={"accept": "text/csv"})
    header, row = page.text.splitlines()
    assert header == "kind,store_id,subject,found_at,detail,decision"
    assert row.startswith(f"price-difference,STORE_001,{sold.transaction_id},2026-11-20T05:00:00+00:00,")


def test_a_sale_with_other_promotions_is_a_conflict_to_review(hq: RunningHq) -> None:
    store, hub, sold = hq.store(), Chain("STORE_001"), sale(line())
    given = AppliedPromotion("TWO_PLUS_ONE", "2 + 1", 5_000)
    lines = (PromotionDifference(sold.lines[0].line_item_id, (), (given,)),)
    found = PromotionDiscrepancyFound("STORE_001", sold.transaction_id, 0, 5_000, 1, lines, NOON)
    store.send([hub.seal(found)])
    hq.report()

    (item,) = hq.admin.get("/v1/conflicts", params={"kind": "promotion-difference"}).json()["items"]

    assert item["subject"] == str(sold.transaction_id)
    assert item["detail"] == found.to_body()


def test_the_audit_log_tells_who_did_what_with_before_and_after(hq: RunningHq) -> None:
    for seconds in (5, 7):
        assert hq.admin.put("/v1/settings/ping_seconds", json={"value": seconds}).status_code == 200
    hq.store()

    lines = hq.admin.get("/v1/audit", params={"deed": "put setting"}).json()["items"]

    assert [(each["actor"], each["subject"], each["before"], each["after"]) for each in lines] == [
        (ADMIN["employee_id"], "ping_seconds", 5, 7),
        (ADMIN["employee_id"], "ping_seconds", 10, 5),
    ]
    first = hq.admin.get("/v1/audit", params={"limit": 2}).json()
    second = hq.admin.get("/v1/audit", params={"limit": 2, "before": first["next_before"]}).json()
    ids = [each["id"] for each in first["items"] + second["items"]]
    assert len(set(ids)) == 4
    assert hq.admin.get("/v1/audit", params={"subject": "ping_", "to": "2020-01-01"}).json()["items"] == []


def test_the_audit_log_is_for_auditors(hq: RunningHq) -> None:
    for employee_id, role in (("AUDITOR_001", "auditor"), ("MANAGER_001", "manager")):
        body = {"name": employee_id, "role": role, "pin": "4711"}
        assert hq.admin.put(f"/v1/people/{employee_id}", json=body).status_code in (200, 201)
    assert hq.signed_in("AUDITOR_001", "4711").get("/v1/audit").status_code == 200
    manager = hq.signed_in("MANAGER_001", "4711")
    assert manager.get("/v1/audit").status_code == 403
    assert manager.get("/v1/conflicts").status_code == 200


def test_the_state_of_a_store_is_on_its_page_and_in_the_metrics(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    texts = till.sales(4)
    store.send([texts[0], texts[3], till.seal_body("SomethingNew", {})])
    hq.report()
    open_alerts(hq)

    state = hq.admin.get("/v1/stores/STORE_001/status").json()

    assert state["says"][0].startswith("POS_01: 2-3 missing since ")
    assert state["pipes"] == [{"pipe": "STORE_001", "received": 3, "projected": 3, "lag": 0}]
    assert (state["set_aside"], state["chains"]) == ({"here": 1, "at_hub": 0}, {POS_01: "gap"})
    assert sorted(alert["kind"] for alert in state["alerts"]) == ["gap", "set-aside"]
    assert orjson.dumps(state)
    page = hq.client().get("/metrics").text
    assert 'facts_set_aside{code="fact-not-readable"} 1.0' in page
    assert 'chain_breaks{kind="gap"} 1.0' in page
    assert 'alerts_open{kind="gap"} 1.0' in page
    assert 'store_last_fact_age_seconds{store_id="STORE_001"}' in page
