"""What becomes of news when head office is restored from an old backup, whatever database is under it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from courier import cursor, feed, line
from courier.feed import Change, Overruled
from courier.follower import Applied, Apply, Fetch, FollowerPolicy, FollowerState, PageCame, after, next_step
from courier.news import Lost, News, NewsPage
from tests.contract.courier_side import START, TABLES, Side

POLICY = FollowerPolicy()


def publish(side: Side, *changes: Change) -> int:
    with side.begin() as tx:
        return feed.publish(tx, TABLES, changes, START)


def price(key: str, amount: int | None) -> Change:
    return Change("price", key, None if amount is None else {"amount": amount})


def page(side: Side, after: int, rows_max: int = 2) -> NewsPage:
    with side.begin() as tx:
        return NewsPage.from_body(feed.page(tx, TABLES, after, "STORE_001", rows_max).to_body())


def lift(side: Side, heard: int | None = None, at: datetime = START) -> int:
    with side.begin() as tx:
        return line.lift(tx, TABLES, at, heard=heard)


def follow(hub: Side, hq: Side) -> list[Overruled]:
    """Let a hub catch up with head office, by the follower's own decisions; what it had to give up."""
    with hub.begin() as tx:
        state = FollowerState(cursor.read(tx, TABLES.sync_cursors, cursor.NEWS))
    overruled: list[Overruled] = []
    while True:
        match next_step(state, START):
            case Fetch(version):
                event: Any = PageCame(page(hq, version))
            case Apply(found):
                with hub.begin() as tx:
                    if found.whole:
                        found, overruled = feed.completed(tx, TABLES, found)
                    feed.store_page(tx, TABLES, found, START)
                event = Applied(found.current_version)
            case _:
                assert state.trouble is None
                return overruled
        state = after(state, START, event, POLICY, lambda: 0.5)


def held(side: Side) -> dict[str, Any]:
    c = TABLES.feed.c
    with side.begin() as tx:
        rows = tx.execute(select(c.key, c.body).where(~c.deleted).order_by(c.key))
        return {row.key: row.body for row in rows}


def backup(side: Side) -> tuple[list[dict[str, Any]], int]:
    with side.begin() as tx:
        rows = [dict(row) for row in tx.execute(select(TABLES.feed)).mappings()]
        return rows, feed.version_now(tx, TABLES)


def restore(side: Side, saved: tuple[list[dict[str, Any]], int]) -> None:
    with side.begin() as tx:
        tx.execute(TABLES.lost_versions.delete())
        tx.execute(TABLES.feed.delete())
        tx.execute(TABLES.feed.insert(), saved[0])
        tx.execute(TABLES.heads.update().where(TABLES.heads.c.name == "feed").values(value=saved[1]))


