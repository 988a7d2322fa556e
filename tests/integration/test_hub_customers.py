"""Members and vouchers at the hub: on drafts of the Checkout API, and kept for the tills' sales."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from courier.news import NewsPage
from retail.member import Member, phone_key
from retail.voucher import RedeemedVoucher, Voucher, VoucherUsed
from terminal.checkout.port import HubVouchers
from terminal.hub import HubClient
from terminal.till.enrolment import Enrolment
from tests import make
from tests.contract.hub_vouchers import ONCE, SALE, HubVouchersContract
from tests.hubs import Hub, running_hub
from tests.make import AT

COLA = "8934680083898"
LONG_AGO = "2020-01-01T00:00:00+00:00"

VERSIONS = iter(range(1_000, 100_000))
MEMBERS_ONLY = {"promo_id": "MEM", "name": "Giá thành viên", "kind": "percentage_discount", "percent": 20,
                "starts_at": LONG_AGO, "members_only": True}  # fmt: skip
TET = {"promo_id": "TET", "name": "Phiếu Tết", "kind": "fixed_amount_discount", "amount": 5_000,
       "per": "transaction", "starts_at": LONG_AGO, "voucher_required": True, "stackable": True}  # fmt: skip
HOA = Member("M001", "Phạm Hoa", "C-1", "Vàng", 120, AT, phone_key("+84912345678"))
LOYALTY = {"earn_per": 1_000, "tiers": [{"name": "Vàng", "points_needed": 500, "multiplier": 200}]}


def hear(hub: Hub, *pieces: tuple[str, str, dict[str, Any]]) -> None:
    version = next(VERSIONS)
    hub.hear(NewsPage(version, [make.news(kind, key, body, version) for kind, key, body in pieces]))


def with_customers(hub: Hub) -> Hub:
    """The hub with its members and vouchers."""
    hear(
        hub,
        ("promotion", "MEM", MEMBERS_ONLY),
        ("promotion", "TET", TET),
        ("setting", "loyalty", {"name": "loyalty", "value": LOYALTY}),
        ("member", "M001", HOA.to_body()),
        *(("voucher", code, Voucher(code, "TET").to_body()) for code in (ONCE, "TET-2")),
        ("voucher", "TET-3", Voucher("TET-3", "TET", used_up=True).to_body()),
    )
    return hub


@pytest.fixture
def shop(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path) as running:
        yield with_customers(running)


@pytest.fixture
def cashier(shop: Hub) -> httpx.Client:
    shop.enrolled()
    return shop.as_cashier()


def begun(cashier: httpx.Client) -> str:
    """A draft with one Coca-Cola on it."""
    who = {"terminal_id": make.TERMINAL, "cashier_id": make.CASHIER}
    path = f"/api/v1/transactions/{cashier.post('/api/v1/transactions', json=who).json()['transaction_id']}"
    assert cashier.post(f"{path}/items", json={"barcode": COLA}).status_code == 200
    return path


def total(cashier: httpx.Client, path: str) -> int:
    return int(cashier.post(f"{path}/calculate").json()["total_amount"])


def finished(cashier: httpx.Client, path: str) -> dict[str, Any]:
    due = total(cashier, path)
    if due:
        paid = cashier.post(f"{path}/payments", json={"payment_method": "CASH", "amount": due})
        assert paid.status_code == 200, paid.text
    assert cashier.post(f"{path}/finalize").status_code == 200
    body: dict[str, Any] = cashier.get(path).json()
    return body


@pytest.mark.parametrize("said", [{"phone": "0912 345 678"}, {"code": "c-1"}])
def test_a_member_on_a_draft_gets_what_members_get(cashier: httpx.Client, said: dict[str, str]) -> None:
    path = begun(cashier)
    full = total(cashier, path)
    answer = cashier.put(f"{path}/member", json=said)
    assert answer.status_code == 200, answer.text
    assert answer.json()["member"] == {
        "member_id": "M001",
        "name": "Phạm Hoa",
        "tier": "Vàng",
        "points": 120,
        "points_as_of": AT.isoformat(),
    }
    assert answer.json()["total_amount"] == total(cashier, path) == full * 80 // 100

    answer = cashier.delete(f"{path}/member")
    assert (answer.json()["member"], total(cashier, path)) == (None, full)


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"phone": "0900000000"}, 404, "member-not-found"),
        ({"phone": "Hoa"}, 422, "phone-not-readable"),
        ({"code": "X"}, 404, "member-not-found"),
        ({}, 422, "invalid-request"),
        ({"phone": "0912345678", "code": "C-1"}, 422, "invalid-request"),
        ({"member_id": "M001"}, 422, "invalid-request"),
    ],
)
def test_who_is_no_member_is_refused(
    cashier: httpx.Client, said: dict[str, str], status: int, code: str
) -> None:
    answer = cashier.put(f"{begun(cashier)}/member", json=said)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_sale_says_member_points_and_voucher_in_fact_row_and_receipt(
    shop: Hub, cashier: httpx.Client
) -> None:
    path = begun(cashier)
    cashier.put(f"{path}/member", json={"phone": "0912345678"})
    assert cashier.post(f"{path}/vouchers", json={"code": "tet-2"}).status_code == 200
    sale = finished(cashier, path)
    assert (sale["member_id"], sale["vouchers"]) == ("M001", [{"code": "TET-2", "promo_id": "TET"}])
    assert sale["points_earned"] == sale["total_amount"] // 1_000 * 2 > 0

    fact = shop.scalar("SELECT payload FROM outbox ORDER BY id DESC LIMIT 1")
    assert '"member_id":"M001"' in fact
    assert '"vouchers":[{"code":"TET-2","promo_id":"TET"}]' in fact
    receipt = cashier.get(sale["receipt_url"]).json()
    assert receipt["member"] == {
        "member_id": "M001",
        "name": "Phạm Hoa",
        "points_earned": sale["points_earned"],
    }
    paper = cashier.get(sale["receipt_url"], headers={"accept": "text/plain"}).text
    assert "Phạm Hoa" in paper
    assert "TET-2" in paper


def test_a_voucher_is_on_one_sale_and_a_sale_has_one_of_a_kind(shop: Hub, cashier: httpx.Client) -> None:
    first, second = begun(cashier), begun(cashier)
    full = total(cashier, first)
    assert cashier.post(f"{first}/vouchers", json={"code": ONCE}).json()["total_amount"] == full - 5_000
    assert cashier.post(f"{first}/vouchers", json={"code": ONCE}).json()["total_amount"] == full - 5_000
    for path, code, refused in (
        (second, ONCE, "voucher-used"),
        (first, "TET-2", "voucher-taken"),
        (second, "TET-3", "voucher-used"),
        (second, "NONE", "voucher-not-found"),
    ):
        assert cashier.post(f"{path}/vouchers", json={"code": code}).json()["code"] == refused

    assert cashier.delete(f"{first}/vouchers/{ONCE.lower()}").json()["total_amount"] == full
    assert cashier.post(f"{second}/vouchers", json={"code": ONCE}).status_code == 200
    finished(cashier, second)
    assert cashier.post(f"{first}/vouchers", json={"code": ONCE}).json()["code"] == "voucher-used"


def test_a_basket_that_is_given_up_or_left_open_lets_go_of_its_vouchers(
    shop: Hub, cashier: httpx.Client
) -> None:
    given_up, left = begun(cashier), begun(cashier)
    cashier.post(f"{given_up}/vouchers", json={"code": ONCE})
    cashier.post(f"{left}/vouchers", json={"code": "TET-2"})
    assert cashier.post(f"{given_up}/void").status_code == 200
    other = begun(cashier)
    assert cashier.post(f"{other}/vouchers", json={"code": ONCE}).status_code == 200

    shop.clock.forward(hours=25)
    shop.program.clockwork.let_go_of_vouchers()
    assert shop.rows("SELECT * FROM voucher_uses") == []


def test_a_sale_that_is_being_paid_keeps_its_customer(cashier: httpx.Client) -> None:
    path = begun(cashier)
    cashier.put(f"{path}/member", json={"code": "C-1"})
    cashier.post(f"{path}/payments", json={"payment_method": "CASH", "amount": 1_000})
    for answer in (
        cashier.delete(f"{path}/member"),
        cashier.put(f"{path}/member", json={"code": "C-1"}),
        cashier.post(f"{path}/vouchers", json={"code": ONCE}),
        cashier.delete(f"{path}/vouchers/{ONCE}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "deed-not-allowed")


def test_what_a_till_sold_is_kept_with_its_customer_and_its_voucher_is_used(shop: Hub) -> None:
    till = shop.till()
    redeemed = (RedeemedVoucher("TET-2", "TET"),)
    sold = till.sell(member_id="M001", points_earned=7, vouchers=redeemed)
    assert till.send(1, [sold]).status_code == 200
    [(sale_id, *row)] = shop.rows("SELECT id, member_id, points_earned, vouchers FROM transactions")
    assert row == ["M001", 7, [{"code": "TET-2", "promo_id": "TET"}]]
    assert shop.rows("SELECT code, transaction_id FROM voucher_uses WHERE used_at IS NOT NULL") == [
        ("TET-2", sale_id)
    ]
    paper = shop.as_cashier().get(f"/api/v1/receipts/{sale_id}").json()
    assert (paper["member"]["name"], paper["vouchers"]) == ("Phạm Hoa", ["TET-2"])


def test_a_voucher_that_was_used_while_apart_bounces_no_sale_and_a_void_frees_it(shop: Hub) -> None:
    till, other = shop.till(), shop.till("POS_02")
    redeemed = (RedeemedVoucher(ONCE, "TET"),)
    first = make.sale(vouchers=redeemed)
    assert till.send(1, [till.chain.seal(first)]).status_code == 200
    assert other.send(1, [other.sell(vouchers=redeemed)]).status_code == 200
    assert shop.scalar("SELECT count(*) FROM transactions WHERE status = 'PAID'") == 2
    assert shop.scalar("SELECT count(*) FROM voucher_uses WHERE used_at IS NOT NULL") == 2
    assert shop.scalar("SELECT count(*) FROM set_aside") == 0

    assert till.send(2, [till.chain.seal(make.void_of(first))]).status_code == 200
    assert shop.scalar("SELECT count(*) FROM voucher_uses") == 1


def test_a_claim_that_the_recorded_sale_does_not_name_is_let_go(shop: Hub) -> None:
    till = shop.till()
    sale = make.sale(vouchers=(RedeemedVoucher(ONCE, "TET"),))
    for code in (ONCE, "TET-2"):
        assert till.http.put(f"/api/v1/vouchers/{code}/claims/{sale.transaction_id}").status_code == 200
    till.send(1, [till.chain.seal(sale)])
    shop.program.clockwork.let_go_of_vouchers()
    assert shop.rows("SELECT code FROM voucher_uses") == [(ONCE,)]


def test_a_recorded_sale_keeps_its_customer_for_ever(shop: Hub) -> None:
    till = shop.till()
    till.send(1, [till.sell(member_id="M001", points_earned=7)])
    for column, value in (("member_id", "'M002'"), ("points_earned", "8"), ("vouchers", "'[]'")):
        with pytest.raises(IntegrityError), shop.engine.begin() as tx:
            tx.execute(text(f"UPDATE transactions SET {column} = {value}"))


def test_members_and_vouchers_go_with_the_news(shop: Hub) -> None:
    version = next(VERSIONS)
    gone = [make.news("member", "M001", None, version), make.news("voucher", ONCE, None, version)]
    shop.hear(NewsPage(version, gone))
    assert shop.rows("SELECT * FROM members") == []
    assert shop.scalar("SELECT count(*) FROM vouchers") == 2
    page = shop.till().http.get("/api/v1/news", params={"after": 0}).json()
    kinds = {(piece["kind"], piece["key"]): piece["deleted"] for piece in page["news"]}
    assert (kinds["member", "M001"], kinds["voucher", "TET-2"]) == (True, False)


class TestRealHub(HubVouchersContract):
    @pytest.fixture
    def hub(self, shop: Hub) -> Iterator[HubVouchers]:
        self.real = shop
        enrolled = shop.enrolled()
        client = HubClient(shop.url, clock=shop.clock)
        client.be(Enrolment(enrolled["store_id"], enrolled["terminal_id"], enrolled["secret"]))
        yield client
        client.close()

    def the_cable_is_pulled(self) -> None:
        self.real.close()

    def test_a_voucher_that_the_hub_has_not_heard_of_is_not_refused(self, hub: HubVouchers) -> None:
        hub.claim_voucher("NEWER", SALE)

    def test_a_voucher_that_head_office_knows_as_used_is_refused(self, hub: HubVouchers) -> None:
        with pytest.raises(VoucherUsed):
            hub.claim_voucher("TET-3", SALE)
