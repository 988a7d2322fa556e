"""Vouchers at head office: series and their codes, who hears of them, and what is used too often."""

from __future__ import annotations

from typing import Any

import pytest

from hq.bootstrap import main
from retail.promotion import Promotion
from retail.voucher import RedeemedVoucher, Voucher
from tests.integration.hq.conftest import RunningHq
from tests.integration.hq.test_hq_members import heard, told
from tests.make_hq import NOON, Chain, sale, void

TET_PROMOTION = {
    "promo_id": "TET",
    "name": "Phiếu Tết",
    "kind": "percentage_discount",
    "percent": 10,
    "starts_at": "2026-11-01T00:00:00+07:00",
    "voucher_required": True,
}
SERIES: dict[str, Any] = {"series_id": "TET_2027", "amount": 20_000, "codes": ["TET-1", "TET-2"]}


def stated(hq: RunningHq, **said: Any) -> list[dict[str, Any]]:
    answer = hq.admin.post("/v1/vouchers", json=SERIES | said)
    assert answer.status_code == 201, answer.text
    body: list[dict[str, Any]] = answer.json()["vouchers"]
    return body


def conflicts(hq: RunningHq, **params: str) -> list[dict[str, Any]]:
    hq.report()
    answer = hq.admin.get("/v1/conflicts", params={"kind": "voucher-used-twice", **params})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def sold_with(code: str, **more: Any) -> Any:
    return sale(vouchers=(RedeemedVoucher(code, "TET_2027"),), **more)


def test_a_voucher_over_an_amount_is_a_promotion_that_needs_it(hq: RunningHq) -> None:
    store = hq.store()
    ends = "2027-02-10T00:00:00+07:00"
    vouchers = stated(hq, name="Phiếu 20.000", ends_at=ends, minimum_purchase=100_000)
    assert [(each["code"], each["promo_id"], each["uses"]) for each in vouchers] == [
        ("TET-1", "TET_2027", 0),
        ("TET-2", "TET_2027", 0),
    ]
    voucher = Voucher.from_body(heard(store.http, "voucher")["TET-1"] or {})
    assert (voucher.promo_id, voucher.max_uses, voucher.used_up) == ("TET_2027", 1, False)
    assert voucher.ends_at is not None
    assert voucher.ends_at.isoformat().startswith("2027-02-09T17:00")

    promotion = Promotion.from_body(heard(store.http, "promotion")["TET_2027"] or {})
    assert (promotion.name, promotion.voucher_required, promotion.minimum_purchase) == (
        "Phiếu 20.000",
        True,
        100_000,
    )


def test_a_series_opens_a_promotion_that_was_stated_for_it(hq: RunningHq) -> None:
    hq.admin.post("/v1/promotions", json=TET_PROMOTION)
    hq.admin.post("/v1/promotions", json=TET_PROMOTION | {"promo_id": "ALL", "voucher_required": False})
    said = {"series_id": "S1", "codes": ["A-1"], "amount": None}
    for promo_id in ("NONE", "ALL"):
        answer = hq.admin.post("/v1/vouchers", json=SERIES | said | {"promo_id": promo_id})
        assert (answer.status_code, answer.json()["code"]) == (422, "no-voucher-promotion")
    [voucher] = stated(hq, **said, promo_id="TET", max_uses=1_000)
    assert (voucher["promo_id"], voucher["max_uses"], voucher["amount"]) == ("TET", 1_000, None)


def test_codes_are_made_up_when_none_are_given(hq: RunningHq) -> None:
    codes = [each["code"] for each in stated(hq, codes=None, count=50)]
    assert len(set(codes)) == 50
    assert all(len(code) >= 12 for code in codes)
    listed = hq.admin.get("/v1/vouchers", params={"series_id": "TET_2027"}).json()["vouchers"]
    assert [each["code"] for each in listed] == sorted(codes)


@pytest.mark.parametrize(
    "said",
    [
        {"amount": None},
        {"promo_id": "TET"},
        {"count": 5},
        {"codes": None},
        {"codes": ["A-1", "A-1"]},
        {"codes": ["a b"]},
        {"amount": 0},
        {"amount": 1.5},
        {"max_uses": 0},
        {"starts_at": "2027-01-02T00:00:00+07:00", "ends_at": "2027-01-01T00:00:00+07:00"},
        {"ends_at": "2027-01-01T00:00:00"},
        {"store_ids": []},
        {"price": 5},
    ],
)
def test_a_series_that_cannot_be_meant_is_refused(hq: RunningHq, said: dict[str, Any]) -> None:
    answer = hq.admin.post("/v1/vouchers", json=SERIES | said)
    assert (answer.status_code, hq.sql("SELECT * FROM vouchers")) == (422, [])


def test_a_name_and_a_code_are_given_once(hq: RunningHq) -> None:
    stated(hq)
    for said, code in (
        ({}, "voucher-series-exists"),
        ({"series_id": "OTHER", "codes": ["NEW", "TET-2"]}, "voucher-code-taken"),
        ({"series_id": "OTHER", "codes": ["NEW"], "store_ids": ["NOWHERE"]}, "store-not-found"),
    ):
        answer = hq.admin.post("/v1/vouchers", json=SERIES | said)
        assert answer.json()["code"] == code
    assert len(hq.sql("SELECT * FROM vouchers")) == 2


