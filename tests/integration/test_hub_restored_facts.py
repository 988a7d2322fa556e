"""What a restored hub makes of head office's facts, on Postgres and without a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import Engine, text

from courier.aside import cases
from courier.decision import Decision, FactSetAside, SetAsideDecided
from courier.envelope import FIRST_HASH, Envelope, opened_text, seal
from courier.feed import version_now
from courier.news import Lost, News, NewsPage
from retail.facts import Fact, PaymentCaptured, PaymentSettled, SaleRecorded
from storehub.database import courier, make_engine
from storehub.news import apply_news
from storehub.payments.orphans import orphans
from storehub.payments.queries import ask_of
from storehub.payments.tables import RequestState
from storehub.restore import BackupOutlived, Restored, catch_up, restore
from tests import make

PAYMENT, BASKET = UUID(int=1), UUID(int=2)
MONEY = PaymentCaptured(BASKET, PAYMENT, "QR_VNPAY", 10_000, "vnpay", "bank-1", make.AT)


@pytest.fixture
def engine(hub_database_url: str) -> Iterator[Engine]:
    made = make_engine(hub_database_url)
    yield made
    made.dispose()


def sealed(fact: Fact, number: int = 1) -> Envelope:
    return seal(
        event_id=UUID(int=10 + number),
        event_type=fact.event_type,
        version=fact.version,
        origin=make.STORE,
        sequence=number,
        previous_hash=FIRST_HASH,
        store_id=make.STORE,
        terminal_id=None,
        timestamp=make.AT,
        payload=fact.to_body(),
    )


def known(envelope: Envelope, next_position: int) -> dict[str, Any]:
    head = {"origin": make.STORE, "sequence": envelope.sequence, "hash": envelope.hash}
    nothing: dict[str, Any] = {"announced": [], "gaps": [], "terminals": [], "levels": {}}
    return {"store_id": make.STORE, "next_position": next_position, "origins": [head], **nothing}


def test_money_that_came_at_the_lost_hub_is_there_when_a_till_asks_the_new_one(engine: Engine) -> None:
    envelope = sealed(MONEY)
    with engine.begin() as tx:
        restore(tx, make.STORE, known(envelope, 2), [(1, orjson.loads(envelope.text))], make.AT)
    with engine.connect() as tx:
        request = ask_of(tx, PAYMENT)
    assert (request.state, request.amount, request.provider_txn_id) == (
        RequestState.CAPTURED,
        10_000,
        "bank-1",
    )


def test_late_money_that_went_back_before_the_hub_was_lost_is_not_given_back_again(engine: Engine) -> None:
    came = sealed(MONEY)
    word = PaymentSettled(make.STORE, BASKET, PAYMENT, "given back in cash", make.CASHIER, None, make.AT)
    settled = sealed(word, 2)
    later = make.AT + timedelta(hours=1)
    with engine.begin() as tx:
        restore(tx, make.STORE, known(came, 2), [(1, orjson.loads(came.text))], make.AT)
    with engine.begin() as tx:
        assert [orphan.payment_id for orphan in orphans(tx, later)] == [PAYMENT]
        catch_up(tx, make.STORE, known(settled, 3), [(2, orjson.loads(settled.text))], make.AT)
    with engine.connect() as tx:
        assert orphans(tx, later) == []


def test_money_that_the_backup_still_waits_for_is_not_taken_note_of_a_second_time(engine: Engine) -> None:
    asked = text("""
        INSERT INTO payment_requests (id, transaction_id, terminal_id, payment_method, amount, currency,
            status, provider, created_at)
        VALUES (:id, :basket, 'POS_01', 'QR_VNPAY', 10000, 'VND', 'PENDING', 'vnpay', :at)
    """)
    envelope = sealed(MONEY)
    with engine.begin() as tx:
        tx.execute(asked, {"id": PAYMENT, "basket": BASKET, "at": make.AT})
        catch_up(tx, make.STORE, known(envelope, 2), [(1, orjson.loads(envelope.text))], make.AT)
    with engine.connect() as tx:
        request = ask_of(tx, PAYMENT)
    assert (request.state, request.terminal_id) == (RequestState.CAPTURED, "POS_01")


def test_a_backup_that_another_hub_has_outlived_is_refused(engine: Engine) -> None:
    envelope = sealed(MONEY)
    fact = orjson.loads(envelope.text)
    with engine.begin() as tx:
        restore(tx, make.STORE, known(envelope, 2), [(1, fact)], make.AT)
    with pytest.raises(BackupOutlived), engine.begin() as tx:
        catch_up(tx, make.STORE, known(envelope, 4), [(3, fact)], make.AT)


def test_a_backup_with_facts_that_never_came_to_head_office_under_their_positions_is_refused(
    engine: Engine,
) -> None:
    """It waited with its fact when another hub took its place, and that one used the position."""
    ours, theirs = sealed(MONEY), sealed(replace(MONEY, amount=20_000))
    with engine.begin() as tx:
        restore(tx, make.STORE, known(ours, 2), [(1, orjson.loads(ours.text))], make.AT)
    other = {"origin": f"{make.STORE}/POS_01", "sequence": 1, "hash": theirs.hash}
    head = {"origin": make.STORE, "sequence": 2, "hash": theirs.hash}
    gap = {"origin": make.STORE, "first_sequence": 1, "last_sequence": 1, "awaited_hash": None}
    for history in (
        {"origins": [other]},
        {"origins": [head], "gaps": [gap]},
        {"origins": [{**head, "sequence": 1}]},
    ):
        with pytest.raises(BackupOutlived), engine.begin() as tx:
            catch_up(tx, make.STORE, known(ours, 2) | history, [], make.AT)


def test_a_backup_with_a_fact_that_head_office_has_set_aside_is_this_store_s(engine: Engine) -> None:
    envelope = sealed(MONEY)
    with engine.begin() as tx:
        restore(tx, make.STORE, known(envelope, 2), [(1, orjson.loads(envelope.text))], make.AT)
    waits = known(envelope, 2) | {"origins": [], "set_aside": [1]}
    with engine.begin() as tx:
        assert catch_up(tx, make.STORE, waits, [], make.AT).heads == {make.STORE: 1}


def a_void_before_its_sale() -> tuple[list[Envelope], FactSetAside]:
    """A till voids what another sold whose sale has not come yet, and the hub sets that aside."""
    seller, other, hub = make.Chain("POS_01"), make.Chain("POS_02"), make.Chain(None)
    sold = seller.sell(make.line(), transaction_id=BASKET)
    void = other.seal(make.void_of(SaleRecorded.from_body(sold.payload)))
    case = FactSetAside(
        "STORE_001/POS_02",
        1,
        str(void.event_id),
        void.origin,
        1,
        "transaction-not-found",
        "no such sale",
        make.AT,
    )
    told = hub.seal_payload(case.event_type, case.to_body())
    return [void, told, sold], case


def restored_with(engine: Engine, facts: list[Envelope]) -> Restored:
    heads = {fact.origin: fact for fact in facts}
    origins = [{"origin": name, "sequence": fact.sequence, "hash": fact.hash} for name, fact in heads.items()]
    told = known(facts[-1], len(facts) + 1) | {"origins": origins}
    pages = [(place, orjson.loads(fact.text)) for place, fact in enumerate(facts, start=1)]
    with engine.begin() as tx:
        return restore(tx, make.STORE, told, pages, make.AT)


def test_what_the_lost_hub_had_set_aside_waits_for_a_manager_again(engine: Engine) -> None:
    facts, case = a_void_before_its_sale()
    restored = restored_with(engine, facts)
    with engine.connect() as tx:
        (waiting,) = cases(tx, courier)
        assert tx.execute(text("SELECT status FROM transactions")).scalars().all() == ["PAID"]
    assert (waiting.named, waiting.payload) == (case.named, facts[0].text)
    assert (restored.facts, restored.not_applied) == (3, 1)


@pytest.mark.parametrize(
    ("decision", "status"),
    [(Decision.RETRY, "VOID"), (Decision.ACCEPT, "VOID"), (Decision.ANNUL, "PAID")],
)
def test_what_was_decided_about_it_stands_at_the_next_hub(
    engine: Engine, decision: Decision, status: str
) -> None:
    facts, case = a_void_before_its_sale()
    decided = SetAsideDecided(*case.named, decision, "looked at", make.MANAGER, make.AT)
    hub = make.Chain(None)
    hub.sequence, hub.hash = facts[1].sequence, facts[1].hash
    facts.append(hub.seal_payload(decided.event_type, decided.to_body()))
    restored_with(engine, facts)
    with engine.connect() as tx:
        assert cases(tx, courier) == []
        assert [known.decision for known in cases(tx, courier, undecided=False)] == [decision.value]
        assert tx.execute(text("SELECT status FROM transactions")).scalars().all() == [status]


@pytest.mark.allow_log("news started over")
def test_a_backup_of_before_the_hub_started_over_starts_over_again_and_tells_of_it_once(
    engine: Engine,
) -> None:
    lost = News(2, "setting", "currency", {"value": "USD"})
    afresh = NewsPage(
        100, [News(1, "setting", "currency", {"value": "VND"})], lost=(Lost(2, 99),), whole=True
    )
    told = text("SELECT payload FROM outbox WHERE event_type = 'NewsOverruled'")
    with engine.begin() as tx:
        apply_news(tx, NewsPage(2, [lost]), make.STORE, make.AT)
    with engine.connect() as tx:
        apply_news(tx, afresh, make.STORE, make.AT)
        envelope = opened_text(tx.execute(told).scalar_one())
        # What the hub did since its backup is gone with its disk; head office has the fact.
        tx.rollback()
    with engine.begin() as tx:
        catch_up(tx, make.STORE, known(envelope, 2), [(1, orjson.loads(envelope.text))], make.AT)
    with engine.begin() as tx:
        apply_news(tx, afresh, make.STORE, make.AT)
    with engine.connect() as tx:
        assert version_now(tx, courier) == 100
        assert tx.execute(told).scalars().all() == [envelope.text]


@pytest.mark.allow_log("news started over")
def test_every_voucher_that_head_office_has_lost_is_named(engine: Engine) -> None:
    codes = [f"TET-{number:04d}" for number in range(700)]
    lost = [make.news("voucher", code, {"code": code, "promo_id": "P1"}, 2) for code in codes]
    with engine.begin() as tx:
        apply_news(tx, NewsPage(2, lost), make.STORE, make.AT)
    with engine.begin() as tx:
        apply_news(tx, NewsPage(100, [], lost=(Lost(2, 99),), whole=True), make.STORE, make.AT)
        told = tx.execute(text("SELECT payload FROM outbox ORDER BY id")).scalars().all()
    facts = [opened_text(sealed).payload for sealed in told]
    assert [fact["count"] for fact in facts] == [700, 700, 700]
    assert sorted(piece["key"] for fact in facts for piece in fact["pieces"]) == codes
