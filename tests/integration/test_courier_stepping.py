"""A carrier without threads: every loop stepped by hand under one clock, as a simulation does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Connection, event

from courier import feed
from courier.beginning import Beginning, begin_behind
from courier.carrier import Carrier
from courier.feed import Change
from courier.news import NewsPage
from courier.outage import Outage
from courier.verdict import Verdict
from tests.contract.courier_side import (
    START,
    TABLES,
    Side,
    create_tables,
    numbered_id,
    postgres_engine,
    sqlite_engine,
)

NAMED = "positions missing", "positions not on this disk", "positions on no disk", "chain broken"
"""What is said in the logs of what is on no disk."""


class Line:
    """A remote in the same thread; `cut` loses every request, `deaf` every answer."""

    def __init__(self, hub: Side) -> None:
        self.hub = hub
        self.cut = False
        self.deaf = False

    def post(self, from_position: int, texts: Sequence[str]) -> Verdict:
        self._arrive()
        verdict = self.hub.receive([orjson.loads(text) for text in texts], from_position)
        self._answer()
        return verdict

    def cursor(self) -> int:
        self._arrive()
        self._answer()
        return self.hub.cursor() + 1

    def begin(self, beginning: Beginning) -> int:
        self._arrive()
        with self.hub.begin() as tx:
            begin_behind(tx, TABLES, pipe="pipe", beginning=beginning, at=START)
        self._answer()
        return self.hub.cursor() + 1

    def news(self, after: int) -> NewsPage:
        self._arrive()
        with self.hub.begin() as tx:
            page = feed.page(tx, TABLES, after, "STORE_001")
        self._answer()
        return page

    def ping(self) -> None:
        self._arrive()
        self._answer()

    def pokes(self) -> Iterator[str]:
        raise AssertionError("a carrier without threads listens to nobody")

    def hang_up(self) -> None:
        pass

    def _arrive(self) -> None:
        if self.cut:
            raise Outage("unreachable")

    def _answer(self) -> None:
        if self.deaf:
            raise Outage("timeout")


class World:
    """One till, one hub, one clock; nothing happens but in `turn`."""

    def __init__(self, folder: Path, name: str = "") -> None:
        self.now = START
        self.till = Side(sqlite_engine(folder / f"{name}till.sqlite"))
        self.hub = Side(sqlite_engine(folder / f"{name}hub.sqlite"))
        self.line = Line(self.hub)
        self.held: list[str] = []
        self.carrier = Carrier(
            engine=self.till.engine,
            tables=TABLES,
            client=self.line,
            clock=lambda: self.now,
            dice=lambda: 0.5,
            apply=self._apply,
        )
        self._due: dict[object, datetime] = {}

    def turn(self, seconds: float) -> None:
        """Let this much time pass, every loop in its turn."""
        end = self.now + timedelta(seconds=seconds)
        loops = (self.carrier.sender, self.carrier.follower, self.carrier.ping)
        while True:
            ready = [loop for loop in loops if loop.called or self._due.get(loop, self.now) <= self.now]
            for loop in ready:
                self._due[loop] = self.now + timedelta(seconds=loop.step())
            if not ready:
                self.now = min(self._due.values())
                if self.now >= end:
                    self.now = end
                    return

    def _apply(self, _: Connection, page: NewsPage) -> None:
        self.held += [news.key for news in page.news]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.till.engine.dispose()
    world.hub.engine.dispose()


def test_a_day_passes_in_no_time_and_everything_arrives_once(world: World) -> None:
    for number in range(1, 4):
        world.till.record(number)
    world.turn(1)
    assert world.hub.numbers() == [1, 2, 3]

    world.line.deaf = True
    world.till.record(4)
    world.carrier.facts_waiting()
    world.turn(60)
    assert world.hub.numbers() == [1, 2, 3, 4]
    assert world.carrier.report.state.value == "offline"

    world.line.deaf, world.line.cut = False, True
    world.till.record(5)
    world.turn(24 * 3600)
    assert world.hub.numbers() == [1, 2, 3, 4]

    world.line.cut = False
    world.turn(61)
    assert world.hub.numbers() == [1, 2, 3, 4, 5]
    assert world.carrier.report.state.value == "online"
    assert world.now == START + timedelta(seconds=1 + 60 + 24 * 3600 + 61)


def test_a_call_is_seen_before_the_step_that_answers_it(world: World) -> None:
    world.turn(1)
    seen = [world.carrier.sender.called]
    world.carrier.facts_waiting()
    seen.append(world.carrier.sender.called)
    world.carrier.sender.step()
    seen.append(world.carrier.sender.called)
    assert seen == [False, True, False]


def test_a_delivered_poke_brings_the_news(world: World) -> None:
    world.turn(1)
    with world.hub.begin() as tx:
        feed.publish(tx, TABLES, [Change("product", "cola", {})], world.now)
    world.turn(1)
    assert world.held == []

    world.carrier.poked("news")
    world.turn(1)

    assert world.held == ["cola"]


@pytest.mark.allow_log(*NAMED)
@pytest.mark.parametrize("kept", [0, 1], ids=["nothing kept", "the newest kept"])
def test_a_receiver_older_than_what_is_kept_hears_where_we_begin_and_names_what_is_missing(
    world: World, tmp_path: Path, kept: int
) -> None:
    for number in range(1, 4):
        world.till.record(number)
    world.turn(1)
    with world.till.begin() as tx:
        tx.execute(TABLES.outbox.delete().where(TABLES.outbox.c.id <= 3 - kept))
    older = world.line.hub = Side(sqlite_engine(tmp_path / "older.sqlite"))

    world.carrier.try_now()
    world.turn(0.1)
    # Nothing is given up at the first word: it may be restored just now.
    assert (world.carrier.report.trouble, older.breaks()) == ("positions-missing", [])

    world.turn(60)
    assert older.numbers() == [3] * kept
    assert set(older.breaks()) == {("gap", 1, 3 - kept), ("positions", 1, 3 - kept)}
    assert world.carrier.report.trouble is None
    world.till.record(4)
    world.carrier.facts_waiting()
    world.turn(1)
    assert older.numbers() == [*[3] * kept, 4]
    older.engine.dispose()


@pytest.mark.allow_log(*NAMED)
def test_a_batch_does_not_reach_over_a_position_that_is_on_no_disk(world: World) -> None:
    """Every envelope has the position that it always had, whatever is missing before it."""
    for number in range(1, 6):
        world.till.record(number, "S/POS_01" if number == 3 else "S")
    with world.till.begin() as tx:
        tx.execute(TABLES.outbox.delete().where(TABLES.outbox.c.id == 3))

    world.turn(60)

    assert world.hub.applied() == [("S", 1), ("S", 2), ("S", 3), ("S", 4)]
    assert world.hub.cursor() == 5
    assert set(world.hub.breaks()) == {("gap", 1, 1), ("positions", 3, 3)}


def test_a_fact_committed_between_two_looks_into_the_outbox_is_not_called_missing(
    tmp_path: Path, database_from_template: Callable[..., str]
) -> None:
    """A transaction of Postgres sees what others commit: nothing waits, then the last number is higher."""
    sender = Side(postgres_engine(database_from_template(create_tables)))
    receiver = Side(sqlite_engine(tmp_path / "receiver.sqlite"))
    carrier = Carrier(
        engine=sender.engine,
        tables=TABLES,
        client=Line(receiver),
        clock=lambda: START,
        dice=lambda: 0.5,
        apply=lambda *_: None,
    )
    looks = 0

    @event.listens_for(sender.engine, "after_cursor_execute")
    def commit_behind_the_first_look(_: object, __: object, statement: str, *___: object) -> None:
        nonlocal looks
        if "FROM outbox" in statement and "LIMIT" in statement:
            looks += 1
            if looks == 1:
                sender.record(1)

    for _ in range(3):
        carrier.sender.step()

    assert receiver.numbers() == [1]
    assert carrier.report.trouble is None
    sender.engine.dispose()
    receiver.engine.dispose()


@pytest.mark.allow_log(
    "chain broken", "fact set aside", "fact set aside by the receiver", "receiver is ahead"
)
@pytest.mark.parametrize("away", [False, True], ids=["both there", "one away"])
def test_of_two_senders_with_one_identity_each_brings_all_that_it_has(
    world: World, tmp_path: Path, away: bool
) -> None:
    """A position that the other one has used is no answer to what was never sent from here."""
    world.till.record(1)
    world.turn(10)
    copy = World(tmp_path, "copy")
    copy.line.hub, copy.now = world.hub, world.now
    copy.till.record(1)  # the same fact: a copied disk
    copy.turn(10)

    copy.line.cut = away
    for number in range(2, 8):
        for further in (number, 50 + number):
            world.till.record(further)
            world.carrier.facts_waiting()
            world.turn(1)
        copy.till.record(100 + number)
        copy.carrier.facts_waiting()
        copy.turn(1)
    copy.line.cut = False
    copy.turn(600)

    arrived = {orjson.loads(text)["event_id"] for text in world.hub.texts()} | set(world.hub.aside_ids())
    sold = [1, *range(2, 8), *range(52, 58), *range(102, 108)]
    assert arrived == {str(numbered_id(number)) for number in sold}
    copy.till.engine.dispose()
    copy.hub.engine.dispose()
