"""Many writers, one reader, on Postgres: nothing is lost and nothing is counted twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from courier import feed, outbox
from courier.envelope import opened_text
from courier.feed import Change
from tests.contract.courier_side import START, TABLES, Origin, Side, create_tables, postgres_engine

WRITERS = 8
VERSIONS_EACH = 60


@pytest.fixture
def side(database_from_template: Callable[..., str]) -> Iterator[Side]:
    side = Side(postgres_engine(database_from_template(create_tables)))
    yield side
    side.engine.dispose()


def test_a_reader_by_cursor_sees_every_version_of_eight_writers(side: Side) -> None:
    written = threading.Event()

    def write(writer: int) -> None:
        for number in range(VERSIONS_EACH):
            with side.begin() as tx:
                feed.publish(tx, TABLES, [Change("product", f"{writer}-{number}", {})], START)

    def read() -> list[str]:
        seen: list[str] = []
        version = 0
        last_look = False
        while not last_look:
            last_look = written.is_set()
            with side.begin() as tx:
                page = feed.page(tx, TABLES, version, "STORE_001", rows_max=7)
            seen += [news.key for news in page.news]
            version = page.current_version
            last_look = last_look and not page.more
        return seen

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reader = pool.submit(read)
        for writer in [pool.submit(write, number) for number in range(WRITERS)]:
            writer.result()
        written.set()
        seen = reader.result()

    expected = [f"{writer}-{number}" for writer in range(WRITERS) for number in range(VERSIONS_EACH)]
    assert len(expected) == 480
    assert sorted(seen) == sorted(expected)


def test_a_reader_by_position_sees_every_fact_of_eight_writers_in_order(side: Side) -> None:
    written = threading.Event()

    def write(writer: int) -> None:
        for number in range(VERSIONS_EACH):
            side.record(writer * 1000 + number + 1, origin=f"S/POS_{writer}")

    def read() -> list[int]:
        seen: list[int] = []
        last_look = False
        while not last_look:
            last_look = written.is_set()
            batch = side.pending(len(seen) + 1)
            seen += [pending.position for pending in batch]
            last_look = last_look and not batch
        return seen

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reader = pool.submit(read)
        for writer in [pool.submit(write, number) for number in range(WRITERS)]:
            writer.result()
        written.set()
        assert reader.result() == list(range(1, 481))


def test_one_origin_written_by_two_at_once_keeps_one_chain(side: Side) -> None:
    def write(writer: int) -> None:
        for number in range(20):
            side.record(writer * 1000 + number + 1)

    with ThreadPoolExecutor(4) as pool:
        for writer in [pool.submit(write, number) for number in range(4)]:
            writer.result()

    envelopes = [opened_text(pending.text) for pending in side.pending()]
    assert [envelope.sequence for envelope in envelopes] == list(range(1, 81))
    assert all(before.hash == behind.previous_hash for before, behind in pairwise(envelopes))


def test_the_same_batch_on_four_connections_at_once_is_taken_once(side: Side) -> None:
    facts = Origin().facts(40)

    with ThreadPoolExecutor(4) as pool:
        verdicts = [answer.result() for answer in [pool.submit(side.receive, facts, 1) for _ in range(4)]]

    assert sorted((v.accepted, v.duplicates) for v in verdicts) == [(0, 40), (0, 40), (0, 40), (40, 0)]
    assert side.numbers() == list(range(1, 41))


def test_five_tills_send_at_once_and_everything_is_passed_on_once(side: Side) -> None:
    side.carries = True
    tills = [Origin(f"S/POS_{number}") for number in range(5)]
    batches = {till.name: [till.facts(5) for _ in range(8)] for till in tills}

    def send(name: str) -> None:
        position = 1
        for batch in batches[name]:
            position = side.receive(batch, position, pipe=name).next_position

    with ThreadPoolExecutor(5) as pool:
        for sender in [pool.submit(send, till.name) for till in tills]:
            sender.result()

    with side.begin() as tx:
        assert outbox.last_position(tx, TABLES) == 200
    passed_on = side.pending()
    assert [pending.position for pending in passed_on] == list(range(1, 201))
    assert {pending.text for pending in passed_on} == {fact.text for till in tills for fact in till.sealed}
    assert side.breaks() == []
