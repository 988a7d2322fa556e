"""What every feed promises, whatever database is under it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from courier import cursor, feed
from courier.feed import Change, News, NewsPage
from courier.news import merged
from tests.contract.courier_side import START, TABLES, Side


def publish(side: Side, *changes: Change) -> int:
    with side.begin() as tx:
        return feed.publish(tx, TABLES, changes, START)


def page(side: Side, after: int = 0, store_id: str = "STORE_001", rows_max: int = 2000) -> NewsPage:
    with side.begin() as tx:
        return feed.page(tx, TABLES, after, store_id, rows_max)


def product(key: str, **body: Any) -> Change:
    return Change("product", key, {"sku_id": key, **body})


def keys(found: NewsPage) -> list[str]:
    return [news.key for news in found.news]


class FeedContract:
    """Run it with fixtures `side` and `other_side`."""

    def test_changes_published_together_share_a_version(self, side: Side) -> None:
        assert publish(side, product("a", name="Cà phê"), product("b")) == 1
        assert publish(side, product("c")) == 2

        assert page(side) == NewsPage(
            2,
            [
                News(1, "product", "a", {"sku_id": "a", "name": "Cà phê"}),
                News(1, "product", "b", {"sku_id": "b"}),
                News(2, "product", "c", {"sku_id": "c"}),
            ],
            more=False,
        )
        assert keys(page(side, after=1)) == ["c"]
        assert page(side, after=2) == NewsPage(2, [], more=False)

    def test_publishing_nothing_makes_no_version(self, side: Side) -> None:
        publish(side, product("a"))
        assert publish(side) == 1
        assert page(side, after=1).current_version == 1

    def test_an_empty_feed_is_at_version_nought(self, side: Side) -> None:
        assert page(side) == NewsPage(0, [], more=False)

    def test_only_the_newest_state_of_a_thing_is_news(self, side: Side) -> None:
        publish(side, product("a", price=1))
        publish(side, product("b"))
        publish(side, product("a", price=2))

        assert page(side).news == [
            News(2, "product", "b", {"sku_id": "b"}),
            News(3, "product", "a", {"sku_id": "a", "price": 2}),
        ]

    def test_the_last_word_counts_when_one_set_of_changes_names_a_thing_twice(self, side: Side) -> None:
        publish(side, product("a", price=1), product("a", price=2))
        assert [news.body["price"] for news in page(side).news] == [2]

    def test_a_deleted_thing_is_told_as_deleted_and_can_come_back(self, side: Side) -> None:
        publish(side, product("a"))
        publish(side, Change("product", "a", None))
        assert page(side).news == [News(2, "product", "a", {}, deleted=True)]

        publish(side, product("a", again=True))
        assert page(side, after=2).news == [News(3, "product", "a", {"sku_id": "a", "again": True})]

    def test_a_thing_that_came_back_counts_as_created_again(self, side: Side) -> None:
        def created() -> int:
            with side.begin() as tx:
                version: int = tx.execute(select(TABLES.feed.c.created_version)).scalar_one()
                return version

        publish(side, product("a"))
        publish(side, product("a", changed=True))
        assert created() == 1
        publish(side, Change("product", "a", None))
        assert created() == 1
        publish(side, product("a"))
        assert created() == 4

    def test_a_page_never_splits_a_version(self, side: Side) -> None:
        publish(side, product("a"), product("b"))
        publish(side, product("c"), product("d"), product("e"))
        publish(side, product("f"))

        first = page(side, rows_max=3)
        assert (first.current_version, keys(first), first.more) == (1, ["a", "b"], True)
        second = page(side, after=1, rows_max=2)
        assert (second.current_version, keys(second), second.more) == (2, ["c", "d", "e"], True)
        third = page(side, after=2, rows_max=2)
        assert (third.current_version, keys(third), third.more) == (3, ["f"], False)

    @pytest.mark.parametrize("rows_max", [1, 2, 3, 5, 100])
    def test_pages_of_any_size_add_up_to_the_same_news(self, side: Side, rows_max: int) -> None:
        for version in range(1, 8):
            publish(side, *(product(f"{version}-{n}") for n in range(version % 4 + 1)))
        publish(side, product("2-0", changed=True))

        pages = [page(side, rows_max=rows_max)]
        while pages[-1].more:
            pages.append(page(side, after=pages[-1].current_version, rows_max=rows_max))

        assert merged(pages) == page(side)

    def test_a_store_hears_what_is_for_all_and_what_is_for_itself(self, side: Side) -> None:
        publish(
            side,
            product("all"),
            Change("price", "one", {"amount": 1}, ["STORE_001"]),
            Change("price", "both", {"amount": 2}, ["STORE_002", "STORE_001"]),
            Change("price", "other", {"amount": 3}, ["STORE_002"]),
        )

        assert keys(page(side)) == ["both", "one", "all"]
        assert keys(page(side, store_id="STORE_002")) == ["both", "other", "all"]
        assert keys(page(side, store_id="STORE_003")) == ["all"]

    def test_store_names_are_compared_whole_and_literally(self, side: Side) -> None:
        publish(side, Change("price", "a", {}, ["STORE_001"]))

        for stranger in ("STORE_0", "STORE_0011", "STOREX001", "%", "_________", "STORE_00_", "\\"):
            assert page(side, store_id=stranger).news == []

    def test_a_page_without_news_for_the_store_still_moves_it_on(self, side: Side) -> None:
        publish(side, Change("price", "a", {}, ["STORE_002"]))
        assert page(side) == NewsPage(1, [], more=False)

    def test_what_is_taken_from_a_store_is_told_to_it_as_deleted(self, side: Side) -> None:
        publish(side, Change("person", "E1", {"name": "An"}, ["STORE_001", "STORE_002"]))
        publish(side, Change("person", "E1", {"name": "An"}, ["STORE_002"]))

        assert page(side, after=1).news == [News(2, "person", "E1", {}, deleted=True)]
        assert page(side, after=1, store_id="STORE_002").news == [News(2, "person", "E1", {"name": "An"})]
        assert page(side, after=1, store_id="STORE_003").news == []

    def test_what_is_taken_from_all_stores_but_one_is_told_to_the_others_as_deleted(self, side: Side) -> None:
        publish(side, Change("person", "E1", {"name": "An"}))
        publish(side, Change("person", "E1", {"name": "An"}, ["STORE_002"]))

        assert page(side).news == [News(2, "person", "E1", {}, deleted=True)]
        assert page(side, store_id="STORE_002").news == [News(2, "person", "E1", {"name": "An"})]

    def test_a_store_that_lost_a_thing_long_ago_still_hears_of_it(self, side: Side) -> None:
        publish(side, Change("person", "E1", {"name": "An"}, ["STORE_001"]))
        publish(side, Change("person", "E1", {"name": "An"}, ["STORE_002"]))
        publish(side, Change("person", "E1", {"name": "An"}, ["STORE_003"]))

        assert page(side, after=1).news == [News(3, "person", "E1", {}, deleted=True)]

        publish(side, Change("person", "E1", {"name": "An"}, ["STORE_001"]))
        assert page(side, after=3).news == [News(4, "person", "E1", {"name": "An"})]

    def test_a_store_that_the_deletion_does_not_concern_may_hear_of_it_but_learns_nothing(
        self, side: Side
    ) -> None:
        publish(side, Change("person", "E1", {"name": "An"}, ["STORE_002"]))
        publish(side, Change("person", "E1", None))

        assert page(side).news == [News(2, "person", "E1", {}, deleted=True)]

    def test_a_page_from_above_is_served_further_down_under_its_own_versions(
        self, side: Side, other_side: Side
    ) -> None:
        publish(side, product("a"), Change("price", "p", {"amount": 5}, ["STORE_001"]))
        publish(side, product("b"), Change("price", "p", {"amount": 5}, ["STORE_002"]))
        publish(side, Change("price", "q", {"amount": 6}, ["STORE_002"]))

        from_above = page(side)
        with other_side.begin() as tx:
            feed.store_page(tx, TABLES, from_above, START)

        assert page(other_side) == from_above
        assert page(other_side).current_version == 3
        with other_side.begin() as tx:
            assert cursor.read(tx, TABLES.sync_cursors, cursor.NEWS) == 3

    def test_the_same_page_twice_changes_nothing(self, side: Side, other_side: Side) -> None:
        publish(side, product("a"))
        for _ in range(2):
            with other_side.begin() as tx:
                feed.store_page(tx, TABLES, page(side), START)

        assert page(other_side) == page(side)

    def test_an_older_page_does_not_overwrite_newer_news(self, side: Side, other_side: Side) -> None:
        publish(side, product("a", price=1))
        old = page(side)
        publish(side, product("a", price=2))
        with other_side.begin() as tx:
            feed.store_page(tx, TABLES, page(side), START)
        with other_side.begin() as tx:
            feed.store_page(tx, TABLES, old, START)

        assert page(other_side) == page(side)

    def test_a_change_of_thousands_of_things_is_one_version_and_one_page(self, side: Side) -> None:
        publish(side, *(product(f"{number:05}") for number in range(5000)))
        publish(side, *(product(f"{number:05}", changed=True) for number in range(2500)))

        first = page(side, rows_max=100)

        assert (first.current_version, len(first.news), first.more) == (1, 2500, True)
        assert len(page(side, after=1, rows_max=100).news) == 2500
