"""Head office holds refunds to what was sold, line by line, as the store's hub does."""

from __future__ import annotations

import pytest

from tests.integration.hq.conftest import RunningHq
from tests.make_hq import Chain, line, refund, sale


@pytest.mark.allow_log("fact set aside")
def test_the_same_piece_given_back_twice_is_set_aside_though_the_sale_was_worth_more(hq: RunningHq) -> None:
    chain = Chain()
    sold = sale(line("SKU_COLA", 1, 10_000), line("SKU_TEA", 1, 12_000))
    once, again = refund(sold, lines=1), refund(sold, lines=1)
    hq.store().send([chain.seal(fact) for fact in (sold, once, again)])
    hq.report()
    assert hq.sql("SELECT id FROM refunds") == [(once.refund_id,)]
    assert hq.sql("SELECT code FROM set_aside") == [("refund-too-much",)]
    assert hq.sql("SELECT sum(quantity_delta) FROM stock_movements WHERE sku_id = 'SKU_COLA'") == [(0,)]


def test_different_pieces_of_a_sale_come_back_one_after_the_other(hq: RunningHq) -> None:
    chain = Chain()
    sold = sale(line("SKU_COLA", 2, 10_000), line("SKU_TEA", 1, 12_000))
    first = refund(sold, lines=1)
    rest = refund(sold, first)
    hq.store().send([chain.seal(fact) for fact in (sold, first, rest)])
    hq.report()
    assert hq.sql("SELECT sum(total_amount) FROM refunds") == [(32_000,)]
    assert hq.sql("SELECT status FROM transactions") == [("REFUNDED",)]
