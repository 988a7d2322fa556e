"""A person's decision about facts set aside: a fact itself, in the sums or out of them, for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from courier.inbox import NotApplicable
from hq.bootstrap import main
from hq.reports import projection
from tests.integration.hq.conftest import RunningHq, Store
from tests.make_hq import Chain, altered, batch, refund, sale, void
from tests.patience import eventually

pytestmark = pytest.mark.allow_log("fact set aside", "chain broken")

POS_01 = "STORE_001/POS_01"


def run_cli(hq: RunningHq, *arguments: str) -> int:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HQ_DATABASE_URL", hq.database_url)
        return main(arguments)


def decide(hq: RunningHq, position: int, decision: str, pipe: str = "STORE_001") -> Any:
    body = {"decision": decision, "reason": "asked the cashier"}
    return hq.admin.post(f"/v1/set-aside/{pipe}/{position}/decision", json=body)


def sums(hq: RunningHq) -> list[tuple[int, int]]:
    return [(row["transaction_count"], row["total_amount"]) for row in hq.report()]


def holds_and_can_be_read_again(hq: RunningHq) -> None:
    """The proof holds, and a rebuild gives the same sums."""
    before = sums(hq)
    assert run_cli(hq, "verify") == 0
    assert run_cli(hq, "verify", "--store", "STORE_001") == 0
    assert run_cli(hq, "doctor", "rebuild") in (0, 1)  # 1: facts that wait for a person
    assert sums(hq) == before
    assert run_cli(hq, "verify") == 0


def wrong_sum(store: Store, till: Chain) -> None:
    """A whole sale, and one whose total is not that of its lines."""
    body = sale().to_body()
    store.send([*till.sales(1), till.seal_body("SaleRecorded", body | {"total_amount": 9_000})])


def test_what_is_accepted_counts_as_it_says(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    wrong_sum(store, till)
    assert sums(hq) == [(1, 10_000)]

    answer = decide(hq, 2, "accept")

    assert answer.status_code == 200, answer.text
    assert (answer.json()["decision"], answer.json()["decided_by"]) == ("accept", "ADMIN_001")
    assert sums(hq) == [(2, 19_000)]
    assert hq.sql("SELECT origin, event_type FROM ledger WHERE pipe = 'HQ'") == [("HQ", "SetAsideDecided")]
    state = hq.admin.get("/v1/stores/STORE_001/completeness").json()
    assert (state["complete"], state["origins"][0]["sales_total"]) == (True, 19_000)
    holds_and_can_be_read_again(hq)


def test_what_is_annulled_never_counts(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    wrong_sum(store, till)
    hq.report()

    assert decide(hq, 2, "annul").status_code == 200

    assert sums(hq) == [(1, 10_000)]
    assert hq.admin.get("/v1/set-aside").json() == {"items": []}
    (item,) = hq.admin.get("/v1/set-aside", params={"undecided": False, "store": "STORE_001"}).json()["items"]
    assert (item["position"], item["decision"], item["code"]) == (2, "annul", "fact-does-not-add-up")
    holds_and_can_be_read_again(hq)


def test_a_void_that_came_before_its_sale_is_tried_again(hq: RunningHq) -> None:
    store, till, sold = hq.store(), Chain(), sale()
    store.send([till.seal(void(sold))])
    hq.report()
    still = decide(hq, 1, "retry")
    assert (still.status_code, still.json()["code"]) == (409, "still-not-applicable")
    assert still.json()["reason_code"] == "sale-not-known"
    store.send([till.seal(sold)])

    eventually(lambda: hq.sql("SELECT status FROM transactions") == [("VOID",)])

    # Nobody has to decide any more.
    assert decide(hq, 1, "retry").json()["code"] == "set-aside-not-found"
    assert hq.sql("SELECT count(*) FROM set_aside") == [(0,)]
    assert hq.admin.get("/v1/stores/STORE_001/completeness").json()["complete"] is True
    holds_and_can_be_read_again(hq)


def test_a_refund_whose_sale_comes_by_another_pipe_is_applied_when_it_comes(hq: RunningHq) -> None:
    """What is of a sale that never comes goes on waiting."""
    store, till, other = hq.store(), Chain(), Chain("STORE_001/POS_02")
    sold = sale(terminal_id="POS_02")
    store.send([till.seal(refund(sold)), till.seal(void(sale()))])
    hq.report()
    waiting = "SELECT position, code FROM set_aside ORDER BY position"
    assert hq.sql(waiting) == [(1, "sale-not-known"), (2, "sale-not-known")]

    assert store.post(orjson.dumps({"events": [orjson.loads(other.seal(sold))]})).json()["accepted"] == 1

    eventually(lambda: hq.sql(waiting) == [(2, "sale-not-known")])
    assert hq.sql("SELECT status FROM transactions") == [("REFUNDED",)]
    store.send([till.seal(sale())])
    hq.report()
    assert hq.sql("SELECT count(*) FROM refunds") == [(1,)]
    holds_and_can_be_read_again(hq)


def test_what_two_hubs_with_one_identity_bring_under_the_same_positions_is_all_in_the_books(
    hq: RunningHq,
) -> None:
    """Of two tills, one at each hub: nothing forks, and nothing may stand where no projection reads it."""
    store, till, other = hq.store(), Chain(), Chain("STORE_001/POS_02")
    store.send(till.sales(3))
    hq.report()

    taken = store.post(batch(other.sales(2), 1)).json()

    assert (taken["accepted"], taken["errors"], taken["next_position"]) == (2, [], 4)
    assert sums(hq) == [(5, 50_000)]
    assert hq.sql("SELECT count(*) FROM set_aside") == [(0,)]
    holds_and_can_be_read_again(hq)


@pytest.mark.allow_log("positions on no disk")
def test_what_comes_under_positions_that_were_given_up_is_in_the_books(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    texts = till.sales(5)
    head = {"origin": POS_01, "sequence": 3, "hash": orjson.loads(texts[2])["hash"]}
    store.http.post("/v1/ingestion/begin", json={"position": 1000, "heads": [head]})
    store.post(batch(texts[3:], 1000))
    assert sums(hq) == [(2, 20_000)]

    assert store.post(batch(texts[:3], 1)).json()["accepted"] == 3

    assert sums(hq) == [(5, 50_000)]
    assert hq.admin.get("/v1/stores/STORE_001/completeness").json()["complete"] is True
    holds_and_can_be_read_again(hq)


def test_however_much_an_older_program_could_not_read_a_newer_one_applies_all_of_it(
    start_hq: Callable[[], RunningHq], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than one batch, behind a batch that nobody can read yet."""

    def unreadable(*_: object) -> None:
        raise NotApplicable("fact-not-readable", "of a newer version")

    with monkeypatch.context() as older:
        older.setattr(projection, "enter", unreadable)
        before = start_hq()
        till, unread = Chain(), projection.BATCH_MAX
        unknown = [till.seal_body("SomethingOfNextYear", {"note": "?"}) for _ in range(unread)]
        store = before.store()
        for texts in (unknown, till.sales(unread), till.sales(1)):
            store.send(texts)
        eventually(lambda: before.sql("SELECT count(*) FROM set_aside") == [(2 * unread + 1,)])
        before.__exit__()

    after = start_hq()

    eventually(lambda: after.sql("SELECT count(*) FROM set_aside") == [(unread,)])
    assert sums(after)[0][0] == unread + 1


