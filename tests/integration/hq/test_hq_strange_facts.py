"""Facts that no till of ours would write: whatever stands in one, the books go on behind it."""

from __future__ import annotations

from typing import Any

import pytest
from uuid_utils.compat import uuid7

from courier.decision import Decision, FactSetAside, NewsOverruled, SetAsideDecided
from retail.access_facts import AccessDecided, AccessDeed, AccessOutcome
from retail.discrepancy import PriceDiscrepancyFound
from retail.facts import SaleRecorded
from tests.integration.hq.conftest import RunningHq
from tests.make_hq import NOON, Chain, adjustment, capture, refund, sale, void
from tests.patience import eventually

STRANGE: tuple[Any, ...] = (None, 7, 10**15, "", "\x00", "ü" * 500, "2026-11-20T08:00:00", [], {})
ASIDE = ("STORE_001/POS_02", 1, str(uuid7()), "STORE_001/POS_02", 1, "chain-fork")


def one_of_each(sold: SaleRecorded) -> list[Any]:
    """A fact of every kind that stands in the books, what came back last."""
    lock = AccessDeed.LOCK, AccessOutcome.ALLOWED
    return [
        sale(member_id="M001", points_earned=5),
        adjustment(),
        capture(),
        AccessDecided(uuid7(), "STORE_001", "POS_01", "LAN", *lock, NOON, asked_by="MINH"),
        PriceDiscrepancyFound("STORE_001", uuid7(), uuid7(), "SKU_COLA", 1, 1, 2, 2, NOON),
        FactSetAside(*ASIDE, "two histories", NOON),
        SetAsideDecided(*ASIDE, Decision.ANNUL, "a copied disk", "MINH", NOON),
        NewsOverruled(3, 1, ({"kind": "price", "key": "base:SKU_COLA"},), NOON),
        refund(sold),
        void(sold),
    ]


@pytest.mark.allow_log("fact set aside", "fact could not be entered", "facts could not be written")
def test_no_fact_stops_the_books_however_it_was_written(hq: RunningHq) -> None:
    till, store = Chain(), hq.store()
    members = {type(fact): list(fact.to_body()) for fact in one_of_each(sale())}
    for strange in STRANGE:
        texts = []
        for kind, names in members.items():
            for name in names:
                sold = sale()
                fact = next(each for each in one_of_each(sold) if type(each) is kind)
                texts += [till.seal(sold)] if hasattr(fact, "transaction_id") else []
                texts.append(till.seal_body(fact.event_type, fact.to_body() | {name: strange}))
        store.send(texts)
    store.send([till.seal(sale(sold_at=NOON.replace(year=2027)))])

    eventually(lambda: bool(hq.sql("SELECT id FROM transactions WHERE business_date = '2027-11-20'")))
    codes = {code for (code,) in hq.sql("SELECT DISTINCT code FROM set_aside")}
    assert codes >= {"fact-not-readable", "does-not-fit"}
