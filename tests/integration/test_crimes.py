"""Crimes, through the real chain: what head office says of them, and that it says so within one sync.

A sync is one exchange of a hub with head office (or of a till with its hub); nothing here looks at a clock.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from courier.envelope import Envelope
from courier.outbox import pending
from storehub.database import courier
from storehub.verify import verify
from tests import make, make_hq
from tests.hubs import Hub, Till, running_hub
from tests.integration.hq.conftest import RunningHq, Store, hq, hq_settings, key_folder, start_hq
from tests.integration.hq.conftest import clock as hq_clock

__all__ = ["hq", "hq_settings", "key_folder", "start_hq"]

pytestmark = pytest.mark.allow_log("fact set aside", "chain broken")
clock = hq_clock
POS_01 = f"{make.STORE}/{make.TERMINAL}"


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path) as running:
        yield running


class Chain:
    """A till, its hub and head office; `sync` is one exchange of the hub with head office."""

    def __init__(self, hub: Hub, hq: RunningHq) -> None:
        self.hub, self.hq = hub, hq
        self.store: Store = hq.store(make.STORE)
        self.till: Till = hub.till()
        self.sent = 0

    def sold(self, count: int) -> list[Envelope]:
        """Sales that have reached the hub."""
        sales = [self.till.sell() for _ in range(count)]
        first = sales[0].sequence
        assert self.till.send(first, sales).status_code == 200
        return sales

    def sync(self) -> dict[str, Any]:
        """What the outbox holds, from where head office wants it on, in one batch."""
        with self.hub.engine.connect() as tx:
            waiting = pending(tx, courier, self.sent + 1, 500, 10**7)
        first = waiting[0].position
        events = ",".join(each.text for each in waiting)
        answer = self.store.post(b'{"from_position":%d,"events":[%b]}' % (first, events.encode()))
        assert answer.status_code == 200, answer.text
        self.sent = answer.json()["next_position"] - 1
        self.hq.report()
        body: dict[str, Any] = answer.json()
        return body

    def told(self) -> dict[str, str]:
        """What head office says is the matter, by kind."""
        return {item["kind"]: item["detail"] for item in self.hq.admin.get("/v1/alerts").json()["items"]}

    def says(self) -> list[str]:
        """Completeness, in sentences."""
        body = self.hq.admin.get(f"/v1/stores/{make.STORE}/completeness").json()
        assert body["complete"] is False
        sentences: list[str] = body["says"]
        return sentences


@pytest.fixture
def chain(hub: Hub, hq: RunningHq) -> Chain:
    return Chain(hub, hq)


def in_the_hubs_database(hub: Hub, statement: str, **values: Any) -> None:
    """Somebody with the hub's password does this."""
    with hub.engine.begin() as tx:
        tx.execute(text(statement), values)


def test_a_fact_altered_in_the_hubs_outbox_is_known_with_the_sync_that_brings_it(chain: Chain) -> None:
    chain.sold(1)
    chain.sync()
    sales = chain.sold(3)
    forged = make_hq.altered(sales[1].text, total_amount=1)
    in_the_hubs_database(chain.hub, "UPDATE outbox SET payload = :text WHERE id = 3", text=forged)

    answer = chain.sync()

    assert [(error["position"], error["code"]) for error in answer["errors"]] == [(3, "chain-altered")]
    assert chain.told()["altered"] == f"{make.TERMINAL}: 1 altered on the way, the first is 3"
    (says, waiting) = chain.says()
    assert says.startswith(f"{make.TERMINAL}: 3 altered on its way, seen ")
    assert "3 missing since " in says
    assert waiting == "1 set aside here, waiting for a decision"
    with chain.hub.engine.connect() as tx:
        assert [str(flaw) for walked in verify(tx).walks for flaw in walked.flaws] == [
            f"{POS_01} 3 altered: not what the hash was made of"
        ]


def test_a_fact_deleted_in_the_hubs_outbox_is_known_with_the_sync_that_should_have_brought_it(
    chain: Chain,
) -> None:
    chain.sold(4)
    in_the_hubs_database(chain.hub, "DELETE FROM outbox WHERE id = 2")
    # The sender finds no position 2 and says so; somebody who deletes it well closes the hole as well.
    in_the_hubs_database(chain.hub, "UPDATE outbox SET id = id - 1 WHERE id > 2")

    chain.sync()

    assert chain.told()["gap"].startswith(f"{make.TERMINAL}: 2 missing since ")
    assert chain.says()[0].startswith(f"{make.TERMINAL}: 2 missing since ")


def test_two_tills_with_one_identity_are_known_with_the_second_s_first_sale(chain: Chain) -> None:
    chain.sold(2)
    twin = copy.copy(chain.till)
    twin.chain = copy.copy(chain.till.chain)
    chain.sold(1)
    other = twin.sell(make.line("cola", 2))
    taken = twin.send(other.sequence, [other]).json()  # one sync of the till
    assert [error["code"] for error in taken["errors"]] == ["chain-fork"]

    chain.sync()  # one sync of the hub

    assert chain.told()["fork"] == (
        f"{make.TERMINAL}: two histories from 3 on: two machines have one identity"
    )
    says = chain.says()
    assert any(sentence.startswith(f"{make.TERMINAL}: two histories at 3, seen ") for sentence in says)
    assert "1 set aside at the hub, waiting for a decision" in says
    (conflict,) = chain.hq.admin.get("/v1/conflicts", params={"kind": "fork"}).json()["items"]
    assert conflict["detail"]["event_id"] == str(other.event_id)
    rows = chain.hq.sql("SELECT envelope FROM store_set_aside")
    assert [orjson.loads(row[0])["hash"] for row in rows] == [other.hash]  # nothing is lost


def test_a_manager_s_decision_at_the_hub_is_head_office_s_too(chain: Chain) -> None:
    chain.sold(1)
    twin = copy.copy(chain.till)
    twin.chain = copy.copy(chain.till.chain)
    chain.sold(1)
    other = twin.sell(make.line("cola", 2))
    twin.send(other.sequence, [other])
    chain.sync()
    assert "fork" in chain.told()

    body = {"decision": "accept", "reason": "the copied till was really used"}
    place = f"/api/v1/set-aside/{POS_01}/twin/1/decision"
    assert chain.hub.as_manager().post(place, json=body).status_code == 200
    chain.sync()

    assert chain.told() == {}
    state = chain.hq.admin.get(f"/v1/stores/{make.STORE}/completeness").json()
    assert state["complete"] is True
    booked = chain.hq.sql("SELECT count(*), sum(total_amount)::bigint FROM transactions")
    assert booked == [
        tuple(chain.hub.rows("SELECT count(*), sum(total_amount)::bigint FROM transactions")[0])
    ]
    with chain.hub.engine.connect() as tx:
        assert verify(tx).holds
