"""The carrier over real HTTP, with a cable that can be pulled: facts up, news down, whatever happens."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from courier import cursor, outbox
from courier.carrier import Carrier
from courier.client import HUB_PATHS, CourierClient
from courier.feed import Change
from courier.follower import FollowerPolicy
from courier.link import LinkPolicy, LinkState
from courier.news import News, NewsPage
from courier.pacing import Pacing
from courier.sender import SenderPolicy
from courier.verdict import Verdict
from courier.watch import LinkReport
from installer.cable import Cable
from tests.contract.courier_door import GOOD_TOKEN, Door
from tests.contract.courier_side import TABLES, Side, create_tables, postgres_engine, sqlite_engine
from tests.patience import eventually

QUICK = Pacing(first_seconds=0.02, longest_seconds=0.2)


class CutsTheCable(Side):
    """A receiver whose cable is pulled between the commit and the answer, as often as asked."""

    cable: Cable | None = None
    cuts = 0

    def receive(self, bodies: Any, from_position: int, pipe: str = "pipe") -> Verdict:
        verdict = super().receive(bodies, from_position, pipe)
        if bodies and self.cable is not None and self.cuts > 0:
            self.cuts -= 1
            self.cable.cut()
            threading.Timer(0.05, self.cable.plug).start()
        return verdict


class Till:
    """A sender's side with a carrier to the door, and everything the carrier said."""

    def __init__(self, side: Side, url: str, token: str = GOOD_TOKEN) -> None:
        self.side = side
        self.reports: list[LinkReport] = []
        self.pokes: list[str] = []
        self.held: dict[str, News] = {}
        self.pages: list[NewsPage] = []
        self.apply_fails = 0
        self._client = CourierClient(url, lambda: token, HUB_PATHS, timeout=2.0)
        self.carrier = Carrier(
            engine=side.engine,
            tables=TABLES,
            client=self._client,
            clock=lambda: datetime.now(UTC),
            dice=random.random,
            apply=self._apply,
            applied=self.pages.append,
            on_state=self.reports.append,
            on_poke=self.pokes.append,
            link_policy=LinkPolicy(ping_seconds=0.05),
            sender_policy=SenderPolicy(count_max=50, pacing=QUICK),
            follower_policy=FollowerPolicy(pacing=QUICK),
        )
        self.carrier.start()

    def sell(self, number: int) -> None:
        """Record a fact and say so."""
        self.side.record(number)
        self.carrier.facts_waiting()

    def holds(self, news: News) -> bool:
        """Whether this news was applied."""
        return self.held.get(news.key) == news

    def is_level(self) -> bool:
        """Whether everything is sent and acknowledged."""
        with outbox.reading(self.side.engine) as tx:
            return outbox.backlog(tx, TABLES).length == 0

    def is_in(self, state: LinkState) -> bool:
        """Whether the sync light shows this."""
        return self.carrier.report.state is state

    def close(self) -> None:
        """Stop the carrier."""
        self.carrier.stop()
        self._client.close()

    def _apply(self, _: Connection, page: NewsPage) -> None:
        if self.apply_fails:
            self.apply_fails -= 1
            raise ValueError("a bug in the till")
        if any("broken" in news.body for news in page.news):
            raise ValueError("what nobody can apply")
        self.held.update((news.key, news) for news in page.news)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[CutsTheCable]:
    side = CutsTheCable(sqlite_engine(tmp_path / "hub.sqlite"))
    yield side
    side.engine.dispose()


@pytest.fixture
def door(hub: CutsTheCable) -> Iterator[Door]:
    door = Door(hub)
    yield door
    door.close()


@pytest.fixture
def cable(door: Door) -> Iterator[Cable]:
    cable = Cable(door.port)
    yield cable
    cable.close()


@pytest.fixture
def till(tmp_path: Path, cable: Cable) -> Iterator[Till]:
    side = Side(sqlite_engine(tmp_path / "till.sqlite"))
    till = Till(side, f"http://127.0.0.1:{cable.port}")
    yield till
    till.close()
    side.engine.dispose()


