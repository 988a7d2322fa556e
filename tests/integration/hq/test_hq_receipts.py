"""A customer's receipt on the phone: the token is the key, and it opens one receipt only."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from uuid_utils.compat import uuid7

from courier.envelope import Envelope, opened_text
from retail.facts import Fact
from retail.receipt_link import token_of
from tests.integration.hq.conftest import Clock, RunningHq
from tests.make_hq import Chain, line, refund, sale, void


def read(hq: RunningHq, token: str, **more: str) -> httpx.Response:
    with hq.client() as phone:
        return phone.get(f"/r/{token}", params=more, headers={"accept-language": "vi-VN,vi;q=0.9,en;q=0.5"})


def sealed_by(chain: Chain, fact: Fact) -> Envelope:
    return opened_text(chain.seal(fact))


def token(envelope: Envelope) -> str:
    return token_of(UUID(envelope.payload["transaction_id"]), envelope.hash)


def made_now(clock: Clock) -> UUID:
    """A sale id of this very moment of the test's clock (RFC 9562, 5.7)."""
    tail = uuid7().int & ((1 << 80) - 1)
    return UUID(int=(int(clock().timestamp() * 1000) << 80) | tail)


def test_a_receipt_is_read_with_its_token_and_in_the_phones_language(hq: RunningHq) -> None:
    sealed = sealed_by(Chain(), sale(line("SKU_COLA", 2, 10_000, discount=1_000), line("SKU_TEA", 1, 12_000)))
    hq.store().send([sealed.text])
    hq.report()
    answer = read(hq, token(sealed))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "Tổng cộng</td><td>31.000 ₫" in answer.text
    assert sealed.payload["receipt_number"] in answer.text
    assert sealed.payload["cashier_id"] not in answer.text
    english = read(hq, token(sealed), lang="en")
    assert "Total</td><td>31,000 ₫" in english.text


def test_a_wrong_proof_is_answered_like_a_sale_that_has_not_come_yet(hq: RunningHq, clock: Clock) -> None:
    sale_id = made_now(clock)
    sealed = sealed_by(Chain(), replace(sale(line("SKU_COLA", 2, 10_000)), transaction_id=sale_id))
    hq.store().send([sealed.text])
    hq.report()
    forged = read(hq, token_of(sale_id, "00" * 32))
    nobodys = read(hq, token_of(made_now(clock), sealed.hash))
    assert (forged.status_code, forged.text) == (nobodys.status_code, nobodys.text)
    assert "đang trên đường tới" in forged.text
    assert "20.000" not in forged.text


def test_before_the_sale_has_come_the_page_says_so_and_asks_again_by_itself(
    hq: RunningHq, clock: Clock
) -> None:
    sealed = sealed_by(Chain(), replace(sale(line("SKU_COLA", 2, 10_000)), transaction_id=made_now(clock)))
    before = read(hq, token(sealed), lang="en")
    assert (before.status_code, "on its way" in before.text) == (200, True)
    assert '<meta http-equiv="refresh"' in before.text
    hq.store().send([sealed.text])
    hq.report()
    assert "20,000 ₫" in read(hq, token(sealed), lang="en").text


@pytest.mark.parametrize("text", ["x", "A" * 38, "..%2F..%2Fv1", "%F0%9F%A6%8A", "-" * 38, "A" * 400])
def test_what_is_no_token_is_no_receipt(hq: RunningHq, text: str) -> None:
    answer = read(hq, text)
    assert answer.status_code == 404


def test_a_token_of_a_sale_that_never_came_ends_after_a_week(hq: RunningHq, clock: Clock) -> None:
    lost = token_of(made_now(clock), "ab" * 32)
    assert read(hq, lost).status_code == 200
    clock.ahead += timedelta(days=8)
    assert read(hq, lost).status_code == 404


def test_a_receipt_says_what_was_given_back_and_that_it_was_cancelled(hq: RunningHq) -> None:
    chain = Chain()
    kept = sale(line("SKU_COLA", 2, 10_000))
    gone = sale(line("SKU_COLA", 1, 10_000))
    sealed = [sealed_by(chain, fact) for fact in (kept, gone, refund(kept, lines=1), void(gone))]
    hq.store().send([each.text for each in sealed])
    hq.report()
    assert "Đã hoàn lại: 10.000 ₫" in read(hq, token(sealed[0])).text
    assert "đã được hủy" in read(hq, token(sealed[1])).text


def test_what_a_shop_calls_its_goods_is_text_and_no_markup(hq: RunningHq) -> None:
    evil = "<script>alert(1)</script>"
    sealed = sealed_by(Chain(), sale(replace(line("SKU_COLA"), product_name=evil)))
    hq.store().send([sealed.text])
    hq.report()
    text = read(hq, token(sealed)).text
    assert "<script" not in text
    assert re.search(r"&lt;script&gt;", text)
