"""A hub's disk is lost: a new one takes its place, and the tills sell all the while."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from courier.outage import Rejected
from storehub.backup import Keeper, back_up
from storehub.bootstrap import now, restore_hub
from storehub.restore import HubNotEmpty
from tests import make
from tests.lost_boxes import SECONDS, Chain, sell
from tests.patience import eventually


def test_a_new_hub_takes_the_place_of_a_lost_one_and_no_sale_is_lost_or_doubled(chain: Chain) -> None:
    tills = [chain.till("POS_01"), chain.till("POS_02")]
    for till in tills:
        sell(till, 3)
        assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: chain.at_hq() == (6, 60_000))
    chain.hub.program.clockwork.tell_head_office()

    chain.lose_the_hub()
    for till in tills:
        sell(till, 2)
    restored = chain.restored_hub()

    assert dict(restored.heads) == {"STORE_001/POS_01": 3, "STORE_001/POS_02": 3}
    assert (restored.facts, restored.not_applied, restored.skus) == (6, 0, 1)
    assert list(restored.terminals) == ["POS_01", "POS_02"]
    # Nobody touches a till: its secret is good at the new hub too, and what head office lacked goes up.
    for till in tills:
        assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: chain.at_hq() == (10, 100_000))
    assert chain.hub.scalar("SELECT count(*) FROM transactions") == 10
    assert chain.hub.scalar("SELECT max(id) FROM outbox") == 10
    assert chain.stock() == (-10, -10)
    sell(tills[0])
    eventually(lambda: chain.at_hq() == (11, 110_000))
    assert chain.completeness()["complete"] is True
    assert [origin["last"] for origin in chain.completeness()["origins"]] == [6, 5]
    eventually(lambda: chain.hub.scalar("SELECT count(*) FROM local_catalog") == 1)


def test_facts_that_only_the_lost_hub_had_come_again_from_the_tills(chain: Chain) -> None:
    till = chain.till("POS_01")
    sell(till)
    assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: chain.at_hq() == (1, 10_000))
    chain.hub.program.clockwork.tell_head_office()
    chain.line.cut()
    sell(till, 2)
    assert till.lifeline.wait_until_sent(SECONDS)
    assert chain.hub.scalar("SELECT count(*) FROM transactions") == 3

    chain.lose_the_hub()
    chain.line.plug()
    assert dict(chain.restored_hub().heads) == {"STORE_001/POS_01": 1}

    eventually(lambda: chain.at_hq() == (3, 30_000))
    eventually(lambda: chain.hub.scalar("SELECT count(*) FROM transactions") == 3)
    assert chain.completeness()["complete"] is True


@pytest.mark.allow_log("chain broken")
def test_what_the_lost_hub_announced_of_its_own_is_missing_by_number(chain: Chain) -> None:
    head = f"3:{'ab' * 32}"
    eventually((chain.hub.settings.data_dir / "hq-secret").exists)
    secret = (chain.hub.settings.data_dir / "hq-secret").read_text()
    body = {"store_id": make.STORE, "secret": secret}
    token = chain.hq.client().post("/v1/auth/token", json=body).json()["token"]
    batch = {"from_position": 1, "events": []}
    said = chain.hq.client(token).post("/v1/ingestion/events", json=batch, headers={"everopen-head": head})
    assert said.status_code == 200, said.text

    chain.lose_the_hub()
    restored = chain.restored_hub()

    assert dict(restored.heads) == {make.STORE: 3}
    assert dict(restored.missing) == {make.STORE: ((1, 3),)}


@pytest.mark.allow_log(
    "chain broken", "positions missing", "positions not on this disk", "positions on no disk"
)
def test_a_till_on_a_new_disk_of_which_head_office_never_heard_is_not_asked_for_the_old_one(
    chain: Chain,
) -> None:
    """The till lost its disk, then the hub lost its own before head office heard where the till went on."""
    till = chain.till("POS_01")
    sell(till, 2)
    eventually(lambda: chain.at_hq() == (2, 20_000))
    code = chain.fresh_code("POS_01")
    chain.line.cut()
    sell(till, 2)
    assert till.lifeline.wait_until_sent(SECONDS)
    till.close()

    till = chain.enrolled_anew("another", code)
    assert till.lifeline.wait_for_news(SECONDS)
    sell(till)
    assert till.lifeline.wait_until_sent(SECONDS)
    till.close()
    chain.lose_the_hub()
    chain.line.plug()
    assert dict(chain.restored_hub().heads) == {"STORE_001/POS_01": 2}

    # Its secret went with the hub too: it is enrolled once more, with the journal that it has.
    till = chain.enrolled_anew("another", chain.fresh_code("POS_01"))
    assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: chain.at_hq() == (3, 30_000))
    (origin,) = chain.completeness()["origins"]
    assert (origin["last"], origin["gaps"]) == (5, [[3, 4]])
    sell(till)
    eventually(lambda: chain.at_hq() == (4, 40_000))


@pytest.mark.allow_log("receiver is ahead", "this disk was an old one")
def test_a_hub_set_back_to_an_old_disk_gets_what_it_lacks_and_nobody_has_to_do_anything(
    chain: Chain, tmp_path: Path
) -> None:
    """A snapshot of its machine, or a dump put back by hand: nobody typed `storehub restore`."""
    till = chain.till("POS_01")
    sell(till, 2)
    eventually(lambda: chain.at_hq() == (2, 20_000))
    image = back_up(chain.hub.settings, tmp_path / "image", now())
    sell(till, 3)
    eventually(lambda: chain.at_hq() == (5, 50_000))
    chain.hub.program.clockwork.tell_head_office()
    chain.lose_the_hub()

    chain.old_hub(image)

    eventually(lambda: chain.hub.scalar("SELECT count(*) FROM transactions") == 5)
    assert chain.hub.scalar("SELECT max(id) FROM outbox") == 5
    sell(till)
    assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: chain.at_hq() == (6, 60_000))
    eventually(lambda: chain.stock() == (-6, -6))
    assert chain.completeness()["complete"] is True
    eventually(lambda: chain.hub.program.hub.link.to_body()["trouble"] is None)


def test_only_an_empty_hub_takes_anothers_place(chain: Chain) -> None:
    till = chain.till("POS_01")
    sell(till)
    assert till.lifeline.wait_until_sent(SECONDS)
    with pytest.raises(HubNotEmpty):
        restore_hub(chain.hub.settings)
    with pytest.raises(Rejected):
        restore_hub(chain.settings("WRONG-CODE"))


def test_a_hub_comes_back_from_its_own_backup_and_from_what_happened_since(
    chain: Chain, tmp_path: Path
) -> None:
    till = chain.till("POS_01")
    sell(till, 2)
    assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: chain.at_hq() == (2, 20_000))
    file = back_up(chain.hub.settings, tmp_path / "backups", now())
    sell(till, 2)
    eventually(lambda: chain.at_hq() == (4, 40_000))

    chain.lose_the_hub()
    sell(till)
    restored = chain.restored_hub(file)

    assert (restored.facts, restored.not_applied, dict(restored.heads)) == (2, 0, {"STORE_001/POS_01": 4})
    assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: chain.at_hq() == (5, 50_000))
    assert chain.hub.scalar("SELECT count(*) FROM transactions") == 5
    assert chain.stock() == (-5, -5)
    assert chain.completeness()["complete"] is True


def test_a_running_hub_makes_a_backup_every_night_and_says_how_old_it_is(
    chain: Chain, tmp_path: Path
) -> None:
    keeper = Keeper(replace(chain.hub.settings, backup_dir=tmp_path / "kept"), chain.hub.engine, now)
    assert keeper.age_seconds() == -1
    assert keeper.look() is not None
    assert keeper.look() is None
    assert 0 <= keeper.age_seconds() < 3600
    assert keeper.to_body()["too_old"] is False


def test_deliveries_open_shifts_and_the_hubs_own_numbers_go_on(chain: Chain) -> None:
    manager = {"name": "Bình", "role": "manager", "pin": make.PIN, "language": "vi"}
    chain.hq.admin.put(f"/v1/people/{make.MANAGER}", json=manager)
    till = chain.till("POS_01")
    eventually(lambda: chain.hub.scalar("SELECT count(*) FROM people") == 1)
    delivery = {"sku_id": "SKU_12345", "quantity_delta": 24, "reason": "delivery"}
    at_hub = chain.hub.as_manager()
    key = {"idempotency-key": "delivery 7"}
    assert at_hub.post("/api/v1/inventory/adjustments", json=delivery, headers=key).status_code == 201
    assert at_hub.post("/api/v1/shifts", json={"float_amount": 200_000}).status_code == 201
    sell(till)
    eventually(lambda: chain.completeness()["origins"][0]["last"] == 2 and chain.at_hq()[0] == 1)
    chain.hub.program.clockwork.tell_head_office()

    chain.lose_the_hub()
    restored = chain.restored_hub()

    assert dict(restored.heads) == {make.STORE: 2, "STORE_001/POS_01": 1}
    assert chain.hub.rows("SELECT terminal_id, float_amount, closed_at FROM shifts") == [
        ("POS_01", 200_000, None)
    ]
    assert chain.stock() == (23, 23)
    eventually(lambda: chain.hub.scalar("SELECT count(*) FROM people") == 1)
    again = chain.hub.as_manager()
    # Whoever has not heard the lost hub's answer asks again, and it is not done twice.
    repeated = again.post("/api/v1/inventory/adjustments", json=delivery, headers=key)
    assert (repeated.status_code, repeated.json()["code"]) == (409, "done-before")
    assert again.post("/api/v1/inventory/adjustments", json=delivery).status_code == 201
    eventually(lambda: chain.stock() == (47, 47))
    assert chain.completeness()["complete"] is True


def test_what_a_new_hub_needs_is_told_to_this_stores_hub_alone(chain: Chain) -> None:
    chain.hq.admin.post("/v1/stores", json={"store_id": "STORE_002", "name": "Everopen Quận 3"})
    code = chain.hq.admin.post("/v1/stores/STORE_002/enrolment-codes", json={}).json()["enrolment_code"]
    token = chain.hq.client().post("/v1/enrolments", json={"enrolment_code": code}).json()["token"]
    enrolment = {
        "terminal_id": "POS_01",
        "secret_hash": "ab" * 32,
        "used_code_hash": "cd" * 32,
        "enrolled_at": "2026-11-20T01:30:00+00:00",
    }
    for caller in (chain.hq.client(token), chain.hq.admin):
        for door in ("restoration", "facts"):
            assert caller.get(f"/v1/stores/{make.STORE}/{door}").status_code == 403
        assert caller.post(f"/v1/stores/{make.STORE}/terminals", json=enrolment).status_code == 403
    assert chain.hq.client(token).get(f"/v1/stores/{make.STORE}/inventory").status_code == 403
    assert chain.hq.admin.get("/v1/stores/STORE_404/inventory").status_code == 404