def test_facts_go_up_in_order_and_the_queue_is_empty_again(till: Till, hub: Side) -> None:
    for number in range(1, 121):
        till.sell(number)

    eventually(till.is_level)
    assert hub.numbers() == list(range(1, 121))
    assert hub.texts() == [pending.text for pending in till.side.pending()]
    eventually(lambda: till.carrier.report.backlog == 0)
    assert till.is_in(LinkState.ONLINE)
    assert till.carrier.report.trouble is None


def test_pulling_the_cable_halfway_changes_nothing(till: Till, hub: Side, door: Door, cable: Cable) -> None:
    for number in range(1, 31):
        till.sell(number)
    eventually(lambda: till.is_in(LinkState.ONLINE))
    cable.cut()
    for number in range(31, 61):
        till.sell(number)
    door.publish(Change("product", "cola", {"price": 1}))

    eventually(lambda: till.is_in(LinkState.OFFLINE))
    assert LinkState.DOUBTFUL in {report.state for report in till.reports}
    eventually(lambda: till.carrier.report.backlog > 0)
    eventually(lambda: till.carrier.report.trouble is not None)
    cable.plug()

    eventually(till.is_level)
    assert hub.numbers() == list(range(1, 61))
    eventually(lambda: till.held == {"cola": News(1, "product", "cola", {"price": 1})})
    eventually(lambda: till.is_in(LinkState.ONLINE))
    assert hub.breaks() == []


def test_an_answer_lost_after_the_commit_is_not_a_second_sale(
    till: Till, hub: CutsTheCable, cable: Cable
) -> None:
    eventually(lambda: till.is_in(LinkState.ONLINE))
    hub.cable, hub.cuts = cable, 5

    for number in range(1, 101):
        till.sell(number)

    eventually(till.is_level)
    eventually(lambda: hub.cuts == 0)
    assert hub.numbers() == list(range(1, 101))
    assert hub.breaks() == []


def test_a_long_queue_is_read_ahead_and_goes_over_in_order_whatever_is_lost_on_the_way(
    till: Till, hub: CutsTheCable, cable: Cable
) -> None:
    eventually(lambda: till.is_in(LinkState.ONLINE))
    cable.cut()
    for number in range(1, 331):
        till.side.record(number)
    hub.cable, hub.cuts = cable, 3
    cable.plug()
    till.carrier.try_now()

    eventually(till.is_level)
    assert hub.cuts == 0
    assert hub.texts() == [pending.text for pending in till.side.pending()]
    assert hub.breaks() == []


def test_a_receiver_restored_from_an_older_state_gets_everything_again(
    till: Till, door: Door, hub: Side, tmp_path: Path
) -> None:
    for number in range(1, 21):
        till.sell(number)
    eventually(till.is_level)
    restored = Side(sqlite_engine(tmp_path / "restored.sqlite"))

    door.side = restored
    till.carrier.try_now()

    eventually(lambda: restored.numbers() == list(range(1, 21)))
    till.sell(21)
    eventually(lambda: restored.numbers() == list(range(1, 22)))
    assert restored.texts()[:20] == hub.texts()
    restored.engine.dispose()


def test_a_poke_brings_news_at_once(till: Till, door: Door) -> None:
    eventually(lambda: door.pokes.listeners == 1)
    for number in range(1, 4):
        door.publish(Change("price", "cola", {"amount": number}))
        wanted = News(number, "price", "cola", {"amount": number})
        eventually(partial(till.holds, wanted), seconds=5)

    assert till.pokes == ["news"] * len(till.pokes)
    assert till.pokes


def test_pokes_are_passed_on_by_name(till: Till, door: Door) -> None:
    eventually(lambda: door.pokes.listeners == 1)
    door.pokes.poke("payments")
    eventually(lambda: "payments" in till.pokes)


def test_many_pages_are_applied_as_one(till: Till, door: Door, cable: Cable) -> None:
    eventually(lambda: till.is_in(LinkState.ONLINE))
    cable.cut()
    for version in range(1, 8):
        door.publish(*(Change("product", f"{version}-{number}", {}) for number in range(30)))
    cable.plug()

    eventually(lambda: bool(till.pages))
    assert [(page.current_version, len(page.news), page.more) for page in till.pages] == [(7, 210, False)]
    with till.side.begin() as tx:
        assert cursor.read(tx, TABLES.sync_cursors, cursor.NEWS) == 7