class LineContract:
    """Run it with fixtures `side` (head office) and `other_side` (a hub); log lines are part of it."""

    def test_a_store_ahead_of_a_restored_head_office_gives_up_what_was_lost(
        self, side: Side, other_side: Side
    ) -> None:
        publish(side, price("cola", 10), price("tea", 5), price("milk", 7))
        saved = backup(side)
        publish(side, price("cola", 12))
        publish(side, price("new", 1))
        publish(side, price("tea", None))
        follow(other_side, side)
        restore(side, saved)

        lift(side, heard=4)
        overruled = follow(other_side, side)

        assert held(other_side) == held(side) == dict(sorted(held(side).items()))
        assert {o.held.key: o.now.body if o.now else None for o in overruled} == {
            "cola": {"amount": 10},
            "new": None,
            "tea": {"amount": 5},
        }
        assert publish(side, price("cola", 11)) > 4 + line.LIFT

    def test_a_restored_line_that_published_before_it_was_asked_is_not_confused_when_it_was_lifted(
        self, side: Side, other_side: Side
    ) -> None:
        publish(side, price("cola", 10))
        saved = backup(side)
        publish(side, price("cola", 12))
        follow(other_side, side)
        restore(side, saved)

        lift(side)
        for amount in range(20, 25):
            publish(side, price("tea", amount))
        follow(other_side, side)

        assert held(other_side) == held(side)
        assert '"amount":10' in held(other_side)["cola"]

    def test_a_store_that_had_nothing_of_what_was_lost_goes_on(self, side: Side, other_side: Side) -> None:
        publish(side, price("cola", 10))
        follow(other_side, side)
        lifted = lift(side, heard=9)

        assert lifted >= 9 + line.LIFT
        assert page(side, after=1) == NewsPage(lifted, [], lost=(Lost(2, lifted - 1),))
        assert follow(other_side, side) == []
        assert held(other_side) == held(side)

    def test_a_line_that_knows_the_version_stays_as_it_is(self, side: Side) -> None:
        publish(side, price("cola", 10))
        assert lift(side, heard=1) == 1
        assert page(side, after=0).lost == ()

    def test_every_lift_leaves_a_range_of_its_own(self, side: Side) -> None:
        publish(side, price("cola", 10))
        first = lift(side)
        second = lift(side)

        assert page(side, after=first - 1).start_over
        assert not page(side, after=first).start_over
        assert page(side, after=first + 1).start_over
        assert page(side, after=second) == NewsPage(second, [])

    def test_one_backup_restored_twice_gives_no_version_out_twice(self, side: Side, other_side: Side) -> None:
        publish(side, price("cola", 10))
        saved = backup(side)
        lift(side)
        publish(side, price("cola", 12))
        follow(other_side, side)
        restore(side, saved)

        lift(side, at=START + timedelta(hours=1))
        for amount in range(20, 25):
            publish(side, price("tea", amount))
        follow(other_side, side)

        assert held(other_side) == held(side)
        assert '"amount":10' in held(other_side)["cola"]

    def test_a_line_that_is_lifted_later_stands_higher_whatever_backup_it_is_of(self, side: Side) -> None:
        publish(side, price("cola", 10))
        saved = backup(side)
        lift(side)
        often = lift(side, at=START + timedelta(seconds=20))
        restore(side, saved)

        assert lift(side, at=START + timedelta(seconds=40)) > often

    def test_a_till_on_the_first_life_of_a_backup_restored_twice_hears_from_its_hub_that_it_is_lost(
        self, side: Side, other_side: Side
    ) -> None:
        publish(side, price("cola", 10))
        saved = backup(side)
        lift(side)
        of_the_first_life = publish(side, price("cola", 12))
        follow(other_side, side)
        restore(side, saved)
        lift(side, at=START + timedelta(hours=1))
        follow(other_side, side)

        assert page(other_side, after=of_the_first_life).start_over

    def test_two_backups_of_a_lifted_line_restored_within_seconds_give_no_version_out_twice(
        self, side: Side, other_side: Side
    ) -> None:
        publish(side, price("cola", 10))
        lift(side)
        saved = backup(side)
        lift(side, at=START + timedelta(seconds=77))
        publish(side, price("cola", 12))
        follow(other_side, side)
        restore(side, saved)

        lift(side, at=START + timedelta(seconds=110))
        publish(side, price("tea", 20))
        follow(other_side, side)

        assert held(other_side) == held(side)
        assert '"amount":10' in held(other_side)["cola"]

    def test_a_till_whose_hub_died_with_head_office_s_future_starts_over_too(
        self, side: Side, other_side: Side
    ) -> None:
        publish(side, price("cola", 10))
        lifted = lift(side, heard=3)

        follow(other_side, side)

        assert page(other_side, after=3) == NewsPage(
            lifted, [], more=True, start_over=True, lost=(Lost(2, lifted - 1),)
        )
        assert page(other_side, after=0).news == [News(1, "price", "cola", {"amount": 10})]

    def test_coming_from_far_behind_costs_one_piece_a_key_however_long_the_history(self, side: Side) -> None:
        for amount in range(1, 301):
            publish(side, price(f"key-{amount % 3}", amount))

        rows = page(side, after=0, rows_max=10)

        assert [(news.version, news.body["amount"]) for news in rows.news] == [
            (298, 298),
            (299, 299),
            (300, 300),
        ]
        assert not rows.more
