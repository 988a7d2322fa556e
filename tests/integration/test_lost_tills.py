"""A till's disk is lost: its next one goes on behind it, and what is missing has a number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from courier.chain import HEAD_HEADER, ChainHead, header_of
from courier.envelope import Envelope
from courier.news import NewsPage
from storehub.people.queries import digest
from tests import make
from tests.hubs import Hub, Till, running_hub

ORIGIN = f"{make.STORE}/{make.TERMINAL}"


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path) as running:
        yield running


def replaced(hub: Hub, code: str = "NEW", **said: Any) -> httpx.Response:
    """The answer to the next machine under the same name."""
    body = {
        "terminal_id": make.TERMINAL,
        "store_id": make.STORE,
        "enrolment_code_hash": digest(code),
        "enrolment_code_expires_at": (hub.clock() + timedelta(hours=1)).isoformat(),
    }
    version = hub.scalar("SELECT max(version) + 1 FROM feed")
    hub.hear(NewsPage(version, [make.news("terminal", ORIGIN, body, version)]))
    return hub.http.post("/api/v1/enrolments", json={"enrolment_code": code, **said})


def next_till(hub: Hub, enrolment: dict[str, Any]) -> Till:
    till = Till(hub, make.TERMINAL, enrolment["token"])
    till.chain.sequence, till.chain.hash = enrolment["sequence"], enrolment["hash"]
    return till


def announcing(till: Till, head: Envelope) -> None:
    till.http.headers[HEAD_HEADER] = header_of(ChainHead(ORIGIN, head.sequence, head.hash))


def sold(hub: Hub) -> list[int]:
    return [row[0] for row in hub.rows("SELECT local_sequence FROM transactions ORDER BY local_sequence")]


def gaps(hub: Hub) -> list[Any]:
    return hub.rows("SELECT first_sequence, last_sequence FROM chain_breaks WHERE kind = 'gap'")


def hand_in(till: Till, found: list[Envelope]) -> dict[str, Any]:
    events = b",".join(envelope.text.encode() for envelope in found)
    answer = till.http.post(
        "/api/v1/envelopes/late",
        content=b'{"events":[%b]}' % events,
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_new_till_goes_on_with_the_numbers_of_the_lost_one(hub: Hub) -> None:
    old = hub.till()
    old.send(1, [old.sell() for _ in range(3)])

    enrolment = replaced(hub).json()
    new = next_till(hub, enrolment)

    assert (enrolment["sequence"], enrolment["next_position"], enrolment["missing"]) == (3, 4, [])
    assert new.send(4, [new.sell()]).json()["accepted"] == 1
    assert (sold(hub), gaps(hub)) == ([1, 2, 3, 4], [])
    assert old.send(4, [old.sell()]).json()["code"] == "token-revoked"


@pytest.mark.allow_log("chain broken")
def test_what_the_lost_till_had_announced_is_missing_by_number(hub: Hub) -> None:
    old = hub.till()
    sales = [old.sell() for _ in range(5)]
    announcing(old, sales[4])
    old.send(1, sales[:3])

    enrolment = replaced(hub).json()
    new = next_till(hub, enrolment)

    assert (enrolment["sequence"], enrolment["missing"]) == (5, [[4, 5]])
    assert new.send(6, [new.sell()]).json()["accepted"] == 1
    assert (sold(hub), gaps(hub)) == ([1, 2, 3, 6], [(4, 5)])

    # The old disk turns up after all.
    assert hand_in(new, sales[2:])["accepted"] == 2
    assert (sold(hub), gaps(hub)) == ([1, 2, 3, 4, 5, 6], [])
    assert hand_in(new, sales)["duplicates"] == 5
    assert hub.scalar("SELECT count(*) FROM outbox") == 6


@pytest.mark.allow_log("chain broken")
def test_what_the_clockwork_wrote_down_outlives_the_hub(hub: Hub) -> None:
    old = hub.till()
    sales = [old.sell() for _ in range(3)]
    announcing(old, sales[2])
    old.send(1, sales[:2])
    hub.program.clockwork.keep_announced()
    assert hub.rows("SELECT origin, sequence FROM announced") == [(ORIGIN, 3)]

    assert replaced(hub).json()["missing"] == [[3, 3]]


@pytest.mark.allow_log("chain broken")
def test_the_last_receipt_that_anybody_has_seen_counts_too(hub: Hub) -> None:
    old = hub.till()
    sales = [old.sell() for _ in range(4)]
    old.send(1, sales[:2])

    enrolment = replaced(hub, last_receipt=4).json()
    new = next_till(hub, enrolment)

    assert (enrolment["sequence"], enrolment["missing"]) == (4, [[3, 4]])
    assert new.send(5, [new.sell()]).json()["accepted"] == 1
    assert hand_in(new, sales[2:])["accepted"] == 2
    assert (sold(hub), gaps(hub)) == ([1, 2, 3, 4, 5], [])


@pytest.mark.allow_log("chain broken", "fact set aside")
def test_an_old_disk_with_other_sales_under_the_same_numbers_is_kept_for_a_person(hub: Hub) -> None:
    old = hub.till()
    sales = [old.sell() for _ in range(5)]
    old.send(1, sales[:2])
    new = next_till(hub, replaced(hub).json())
    new.send(3, [new.sell()])

    found = hand_in(new, sales[2:])

    assert [error["code"] for error in found["errors"]] == ["chain-fork"] * 3
    assert sold(hub) == [1, 2, 3]
    assert hub.scalar("SELECT count(*) FROM set_aside") == 3
    assert hand_in(new, sales[2:])["duplicates"] == 3
    assert new.send(4, [new.sell()]).json()["accepted"] == 1


def test_a_machine_that_brings_its_journal_goes_on_with_it(hub: Hub) -> None:
    old = hub.till()
    sales = [old.sell() for _ in range(4)]
    announcing(old, sales[3])
    old.send(1, sales[:2])

    enrolment = replaced(hub, sequence=4).json()
    old.http.headers["authorization"] = f"Bearer {enrolment['token']}"

    assert (enrolment["next_position"], enrolment["missing"]) == (3, [])
    assert old.send(3, sales[2:]).json()["accepted"] == 2


def test_a_journal_older_than_what_came_from_it_is_refused(hub: Hub) -> None:
    old = hub.till()
    old.send(1, [old.sell() for _ in range(3)])
    refused = replaced(hub, sequence=2)
    assert (refused.status_code, refused.json()["code"]) == (409, "journal-behind")
    # Nothing has happened: code and old till are good as before.
    assert old.send(4, [old.sell()]).status_code == 200
    assert replaced(hub, sequence=4).status_code == 201


def test_a_misread_receipt_is_refused(hub: Hub) -> None:
    hub.till()
    refused = replaced(hub, last_receipt=104_200)
    assert (refused.status_code, refused.json()["code"]) == (422, "receipt-not-plausible")


@pytest.mark.allow_log("positions on no disk", "chain broken")
def test_a_till_speaks_of_its_own_facts_alone_and_not_of_far_more_than_it_can_have(hub: Hub) -> None:
    till = hub.till()
    origin = f"{make.STORE}/{make.TERMINAL}"

    def begin(position: int, origin: str = origin, proof: str = "ab" * 32) -> Any:
        heads = [{"origin": origin, "sequence": 4, "hash": proof}]
        return till.http.post("/api/v1/envelopes/begin", json={"position": position, "heads": heads})

    assert begin(5, f"{make.STORE}/POS_02").status_code == 403
    assert begin(5, proof="ab").status_code == 422
    assert begin(104_200).json()["code"] == "receipt-not-plausible"
    assert gaps(hub) == []
    assert begin(5).json() == {"missing": [[1, 4]], "next_position": 5}
    assert gaps(hub) == [(1, 4)]
