"""`storehub verify` and the hub's completeness: what was done to its database behind its back is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from storehub.verify import Verification, verify
from tests import make
from tests.hubs import Hub, Till, running_hub

POS_01 = f"{make.STORE}/{make.TERMINAL}"


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path) as running:
        yield running


@pytest.fixture
def till(hub: Hub) -> Till:
    """A till that has sold four times."""
    till = hub.till()
    till.send(1, [till.sell() for _ in range(4)])
    return till


def verified(hub: Hub) -> Verification:
    with hub.engine.connect() as tx:
        return verify(tx)


def looked_at(hub: Hub) -> list[str]:
    return [line.removeprefix("LOOK  ") for line in verified(hub).lines() if line.startswith("LOOK")]


def tamper(hub: Hub, statement: str) -> None:
    with hub.engine.begin() as tx:
        tx.execute(text("SET session_replication_role = replica"))  # the triggers look away
        tx.execute(text(statement))
        tx.execute(text("SET session_replication_role = origin"))


@pytest.mark.usefixtures("till")
def test_what_is_whole_holds(hub: Hub) -> None:
    found = verified(hub)
    assert (found.holds, found.told.facts, looked_at(hub)) == (True, 4, [])


@pytest.mark.usefixtures("till")
def test_a_deleted_fact_is_named(hub: Hub) -> None:
    tamper(hub, "DELETE FROM outbox WHERE sequence = 2")
    receipt = hub.scalar("SELECT receipt_number FROM transactions WHERE local_sequence = 2")
    assert looked_at(hub) == [
        f"{POS_01} 2 deleted: received once, and gone",
        "1 of the positions 1-4 of the outbox are gone",
        f"sale {receipt} of 10000 is recorded, and no fact says so",
    ]


@pytest.mark.usefixtures("till")
def test_an_altered_fact_is_named(hub: Hub) -> None:
    tamper(hub, "UPDATE outbox SET payload = replace(payload, '10000', '10001') WHERE sequence = 4")
    assert looked_at(hub)[0] == f"{POS_01} 4 altered: not what the hash was made of"


@pytest.mark.usefixtures("till")
def test_a_record_that_was_changed_is_named(hub: Hub) -> None:
    tamper(hub, "UPDATE transactions SET total_amount = 1 WHERE local_sequence = 3")
    receipt = hub.scalar("SELECT receipt_number FROM transactions WHERE local_sequence = 3")
    assert looked_at(hub) == [f"sale {receipt}: the fact says 10000, the record 1"]


@pytest.mark.allow_log("chain broken")
def test_the_hub_says_what_it_lacks(hub: Hub, till: Till) -> None:
    whole = till.http.get("/api/v1/completeness").json()
    assert (whole["complete"], whole["says"]) == (True, [f"{make.TERMINAL}: complete to 4"])
    till.sell()
    till.send(5, [till.sell()])

    told = till.http.get("/api/v1/completeness").json()

    assert told["complete"] is False
    assert told["says"][0].startswith(f"{make.TERMINAL}: 5 missing since ")
    (origin,) = told["origins"]
    assert (origin["chain"], origin["gaps"], origin["sales_count"], origin["sales_total"]) == (
        "gap",
        [[5, 5]],
        5,
        50_000,
    )
    assert looked_at(hub) == [f"{POS_01} 5 never arrived"]
    figures = hub.http.get("/metrics").text
    assert f'chain_breaks{{store_id="{make.STORE}"}} 1.0' in figures
    assert f'outbox_queue_length{{store_id="{make.STORE}"}} 5.0' in figures
    assert f'outbox_acknowledged_position{{store_id="{make.STORE}"}} 0.0' in figures
    assert f'facts_set_aside{{store_id="{make.STORE}"}} 0.0' in figures
    assert f'outbox_oldest_age_seconds{{store_id="{make.STORE}"}}' in figures