def test_what_cannot_be_applied_when_its_sale_has_come_waits_for_a_person_with_the_reason(
    hq: RunningHq,
) -> None:
    store, till, sold = hq.store(), Chain(), sale()
    store.send([till.seal(void(sold)), till.seal(void(sold))])
    hq.report()
    store.send([till.seal(sold)])
    eventually(lambda: hq.sql("SELECT status FROM transactions") == [("VOID",)])
    eventually(lambda: hq.sql("SELECT position, code FROM set_aside") == [(2, "already-recorded")])
    assert decide(hq, 2, "annul").status_code == 200
    holds_and_can_be_read_again(hq)


def test_a_decision_gives_what_waited_for_it_another_chance(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    sold = sale()
    store.send([till.seal_body("SaleRecorded", sold.to_body() | {"subtotal": 1}), till.seal(void(sold))])
    hq.report()
    assert [row[0] for row in hq.sql("SELECT position FROM set_aside ORDER BY 1")] == [1, 2]

    assert decide(hq, 1, "accept").status_code == 200

    assert hq.sql("SELECT status FROM transactions") == [("VOID",)]
    assert hq.sql("SELECT position FROM set_aside WHERE decision IS NULL") == []


def test_an_altered_fact_can_be_accepted_and_its_number_is_missed_no_more(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    texts = till.sales(3)
    store.send([texts[0], altered(texts[1], total_amount=7_000), texts[2]])
    state = hq.admin.get("/v1/stores/STORE_001/completeness").json()
    assert state["origins"][0]["gaps"] == [[2, 2]]

    assert decide(hq, 2, "accept").status_code == 200

    assert sums(hq) == [(3, 27_000)]
    state = hq.admin.get("/v1/stores/STORE_001/completeness").json()
    assert (state["origins"][0]["gaps"], state["set_aside"]) == ([], 0)
    before = sums(hq)
    assert run_cli(hq, "doctor", "rebuild") in (0, 1)
    assert sums(hq) == before


def test_a_sale_recorded_twice_can_be_counted_twice(hq: RunningHq) -> None:
    store, till, sold = hq.store(), Chain(), sale()
    store.send([till.seal(sold), till.seal(sold)])
    assert sums(hq) == [(1, 10_000)]
    assert decide(hq, 2, "accept").status_code == 200
    assert sums(hq) == [(2, 20_000)]
    holds_and_can_be_read_again(hq)


def test_what_no_one_can_read_is_accepted_without_counting(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    store.send([till.seal_body("SomethingNew", {}), *till.sales(1)])
    hq.report()
    assert decide(hq, 1, "accept").status_code == 200
    assert sums(hq) == [(1, 10_000)]
    holds_and_can_be_read_again(hq)


def test_a_decision_is_made_once_and_by_an_administrator(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    wrong_sum(store, till)
    hq.report()
    body = {"decision": "annul", "reason": "no"}
    assert store.http.post("/v1/set-aside/STORE_001/2/decision", json=body).status_code == 403
    assert decide(hq, 9, "annul").json()["code"] == "set-aside-not-found"
    assert decide(hq, 2, "annul").status_code == 200
    assert decide(hq, 2, "accept").json()["code"] == "already-decided"
    notes = hq.sql("SELECT subject, outcome FROM audit_log WHERE deed = 'settle set-aside fact' ORDER BY at")
    assert notes == [
        ("STORE_001#2", "permission-denied"),
        ("STORE_001#9", "set-aside-not-found"),
        ("STORE_001#2", "done"),
        ("STORE_001#2", "already-decided"),
    ]


def test_what_a_hub_set_aside_and_its_manager_decided_is_known_here(hq: RunningHq) -> None:
    store, hub = hq.store(), Chain("STORE_001")
    forked = Chain(POS_01).sales(1)[0]
    told = {
        "pipe": f"{POS_01}/twin",
        "position": 1,
        "event_id": orjson.loads(forked)["event_id"],
        "origin": POS_01,
        "sequence": 1,
        "code": "chain-fork",
        "detail": "two of them",
        "set_aside_at": "2026-11-20T05:00:00+00:00",
        "envelope": forked,
    }
    store.send([hub.seal_body("FactSetAside", told)])
    hq.report()
    rows = "SELECT store_id, pipe, code, decision FROM store_set_aside"
    assert hq.sql(rows) == [("STORE_001", f"{POS_01}/twin", "chain-fork", None)]

    decided = told | {
        "decision": "accept",
        "reason": "really sold",
        "decided_by": "MANAGER_001",
        "decided_at": "2026-11-20T06:00:00+00:00",
    }
    store.send([hub.seal_body("SetAsideDecided", decided)])

    assert sums(hq) == [(1, 10_000)]
    assert hq.sql(rows) == [("STORE_001", f"{POS_01}/twin", "chain-fork", "accept")]
    holds_and_can_be_read_again(hq)


def test_head_office_s_name_is_no_store_s(hq: RunningHq) -> None:
    assert hq.admin.post("/v1/stores", json={"store_id": "HQ", "name": "x"}).status_code == 422
