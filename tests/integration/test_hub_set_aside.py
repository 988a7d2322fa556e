"""Facts that the hub set aside: head office hears of them, and a manager decides once and for good."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import Connection

from courier import inbox, outbox
from courier.aside import PAGE_MAX
from courier.decision import NewsOverruled
from courier.envelope import Envelope
from courier.inbox import NotApplicable
from retail.shift_facts import CashMove
from storehub.assembly import NoHeadOffice
from storehub.backup import Keeper
from storehub.clockwork import Clockwork
from storehub.database import courier, record_fact
from storehub.intake import hash_known
from tests import make
from tests.hubs import Hub, running_hub
from tests.make_returns import cash_moved, shift_opened
from tests.patience import eventually

pytestmark = pytest.mark.allow_log("fact set aside", "chain broken")

POS_01 = f"{make.STORE}/{make.TERMINAL}"
WAITING_FOR_A_LOCK = """
    SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path) as running:
        yield running


def own_facts(hub: Hub) -> list[tuple[str, dict[str, Any]]]:
    """What the hub itself has told head office."""
    rows = hub.rows("SELECT event_type, payload FROM outbox WHERE origin = :hub ORDER BY id", hub=make.STORE)
    return [(event_type, orjson.loads(text)["payload"]) for event_type, text in rows]


def decided(hub: Hub, pipe: str, position: int, decision: str, reason: str = "looked at it") -> Any:
    body = {"decision": decision, "reason": reason}
    return hub.as_manager().post(f"/api/v1/set-aside/{pipe}/{position}/decision", json=body)


def forked(hub: Hub) -> Envelope:
    """Two tills with one identity have each made a second sale; the later one's, which was set aside."""
    till = hub.till()
    first = till.sell(make.line("cola"))
    copy = make.Chain(make.TERMINAL)
    copy.sequence, copy.hash = till.chain.sequence, till.chain.hash
    second, other = till.sell(make.line("cola")), copy.sell(make.line("cola", 2))
    assert till.send(1, [first, second]).json()["accepted"] == 2
    answer = till.send(2, [other]).json()
    assert [error["code"] for error in answer["errors"]] == ["chain-fork"]
    return other


def test_head_office_is_told_with_the_text_of_what_no_chain_carries(hub: Hub) -> None:
    other = forked(hub)

    ((event_type, told),) = own_facts(hub)

    assert (event_type, told["code"], told["envelope"]) == ("FactSetAside", "chain-fork", other.text)
    assert (told["pipe"], told["origin"], told["sequence"]) == (f"{POS_01}/twin", POS_01, 2)


def test_a_manager_accepts_a_forked_sale_and_it_counts(hub: Hub) -> None:
    forked(hub)
    sales = "SELECT count(*), sum(total_amount) FROM transactions WHERE status = 'PAID'"
    (before,) = hub.rows(sales)

    answer = decided(hub, f"{POS_01}/twin", 1, "accept", "the copied till really sold it")

    assert answer.status_code == 200, answer.text
    assert (answer.json()["applied"], answer.json()["decided_by"]) == (True, make.MANAGER)
    ((after_count, after_sum),) = hub.rows(sales)
    assert after_count == before[0] + 1
    assert after_sum > before[1]
    event_type, fact = own_facts(hub)[-1]
    assert (event_type, fact["decision"], fact["reason"]) == (
        "SetAsideDecided",
        "accept",
        "the copied till really sold it",
    )
    assert fact["envelope"] is not None
    again = decided(hub, f"{POS_01}/twin", 1, "annul")
    assert (again.status_code, again.json()["code"]) == (409, "already-decided")


def test_what_is_annulled_counts_nowhere_and_stays_word_for_word(hub: Hub) -> None:
    other = forked(hub)
    assert decided(hub, f"{POS_01}/twin", 1, "annul").json()["applied"] is False
    assert hub.scalar("SELECT count(*) FROM transactions") == 2
    (item,) = hub.as_manager().get("/api/v1/set-aside", params={"undecided": False}).json()["items"]
    assert (item["decision"], item["envelope"]) == ("annul", other.text)
    assert hub.as_manager().get("/api/v1/set-aside").json() == {"items": []}


