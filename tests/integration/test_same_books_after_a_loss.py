"""After a loss the books are those of before, row by row: of a hub with a backup or none, of head office."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hq.backup import back_up as back_up_office
from hq.backup import restore as restore_office
from hq.settings import Settings as HqSettings
from retail.shift_facts import CashMove
from storehub.backup import back_up
from storehub.bootstrap import now
from terminal.bootstrap import RunningTill
from tests import make
from tests.integration.test_customers_of_a_chain import LOYALTY, MEMBERS_COLA, PHONE, paid
from tests.integration.test_returns_up_the_chain import found, give_back, number_of
from tests.integration.test_returns_up_the_chain import sell as sell_colas
from tests.integration.test_shifts_of_lost_boxes import a_busy_morning
from tests.integration.test_till_shifts import BOSS, closed
from tests.integration.test_what_a_lost_hub_kept import is_paid, with_a_code_on_show
from tests.lost_boxes import COLA, SECONDS, Chain
from tests.patience import eventually
from tests.tills import CASHIER

AT_THE_HUB = {
    "sales": "SELECT id, status, receipt_number, total_amount, business_date, proof, member_id,"
    " points_earned, vouchers, completed_at FROM transactions",
    "lines": "SELECT id, transaction_id, sku_id, quantity, line_total, line_discount, applied_promotions"
    " FROM line_items",
    "payments": "SELECT id, transaction_id, payment_method, amount, provider_txn_id FROM payments",
    "refunds": "SELECT id, transaction_id, total_amount, body, position FROM refunds",
    "voids": "SELECT transaction_id, body, position FROM voids",
    "shifts": "SELECT id, cashier_id, float_amount, opened_position, closed_position, expected_amount,"
    " over_short, z_report FROM shifts",
    "drawer": "SELECT id, shift_id, kind, amount, reason, position FROM cash_movements",
    "vouchers used": "SELECT code, transaction_id, terminal_id, used_at FROM voucher_uses",
    "stock": "SELECT sku_id, sum(quantity_delta)::bigint FROM stock_movements GROUP BY sku_id",
    "asked": "SELECT id, transaction_id, payment_method, amount, status, provider_txn_id"
    " FROM payment_requests WHERE status = 'CAPTURED'",
    "aside": "SELECT pipe, position, code, payload, decision, decided_by FROM set_aside",
    "outbox": "SELECT id, event_id, origin, sequence, payload FROM outbox",
    "chains": "SELECT origin, sequence, hash FROM origins",
    "people": "SELECT employee_id, role, pin_hash FROM people",
    "members": "SELECT member_id, phone_key FROM members",
    "vouchers": "SELECT code FROM vouchers",
    "prices": "SELECT price_id, amount FROM prices",
    "promotions": "SELECT promo_id, body FROM promotions",
    "settings": "SELECT name, value FROM settings",
    "tills": "SELECT terminal_id, secret_hash, is_active FROM terminals",
}
NOT_OF_THE_RESTORE = "envelope::json ->> 'event_type' <> 'NewsOverruled'"
AT_HEAD_OFFICE = {
    # What a store gave up for a restored head office is said afterwards.
    "ledger": f"SELECT pipe, position, envelope FROM ledger WHERE {NOT_OF_THE_RESTORE}",
    "sales": "SELECT id, status, total_amount, receipt_number FROM transactions",
    "lines": "SELECT line_item_id, sku_id, quantity, line_amount FROM line_items",
    "payments": "SELECT transaction_id, payment_method, amount FROM payments",
    "refunds": "SELECT id, transaction_id, total_amount FROM refunds",
    "captures": "SELECT payment_id, amount FROM payment_captures",
    "stock": "SELECT sku_id, sum(quantity_delta)::bigint FROM stock_movements GROUP BY sku_id",
    "points": "SELECT member_id, points FROM point_balances",
    "vouchers used": "SELECT code, transaction_id, given_back FROM voucher_uses",
    "aside": "SELECT store_id, pipe, position, code, decision FROM store_set_aside",
    "chains": f"SELECT origin, max(sequence) FROM ledger WHERE {NOT_OF_THE_RESTORE} GROUP BY origin",
    "tills": "SELECT terminal_id, secret_hash FROM terminal_enrolments",
}


def books_of_the_hub(chain: Chain) -> dict[str, list[str]]:
    return {name: sorted(map(repr, chain.hub.rows(query))) for name, query in AT_THE_HUB.items()}


def books_of_head_office(chain: Chain) -> dict[str, list[str]]:
    return {name: sorted(map(repr, chain.hq.sql(query))) for name, query in AT_HEAD_OFFICE.items()}


def differing(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, Any]:
    return {
        name: (set(before[name]) - set(after[name]), set(after[name]) - set(before[name]))
        for name in before
        if before[name] != after[name]
    }


def sent(tills: list[RunningTill]) -> None:
    for till in tills:
        assert till.lifeline.wait_until_sent(SECONDS)


def all_at_head_office(chain: Chain) -> None:
    def level() -> bool:
        there = chain.hq.sql("SELECT coalesce(max(position), 0) FROM ledger WHERE pipe = %s", make.STORE)
        return bool(there[0][0] == chain.hub.scalar("SELECT max(id) FROM outbox"))

    eventually(level)
    eventually(lambda: chain.completeness()["complete"] is True)


def stocked(chain: Chain) -> list[RunningTill]:
    """A store with a manager, a member, vouchers and two tills."""
    admin = chain.hq.admin
    manager = {"name": "Bình", "role": "manager", "pin": make.PIN, "language": "vi"}
    for answer in (
        admin.put(f"/v1/people/{make.MANAGER}", json=manager),
        admin.put("/v1/settings/loyalty", json={"value": LOYALTY}),
        admin.post("/v1/promotions", json=MEMBERS_COLA),
        admin.put("/v1/members/M001", json={"name": "Phạm Hoa", "phone": PHONE}),
        admin.post("/v1/vouchers", json={"series_id": "TET", "amount": 5_000, "codes": ["TET-1", "TET-2"]}),
    ):
        assert answer.status_code in (200, 201, 204), answer.text
    tills = [chain.till("POS_01"), chain.till("POS_02")]
    chain.hub.program.clockwork.tell_head_office()
    return tills


def a_customer_with_a_voucher(till: RunningTill, code: str) -> None:
    desk = till.desks.checkout(CASHIER)
    desk.scan(COLA)
    desk.take_member(PHONE)
    desk.take_voucher(code)
    assert desk.state.customer.vouchers, desk.state.notice
    paid(till, desk)


def the_same_goods_come_back_twice(chain: Chain, tills: list[RunningTill]) -> None:
    """The second is set aside, and a manager annuls it."""
    number = number_of(tills[0], sell_colas(tills[0]))
    sent(tills)
    desks = [found(till, number)[1] for till in tills]
    chain.cable.cut()
    for desk in desks:
        give_back(desk, 3)
    chain.cable.plug()
    sent(tills)


def a_day(chain: Chain, tills: list[RunningTill], voucher: str) -> None:
    """Everything that can happen at two tills and their hub."""
    delivery = {"sku_id": "SKU_12345", "quantity_delta": 24, "reason": "delivery"}
    manager = chain.hub.as_manager()
    assert manager.post("/api/v1/inventory/adjustments", json=delivery).status_code == 201
    a_customer_with_a_voucher(tills[1], voucher)
    code = with_a_code_on_show(tills[1])
    eventually(lambda: is_paid(code))
    the_same_goods_come_back_twice(chain, tills)
    pipe, position = chain.hub.rows("SELECT pipe, position FROM set_aside WHERE decision IS NULL")[0]
    word = {"decision": "annul", "reason": "given back twice"}
    answer = manager.post(f"/api/v1/set-aside/{pipe}/{position}/decision", json=word)
    assert answer.status_code == 200, answer.text


@pytest.mark.allow_log("fact set aside")
@pytest.mark.parametrize("with_backup", [False, True])
def test_a_hub_has_the_books_of_the_one_that_was_lost(
    chain: Chain, tmp_path: Path, with_backup: bool
) -> None:
    tills = stocked(chain)
    desk = a_busy_morning(tills[0])
    sent(tills)
    a_day(chain, tills, "TET-1")
    file = back_up(chain.hub.settings, tmp_path / "kept", now()) if with_backup else None
    a_day(chain, tills, "TET-2")
    desk.begin_move()
    desk.move(CashMove.PAY_IN, 10_000, "change")
    closed(desk, {100_000: 5, 10_000: 1}, "counted")
    sent(tills)
    all_at_head_office(chain)
    before = books_of_the_hub(chain)

    chain.lose_the_hub()
    chain.restored_hub(file)

    sent(tills)
    assert differing(before, books_of_the_hub(chain)) == {}
    assert chain.completeness()["complete"] is True


@pytest.mark.allow_log("fact set aside", "news line lifted", "news started over")
def test_head_office_has_its_books_again(
    chain: Chain,
    chain_hq_settings: HqSettings,
    database_from_template: Callable[..., str],
    tmp_path: Path,
) -> None:
    tills = stocked(chain)
    a_busy_morning(tills[0])
    sent(tills)
    a_day(chain, tills, "TET-1")
    all_at_head_office(chain)
    file = back_up_office(chain_hq_settings, tmp_path / "kept", now())
    a_day(chain, tills, "TET-2")
    closed(tills[0].desks.shift(BOSS), {100_000: 5}, "counted")
    sent(tills)
    all_at_head_office(chain)
    before = books_of_head_office(chain)

    chain.lose_head_office()
    restored = replace(
        chain_hq_settings, database_url=database_from_template(None), data_dir=tmp_path / "again"
    )
    restore_office(restored, file, now())
    chain.start_head_office(restored)

    all_at_head_office(chain)
    assert differing(before, books_of_head_office(chain)) == {}
