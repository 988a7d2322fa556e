"""Members at head office: who may enrol them, what stores learn of them, and points that count once."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest

from hq.api.office import NEWS_CHANNEL
from hq.bootstrap import main
from hq.database import make_engine
from hq.roll_up import RollUp
from retail.member import Member, phone_key
from tests import make_hq
from tests.integration.hq.conftest import RunningHq, Store
from tests.make_hq import NOON, Chain, line, refund, sale, void

HOA: dict[str, Any] = {"name": "Phạm Hoa", "phone": "0912 345 678", "birthdate": "1990-05-01"}
LOYALTY = {
    "earn_per": 1_000,
    "tiers": [
        {"name": "Bạc", "points_needed": 50, "multiplier": 150},
        {"name": "Vàng", "points_needed": 500, "multiplier": 200},
    ],
}


def enrolled(hq: RunningHq, member_id: str, **said: Any) -> dict[str, Any]:
    answer = hq.admin.put(f"/v1/members/{member_id}", json={"name": "Minh", **said})
    assert answer.status_code in (200, 201), answer.text
    body: dict[str, Any] = answer.json()
    return body


def heard(client: httpx.Client, kind: str = "member", after: int = 0) -> dict[str, dict[str, Any] | None]:
    """News of a kind after a version: body by key, None when it is gone."""
    page = client.get("/v1/news", params={"after": after}).json()
    return {
        each["key"]: None if each["deleted"] else each["body"]
        for each in page["news"]
        if each["kind"] == kind
    }


def points(hq: RunningHq, member_id: str = "M001") -> int:
    hq.report()
    answer = hq.admin.get(f"/v1/members/{member_id}")
    assert answer.status_code == 200, answer.text
    return int(answer.json()["points"])


def told(hq: RunningHq) -> int | None:
    """One round of telling stores."""
    engine = make_engine(hq.database_url)
    try:
        return RollUp(engine, hq.clock, NEWS_CHANNEL).round()
    finally:
        engine.dispose()


@pytest.fixture
def store(hq: RunningHq) -> Store:
    hq.admin.put("/v1/settings/loyalty", json={"value": LOYALTY})
    enrolled(hq, "M001", **HOA)
    return hq.store()


def test_a_member_is_enrolled_once_and_looked_up_by_phone(hq: RunningHq) -> None:
    first = hq.admin.put("/v1/members/M001", json=HOA)
    again = hq.admin.put("/v1/members/M001", json=HOA)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json() | {"birthdate": None} == {
        "member_id": "M001",
        "name": "Phạm Hoa",
        "phone": "+84912345678",
        "code": "M001",
        "tier": "",
        "reached_tier": "",
        "birthdate": None,
        "is_active": True,
        "store_ids": None,
        "points": 0,
    }
    for phone in ("0912345678", "+84 912 345 678"):
        assert hq.admin.get("/v1/members", params={"phone": phone}).json()["member_id"] == "M001"
    assert hq.admin.get("/v1/members", params={"phone": "0900000000"}).status_code == 404


def test_stores_learn_what_a_till_needs_and_nothing_else(hq: RunningHq, store: Store) -> None:
    body = heard(store.http)["M001"]
    assert body is not None
    member = Member.from_body(body)
    assert (member.name, member.phone_key, member.points) == ("Phạm Hoa", phone_key("+84912345678"), 0)
    assert "912345678" not in str(body)
    assert "1990" not in str(body)


def test_a_member_is_news_for_their_stores_only_and_gone_when_they_leave(hq: RunningHq) -> None:
    first, second = hq.store("STORE_001"), hq.store("STORE_002")
    enrolled(hq, "M001", store_ids=["STORE_001"])
    assert (set(heard(first.http)), set(heard(second.http))) == ({"M001"}, set())

    enrolled(hq, "M001", store_ids=["STORE_002"])
    assert (heard(first.http)["M001"], heard(second.http)["M001"] is not None) == (None, True)

    enrolled(hq, "M001", is_active=False)
    assert heard(second.http)["M001"] is None


def test_phone_and_card_are_one_members(hq: RunningHq) -> None:
    enrolled(hq, "M001", phone="0912345678", code="c-1")
    for said, code in (
        ({"phone": "+84912345678"}, "member-phone-taken"),
        ({"code": "C-1"}, "member-code-taken"),
        ({"phone": "12"}, "phone-not-readable"),
    ):
        answer = hq.admin.put("/v1/members/M002", json={"name": "Minh", **said})
        assert (answer.json()["code"], answer.status_code) == (code, 422 if "not" in code else 409)

    enrolled(hq, "M001", is_active=False, phone="0912345678", code="c-1")
    assert enrolled(hq, "M002", phone="0912345678", code="c-1")["code"] == "C-1"


def test_a_tier_is_one_of_the_rules(hq: RunningHq, store: Store) -> None:
    answer = hq.admin.put("/v1/members/M002", json={"name": "Minh", "tier": "Kim cương"})
    assert (answer.status_code, answer.json()["code"]) == (422, "tier-not-found")
    enrolled(hq, "M002", tier="Vàng")
    body = heard(store.http)["M002"]
    assert body is not None
    assert body["tier"] == "Vàng"


@pytest.mark.parametrize(
    "rules", [{}, {"earn_per": 0}, {"earn_per": 10, "earn_point": 1}, {"earn_per": 10, "tiers": [{}]}, "gold"]
)
def test_loyalty_rules_that_cannot_be_meant_are_refused(hq: RunningHq, rules: Any) -> None:
    answer = hq.admin.put("/v1/settings/loyalty", json={"value": rules})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-setting")


def test_only_administrators_see_members_and_the_audit_log_holds_no_personal_data(hq: RunningHq) -> None:
    enrolled(hq, "M001", **HOA)
    enrolled(hq, "M001", **HOA | {"phone": "0987654321"})
    hq.admin.get("/v1/members", params={"phone": "0987654321"})
    hq.admin.put("/v1/people/MGR_1", json={"name": "Bình", "role": "manager", "pin": "864209"})
    manager = hq.signed_in("MGR_1", "864209")
    for answer in (
        manager.get("/v1/members/M001"),
        manager.get("/v1/members", params={"phone": "0987654321"}),
        manager.get("/v1/members/M001/points"),
        manager.put("/v1/members/M001", json=HOA),
    ):
        assert answer.status_code == 403

    audit = hq.sql(
        "SELECT deed, subject, detail FROM audit_log"
        " WHERE deed IN ('put member', 'find member') AND outcome = 'done'"
    )
    assert sorted((deed, subject) for deed, subject, _ in audit) == [
        ("find member", "M001"),
        ("put member", "M001"),
        ("put member", "M001"),
    ]
    assert {"changed": ["phone"]} in [detail for _, _, detail in audit]
    assert not [row for row in audit if "345678" in str(row) or "Hoa" in str(row) or "1990" in str(row)]


def test_the_points_of_a_sale_count_once_also_when_it_is_sent_again(hq: RunningHq, store: Store) -> None:
    till = Chain()
    texts = [till.seal(sale(line(unit_price=25_000), member_id="M001", points_earned=25)) for _ in range(2)]
    store.send(texts)
    assert points(hq) == 50
    assert store.post(make_hq.batch(texts, 1)).status_code == 200
    hub_again = Chain("STORE_001")
    store.send([hub_again.seal(sale(member_id="M001", points_earned=3))])
    assert points(hq) == 53

    earned = hq.admin.get("/v1/members/M001/points").json()
    assert (earned["points"], [each["points_earned"] for each in earned["sales"]]) == (53, [25, 25, 3])


def test_one_sale_told_under_two_days_earns_once(hq: RunningHq, store: Store) -> None:
    fact = sale(member_id="M001", points_earned=10)
    other_day = sale(
        member_id="M001", points_earned=10, day=fact.business_date.replace(day=fact.business_date.day - 1)
    )
    twin = Chain("STORE_001/POS_02")
    body = other_day.to_body() | {"transaction_id": str(fact.transaction_id)}
    store.send([Chain().seal(fact), twin.seal_body("SaleRecorded", body)])
    assert points(hq) == 10


def test_refunds_take_points_back_in_their_share_and_all_of_them_in_the_end(
    hq: RunningHq, store: Store
) -> None:
    till = Chain()
    bought = sale(line(quantity=3, unit_price=10_000), member_id="M001", points_earned=10)
    first = refund(bought, lines=1)
    store.send([till.seal(bought), till.seal(first)])
    assert points(hq) == 7

    second = refund(bought, first, lines=1)
    store.send([till.seal(second)])
    assert points(hq) == 3
    store.send([till.seal(refund(bought, first, second))])
    assert points(hq) == 0


def test_a_void_takes_all_points_back(hq: RunningHq, store: Store) -> None:
    till = Chain()
    bought = sale(member_id="M001", points_earned=10)
    store.send([till.seal(bought), till.seal(void(bought))])
    assert points(hq) == 0


def test_a_sale_of_somebody_who_is_no_member_here_is_booked_all_the_same(hq: RunningHq, store: Store) -> None:
    store.send([Chain().seal(sale(member_id="LOST", points_earned=10))])
    assert len(hq.report()) == 1
    assert points(hq) == 0
    assert enrolled(hq, "LOST")["points"] == 10


def test_books_that_are_read_again_have_the_same_points(
    hq: RunningHq, store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    till = Chain()
    bought = [sale(member_id="M001", points_earned=10) for _ in range(3)]
    store.send([till.seal(each) for each in bought])
    store.send([till.seal(void(bought[0])), till.seal(refund(bought[1]))])
    assert points(hq) == 10
    before = hq.sql("SELECT * FROM member_points ORDER BY 1")

    monkeypatch.setenv("HQ_DATABASE_URL", hq.database_url)
    assert main(["doctor", "rebuild"]) == 0
    assert hq.sql("SELECT * FROM member_points ORDER BY 1") == before
    assert points(hq) == 10
    capsys.readouterr()


def test_stores_are_told_points_and_tier_on_a_round_and_only_what_has_changed(
    hq: RunningHq, store: Store
) -> None:
    enrolled(hq, "M002")
    till = Chain()
    store.send([till.seal(sale(sold_at=hq.clock(), member_id="M001", points_earned=60))])
    assert points(hq) == 60
    known = hq.admin.get("/v1/news", params={"after": 0})
    assert known.status_code == 403
    version = store.http.get("/v1/news", params={"after": 0}).json()["current_version"]
    body = heard(store.http)["M001"]
    assert body is not None
    assert body["points"] == 0

    assert told(hq) == 1
    news = heard(store.http, after=version)
    assert set(news) == {"M001"}
    member = Member.from_body(news["M001"] or {})
    assert (member.points, member.tier) == (60, "Bạc")
    assert member.points_as_of is not None
    assert told(hq) == 0


def test_points_of_long_ago_lead_to_no_tier(hq: RunningHq, store: Store) -> None:
    store.send([Chain().seal(sale(sold_at=NOON.replace(year=2024), member_id="M001", points_earned=60))])
    assert points(hq) == 60
    assert hq.admin.get("/v1/members/M001").json()["reached_tier"] == ""


def test_nobody_is_told_anything_while_the_books_are_behind(hq: RunningHq, store: Store) -> None:
    till = Chain()
    store.send([till.seal(sale())])
    hq.report()
    with psycopg.connect(hq.database_url) as another_instance:
        another_instance.execute("SELECT FROM projection_cursors FOR UPDATE")
        store.send([till.seal(sale(member_id="M001", points_earned=60))])
        assert told(hq) is None
    assert points(hq) == 60
    assert told(hq) == 1
