"""Facts that no till of ours would write: the hub takes them all, and the till behind them goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from retail.access_facts import AccessDecided, AccessDeed, AccessOutcome
from retail.facts import SaleRecorded
from retail.shift_facts import CashMove
from tests import make, make_hq, make_returns
from tests.hubs import Hub, running_hub

STRANGE: tuple[Any, ...] = (None, 7, 10**15, "", "\x00", "ü" * 500, "2026-11-20T08:00:00", [], {"a": [7]})


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path) as running:
        yield running


def one_of_each(sold: SaleRecorded) -> list[Any]:
    """A fact of every kind that a till sends."""
    lock = AccessDeed.LOCK, AccessOutcome.ALLOWED
    return [
        make.sale(member_id="M001", points_earned=5),
        make.adjustment(),
        make.captured(sold),
        make_returns.shift_opened(),
        make_returns.cash_moved(CashMove.PAY_OUT, 1_000),
        AccessDecided(uuid7(), make.STORE, make.TERMINAL, "LAN", *lock, make.AT, asked_by="MINH"),
        make_hq.refund(sold),
        make.void_of(sold),
    ]


@pytest.mark.allow_log("fact set aside", "fact does not fit the tables", "fact stumbled over")
def test_no_fact_holds_up_what_a_till_has_to_say(hub: Hub) -> None:
    till, position = hub.till(), 1
    for strange in STRANGE:
        envelopes = []
        for number, one in enumerate(one_of_each(make.sale())):
            for name in one.to_body():
                sold = make.sale()
                fact = one_of_each(sold)[number]
                body = fact.to_body() | {name: strange}
                envelopes += [till.chain.seal(sold), till.chain.seal_payload(fact.event_type, body)]
        for some in (envelopes[start : start + 40] for start in range(0, len(envelopes), 40)):
            answer = till.send(position, some)
            assert answer.status_code == 200, (strange, answer.text)
            position += len(some)
            assert answer.json()["next_position"] == position

    last = till.sell()
    assert till.send(position, [last]).json()["accepted"] == 1
    # Whatever it was, it went on to head office in its chain.
    passed_on = hub.scalar("SELECT count(*) FROM outbox WHERE origin = 'STORE_001/POS_01'")
    assert passed_on == last.sequence