def test_a_voucher_is_news_for_its_stores_and_gone_when_it_is_taken_back(hq: RunningHq) -> None:
    first, second = hq.store("STORE_001"), hq.store("STORE_002")
    stated(hq, store_ids=["STORE_001"])
    assert set(heard(first.http, "voucher")) == {"TET-1", "TET-2"}
    assert heard(second.http, "voucher") == {}

    assert hq.admin.delete("/v1/vouchers/tet-1").status_code == 204
    assert heard(first.http, "voucher")["TET-1"] is None
    for answer in (hq.admin.get("/v1/vouchers/TET-1"), hq.admin.delete("/v1/vouchers/TET-1")):
        assert (answer.status_code, answer.json()["code"]) == (404, "voucher-not-known")


def test_a_use_is_told_to_stores_on_a_round_and_a_void_gives_it_back(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    stated(hq)
    bought = sold_with("TET-1")
    store.send([till.seal(bought)])
    hq.report()
    one = hq.admin.get("/v1/vouchers/TET-1").json()
    assert (one["uses"], one["used_up"]) == (1, True)
    assert [use["transaction_id"] for use in one["used_in"]] == [str(bought.transaction_id)]

    assert (told(hq), told(hq)) == (1, 0)
    assert (heard(store.http, "voucher")["TET-1"] or {})["used_up"] is True
    store.send([till.seal(void(bought))])
    hq.report()
    assert told(hq) == 1
    assert (heard(store.http, "voucher")["TET-1"] or {})["used_up"] is False
    assert conflicts(hq) == []


def test_a_voucher_used_at_two_stores_is_a_conflict_of_the_later_sale(hq: RunningHq) -> None:
    first, second = hq.store("STORE_001"), hq.store("STORE_002")
    stated(hq)
    later = sold_with("TET-1", store_id="STORE_002", sold_at=NOON.replace(hour=9), terminal_id="POS_07")
    earlier = sold_with("TET-1")
    second.send([Chain("STORE_002/POS_07").seal(later)])
    assert conflicts(hq) == []
    first.send([Chain().seal(earlier), Chain("STORE_001").seal(sold_with("TET-2"))])

    [conflict] = conflicts(hq)
    assert (conflict["kind"], conflict["store_id"], conflict["subject"]) == (
        "voucher-used-twice",
        "STORE_002",
        "TET-1",
    )
    assert conflict["detail"]["transaction_id"] == str(later.transaction_id)
    assert {use["store_id"] for use in conflict["detail"]["uses"]} == {"STORE_001", "STORE_002"}
    assert len(conflicts(hq, store="STORE_002")) == 1
    assert conflicts(hq, store="STORE_001") == []
    assert hq.admin.get("/v1/set-aside").json()["items"] == []
    assert len(hq.sql("SELECT * FROM transactions")) == 3


def test_a_voucher_for_many_uses_is_a_conflict_from_the_first_too_many(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    stated(hq, max_uses=2)
    store.send([till.seal(sold_with("TET-1", sold_at=NOON.replace(minute=each))) for each in range(4)])
    assert [conflict["detail"]["use"] for conflict in conflicts(hq)] == [4, 3]


def test_books_that_are_read_again_have_the_same_uses_and_conflicts(
    hq: RunningHq, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store, till = hq.store(), Chain()
    stated(hq)
    sales = [sold_with("TET-1", sold_at=NOON.replace(minute=each)) for each in range(3)]
    store.send([till.seal(each) for each in sales])
    store.send([till.seal(void(sales[0]))])
    before = conflicts(hq), hq.sql("SELECT * FROM voucher_uses ORDER BY used_at")
    assert len(before[0]) == 1

    monkeypatch.setenv("HQ_DATABASE_URL", hq.database_url)
    assert main(["doctor", "rebuild"]) == 0
    assert (conflicts(hq), hq.sql("SELECT * FROM voucher_uses ORDER BY used_at")) == before
    capsys.readouterr()


def test_only_administrators_state_and_see_vouchers(hq: RunningHq) -> None:
    stated(hq)
    hq.admin.put("/v1/people/MGR_1", json={"name": "Bình", "role": "manager", "pin": "864209"})
    manager = hq.signed_in("MGR_1", "864209")
    for answer in (
        manager.post("/v1/vouchers", json=SERIES),
        manager.get("/v1/vouchers", params={"series_id": "TET_2027"}),
        manager.get("/v1/vouchers/TET-1"),
        manager.delete("/v1/vouchers/TET-1"),
    ):
        assert answer.status_code == 403
    deeds = hq.sql("SELECT detail FROM audit_log WHERE deed = 'state vouchers' AND outcome = 'done'")
    assert deeds == [({"series_id": "TET_2027", "name": "", "amount": 20_000, "minimum_purchase": 0,
                       "max_uses": 1, "count": 2},)]  # fmt: skip