@pytest.mark.allow_log("follower stumbled")
def test_news_that_fails_to_apply_is_tried_again_and_not_skipped(till: Till, door: Door) -> None:
    eventually(lambda: door.pokes.listeners == 1)
    till.apply_fails = 3
    door.publish(Change("product", "cola", {}))

    eventually(lambda: "cola" in till.held)
    assert till.apply_fails == 0


@pytest.mark.allow_log("follower stumbled")
def test_news_that_nobody_can_apply_is_a_trouble_until_it_is_put_right(till: Till, door: Door) -> None:
    eventually(lambda: door.pokes.listeners == 1)
    door.publish(Change("product", "cola", {"broken": True}))
    eventually(lambda: till.carrier.report.news_trouble == "not-applied")

    door.publish(Change("product", "cola", {"name": "Coca Cola"}))

    eventually(lambda: till.holds(News(2, "product", "cola", {"name": "Coca Cola"})))
    eventually(lambda: till.carrier.report.news_trouble is None)


def test_a_carrier_goes_on_where_the_last_one_stopped(
    till: Till, hub: Side, door: Door, cable: Cable
) -> None:
    door.publish(Change("product", "cola", {}))
    till.sell(1)
    eventually(lambda: till.is_level() and "cola" in till.held)
    till.close()
    till.side.record(2)

    again = Till(till.side, f"http://127.0.0.1:{cable.port}")
    eventually(lambda: again.is_level() and hub.numbers() == [1, 2])
    door.publish(Change("product", "fanta", {}))
    eventually(lambda: set(again.held) == {"fanta"})
    again.close()


@pytest.mark.allow_log("facts rejected", "news rejected")
def test_a_receiver_that_says_no_is_asked_again_and_nothing_is_lost(
    till: Till, hub: Side, door: Door, cable: Cable
) -> None:
    till.close()
    stranger = Till(till.side, f"http://127.0.0.1:{cable.port}", token="of another store")
    stranger.sell(1)

    eventually(lambda: door.requests.count("POST /api/v1/envelopes") >= 3)
    assert stranger.carrier.report.trouble == "rejected"
    assert hub.numbers() == []
    stranger.close()


@pytest.mark.allow_log("receiver is ahead")
def test_a_receiver_that_has_more_than_we_ever_sent_is_complained_about(
    till: Till, hub: Side, cable: Cable, tmp_path: Path
) -> None:
    for number in range(1, 6):
        till.sell(number)
    eventually(till.is_level)
    till.close()
    wiped = Side(sqlite_engine(tmp_path / "wiped.sqlite"))
    again = Till(wiped, f"http://127.0.0.1:{cable.port}")

    eventually(lambda: again.carrier.report.trouble == "receiver-ahead")
    assert hub.numbers() == [1, 2, 3, 4, 5]
    again.close()
    wiped.engine.dispose()


def test_stopping_takes_no_time_when_all_is_well(till: Till, door: Door) -> None:
    eventually(lambda: door.pokes.listeners == 1)
    started = datetime.now(UTC)
    till.close()
    assert (datetime.now(UTC) - started).total_seconds() < 2
    eventually(lambda: door.pokes.listeners == 0)


@pytest.mark.allow_log("outbox not readable", "news not applied", "news cursor not readable")
def test_a_hub_s_carrier_outlives_the_loss_of_its_database_connections(
    database_from_template: Callable[..., str], door: Door, hub: Side
) -> None:
    url = database_from_template(create_tables)
    side, shop = Side(postgres_engine(url)), Side(postgres_engine(url))
    uplink = Till(side, door.url)
    for number in range(1, 11):
        shop.record(number)
        shop.engine.dispose()
        uplink.carrier.facts_waiting()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def is_level() -> bool:
        try:
            return uplink.is_level()
        except SQLAlchemyError:  # the pool still held a connection that was cut
            return False

    try:
        eventually(lambda: hub.numbers() == list(range(1, 11)))
        eventually(is_level)
    finally:
        uplink.close()
        side.engine.dispose()