def test_a_fork_stays_a_fork_when_it_is_tried_again(hub: Hub) -> None:
    forked(hub)
    answer = decided(hub, f"{POS_01}/twin", 1, "retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "still-not-applicable")
    assert answer.json()["reason_code"] == "chain-fork"
    assert [event_type for event_type, _ in own_facts(hub)] == ["FactSetAside"]


def test_a_void_that_came_before_its_sale_is_applied_when_the_sale_has_come(hub: Hub) -> None:
    till, sale = hub.till(), make.sale()
    first = till.send(1, [till.chain.seal(make.void_of(sale))]).json()
    assert [error["code"] for error in first["errors"]] == ["transaction-not-found"]
    assert own_facts(hub)[-1][1]["envelope"] is None  # it went on to head office in its own chain
    hub.program.clockwork.apply_what_waited()
    assert hub.scalar("SELECT decision FROM set_aside") is None
    till.send(2, [till.chain.seal(sale)])

    # The clockwork's own turn may have come first: whoever it is, once.
    hub.program.clockwork.apply_what_waited()
    hub.program.clockwork.apply_what_waited()

    assert hub.rows("SELECT status, (SELECT count(*) FROM voids) FROM transactions") == [("VOID", 1)]
    assert hub.scalar("SELECT sum(quantity_delta) FROM stock_movements") == 0
    told = [fact for event_type, fact in own_facts(hub) if event_type == "SetAsideDecided"]
    assert [(fact["decision"], fact["decided_by"], fact["envelope"]) for fact in told] == [
        ("retry", "system", None)
    ]
    assert decided(hub, POS_01, 1, "retry").json()["code"] == "already-decided"


def test_money_that_moved_before_its_shift_is_known_is_counted_when_it_is(hub: Hub) -> None:
    till = hub.till()
    opened, moved = shift_opened(), cash_moved(CashMove.SAFE_DROP, 100_000)
    first = till.send(1, [till.chain.seal(moved)]).json()
    assert [error["code"] for error in first["errors"]] == ["shift-not-found"]
    till.send(2, [till.chain.seal(opened)])

    hub.program.clockwork.apply_what_waited()

    assert hub.scalar("SELECT count(*) FROM cash_movements") == 1
    assert hub.as_manager().get("/api/v1/set-aside").json() == {"items": []}


def test_what_cannot_be_applied_when_its_sale_has_come_waits_for_a_person_with_the_reason(hub: Hub) -> None:
    till, sale = hub.till(), make.sale()
    till.send(1, [till.chain.seal(make.void_of(sale)), till.chain.seal(make.void_of(sale))])
    till.send(3, [till.chain.seal(sale)])

    hub.program.clockwork.apply_what_waited()
    hub.program.clockwork.apply_what_waited()

    (item,) = hub.as_manager().get("/api/v1/set-aside").json()["items"]
    assert (item["position"], item["code"]) == (2, "deed-not-allowed")
    assert hub.scalar("SELECT count(*) FROM voids") == 1


class InTouch(NoHeadOffice):
    """Head office has told the time, without which a hub lets go of nothing."""

    skew_seconds = 0.0


def years_later(hub: Hub) -> None:
    """Head office has had everything for long, and the hub lets go of what it may."""
    with hub.engine.begin() as tx:
        outbox.acknowledge(tx, courier, outbox.last_position(tx, courier) + 1, hub.clock())
    program, keeper = hub.program, Keeper(hub.settings, hub.engine, hub.clock)
    later = replace(program.hub, link=InTouch(), clock=lambda: hub.clock() + timedelta(days=400))
    Clockwork(later, keeper, program.clockwork.waiting).prune()


def test_a_fact_that_waits_for_years_can_still_be_tried_again(hub: Hub) -> None:
    till, sale = hub.till(), make.sale()
    till.send(1, [till.sell(make.line("cola")), till.chain.seal(make.void_of(sale))])

    years_later(hub)
    till.send(3, [till.chain.seal(sale)])

    assert hub.rows("SELECT min(id) FROM outbox") == [(2,)]
    hub.program.clockwork.apply_what_waited()
    assert hub.scalar("SELECT status FROM transactions WHERE id = :id", id=sale.transaction_id) == "VOID"
    assert own_facts(hub)[-1][1]["envelope"] is None  # head office has it in its own chain
    years_later(hub)
    assert hub.scalar("SELECT count(*) FROM outbox") == 0


def test_the_drawer_of_a_shift_that_is_open_for_years_keeps_its_figures(hub: Hub) -> None:
    till = hub.till()
    opened, moved = shift_opened(), cash_moved(CashMove.PAY_IN, 100_000)
    sold = till.sell(make.line("cola"))
    till.send(1, [sold, till.chain.seal(opened), till.chain.seal(moved)])
    figures = f"/api/v1/shifts/{opened.shift_id}/x-report"
    before = hub.as_manager().get(figures).json()
    assert before["expected_amount"] == 600_000

    years_later(hub)

    assert hub.rows("SELECT min(id) FROM outbox") == [(2,)]
    assert hub.as_manager().get(figures).json() == before


def test_a_fork_is_still_one_after_years(hub: Hub) -> None:
    forked(hub)

    years_later(hub)

    answer = decided(hub, f"{POS_01}/twin", 1, "retry")
    assert (answer.status_code, answer.json().get("reason_code")) == (409, "chain-fork")


def test_only_a_manager_looks_and_decides(hub: Hub) -> None:
    forked(hub)
    cashier = hub.as_cashier()
    body = {"decision": "annul", "reason": "no"}
    assert cashier.get("/api/v1/set-aside").status_code == 403
    assert cashier.post(f"/api/v1/set-aside/{POS_01}/twin/1/decision", json=body).status_code == 403
    assert decided(hub, POS_01, 99, "annul").json()["code"] == "set-aside-not-found"
    assert decided(hub, f"{POS_01}/twin", 1, "perhaps").status_code == 422


@pytest.mark.allow_log("fact set aside")
def test_what_an_older_program_could_not_read_is_applied_when_a_newer_one_starts(
    hub_database_url: str, tmp_path: Path
) -> None:
    def unreadable(*_: object) -> None:
        raise NotApplicable("fact-not-readable", "of a newer version")

    def carry(tx: Connection, envelope: Envelope, _: int) -> None:
        outbox.put(tx, courier, envelope, aggregate_type="Unknown", aggregate_id="?", at=make.AT)

    with running_hub(hub_database_url, tmp_path) as older:
        till = older.till()
        # So many that stay unread are no reason to pass over what is behind them.
        unknown = [till.chain.seal_payload("SomethingOfNextYear", {"note": "?"}) for _ in range(PAGE_MAX)]
        body = orjson.loads(till.sell(make.line("coffee")).text)
        with older.engine.begin() as tx:
            inbox.receive(
                tx,
                courier,
                pipe=POS_01,
                from_position=1,
                bodies=[*(orjson.loads(each.text) for each in unknown), body],
                effect=unreadable,
                known_hash=hash_known,
                at=make.AT,
                carry=carry,
            )
        assert older.scalar("SELECT count(*) FROM transactions") == 0

    with running_hub(hub_database_url, tmp_path, page=None) as newer:
        eventually(lambda: newer.scalar("SELECT count(*) FROM transactions") == 1)
        eventually(lambda: newer.scalar("SELECT count(*) FROM set_aside WHERE decision = 'retry'") == 1)
        assert newer.scalar("SELECT count(*) FROM set_aside WHERE decision IS NULL") == PAGE_MAX
        told = newer.rows("SELECT event_type FROM outbox ORDER BY id DESC LIMIT 1")
        assert told == [("SetAsideDecided",)]


def test_a_till_whose_fact_is_set_aside_and_a_fact_of_the_hub_do_not_wait_for_each_other(hub: Hub) -> None:
    till, other = hub.till(), make.Chain(make.TERMINAL)
    till.send(
        1, [till.sell(make.line("cola")), other.sell(make.line("cola", 2))]
    )  # the hub's own chain begins
    # The first is passed on, the second is another history under a number of the first.
    good, bad = till.sell(make.line("cola")), other.sell(make.line("cola", 2))
    own = NewsOverruled(1, 0, (), make.AT)
    answers: list[int] = []

    def send() -> None:
        answers.append(till.send(3, [good, bad]).status_code)

    sending = threading.Thread(target=send)
    with hub.engine.begin() as tx:
        outbox.chain_head(tx, courier.origins, make.STORE)  # where recording a fact begins
        sending.start()
        eventually(lambda: hub.scalar(WAITING_FOR_A_LOCK) == 1)
        record_fact(tx, own, store_id=make.STORE, event_id=uuid4(), aggregate_id="1", at=make.AT)
    sending.join()

    assert answers == [200]
    assert [kind for kind, _ in own_facts(hub)] == ["FactSetAside", "NewsOverruled", "FactSetAside"]
