"""Members and vouchers at the desks: how they are named, what they change, and what is written of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from courier.news import News, NewsPage
from retail.member import MemberNotFound, PhoneNotReadable
from terminal.checkout.by_hand import Discount
from terminal.checkout.desk import CheckoutDesk
from terminal.till import news
from terminal.till.customer import NOBODY
from terminal.till.draft import Draft, read_back, written
from tests.screens.toy_hub import ToyHub
from tests.tills import (
    CASHIER,
    COFFEE,
    COLA,
    MANAGER,
    Clock,
    TestTill,
    deleted,
    feed,
    member,
    promotion,
    setting,
    voucher,
)
from tests.unit.test_desk_payment import Later

MEMBERS_COLA = promotion(
    "MEM", "Giá thành viên", "percentage_discount", percent=20, eligible_skus=["COLA"], members_only=True
)
TET = promotion(
    "TET", "Phiếu Tết", "fixed_amount_discount", amount=5_000, per="transaction", voucher_required=True
)
BREAD_OFF = promotion(
    "BR", "Phiếu bánh", "percentage_discount", percent=50, eligible_skus=["BREAD"], voucher_required=True
)
LOYALTY = {
    "earn_per": 1_000,
    "tiers": [{"name": "Vàng", "points_needed": 500, "multiplier": 200}],
    "excluded_categories": ["Bánh"],
}
TOMORROW = "2026-11-21T00:00:00+07:00"
YESTERDAY = "2026-11-19T00:00:00+07:00"
AS_OF = "2026-11-20T01:00:00+00:00"
SHOP = (
    MEMBERS_COLA,
    TET,
    BREAD_OFF,
    setting("loyalty", LOYALTY),
    member("M001", "Phạm Hoa", "0912 345 678", tier="Vàng", points=120, points_as_of=AS_OF),
    member("M002", "Lê Minh", "0987 654 321"),
    voucher("TET-1", "TET"),
    voucher("TET-2", "TET"),
    voucher("TET-3", "TET", starts_at=TOMORROW),
    voucher("TET-4", "TET", ends_at=YESTERDAY),
    voucher("TET-5", "TET", used_up=True),
    voucher("BR-1", "BR"),
)


@pytest.fixture
def hub() -> ToyHub:
    return ToyHub(Clock())


@pytest.fixture
def till(tmp_path: Path, hub: ToyHub) -> Iterator[TestTill]:
    till = TestTill(tmp_path, hub)
    feed(till.catalogue, *SHOP, version=2)
    yield till
    till.close()


@pytest.fixture
def desk(till: TestTill) -> CheckoutDesk:
    return till.desks.checkout(CASHIER)


def scan(till: TestTill, desk: CheckoutDesk, *codes: str) -> None:
    for code in codes:
        desk.scan(code)
        till.clock.forward(5)


def told(desk: CheckoutDesk) -> str | None:
    return desk.state.notice.code if desk.state.notice else None


def codes(desk: CheckoutDesk) -> list[str]:
    return [voucher.code for voucher in desk.state.customer.vouchers]


def total(desk: CheckoutDesk) -> int:
    return desk.state.totals.total_amount


def sell(till: TestTill, desk: CheckoutDesk) -> dict[str, Any]:
    """Pay in cash; the payload of the fact that came of it."""
    draft = desk.to_pay()
    assert draft is not None
    payment = till.desks.payment(draft, CASHIER)
    payment.pay_cash(draft.totals.total_amount)
    assert payment.state.receipt is not None
    desk.refresh()
    body: dict[str, Any] = orjson.loads(till.envelopes()[-1])["payload"]
    return body


@pytest.mark.parametrize("text", ["0912345678", "0912 345 678", "+84 912.345.678", "M001", "m001", "M-M001"])
def test_a_member_is_found_by_phone_or_card_however_it_is_said(
    till: TestTill, desk: CheckoutDesk, text: str
) -> None:
    scan(till, desk, COLA)
    desk.take_member(text)

    assert desk.state.customer.member is not None
    assert (desk.state.customer.member.name, told(desk)) == ("Phạm Hoa", None)
    assert total(desk) == 8_000


def test_a_scanned_card_makes_the_sale_the_members(till: TestTill, desk: CheckoutDesk) -> None:
    scan(till, desk, COLA, "M-M002")
    assert (total(desk), len(desk.state.basket.lines)) == (8_000, 1)

    desk.drop_member()
    assert (total(desk), desk.state.customer) == (10_000, NOBODY)


@pytest.mark.parametrize("text", ["0900 000 000", "M999", "Phạm Hoa", ""])
def test_somebody_who_is_no_member_changes_nothing(till: TestTill, desk: CheckoutDesk, text: str) -> None:
    scan(till, desk, COLA)
    desk.take_member("M002")
    desk.take_member(text)

    assert told(desk) == "member-not-found"
    assert desk.state.customer.member is not None
    assert (desk.state.customer.member.member_id, total(desk)) == ("M002", 8_000)


def test_whoever_left_the_programme_is_found_no_more(till: TestTill) -> None:
    feed(till.catalogue, deleted("member", "M001"), version=3)
    with pytest.raises(MemberNotFound):
        till.till.member_by_phone("0912345678")
    with pytest.raises(MemberNotFound):
        till.till.member_by_code("M001")
    with pytest.raises(PhoneNotReadable):
        till.till.member_by_phone("Hoa")


def test_a_till_keeps_no_phone_number(till: TestTill) -> None:
    till.close()
    assert b"912345678" not in b"".join(file.read_bytes() for file in till.data_dir.iterdir())


def test_a_voucher_takes_off_what_its_promotion_gives(till: TestTill, desk: CheckoutDesk) -> None:
    scan(till, desk, COLA)
    desk.take_voucher("tet-1")
    assert (total(desk), codes(desk)) == (5_000, ["TET-1"])

    desk.drop_voucher("TET-1")
    assert (total(desk), codes(desk)) == (10_000, [])

    scan(till, desk, "V-TET-2")
    assert (total(desk), codes(desk)) == (5_000, ["TET-2"])


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("TET-9", "voucher-not-found"),
        ("TET-3", "voucher-not-begun"),
        ("TET-4", "voucher-ended"),
        ("TET-5", "voucher-used"),
        ("TET-1", "voucher-taken"),
        ("TET-2", "voucher-taken"),
    ],
)
def test_a_voucher_that_is_no_good_is_refused_with_its_reason(
    till: TestTill, desk: CheckoutDesk, code: str, why: str
) -> None:
    scan(till, desk, COLA)
    desk.take_voucher("TET-1")
    desk.take_voucher(code)
    assert (told(desk), total(desk), codes(desk)) == (why, 5_000, ["TET-1"])


def test_a_voucher_is_used_up_by_the_sale_that_it_took_something_off(
    till: TestTill, desk: CheckoutDesk, hub: ToyHub
) -> None:
    scan(till, desk, COLA)
    desk.take_voucher("TET-1")
    desk.take_voucher("BR-1")
    fact = sell(till, desk)
    assert fact["vouchers"] == [{"code": "TET-1", "promo_id": "TET"}]

    assert desk.state.customer == NOBODY
    hub.claims.clear()  # as a hub does that has read the fact
    desk.take_voucher("TET-1")
    assert told(desk) == "voucher-used"
    desk.take_voucher("BR-1")
    assert (told(desk), codes(desk)) == (None, ["BR-1"])


def test_a_restarted_till_remembers_the_customer_and_what_was_used(
    till: TestTill, desk: CheckoutDesk
) -> None:
    scan(till, desk, COLA)
    desk.take_voucher("TET-1")
    sell(till, desk)
    scan(till, desk, COFFEE)
    desk.take_member("M002")
    desk.take_voucher("TET-2")
    before = desk.state

    till.reopen()
    desk = till.desks.checkout(CASHIER)
    assert (desk.state.customer, desk.state.totals) == (before.customer, before.totals)
    desk.drop_voucher("TET-2")
    desk.take_voucher("TET-1")
    assert told(desk) == "voucher-used"


def test_an_old_draft_is_nobodys(till: TestTill, desk: CheckoutDesk) -> None:
    scan(till, desk, COLA)
    body = orjson.loads(written(Draft(UUID(int=7), desk.state.basket)))
    del body["customer"]
    assert read_back(orjson.dumps(body).decode()).customer == NOBODY


def test_the_fact_names_the_member_and_the_points_of_their_tier(till: TestTill, desk: CheckoutDesk) -> None:
    scan(till, desk, COFFEE, COLA)
    desk.add_product("BREAD")
    desk.take_member("0912345678")
    fact = sell(till, desk)
    assert fact["total_amount"] == 18_000 + 8_000 + 25_000
    assert (fact["member_id"], fact["points_earned"]) == ("M001", 2 * 26)

    scan(till, desk, COFFEE)
    desk.take_member("M002")
    assert sell(till, desk)["points_earned"] == 18

    scan(till, desk, COFFEE)
    assert "member_id" not in sell(till, desk)


def test_the_receipt_shows_member_points_and_voucher(till: TestTill, desk: CheckoutDesk) -> None:
    scan(till, desk, COFFEE)
    desk.take_member("M001")
    desk.take_voucher("TET-1")
    draft = desk.to_pay()
    assert draft is not None
    payment = till.desks.payment(draft, CASHIER)
    payment.pay_cash(13_000)
    receipt = payment.state.receipt
    assert receipt is not None
    assert receipt.member is not None
    assert (receipt.member.name, receipt.member.points_earned, receipt.vouchers) == (
        "Phạm Hoa",
        26,
        ("TET-1",),
    )


def test_what_the_customer_was_told_stands_when_the_member_is_gone_by_then(
    till: TestTill, desk: CheckoutDesk
) -> None:
    scan(till, desk, COLA)
    desk.take_member("M002")
    draft = desk.to_pay()
    assert draft is not None
    feed(till.catalogue, deleted("member", "M002"), deleted("promotion", "MEM"), version=3)
    payment = till.desks.payment(draft, CASHIER)
    payment.pay_cash(8_000)
    assert orjson.loads(till.envelopes()[-1])["payload"]["member_id"] == "M002"


def test_the_hub_is_asked_and_a_voucher_used_elsewhere_comes_off_again(
    till: TestTill, desk: CheckoutDesk, hub: ToyHub
) -> None:
    hub.claim_voucher("TET-1", UUID(int=99))
    scan(till, desk, COLA)
    desk.take_voucher("TET-1")
    assert (told(desk), codes(desk), total(desk)) == ("voucher-used", [], 10_000)


def test_a_hub_that_was_away_or_has_lost_its_disk_is_asked_for_the_voucher_once_more(
    till: TestTill, desk: CheckoutDesk, hub: ToyHub
) -> None:
    scan(till, desk, COLA)
    desk.take_voucher("TET-1")
    hub.claims.clear()
    desk.hub_is_back()
    assert hub.claims == {"TET-1": desk.state.sale_id}

    hub.claims["TET-1"] = UUID(int=99)
    desk.hub_is_back()
    assert (told(desk), codes(desk), total(desk)) == ("voucher-used", [], 10_000)


def test_the_hub_is_told_what_the_customer_keeps(till: TestTill, desk: CheckoutDesk, hub: ToyHub) -> None:
    scan(till, desk, COLA)
    desk.take_voucher("TET-1")
    assert hub.claims == {"TET-1": desk.state.sale_id}
    desk.drop_voucher("TET-1")
    assert hub.claims == {}

    desk.take_voucher("TET-2")
    desk.clear()
    assert (hub.claims, desk.state.customer) == ({}, NOBODY)


def test_a_parked_basket_keeps_its_customer_until_it_is_given_up(
    till: TestTill, desk: CheckoutDesk, hub: ToyHub
) -> None:
    scan(till, desk, COLA)
    desk.take_member("M002")
    desk.take_voucher("TET-1")
    parked = desk.state
    desk.park("áo đỏ")
    assert (desk.state.customer, hub.claims) == (NOBODY, {"TET-1": parked.sale_id})

    desk.take_voucher("TET-2")
    desk.recall(parked.sale_id)
    assert (desk.state.customer, desk.state.totals) == (parked.customer, parked.totals)
    assert hub.claims == {"TET-1": parked.sale_id}

    desk.park("áo đỏ")
    desk.drop_parked(parked.sale_id)
    assert hub.claims == {}


def test_with_the_hub_away_a_voucher_counts_all_the_same(
    till: TestTill, desk: CheckoutDesk, hub: ToyHub
) -> None:
    hub.away = True
    scan(till, desk, COLA)
    desk.take_voucher("TET-1")
    assert (told(desk), total(desk)) == (None, 5_000)
    desk.drop_voucher("TET-1")
    assert (told(desk), total(desk)) == (None, 10_000)


@pytest.mark.parametrize("meanwhile", ["to-pay", "next-sale"])
def test_a_no_of_the_hub_that_comes_too_late_changes_no_bill(
    till: TestTill, hub: ToyHub, meanwhile: str
) -> None:
    errands = Later()
    desk = till.desks.with_errands(errands).checkout(CASHIER)
    hub.claim_voucher("TET-1", UUID(int=99))
    scan(till, desk, COLA)
    desk.take_voucher("TET-1")
    if meanwhile == "to-pay":
        assert desk.to_pay() is not None
    else:
        sell(till, desk)
    before = desk.state

    errands.go()
    assert desk.state == before


@pytest.mark.parametrize(
    "deed",
    [
        lambda desk: desk.take_member("M002"),
        lambda desk: desk.drop_member(),
        lambda desk: desk.take_voucher("TET-2"),
        lambda desk: desk.drop_voucher("TET-1"),
    ],
)
def test_a_basket_that_is_being_paid_keeps_its_customer(
    till: TestTill, desk: CheckoutDesk, deed: Callable[[CheckoutDesk], None]
) -> None:
    scan(till, desk, COLA)
    desk.take_member("M001")
    desk.take_voucher("TET-1")
    draft = desk.to_pay()
    assert draft is not None
    till.desks.payment(draft, CASHIER).pay_cash(1_000)
    desk.refresh()
    before = desk.state.customer

    deed(desk)
    assert (told(desk), desk.state.customer) == ("payment-begun", before)


def test_a_page_without_them_takes_members_and_vouchers_away(till: TestTill) -> None:
    engine = till.catalogue.follower_engine()
    with engine.begin() as tx:
        driver = tx.connection.driver_connection
        assert driver is not None
        gone = news.gone(driver, NewsPage(9, [News(9, "member", "M001", {})]))
    engine.dispose()
    kinds = {(piece.kind, piece.key) for piece in gone if piece.kind in ("member", "voucher")}
    assert ("member", "M002") in kinds
    assert ("voucher", "TET-1") in kinds
    assert ("member", "M001") not in kinds


def test_a_discount_on_the_whole_basket_does_not_swallow_a_voucher(
    till: TestTill, desk: CheckoutDesk
) -> None:
    """Its promotion would be gone and the voucher not used up."""
    manager = till.desks.checkout(MANAGER)
    scan(till, manager, COLA)
    manager.take_voucher("TET-1")
    manager.discount_basket(Discount(percent=10), "loyal")
    assert (told(manager), total(manager)) == ("discount-over-voucher", 5_000)
    manager.discount_line(manager.state.basket.lines[0].line_item_id, Discount(percent=10), "loyal")
    assert (told(manager), total(manager)) == ("discount-over-voucher", 5_000)
    manager.drop_voucher("TET-1")
    manager.discount_basket(Discount(percent=10), "loyal")
    assert total(manager) == 9_000
