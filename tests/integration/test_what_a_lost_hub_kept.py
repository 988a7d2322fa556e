"""What stood at a hub beside the sales when its disk was lost: it is there again, or a person hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from storehub.backup import back_up
from storehub.bootstrap import now, restore_hub
from storehub.database import print_jobs
from storehub.printers.commands import add_job
from terminal.bootstrap import RunningTill
from terminal.checkout.desk import CheckoutDesk
from terminal.payment.desk import PaymentDesk
from terminal.till.known_sale import Told
from terminal.till.qr import QrStatus
from tests import make
from tests.integration.test_returns_up_the_chain import at_hq, found, give_back, number_of
from tests.integration.test_returns_up_the_chain import sell as sell_colas
from tests.lost_boxes import COLA, SECONDS, Chain, sell
from tests.patience import eventually
from tests.tills import CASHIER


def with_a_code_on_show(till: RunningTill) -> PaymentDesk:
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)
    draft = checkout.to_pay()
    assert draft is not None, checkout.state.notice
    desk = till.desks.payment(draft, CASHIER)
    desk.ask_qr("QR_VIETQR")
    assert desk.state.qr is not None, desk.state.notice
    return desk


def at_the_counter(till: RunningTill) -> CheckoutDesk:
    """The desk of a till whose baskets the hub hears of."""
    return replace(till.desks, mirrored=True).checkout(CASHIER)


def parked_at(chain: Chain) -> list[Any]:
    return chain.hub.rows("SELECT label FROM baskets WHERE parked ORDER BY label")


def is_paid(desk: PaymentDesk) -> bool:
    desk.check_qr()
    return desk.state.receipt is not None


def test_a_code_that_the_customer_has_seen_is_followed_by_the_next_hub_too(chain: Chain) -> None:
    till = chain.till("POS_01")
    chain.hub.program.clockwork.tell_head_office()
    paid = with_a_code_on_show(till)
    assert paid.state.qr is not None

    chain.lose_the_hub()
    chain.restored_hub()

    paid.check_qr()
    assert paid.state.qr is not None, paid.state.notice
    assert paid.state.qr.status is QrStatus.PENDING
    eventually(lambda: is_paid(paid))
    assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: chain.at_hq() == (1, 10_000))
    given_up = with_a_code_on_show(till)
    chain.lose_the_hub()
    chain.restored_hub()
    given_up.cancel_qr()
    assert given_up.state.qr is None
    assert chain.hub.rows("SELECT status FROM payment_requests ORDER BY created_at") == [
        ("CAPTURED",),
        ("CANCELLED",),
    ]


@pytest.mark.parametrize("with_backup", [False, True])
def test_parked_baskets_are_there_again_and_each_in_one_place(
    chain: Chain, tmp_path: Path, with_backup: bool
) -> None:
    tills = [chain.till("POS_01"), chain.till("POS_02")]
    one, two = map(at_the_counter, tills)
    chain.hub.program.clockwork.tell_head_office()
    for label in ("blue", "red", "given up"):
        one.scan(COLA)
        one.park(label)
    blue, red, given_up = (draft.sale_id for draft in one.parked_here())
    file = back_up(chain.hub.settings, tmp_path / "kept", now()) if with_backup else None
    two.recall(blue)
    assert two.state.basket.lines, two.state.notice
    one.drop_parked(given_up)

    chain.lose_the_hub()
    chain.restored_hub(file)

    # The till that parked it may be heard before the one that has it at its counter.
    one.hub_is_back()
    two.hub_is_back()
    one.hub_is_back()
    assert [draft.sale_id for draft in one.parked_here()] == [red]
    assert ("red",) in parked_at(chain)
    assert ("blue",) not in parked_at(chain)
    assert two.state.sale_id == blue
    # And every till may have it.
    two.park("blue once more")
    two.recall(red)
    assert (two.state.sale_id, len(two.state.basket.lines)) == (red, 1)
    one.hub_is_back()
    assert one.parked_here() == []
    one.recall(blue)
    assert (one.state.sale_id, two.parked_here()) == (blue, two.parked_here())
    two.hub_is_back()
    assert two.parked_here() == []


def test_a_restored_hub_has_prices_and_people_before_the_tills_bring_their_sales(chain: Chain) -> None:
    manager = {"name": "Bình", "role": "manager", "pin": make.PIN, "language": "vi"}
    chain.hq.admin.put(f"/v1/people/{make.MANAGER}", json=manager)
    till = chain.till("POS_01")
    chain.hub.program.clockwork.tell_head_office()
    chain.lose_the_hub()
    sell(till, 2)

    settings = chain.settings(chain.code())
    restore_hub(settings)
    chain.line.cut()
    chain.hub = chain.start_hub(settings)
    chain.cable.lead_to(int(chain.hub.url.rpartition(":")[2]))
    chain.cable.plug()

    # Head office is away, and all is there.
    assert till.lifeline.wait_until_sent(SECONDS)
    assert chain.hub.scalar("SELECT count(*) FROM transactions") == 2
    assert chain.hub.rows("SELECT sku_id FROM price_discrepancies") == []
    assert chain.hub.as_manager().get("/api/v1/set-aside").status_code == 200


def test_what_waited_for_paper_in_a_backup_comes_out_as_a_copy(chain: Chain, tmp_path: Path) -> None:
    with chain.hub.engine.begin() as tx:
        add_job(tx, print_jobs, job_id=uuid7(), transaction_id=uuid7(), printer="none", at=now())
    file = back_up(chain.hub.settings, tmp_path / "kept", now())
    eventually((chain.hub.settings.data_dir / "hq-secret").exists)
    chain.lose_the_hub()
    chain.restored_hub(file)
    assert chain.hub.rows("SELECT status, maybe_printed FROM print_jobs") == [("WAITING", True)]


@pytest.mark.parametrize(("days", "left", "told"), [(31, 1, Told.TOLD), (0, 3, Told.AWAY)])
def test_what_came_back_elsewhere_is_known_for_as_long_as_tills_know_their_sales(
    chain: Chain, monkeypatch: pytest.MonkeyPatch, days: int, left: int, told: Told
) -> None:
    one, two = chain.till("POS_01"), chain.till("POS_02")
    number = number_of(one, sell_colas(one))
    assert one.lifeline.wait_until_sent(SECONDS)
    give_back(found(two, number)[1], 2)
    sell(two)
    assert two.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: at_hq(chain) == (1, 20_000) and chain.at_hq()[0] == 2)
    chain.hub.program.clockwork.tell_head_office()

    monkeypatch.setattr("storehub.bootstrap.FACTS_BACK", 1)
    monkeypatch.setattr("storehub.bootstrap.DAYS_BACK", timedelta(days=days))
    chain.lose_the_hub()
    restored = chain.restored_hub()

    assert restored.facts == (3 if days else 1)
    eventually(lambda: chain.stock() == (-2, -2))
    sales, returning = found(one, number)
    # A hub that has forgotten the sale cannot say what came back of it, and the till says so.
    assert sales.state.told is told
    assert [line.left for line in returning.state.lines] == [left]
    assert (sales.state.notice is not None) == (told is Told.AWAY)


def test_a_code_that_was_left_for_the_next_customer_is_followed_by_the_next_hub(chain: Chain) -> None:
    till = chain.till("POS_01")
    chain.hub.program.clockwork.tell_head_office()
    desk = with_a_code_on_show(till)
    desk.leave_qr()
    desk.pay_cash(10_000)
    assert desk.state.receipt is not None, desk.state.notice
    assert till.lifeline.wait_until_sent(SECONDS)

    chain.lose_the_hub()
    chain.restored_hub()

    captured = "SELECT count(*) FROM payment_requests WHERE status = 'CAPTURED'"
    known = "SELECT count(*) FROM payment_requests"
    eventually(lambda: chain.hub.scalar(known) == 1)
    (payment,) = chain.hub.rows("SELECT id FROM payment_requests")
    hub = till.desks.hub
    # The customer pays it after all; the hub's list has it in a while, and the till is done with it.
    eventually(lambda: hub.status(payment[0]).status is QrStatus.CAPTURED)
    assert chain.hub.scalar(captured) == 1
    eventually(
        lambda: chain.hub.scalar("SELECT count(*) FROM outbox WHERE event_type = 'PaymentCaptured'") == 1
    )
