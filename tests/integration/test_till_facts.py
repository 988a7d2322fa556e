"""What is no sale joins the same journal: one chain, one commit, once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from courier.envelope import opened_text
from tests.make_returns import shift_opened
from tests.tills import AT, CASHIER, COLA, TestTill

EVENT = UUID(int=77)


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestTill]:
    till = TestTill(tmp_path)
    yield till
    till.close()


def sell(till: TestTill) -> None:
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)
    draft = checkout.to_pay()
    assert draft is not None
    till.desks.payment(draft, CASHIER).pay_cash(10_000)


def test_whatever_else_happens_at_a_till_joins_the_chain_of_its_sales(till: TestTill) -> None:
    shift = shift_opened()
    sell(till)
    recorded, proof = till.till.record_fact(EVENT, lambda _: shift, ("shift", shift.shift_id), AT)
    sell(till)
    assert recorded == shift
    kinds = [opened_text(text).event_type for text in till.envelopes()]
    assert kinds == ["SaleRecorded", "ShiftOpened", "SaleRecorded"]
    assert till.recorded == 3
    assert [one.event_type for one in till.journal.facts_from(2)] == kinds[1:]
    assert opened_text(till.envelopes()[2]).previous_hash == proof


def test_a_fact_recorded_twice_is_one_fact(till: TestTill) -> None:
    shift = shift_opened()
    about = ("shift", shift.shift_id)
    first, _ = till.till.record_fact(EVENT, lambda _: shift, about, AT)
    again, _ = till.till.record_fact(EVENT, lambda _: replace(shift, float_amount=700_000), about, AT)
    assert first == again == shift
    assert len(till.envelopes()) == 1


def test_what_belongs_to_a_fact_is_written_with_it_or_not_at_all(till: TestTill) -> None:
    shift = shift_opened()

    def broken(tx: sqlite3.Connection, sequence: int) -> None:
        tx.execute("UPDATE sales SET total_amount = 0")
        raise RuntimeError(f"no room for {sequence}")

    sell(till)
    with pytest.raises(RuntimeError, match="no room for 2"):
        till.till.record_fact(EVENT, lambda _: shift, ("shift", shift.shift_id), AT, broken)
    assert len(till.envelopes()) == 1
    assert till.journal.sums()[1] > 0
