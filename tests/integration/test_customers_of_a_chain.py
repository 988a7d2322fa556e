"""Members and vouchers through a whole chain: stated at head office, taken at tills that are cut off, and
added up again at head office."""

from __future__ import annotations

from typing import Any

import pytest

from hq.api.office import NEWS_CHANNEL
from hq.roll_up import RollUp
from retail.member import Member
from terminal.bootstrap import RunningTill
from terminal.checkout.desk import CheckoutDesk
from tests import make
from tests.lost_boxes import COLA, Chain
from tests.make_hq import batch
from tests.patience import eventually
from tests.tills import CASHIER, LONG_AGO

PHONE = "0912 345 678"
LOYALTY = {"earn_per": 1_000}
MEMBERS_COLA = {
    "promo_id": "MEM",
    "name": "Giá thành viên",
    "kind": "percentage_discount",
    "percent": 20,
    "starts_at": LONG_AGO,
    "eligible_skus": ["SKU_12345"],
    "members_only": True,
}


@pytest.fixture
def customers(chain: Chain) -> Chain:
    """A chain with one member, what members get, and two vouchers over 5,000 ₫."""
    admin = chain.hq.admin
    for answer in (
        admin.put("/v1/settings/loyalty", json={"value": LOYALTY}),
        admin.post("/v1/promotions", json=MEMBERS_COLA),
        admin.put("/v1/members/M001", json={"name": "Phạm Hoa", "phone": PHONE}),
        admin.post("/v1/vouchers", json={"series_id": "TET", "amount": 5_000, "codes": ["TET-1", "TET-2"]}),
    ):
        assert answer.status_code in (200, 201, 204), answer.text
    return chain


def knows(till: RunningTill, points: int) -> bool:
    """Whether the till knows the member with so many points."""
    return member(till).points == points


def member(till: RunningTill) -> Member:
    return till.till.member_by_phone(PHONE)


def paid(till: RunningTill, desk: CheckoutDesk) -> int:
    """Pay in cash; what was paid."""
    draft = desk.to_pay()
    assert draft is not None, desk.state.notice
    payment = till.desks.payment(draft, CASHIER)
    payment.pay_cash(draft.totals.total_amount)
    assert payment.state.receipt is not None, payment.state.notice
    return draft.totals.total_amount


def at_head_office(chain: Chain, sales: int) -> None:
    """Wait until so many sales are in the books."""
    eventually(lambda: chain.at_hq()[0] == sales)


def rolled_up(chain: Chain) -> int:
    """Tell stores what the books have added up."""
    office = chain.hq.app.state.office
    told: list[int] = []

    def level() -> bool:
        round_ = RollUp(office.engine, chain.hq.clock, NEWS_CHANNEL).round()
        told.extend([] if round_ is None else [round_])
        return round_ is not None

    eventually(level)
    return told[-1]


def sent_again(chain: Chain) -> dict[str, Any]:
    """What head office answers when the hub sends all its facts once more."""
    secret = chain.hub.settings.hq_secret_file.read_text(encoding="utf-8").strip()
    token = chain.hq.client().post("/v1/auth/token", json={"store_id": make.STORE, "secret": secret})
    texts = [row[0] for row in chain.hub.rows("SELECT payload FROM outbox ORDER BY id")]
    hub = chain.hq.client(token.json()["token"])
    answer = hub.post("/v1/ingestion/events", content=batch(texts))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_member_buys_at_a_till_that_is_cut_off_and_the_points_count_once(customers: Chain) -> None:
    till = customers.till("POS_01")
    customers.line.cut()
    customers.cable.cut()

    desk = till.desks.checkout(CASHIER)
    desk.scan(COLA)
    desk.take_member("+84 912 345 678")
    assert desk.state.customer.member == member(till)
    assert paid(till, desk) == 8_000

    customers.cable.plug()
    customers.line.plug()
    at_head_office(customers, sales=1)
    assert sent_again(customers)["accepted"] == 0
    points = customers.hq.admin.get("/v1/members/M001/points").json()
    assert (points["points"], [sale["points_earned"] for sale in points["sales"]]) == (8, [8])

    assert rolled_up(customers) == 1
    eventually(lambda: knows(till, points=8))
    assert member(till).points_as_of is not None


def test_a_voucher_that_was_used_at_two_tills_apart_is_for_review_and_both_sales_stand(
    customers: Chain,
) -> None:
    tills = [customers.till("POS_01"), customers.till("POS_02")]
    customers.cable.cut()
    for till in tills:
        desk = till.desks.checkout(CASHIER)
        desk.scan(COLA)
        desk.take_voucher("TET-1")
        assert desk.state.notice is None
        assert paid(till, desk) == 5_000

    customers.cable.plug()
    at_head_office(customers, sales=2)
    [conflict] = customers.hq.admin.get("/v1/conflicts", params={"kind": "voucher-used-twice"}).json()[
        "items"
    ]
    assert (conflict["subject"], conflict["store_id"]) == ("TET-1", make.STORE)
    assert {use["terminal_id"] for use in conflict["detail"]["uses"]} == {"POS_01", "POS_02"}
    assert customers.at_hq() == (2, 10_000)
    assert customers.hq.admin.get("/v1/set-aside").json()["items"] == []

    assert rolled_up(customers) == 1
    eventually(lambda: tills[1].till.catalogue.voucher("TET-1").used_up)


def test_with_the_hub_there_the_second_till_is_told_at_once(customers: Chain) -> None:
    first, second = customers.till("POS_01"), customers.till("POS_02")
    desks = [till.desks.checkout(CASHIER) for till in (first, second)]
    for desk in desks:
        desk.scan(COLA)
        desk.take_voucher("TET-2")
    assert [len(desk.state.customer.vouchers) for desk in desks] == [1, 0]
    assert desks[1].state.notice is not None
    assert desks[1].state.notice.code == "voucher-used"

    desks[0].drop_voucher("TET-2")
    desks[1].take_voucher("TET-2")
    assert paid(second, desks[1]) == 5_000
